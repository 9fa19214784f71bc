"""The command ``decode``, of a cookie whose session is in a store."""

from __future__ import annotations

import pytest

from session_middleware import SessionConfig
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stored.ids import SessionIds
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, START
from ..support.visits import respond
from .commands import spawn

SALT = ServerSideSessionInterface.salt
ID = "i" * 43
PUBLIC_ID = "4f1e9ce8a15aa12f074dae741ffaa827"


def token(id=ID, name="session", key=KEY, permanent=False):
    return SessionIds([key], SALT + name).sign(id, START, permanent, START + 60)


def log_in(name=None):
    """A site, and the Cookie header of a user of its."""
    config = SessionConfig(secret_key=KEY, cookie_name=name)
    site = ServerSideSessionInterface(config, MemoryStore(), owner_key="user")
    return site, respond(site, lambda s: s.update(user="ada")).cookie


def test_it_says_what_the_cookie_is(run, keys):
    """It said of every one of them that it was unreadable."""
    value = token()

    done = run("decode", "--secret-key-file", keys, value)

    assert done == (
        0,
        f"""\
verified   by key 2 of 2, as the cookie 'session'
created    2027-01-15 08:00:00 UTC
issued     2027-01-15 08:01:00 UTC
permanent  no
size       {len(value)} bytes
data       in the store
public id  {PUBLIC_ID}, as the command sessions lists it
""",
        "",
    )


@pytest.mark.parametrize("name", [None, "shop"], ids=["usual", "of one's own"])
def test_the_public_id_is_the_one_under_which_the_session_is_listed(
    run,
    keys,
    name,
):
    """Of a cookie with a name of one's own it said that there was none."""
    site, cookie = log_in(name)
    [info] = site.sessions_of("ada")

    done = run("decode", "--secret-key-file", keys, f"a=b; {cookie}")

    assert (done.code, done.err) == (0, "")
    assert f"as the cookie {name or '__Host-session'!r}\n" in done.out
    assert f"public id  {info.public_id}, " in done.out


@pytest.mark.parametrize("name", ["__Host-session", "shop"])
def test_without_a_key_it_says_the_same_and_that_nothing_is_sure(run, name):
    done = run("decode", f"{name}={token(name=name)}")

    assert (done.code, done.err) == (1, "")
    assert "verified   no: no key was given" in done.out
    assert f"data       in the store\npublic id  {PUBLIC_ID}" in done.out


def test_with_the_wrong_key_it_says_so(run, keys):
    done = run("decode", "--secret-key-file", keys, token(key="another " * 5))

    assert (done.code, done.err) == (1, "")
    assert "verified   NO: none of 2 keys signed it as the cookie '__Host" in done.out


def test_a_permanent_one_says_so(run):
    assert "permanent  yes\n" in run("decode", token(permanent=True)).out


def test_an_empty_one_says_that_there_is_no_session(run, keys):
    done = run("decode", "--secret-key-file", keys, token(None))

    assert (done.code, done.err) == (0, "")
    assert "data       none: the cookie says that there is no session\n" in done.out
    assert "public id" not in done.out


@pytest.mark.parametrize("options", [True, False], ids=["its key", "no key"])
def test_the_id_itself_is_never_shown(run, keys, options):
    site, cookie = log_in()
    id = (
        SessionIds([KEY], f"{SALT}__Host-session")
        .open([cookie.partition("=")[2]], site.now())
        .id
    )

    done = run("decode", *(["--secret-key-file", keys] if options else []), cookie)

    assert done.code == (0 if options else 1)
    assert "public id" in done.out
    assert id not in done.out + done.err


def test_as_a_process_it_reads_the_key_from_the_environment():
    done = spawn("decode", "-", stdin=token().encode(), SECRET_KEY=KEY)

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"by key 1 of 1 in SECRET_KEY, as the cookie 'session'" in done.stdout
