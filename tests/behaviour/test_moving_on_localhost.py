"""Our own sessions move on, from one interface to another, on a developer's machine.

The automatic name is ``session`` on http://localhost and ``__Host-session`` over https.
"""

from __future__ import annotations

import pytest

from session_middleware import SecureCookieSessionInterface
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.ours import OurCookies

from ..support import KEY, OTHER_KEY, START, make_interface
from ..support.cookie_rules import UserAgent
from ..support.visits import answers, log_out, names, overriding, respond

URLS = ["http://localhost/", "http://127.0.0.1:8000/", "https://app.example/"]


class Browser:
    """Visits one address with a jar."""

    def __init__(self, url):
        self.url = url
        self.jar = UserAgent()

    def visit(self, interface, use=dict):
        header = self.jar.header(self.url, now=START) or None
        answer = respond(interface, use, header, base_url=self.url)
        self.jar.receive(self.url, answer.headers, now=START)
        return answer

    @property
    def has(self):
        """The names of the cookies that it keeps."""
        header = self.jar.header(self.url, now=START) or ""
        return [pair.partition("=")[0] for pair in header.split("; ") if pair]


def events(interface):
    """What was said of the session, and not of the way it came."""
    return [name for name in names(interface) if name != "insecure_transport"]


def log_in(session):
    session["user"] = "ada"


def status(session):
    return session.status, dict(session)


signed = SecureCookieSessionInterface
encrypted = EncryptedCookieSessionInterface
MOVES = {
    "signed to encrypted": ((signed, {}), (encrypted, {})),
    "encrypted to signed": ((encrypted, {}), (signed, {})),
    "another key": ((signed, {}), (signed, {"secret_key": OTHER_KEY})),
    "another salt": ((signed, {}), (overriding(salt="tenant:"), {})),
    "back from that salt": ((overriding(salt="tenant:"), {}), (signed, {})),
    "another key, encrypted": ((encrypted, {}), (encrypted, {"secret_key": OTHER_KEY})),
    "to a name": ((signed, {}), (signed, {"cookie_name": "mine"})),
    "from a name": ((signed, {"cookie_name": "mine"}), (signed, {})),
    "to another name": (
        (signed, {"cookie_name": "mine"}),
        (encrypted, {"cookie_name": "yours"}),
    ),
    "to no Secure": ((signed, {}), (encrypted, {"cookie_secure": False})),
    "from no Secure": ((signed, {"cookie_secure": False}), (encrypted, {})),
}


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(("old", "new"), MOVES.values(), ids=MOVES)
def test_whoever_was_logged_in_stays_so_and_is_logged_out_for_good(old, new, url):
    """On http://localhost with the automatic name a migration was a logout."""
    before = make_interface(old[0], **old[1])
    after = make_interface(new[0], accept=[OurCookies(before)], **new[1])
    browser = Browser(url)

    browser.visit(before, log_in)
    moved = browser.visit(after, status)
    again = browser.visit(after, status)

    assert moved.body == b"('migrated', {'user': 'ada'})"
    assert again.body == b"('ok', {'user': 'ada'})"
    assert events(after) == ["migrated"]
    assert after.events[0][1]["format"] == "OurCookies"
    assert len(browser.has) == 1

    browser.visit(after, log_out)

    assert browser.has == []
    assert browser.visit(after, status).body == b"('new', {})"


@pytest.mark.parametrize("url", URLS)
def test_a_logout_before_the_move_deletes_the_old_cookie(url):
    before = make_interface()
    reader = OurCookies(before)
    after = make_interface(encrypted, accept=[reader], cookie_name="mine")
    browser = Browser(url)
    browser.visit(before, log_in)

    browser.visit(after, log_out)

    assert browser.has == []


def test_one_name_and_one_place_is_written_over_and_not_deleted():
    before = make_interface()
    after = make_interface(encrypted, accept=[OurCookies(before)])
    browser = Browser("http://localhost/")
    browser.visit(before, log_in)

    [line] = browser.visit(after).set_cookies

    assert line.startswith("session=")
    assert "Max-Age=0" not in line


def test_over_https_a_cookie_of_the_name_on_localhost_is_left_alone():
    """Flask's has that name too, and any page over http can set it."""
    before = make_interface()
    after = make_interface(encrypted, accept=[OurCookies(before)])
    there = respond(before, log_in, base_url="http://localhost/").cookie

    seen = respond(after, status, there)
    gone = respond(after, log_out, there)

    assert seen.body == b"('new', {})"
    assert gone.set_cookies == []
    assert events(after) == []


def test_what_is_still_there_beside_ours_is_reported_on_localhost_too():
    before = make_interface()
    after = make_interface(accept=[OurCookies(before)], cookie_name="mine")
    local = {"base_url": "http://localhost/"}
    theirs = respond(before, log_in, **local).cookie
    ours = respond(after, log_in, **local).cookie

    respond(after, status, f"{ours}; {theirs}", **local)

    assert events(after) == ["left_behind"]
    assert dict(after.events)["left_behind"]["cookie"] == "session"


def test_what_is_ours_is_not_left_behind_where_only_the_place_changed():
    """Over https the move is to another name; on localhost it is to the same."""
    before = make_interface(cookie_path="/app")
    after = make_interface(accept=[OurCookies(before)])
    browser = Browser("http://localhost/app")

    browser.visit(after, log_in)

    assert browser.visit(after, status).body == b"('ok', {'user': 'ada'})"
    assert events(after) == []


def test_an_interface_that_is_disabled_on_localhost_alone_is_refused():
    class Local(SecureCookieSessionInterface):
        def get_signing_serializer(self, environ):
            https = environ["wsgi.url_scheme"] == "https"
            return super().get_signing_serializer(environ) if https else None

    with pytest.raises(Exception, match="no secret key"):
        OurCookies(make_interface(Local))


def test_one_cookie_for_every_request_has_one_reader():
    always = overriding(get_cookie_secure=answers(True))

    assert OurCookies(make_interface(always)).on_localhost is None
    assert OurCookies(make_interface(secret_key=KEY)).on_localhost is not None
