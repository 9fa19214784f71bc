"""A key has leaked: removing it ends what was forged with it, by ``not_before``.

What somebody forges with an older key, or with another format's, is signed anew with
the first key as soon as it is used, and so outlives the key.
"""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.flask import FlaskCookies, FlaskCookieSessionInterface
from session_middleware.formats.ours import OurCookies

from ..formats.flask_apps import flask_app, flask_writes
from ..support import KEY, START, Clock, app_of, call, make_interface
from ..support.visits import names, respond, stored, touch
from .test_accept import Theirs

LEAKED = "a key that somebody copied from a laptop"
OURS = {
    "signed": SecureCookieSessionInterface,
    "encrypted": EncryptedCookieSessionInterface,
}


def at(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)


def found(interface, cookie):
    """What a request with this cookie finds in its session, and how it opened."""
    return eval(respond(interface, lambda s: (dict(s), s.status), cookie).body)


@pytest.mark.parametrize("base", OURS.values(), ids=OURS)
@pytest.mark.parametrize("ahead", [0, 60], ids=["now", "said to be made later"])
def test_what_was_forged_with_a_fallback_ends_with_it(base, ahead):
    clock, forger = Clock(), Clock(START + ahead)
    before = make_interface(base, clock, secret_key_fallbacks=[LEAKED])
    forged = stored(make_interface(base, forger, secret_key=LEAKED), admin=1)
    resigned = respond(before, touch, forged).cookie
    assert found(before, resigned) == ({"admin": 1}, "ok")

    clock.forward(seconds=1)
    removed = make_interface(base, clock)
    remedied = make_interface(base, clock, not_before=at(clock.now))

    assert found(removed, resigned) == ({"admin": 1}, "ok")
    assert found(remedied, resigned) == ({}, "refused")
    assert remedied.events[0][1]["limit"] == "not_before"


def ours_of(answer):
    """Our own cookie of several that are set."""
    return answer.set_cookies[0].partition(";")[0]


def foreign(clock, created):
    """Another format's reader, with one session that is forged."""
    theirs = Theirs(key=LEAKED)
    times = {} if created is None else {"created": created}
    return theirs, theirs.header({"admin": 1}, clock.now, **times)


@pytest.mark.parametrize("base", OURS.values(), ids=OURS)
@pytest.mark.parametrize(
    "created", [None, START - 10, START + 60], ids=["no time", "a time", "a later one"]
)
def test_what_was_forged_in_another_format_ends_with_its_reader(base, created):
    clock = Clock()
    theirs, forged = foreign(clock, created)
    moved = respond(make_interface(base, clock, accept=[theirs]), touch, forged)

    clock.forward(seconds=1)
    removed = make_interface(base, clock)
    remedied = make_interface(base, clock, not_before=at(clock.now))

    assert found(removed, ours_of(moved)) == ({"admin": 1}, "ok")
    assert found(remedied, ours_of(moved)) == ({}, "refused")


def test_a_cookie_of_ours_from_elsewhere_ends_with_its_reader():
    clock = Clock()
    elsewhere = make_interface(clock=clock, secret_key=LEAKED, cookie_name="old")
    forged = stored(elsewhere, admin=1)
    reader = OurCookies(elsewhere)
    moved = respond(make_interface(clock=clock, accept=[reader]), touch, forged)

    clock.forward(seconds=1)
    remedied = make_interface(clock=clock, not_before=at(clock.now))

    assert found(remedied, ours_of(moved))[1] == "refused"


def test_in_flasks_format_the_last_issue_counts():
    clock = Clock()
    base = FlaskCookieSessionInterface
    options = {"absolute_lifetime": None}
    leaked = make_interface(base, clock, secret_key=LEAKED, **options)
    before = make_interface(base, clock, secret_key_fallbacks=[LEAKED], **options)
    resigned = respond(before, touch, stored(leaked, admin=1)).cookie

    clock.forward(seconds=1)
    remedied = make_interface(base, clock, not_before=at(clock.now), **options)

    assert found(remedied, resigned)[1] == "refused"


SECOND = "; session=junk"  # so that what is sent is to be newer than all that came


@pytest.mark.parametrize("beside", ["", SECOND], ids=["alone", "beside another"])
def test_in_flasks_format_nothing_is_signed_for_a_time_to_come(beside):
    """Its issue time is its beginning, which was put a minute ahead of a remedy."""
    clock, forger = Clock(), Clock(START + 60)
    base = FlaskCookieSessionInterface
    options = {"absolute_lifetime": None}
    leaked = make_interface(base, forger, secret_key=LEAKED, **options)
    before = make_interface(base, clock, secret_key_fallbacks=[LEAKED], **options)
    resigned = respond(before, touch, stored(leaked, admin=1) + beside).cookie

    clock.forward(seconds=5)
    remedied = make_interface(base, clock, not_before=at(clock.now + 5), **options)

    assert found(remedied, resigned)[1] == "refused"


