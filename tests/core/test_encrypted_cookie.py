"""Sessions in an encrypted cookie: a host like any other, and what is its own."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
    SessionTooLarge,
)
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.ours import OurCookies

from ..adapters import host, test_middleware
from ..support import KEY, OTHER_KEY, Clock, app_of, call, make_interface
from ..support.examples import examples
from ..support.sealed_tokens import NAME
from ..support.visits import change, drop, kind, names, respond, stored, touch


def encrypted(**options):
    return make_interface(EncryptedCookieSessionInterface, **options)


def look(session):
    return dict(session)


class TestAsAnyHost(test_middleware.TestPlainWSGI):
    """All that a signed cookie does, an encrypted one does."""

    @pytest.fixture(autouse=True)
    def _encrypt(self, monkeypatch):
        monkeypatch.setattr(host, "make_interface", encrypted)

    def test_its_cookies_are_the_encrypted_ones(self):
        cookie = self.stored(host.make_interface(), name="Ada")

        assert cookie.startswith(f"{NAME}=A")
        assert "." not in cookie


# -- what nobody reads ----------------------------------------------------------


def test_nothing_of_a_session_is_in_its_cookie():
    cookie = stored(encrypted(), user="Ada Lovelace", csrf="9f2c1b7ad04e4c6f")

    raw = urlsafe_b64decode(cookie.partition("=")[2] + "==")

    for known in (b"Ada", b"user", b"csrf", b"1800000000", b"[18", b"{", b"}]"):
        if len(known) > 2:
            assert known not in raw


def test_two_cookies_of_one_session_have_nothing_in_common_but_their_head():
    interface = encrypted()

    first, second = (stored(interface, name="Ada") for _ in range(2))

    raws = [urlsafe_b64decode(each[len(NAME) + 1 :] + "==") for each in (first, second)]
    assert raws[0][:5] == raws[1][:5]
    assert sum(a == b for a, b in zip(*(raw[5:] for raw in raws), strict=True)) < 10


# -- a visitor's cookie ---------------------------------------------------------


@examples(200)
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_cookie_of_a_visitor_s_is_an_empty_session(value):
    interface = encrypted()

    answer = respond(interface, look, f"{NAME}={value}")

    assert answer.body == b"{}"


def bad_cookies():
    """One for each way in which a cookie can fail."""
    clock = Clock()
    good = stored(encrypted(clock=clock), name="Ada")
    flipped = good[:-2] + ("A" if good[-2] != "A" else "B") + good[-1]
    clock.forward(days=-31)
    return {
        "no token": f"{NAME}=hello",
        "empty": f"{NAME}=",
        "cut short": good[:-4],
        "tampered": flipped,
        "another version": good.replace("=A", "=B", 1),
        "another key": stored(encrypted(secret_key=OTHER_KEY), name="Ada"),
        "signed": stored(make_interface(), name="Ada"),
        "old": stored(encrypted(clock=clock), name="Ada"),
    }


@pytest.mark.parametrize(
    "use", [touch, look, change, drop], ids=lambda use: use.__name__
)
def test_a_client_is_not_told_why_its_cookie_failed(use):
    told = set()

    for cookie in bad_cookies().values():
        answer = respond(encrypted(), use, cookie)
        headers = [(name, mask(value)) for name, value in answer.headers]
        told.add((answer.status, tuple(headers), answer.body))

    assert len(told) == 1


def mask(value):
    """A header without the bytes of a token, which differ every time."""
    name, equals, rest = value.partition("=")
    token, semicolon, attributes = rest.partition(";")
    return name, equals, len(token), semicolon, attributes


@pytest.mark.parametrize(
    ("cookie", "event"),
    [
        ("no token", "malformed"),
        ("cut short", "malformed"),
        ("tampered", "bad_signature"),
        ("another version", "malformed"),
        ("another key", "bad_signature"),
        ("signed", "malformed"),
        ("old", "expired"),
    ],
)
def test_an_operator_is_told_by_the_signed_cookie_s_events(cookie, event):
    interface = encrypted()

    answer = respond(interface, lambda s: s.status, bad_cookies()[cookie])

    assert answer.body == event.encode()
    assert names(interface) == [event]


# -- keys -----------------------------------------------------------------------


def test_a_key_can_be_replaced_without_logging_anybody_out():
    before = encrypted()
    during = encrypted(secret_key=OTHER_KEY, secret_key_fallbacks=[KEY])
    after = encrypted(secret_key=OTHER_KEY)
    old = stored(before, name="Ada")

    answer = respond(during, lambda s: s.status, old)

    assert (answer.body, names(during)) == (b"old_key", ["old_key"])
    assert respond(after, look, answer.cookie).body == b"{'name': 'Ada'}"
    assert respond(after, look, old).body == b"{}"
    assert kind(respond(during, touch, answer.cookie)) == "nothing"


# -- time -----------------------------------------------------------------------


def test_both_limits_hold_and_a_re_issue_keeps_the_creation_time():
    clock = Clock()
    interface = encrypted(clock=clock)
    cookie = stored(interface, name="Ada")
    found = []

    for _ in range(5):
        clock.forward(days=7)
        answer = respond(interface, lambda s: s.created.timestamp(), cookie)
        found.append(answer.body)
        cookie = answer.cookie if answer.set_cookies else cookie

    assert found[:4] == [b"1800000000.0"] * 4
    assert found[4] == str(float(clock.now)).encode()
    assert names(interface) == ["expired"]


def test_a_session_that_is_idle_too_long_is_empty():
    clock = Clock()
    interface = encrypted(clock=clock)
    cookie = stored(interface, name="Ada")

    clock.forward(days=14, seconds=1)

    assert respond(interface, look, cookie).body == b"{}"


# -- size -----------------------------------------------------------------------

WRAPPING = len('[1800000000,0,{"x":""}]')


@pytest.mark.parametrize(("size", "sent"), [(3000, True), (3001, False)])
def test_3000_bytes_of_json_fit_into_a_cookie(size, sent):
    def fill(session):
        session["x"] = "A" * (size - WRAPPING)  # no compression makes it shorter

    if sent:
        cookie = respond(encrypted(), fill).cookie
        assert len(respond(encrypted(), lambda s: s["x"], cookie).body) > 2900
    else:
        with pytest.raises(SessionTooLarge) as caught:
            respond(encrypted(), fill)
        assert caught.value.size > caught.value.limit == 4096
        assert caught.value.largest == [("x", size - WRAPPING + 6)]


# -- from and to other formats of ours --------------------------------------------


class Elsewhere(EncryptedCookieSessionInterface):
    salt = "of another use"


FORMATS = [SecureCookieSessionInterface, EncryptedCookieSessionInterface, Elsewhere]


@pytest.mark.parametrize("old", FORMATS, ids=lambda base: base.__name__)
@pytest.mark.parametrize("new", FORMATS, ids=lambda base: base.__name__)
def test_a_session_moves_to_another_format_only_if_it_is_accepted(old, new):
    config = SessionConfig(secret_key=KEY)
    cookie = stored(make_interface(old), name="Ada")

    alone = respond(make_interface(new), look, cookie)
    moving = respond(
        make_interface(new, accept=[OurCookies(old(config))]), look, cookie
    )

    assert (alone.body == b"{'name': 'Ada'}") == (old is new)
    assert moving.body == b"{'name': 'Ada'}"
    if old is not new:
        moved = respond(make_interface(new), look, moving.cookie)
        assert moved.body == b"{'name': 'Ada'}"


def test_two_applications_of_one_key_and_cookie_name_do_not_share_sessions():
    class Shop(EncryptedCookieSessionInterface):
        salt = "the shop"

    class Forum(EncryptedCookieSessionInterface):
        salt = "the forum"

    in_the_shop = stored(make_interface(Shop), admin=True)

    assert respond(make_interface(Forum), look, in_the_shop).body == b"{}"


def test_a_cookie_named_for_each_tenant_opens_only_there():
    class PerTenant(EncryptedCookieSessionInterface):
        def get_cookie_name(self, environ):
            return f"session_{environ['HTTP_HOST'].partition('.')[0]}"

    app = SessionMiddleware(app_of(look), make_interface(PerTenant))
    fill = SessionMiddleware(app_of(lambda s: s.update(n=1)), make_interface(PerTenant))

    cookie = call(fill, base_url="https://one.example/").cookie
    renamed = cookie.replace("session_one", "session_two")

    assert call(app, cookie=cookie, base_url="https://one.example/").body == b"{'n': 1}"
    assert call(app, cookie=renamed, base_url="https://two.example/").body == b"{}"
