"""Moving on, from one salt, digest, key or cookie name of ours to another."""

from __future__ import annotations

import hashlib

import pytest
from itsdangerous import TimestampSigner
from itsdangerous.encoding import base64_encode

from session_middleware import (
    ConfigurationError,
    Cookie,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionInterface,
    SignedSerializer,
)
from session_middleware.formats.flask import FlaskCookieSessionInterface
from session_middleware.formats.ours import OurCookies

from ..support import KEY, OTHER_KEY, START, make_interface
from ..support.visits import kind, names, overriding, respond, stored, touch
from .reader import ReaderBehaviour

Old = overriding(salt="old:")
LONG_AGO = {"cookie_name": "old", "cookie_domain": "app.example", "cookie_path": "/a"}


class TestOurs(ReaderBehaviour):
    cookie_name = "__Host-session"
    golden = (
        "WzE4MDAwMDAwMDAsMCx7InVzZXIiOiJhZGEifV0.a0nSAA.M9Eb6gyFXqpb26Vb7bm2VWqkiZ9cw"
        "Xvi8JxPi5MpZlY"
    )

    # The interface has its own tests of its options, and writes no such value.
    test_a_key_that_cannot_be_one_is_refused = None
    test_a_cookie_that_browsers_would_not_store_is_refused = None
    test_what_ours_cannot_carry_is_an_event_and_an_empty_session = None

    def interface(self, key=KEY, **options):
        return make_interface(Old, secret_key=key, **options)

    def reader(self, key=KEY, **options):
        return OurCookies(self.interface(key, **options))

    def write(self, data, key=KEY):
        return stored(self.interface(key), **data).partition("=")[2]

    def sign(self, payload):
        salt = "old:__Host-session"
        signer = TimestampSigner(
            KEY, salt, key_derivation="hmac", digest_method=hashlib.sha256
        )
        dot = b"." if payload.startswith(b"x") else b""
        return signer.sign(dot + base64_encode(payload)).decode()

    def test_its_cookie_is_the_frameworks_unless_it_is_said_to_be_another(self):
        assert self.reader().cookie == Cookie("__Host-session")
        assert self.reader(**LONG_AGO).cookie == Cookie("old", "app.example", "/a")

    def test_permanent_and_its_times_move_on(self, clock):
        old = self.interface(permanent=True, clock=clock)
        cookie = stored(old)
        clock.forward(days=5)
        refreshed = respond(old, touch, cookie).cookie.partition("=")[2]

        found = OurCookies(old).read(refreshed)

        assert found[:] == ({"n": 1}, START + 5 * 86400, START, True)


@pytest.mark.parametrize(
    "old",
    [
        overriding(salt="another:"),
        overriding(digest_method=staticmethod(hashlib.sha512)),
        FlaskCookieSessionInterface,
    ],
    ids=["salt", "digest", "format"],
)
def test_a_session_moves_on_within_the_same_cookie(old):
    before = make_interface(old, cookie_name="session", absolute_lifetime=None)
    after = make_interface(cookie_name="session", accept=[OurCookies(before)])

    moved = respond(after, dict, stored(before))

    assert moved.body == b"{'n': 1}"
    assert kind(moved) == "cookie"
    assert names(after) == ["migrated"]
    assert respond(make_interface(cookie_name="session"), dict, moved.cookie).body == (
        b"{'n': 1}"
    )


def test_a_session_moves_on_from_another_key_and_name_and_its_cookie_is_deleted():
    before = make_interface(secret_key=OTHER_KEY, **LONG_AGO)
    reader = OurCookies(before)
    after = make_interface(accept=[reader])

    moved = respond(after, dict, stored(before))

    ours, theirs = moved.set_cookies
    assert moved.body == b"{'n': 1}"
    assert ours.startswith("__Host-session=")
    assert theirs == reader.cookie.deletion()
    assert "old=; " in theirs
    assert "; Domain=app.example; Path=/a; " in theirs


def test_an_overridden_serializer_is_what_reads():
    """It was passed over without a word, and nobody moved in."""
    own = SignedSerializer([OTHER_KEY], "a salt of its own")

    class Before(SecureCookieSessionInterface):
        def get_signing_serializer(self, environ):
            return own

    before = make_interface(Before, cookie_name="old")
    after = make_interface(accept=[OurCookies(before)])

    assert respond(after, dict, stored(before)).body == b"{'n': 1}"


@pytest.mark.parametrize("method", ["get_signing_serializer", "get_cookie_name"])
def test_methods_that_ask_for_a_request_are_refused_with_the_way_out(method):
    def by_host(self, environ):
        return environ["HTTP_HOST"]

    before = make_interface(overriding(**{method: by_host}))

    with pytest.raises(ConfigurationError, match=r"'HTTP_HOST'.*need no request"):
        OurCookies(before)


def test_what_keeps_no_session_in_a_cookie_is_refused():
    with pytest.warns(UserWarning, match="sessions are disabled"):
        keyless = SecureCookieSessionInterface(SessionConfig(secret_key=None))

    for wrong in (keyless, SessionInterface(), SessionConfig(secret_key=KEY), None):
        with pytest.raises(ConfigurationError, match="interface: "):
            OurCookies(wrong)
