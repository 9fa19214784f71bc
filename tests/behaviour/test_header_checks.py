"""What ends in a header is checked, whoever gave it: an option, an answer, a token."""

from __future__ import annotations

from enum import Enum

import pytest

from session_middleware import (
    ConfigurationError,
    Cookie,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
    SignedSerializer,
)
from session_middleware.adapters.beaker import BeakerSessionMiddleware
from session_middleware.adapters.bottle import SessionPlugin
from session_middleware.formats.flask import FlaskCookies

from ..support import KEY, app_of, call, make_interface
from ..support.visits import answers, change, log_out, overriding, respond, stored

# -- a str that is more than a str -------------------------------------------


class Word(str, Enum):
    """As settings are often written; formatted, a member is its name."""

    NAME = "sid"
    DOMAIN = "app.example"
    PATH = "/shop"
    STRICT = "Strict"
    AUTO = "auto"
    KEY = "my.session"
    ARGUMENT = "visitor"


class Loud(str):
    """A str that is formatted as another."""

    __slots__ = ()

    def __str__(self):
        return "loud"

    def __format__(self, spec):
        return "loud"


WORDS = {
    "cookie_name": (Word.NAME, "sid="),
    "cookie_domain": (Word.DOMAIN, "; Domain=app.example"),
    "cookie_path": (Word.PATH, "; Path=/shop"),
    "cookie_samesite": (Word.STRICT, "; SameSite=Strict"),
    "cookie_secure": (Word.AUTO, "; Secure"),
}
OTHERS = {
    "cookie_name": (Loud("sid"), "sid="),
    "cookie_domain": (Loud("app.example"), "; Domain=app.example"),
    "cookie_path": (Loud("/shop"), "; Path=/shop"),
    "cookie_samesite": (Loud("Strict"), "; SameSite=Strict"),
}
CASES = [*WORDS.items(), *OTHERS.items()]


@pytest.mark.parametrize(
    ("option", "case"), CASES, ids=[f"{option} {each[0]!r}" for option, each in CASES]
)
def test_an_option_that_is_an_enum_means_its_value(option, case):
    """The cookie said ``SameSite=Mode.STRICT``, which browsers take for none."""
    value, shows = case
    interface = make_interface(**{option: value})

    [line] = respond(interface, change).set_cookies

    assert shows in line
    assert type(getattr(interface.config, option)) is str


@pytest.mark.parametrize(
    ("option", "case"),
    [each for each in CASES if each[0] != "cookie_secure"],
    ids=lambda case: repr(case[0]) if isinstance(case, tuple) else case,
)
def test_an_answer_that_is_an_enum_means_its_value(option, case):
    value, shows = case
    method = option.replace("cookie", "get_cookie")
    interface = make_interface(overriding(**{method: answers(value)}))

    [line] = respond(interface, change).set_cookies
    [gone] = respond(interface, log_out, line.partition(";")[0]).set_cookies

    assert shows in line
    assert shows in gone


def test_a_reader_s_cookie_may_be_told_by_enums():
    reader = FlaskCookies(KEY, cookie_name=Word.NAME, cookie_path=Word.PATH)

    assert reader.cookie.deletion().startswith("sid=;")
    assert "; Path=/shop" in reader.cookie.deletion()
    assert reader.cookie == Cookie("sid", None, "/shop", False)


@pytest.mark.parametrize("wrap", [SessionMiddleware, BeakerSessionMiddleware])
def test_an_environ_key_that_is_an_enum_means_its_value(wrap):
    options = {"secret_key": KEY} if wrap is SessionMiddleware else {"secret": KEY}

    def app(environ, start_response):
        start_response("200 OK", [])
        return [str(type(environ["my.session"]).__name__).encode()]

    answer = call(wrap(app, environ_key=Word.KEY, **options))

    assert answer.body.endswith(b"Session")


def test_a_keyword_of_bottle_s_that_is_an_enum_means_its_value():
    plugin = SessionPlugin(make_interface(), keyword=Word.ARGUMENT)

    assert plugin.environ_key == "bottle.request.ext.visitor"


# -- a token of somebody else's ----------------------------------------------

TOKENS = {
    "a line": "x\r\nSet-Cookie: admin=1",
    "an attribute": "x; Domain=example.com",
    "a comma": "x,y=1",
    "a quote": 'x"',
    "a blank": "x y",
    "a backslash": "x\\y",
    "not ASCII": "xü",
    "bytes": b"x",
    "nothing": None,
}


def serializer_of(token):
    class Odd(SignedSerializer):
        def sign(self, payload, issued):
            return token

    return Odd([KEY], "salt")


@pytest.mark.parametrize("method", ["make_serializer", "get_signing_serializer"])
@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_token_that_is_no_cookie_s_value_is_refused(method, token):
    own = serializer_of(token)
    interface = make_interface(overriding(**{method: lambda self, about: own}))

    with pytest.raises(ConfigurationError, match="get_signing_serializer"):
        respond(interface, change)


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_nor_is_it_sent_in_the_place_of_a_deletion(token):
    """Where several cookies came, an empty session is signed and sent."""
    sound = make_interface()
    own = serializer_of(token)
    interface = make_interface(
        overriding(
            make_serializer=lambda self, name: own,
            accept_session=lambda self, session: False,
        )
    )
    came = f"{stored(sound)}; __Host-session=another"

    with pytest.raises(ConfigurationError):
        respond(interface, log_out, came)


def test_what_is_refused_is_not_repeated():
    own = serializer_of("x; secret-value")
    interface = make_interface(overriding(make_serializer=lambda self, name: own))

    with pytest.raises(ConfigurationError) as refused:
        respond(interface, change)

    assert "secret-value" not in str(refused.value)


HEADERS = {
    "a line more": ("Set-Cookie", "a=b\r\nSet-Cookie: c=d"),
    "a line in the name": ("X-A: b\r\nSet-Cookie", "x=1"),
    "a control": ("Set-Cookie", "a=1\x01"),
    "a later control": ("Set-Cookie", "a=1\x85"),
    "a separator": ("Set-Cookie", "a=\u2028b"),
    "an empty name": ("", "x"),
    "bytes": ("Set-Cookie", b"x"),
    "bytes as a name": (b"Set-Cookie", "x"),
    "nothing": ("Set-Cookie", None),
    "an enum": ("Set-Cookie", Word.NAME),
    "no pair": "Set-Cookie",
}
PLACES = {
    "at the end": lambda headers, pair: headers.append(pair),
    "at the beginning": lambda headers, pair: headers.insert(0, pair),
    "in place of the app's": lambda headers, pair: headers.__setitem__(0, pair),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("pair", HEADERS.values(), ids=HEADERS)
def test_an_interface_of_ones_own_passes_the_same_check(pair, place):
    class Careless(SecureCookieSessionInterface):
        def save_session(self, environ, session, headers):
            super().save_session(environ, session, headers)
            place(headers, pair)

    app = SessionMiddleware(app_of(change), Careless(SessionConfig(secret_key=KEY)))

    with pytest.raises(ConfigurationError, match="save_session: must add"):
        call(app)


@pytest.mark.parametrize("value", ["a\tb", "é=1", "x", ""], ids=ascii)
def test_what_a_header_can_hold_is_sent_as_it_is(value):
    class Own(SecureCookieSessionInterface):
        def save_session(self, environ, session, headers):
            super().save_session(environ, session, headers)
            headers.append(("X-Own", value))

    app = SessionMiddleware(app_of(change), Own(SessionConfig(secret_key=KEY)))

    assert call(app).all("X-Own") == [value]
