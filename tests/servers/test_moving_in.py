"""A site moves while people are logged in: same host, same port, other sessions."""

from __future__ import annotations

import contextlib

import pytest
from itsdangerous import BadData

from session_middleware.tokens.signed import inspect_token

from . import servers, test_browser
from .certificates import certificate
from .servers import Visitor
from .test_browser import chromium

pytestmark = pytest.mark.servers

OURS = {"http": "session", "https": "__Host-session"}

no_proxy = test_browser._no_proxy  # a fixture


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A key with its certificate, and what a visitor trusts."""
    return certificate("localhost", tmp_path_factory.mktemp("tls"))


@pytest.fixture
def serve(tls):
    """Runs one site after the other at the same port."""
    port = servers.free_port()

    def run(site, scheme="https"):
        # Threads, for a browser opens connections which it may not use.
        options = ["--bind", f"127.0.0.1:{port}", "--threads", "4"]
        pem = str(tls[0])
        secure = ["--keyfile", pem, "--certfile", pem] if scheme == "https" else []
        return servers.start(
            [*servers.GUNICORN, *options, *secure, f"tests.servers.moving_apps:{site}"],
            servers.LISTENING,
            port=port,
            scheme=scheme,
        )

    run.port = port
    return run


def migrations(server):
    return server.log().count("INFO:session_middleware:migrated: ")


def is_readable(token):
    try:
        inspect_token(token)
    except BadData:
        return False
    return True


@pytest.mark.browser
@pytest.mark.parametrize("scheme", OURS)
def test_a_login_in_flask_lasts_in_bottle_until_the_logout(serve, scheme, tmp_path):
    url = f"{scheme}://localhost:{serve.port}/"

    with serve("in_flask()", scheme), chromium(url, tmp_path) as window:
        window.login("Ada <b>", remember=True)
        assert window.seen() == ["Ada <b>", "2"]
        [theirs] = window.cookies()

    with serve("in_bottle()", scheme) as server, chromium(url, tmp_path) as window:
        assert window.seen() == ["Ada <b>", "3"]
        window.reload()
        assert window.seen() == ["Ada <b>", "4"]
        [ours] = window.cookies()
        assert (theirs["name"], ours["name"]) == ("session", OURS[scheme])
        assert (theirs["session"], ours["session"]) == (False, False)
        assert not is_readable(ours["value"])

        window.logout()
        assert window.seen() == ["nobody", "1"]
        window.driver.back()
        window.visit()
        who, _ = window.seen()
        assert who == "nobody"
        assert [cookie["name"] for cookie in window.cookies()] == [OURS[scheme]]
        assert migrations(server) == 1


@pytest.mark.browser
@pytest.mark.parametrize("scheme", OURS)
def test_a_logout_on_a_page_that_flask_gave_leaves_no_cookie(serve, scheme, tmp_path):
    """It moves in and ends in one response."""
    url = f"{scheme}://localhost:{serve.port}/"

    with contextlib.ExitStack() as browser:
        with serve("in_flask()", scheme):
            window = browser.enter_context(chromium(url, tmp_path))
            window.login("Ada", remember=True)
            [theirs] = window.cookies()
        with serve("in_bottle()", scheme) as server:
            window.driver.execute_async_script(
                "fetch('/logout', {method: 'POST', redirect: 'manual'})"
                ".then(arguments[0])"
            )
            left = window.cookies()
            window.visit()

            assert theirs["value"]
            assert left == []
            assert window.seen() == ["nobody", "1"]
            assert migrations(server) == 1


KINDS = [("signed", "encrypted"), ("encrypted", "signed")]
names = pytest.mark.parametrize(
    "name", [None, "old"], ids=["automatic-name", "another-name"]
)
kinds = pytest.mark.parametrize(
    ("old", "new"), KINDS, ids=[f"{old}-to-{new}" for old, new in KINDS]
)


@pytest.fixture
def visitor(serve, tls):
    _, trusted = tls
    return Visitor(f"https://localhost:{serve.port}", trusted)


@kinds
@names
def test_a_session_of_ours_goes_on_as_one_of_another_kind(
    serve, visitor, old, new, name
):
    with serve(f"before({old!r}, cookie_name={name!r})"):
        first = [visitor.text(), visitor.text()]
        [theirs] = visitor.jar.cookies
    with serve(f"after({new!r}, {old!r}, cookie_name={name!r})") as server:
        then = [visitor.text(), visitor.text()]
        [ours] = visitor.jar.cookies
        migrated = migrations(server)
        visitor.ask("/logout")
        left = list(visitor.jar.cookies)
        at_last = visitor.text()

    assert (first, then, at_last) == (["1", "2"], ["3", "4"], "1")
    assert (theirs.name, ours.name) == (name or OURS["https"], OURS["https"])
    assert is_readable(theirs.value) == (old == "signed")
    assert is_readable(ours.value) == (new == "signed")
    assert migrated == 1
    assert left == []


@kinds
@names
def test_a_session_of_ours_of_another_kind_may_end_as_it_moves_in(
    serve, visitor, old, new, name
):
    with serve(f"before({old!r}, cookie_name={name!r})"):
        first = visitor.text()
        before = len(visitor.jar.cookies)
    with serve(f"after({new!r}, {old!r}, cookie_name={name!r})") as server:
        visitor.ask("/logout")
        left = list(visitor.jar.cookies)
        migrated = migrations(server)
        then = visitor.text()

    assert (first, then) == ("1", "1")
    assert (before, left) == (1, [])
    assert migrated == 1