def test_in_flasks_format_a_valid_from_reaches_what_was_changed_before_it():
    """A thief changed the session often in one second, and each was a second later."""

    class Revocable(FlaskCookieSessionInterface):
        def accept_session(self, session):
            return session.created >= valid_from[0]

    valid_from = [at(0)]
    clock = Clock()
    interface = make_interface(Revocable, clock, absolute_lifetime=None)
    cookie = stored(interface, user="ada")
    for n in range(65):
        several = cookie + SECOND
        cookie = respond(interface, lambda s, n=n: s.update(n=n), several).cookie
    clock.forward(seconds=30)
    valid_from[0] = at(clock.now)

    assert found(interface, cookie)[1] == "refused"


def test_a_session_that_begins_afterwards_stays():
    clock = Clock()
    interface = make_interface(clock=clock, not_before=at(START))

    cookie = stored(interface, name="Ada")

    assert found(interface, cookie) == ({"name": "Ada"}, "ok")


def test_a_moment_within_a_second_is_the_end_of_that_second():
    interface = make_interface(not_before=at(START + 0.5))

    assert found(interface, stored(interface, name="Ada"))[1] == "refused"


def test_a_new_identity_does_not_outlive_the_key():
    """``regenerate()`` gives a new creation time, and is no way around."""
    clock = Clock()
    before = make_interface(clock=clock, secret_key_fallbacks=[LEAKED])
    forged = stored(make_interface(clock=clock, secret_key=LEAKED), admin=1)
    renewed = respond(before, lambda s: s.regenerate(), forged).cookie

    clock.forward(seconds=1)
    remedied = make_interface(clock=clock, not_before=at(clock.now))

    assert found(remedied, renewed)[1] == "refused"


def test_what_an_older_key_signed_and_nothing_can_be_made_of_is_no_error():
    """Whoever has a key can sign what is too deep to be written again."""
    deep = "[" * 100 + "]" * 100
    for begun in (START, START + 60):
        serializer = SecureCookieSessionInterface(
            SessionConfig(secret_key=LEAKED)
        ).make_serializer("__Host-session")
        text = f'[{begun},0,{{"a":{deep}}}]'
        forged = serializer.sign(serializer.pack(text), START)
        interface = make_interface(secret_key_fallbacks=[LEAKED])

        answer = respond(interface, touch, f"__Host-session={forged}")

        assert answer.status == "200 OK"
    assert names(interface) == ["malformed"]


@pytest.mark.parametrize(
    "moment", [datetime(2026, 12, 24), "2026-12-24", START], ids=["naive", "str", "int"]
)
def test_a_time_that_says_no_moment_is_refused(moment):
    with pytest.raises(ConfigurationError, match=r"not_before: .*time zone"):
        SessionConfig(secret_key=KEY, not_before=moment)


# -- a copied cookie of another format -----------------------------------------


def test_a_foreign_session_begins_when_it_was_issued():
    """A copy began anew each time it was sent, and no ``valid_from`` reached it."""
    clock = Clock()
    theirs = Theirs()
    copied = theirs.header({"name": "Ada"}, clock.now)
    clock.forward(days=3)

    class Revocable(SecureCookieSessionInterface):
        def accept_session(self, session):
            return session.created >= at(START + 86400)

    interface = make_interface(clock=clock, accept=[theirs])
    revocable = make_interface(Revocable, clock, accept=[theirs])

    created = respond(interface, lambda s: s.created.timestamp(), copied).body
    assert created == str(float(START)).encode()
    assert found(revocable, copied) == ({}, "refused")


def test_the_absolute_limit_of_a_foreign_session_counts_from_its_issue():
    clock = Clock()
    theirs = Theirs()
    interface = make_interface(clock=clock, accept=[theirs])
    cookie = theirs.header({"name": "Ada"}, clock.now)
    for _ in range(4):
        clock.forward(days=7)
        cookie = ours_of(respond(interface, touch, cookie))

    clock.forward(days=3)

    assert found(interface, cookie)[1] == "expired"


def test_a_real_flask_cookie_begins_when_flask_signed_it():
    reader = FlaskCookies(KEY, permanent_session_lifetime=None)
    cookie = flask_writes(flask_app(), {"name": "Ada"})
    app = SessionMiddleware(
        app_of(lambda s: s.created == s.issued), secret_key=LEAKED, accept=[reader]
    )

    assert call(app, cookie=cookie).body == b"True"
