"""No secret, cookie or value is in any log, warning, error or repr but the session's.

Each case plants the same canaries and fails in another way; everything it says is
searched for them.
"""

from __future__ import annotations

import logging
import re
import traceback
import warnings
from datetime import timedelta

import pytest
from itsdangerous import BadSignature

from session_middleware import (
    ConfigurationError,
    Cookie,
    Foreign,
    LateSessionChange,
    SecureCookieSessionInterface,
    SerializationError,
    SessionConfig,
    SessionMiddleware,
    SessionTooLarge,
    SignedSerializer,
)

from ..support import START
from ..support.exchange import Exchange

SECRET = "canary-key-7Qd2 with enough different letters in it"
OLD_SECRET = "canary-old-9Xk4 with enough different letters in it"
VALUE = "canary-value-5Tz8"
SALT = "session_middleware.v1:__Host-session"


class Unstorable:
    """Something that cannot be stored, and that shows its value wherever it can."""

    def __repr__(self):
        return VALUE

    __str__ = __repr__


class Theirs:
    """A reader whose data ours cannot hold."""

    cookie = Cookie("theirs")

    def __init__(self, *data):
        self.data = data

    def read(self, value):
        if not self.data:
            raise BadSignature(f"{VALUE} {value}", payload=value)
        return Foreign(self.data[0], START)


def token(data, issued=START, created=START, key=SECRET):
    serializer = SignedSerializer([key], SALT)
    text = serializer.encode(created, False, data)
    return serializer.sign(serializer.pack(text), issued)


DATA = {"user": VALUE, "cart": [VALUE]}
GOOD = token(DATA)


class Strict(SecureCookieSessionInterface):
    def now(self):
        return START

    def accept_session(self, session):
        return session.get("user") != VALUE + "2"


class Returning(Strict):
    def handle_too_large(self, environ, session, error):
        pass


def change(session):
    session["user"] = "other " + VALUE


def grow(session):
    session["text"] = "".join(f"{VALUE}{n * n}" for n in range(3000))


def spoil(session):
    session["cart"].append(Unstorable())


class Case:
    """One way to fail."""

    def __init__(self, use=len, *values, late=None, base=Strict, **more):
        self.use = use
        self.late = late
        self.base = base
        self.status = more.pop("status", "200 OK")
        self.headers = more.pop("headers", [])
        self.raises = more.pop("raises", ())
        self.events = more.pop("events", None)
        self.host = more.pop("host", "https")
        self.cookies = more.pop("cookies", "")
        self.options = more
        self.values = values

    def run(self):
        config = SessionConfig(
            secret_key=SECRET, secret_key_fallbacks=[OLD_SECRET], **self.options
        )
        interface = self.base(config)
        middleware = SessionMiddleware(self.app, interface)
        pairs = [f"__Host-session={value}" for value in self.values]
        header = "; ".join([*pairs, self.cookies])
        exchange = Exchange(
            middleware, HTTP_COOKIE=header, **{"wsgi.url_scheme": self.host}
        )
        try:
            exchange.run()
        finally:
            session = exchange.environ.get("session")
            self.reprs = [
                repr(each)
                for each in (
                    config,
                    interface,
                    middleware,
                    vars(interface),
                    exchange.body,
                    session._backend,
                    vars(session._backend),
                    session._backend.serializer,
                    vars(session._backend.serializer),
                    getattr(session, "loaded", None),
                )
            ]

    def app(self, environ, start_response):
        session = environ["session"]
        self.use(session)
        start_response(self.status, self.headers)
        if self.late is None:
            yield b"x"
            return
        yield b"x"
        self.late(session)


CASES = {
    "nothing wrong": Case(len, GOOD, events=[]),
    "junk": Case(len, VALUE, events=["malformed"]),
    "forged": Case(len, GOOD[:-1] + "_", events=["bad_signature"]),
    "too long": Case(len, GOOD + "x" * 5000, events=["malformed"]),
    "header too long": Case(
        len, GOOD, cookies="x" * 70_000 + VALUE, events=["malformed"]
    ),
    "not ascii": Case(len, VALUE + "\xff.x.y", events=["malformed"]),
    "unreadable": Case(
        len,
        SignedSerializer([SECRET], SALT).sign(b"eyBjYW5hcnktdmFsdWUtNVR6OA", START),
        events=["malformed"],
    ),
    "bad tag": Case(
        len,
        SignedSerializer([SECRET], SALT).sign(
            SignedSerializer([SECRET], SALT).pack('[1,0,{"a":{" d":"' + VALUE + '"}}]'),
            START,
        ),
        events=["malformed"],
    ),
    "made later": Case(len, token(DATA, START - 9999), events=["malformed"]),
    "expired": Case(
        len,
        token(DATA, START - 15 * 86400, START - 15 * 86400),
        events=["expired"],
    ),
    "refused": Case(len, token({"user": VALUE + "2"}), events=["refused"]),
    "several valid": Case(len, GOOD, token({"user": VALUE}), events=["ambiguous"]),
    "five": Case(len, *[f"a.b.{VALUE}{n}" for n in range(5)], events=["malformed"]),
    "old key": Case(len, token(DATA, key=OLD_SECRET), events=["old_key"]),
    "migrated": Case(
        len, cookies=f"theirs={VALUE}", accept=[Theirs(DATA)], events=["migrated"]
    ),
    "theirs does not verify": Case(
        len, cookies=f"theirs={VALUE}", accept=[Theirs()], events=["bad_signature"]
    ),
    "theirs does not fit": Case(
        len,
        cookies=f"theirs={VALUE}",
        accept=[Theirs({"x": [Unstorable()]})],
        events=["malformed"],
    ),
    "too large": Case(grow, GOOD, raises=SessionTooLarge, events=["too_large"]),
    "too large, let pass": Case(grow, GOOD, base=Returning, events=["too_large"]),
    "not storable": Case(spoil, GOOD, raises=SerializationError, events=[]),
    "not storable, new": Case(
        lambda s: s.update(x=Unstorable()), raises=SerializationError, events=[]
    ),
    "a number too long": Case(
        lambda s: s.update(x=int("7" * 4000) ** 2),
        raises=SerializationError,
        events=[],
    ),
    "nan": Case(
        lambda s: s.update(user=VALUE, x=float("nan")),
        raises=SerializationError,
        events=[],
    ),
    "surrogates": Case(
        lambda s: s.update(x=VALUE + "\ud83d\ude00"),
        raises=SerializationError,
        events=[],
    ),
    "not saved": Case(change, GOOD, status="500 X", events=["not_saved"]),
    "not storable on an error": Case(spoil, GOOD, status="500 X", events=["not_saved"]),
    "late change": Case(len, GOOD, late=change, events=["late_change"]),
    "late nested change": Case(
        lambda s: s["cart"],
        GOOD,
        late=lambda s: s["cart"].append(VALUE),
        events=["late_change"],
    ),
    "late, not storable": Case(len, GOOD, late=spoil, events=["late_change"]),
    "late read": Case(lambda s: None, GOOD, late=len, events=["late_read"]),
    "replaced cookie": Case(
        change,
        GOOD,
        headers=[("Set-Cookie", f"__Host-session={VALUE}")],
        events=["replaced_cookie"],
    ),
    "made private": Case(
        change, GOOD, headers=[("Cache-Control", "public")], events=["made_private"]
    ),
    "insecure transport": Case(
        change, GOOD, host="http", events=["insecure_transport"]
    ),
    "bad answer": Case(
        change,
        GOOD,
        base=type("Bad", (Strict,), {"get_expiration_time": lambda *_: VALUE}),
        raises=ConfigurationError,
        events=[],
    ),
    "bad lifetime": Case(
        len,
        GOOD,
        base=type("Bad", (Strict,), {"get_lifetime": lambda *_: VALUE}),
        raises=ConfigurationError,
        events=[],
    ),
}

CANARY = re.compile(
    "|".join([VALUE, "canary-key", "canary-old", "777777", re.escape(GOOD[:20])])
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_nothing_that_goes_wrong_shows_what_is_nobodys_business(case, caplog):
    # CVE-2022-24757 (Jupyter) and CVE-2017-17836 (Airflow): cookies and keys in logs.
    caplog.set_level(logging.DEBUG)
    said = []

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", LateSessionChange)
        if case.raises:
            with pytest.raises(case.raises) as caught:
                case.run()
            said += everything_in(caught.value)
        else:
            case.run()
    said += [str(each.message) + repr(each.message.args) for each in warned]
    for record in caplog.records:
        said += [record.getMessage(), repr(vars(record))]
    said += case.reprs

    names = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert names == case.events
    assert len(said) >= 10
    assert [text for text in said if CANARY.search(text)] == []


def everything_in(error):
    """Every text of an exception and of all that it was raised from."""
    texts = ["".join(traceback.format_exception(error))]
    chain = [error]
    while chain:
        each = chain.pop()
        texts += [str(each), repr(each), repr(each.args), repr(vars(each))]
        chain += [more for more in (each.__cause__, each.__context__) if more]
    return texts


def test_the_canaries_would_be_found():
    for text in (SECRET, OLD_SECRET, repr(DATA), f"Cookie: __Host-session={GOOD}"):
        assert CANARY.search(text)
    assert VALUE in repr(Unstorable())


def test_the_session_itself_shows_its_data():
    interface = Strict(SessionConfig(secret_key=SECRET))
    session = interface.load({"HTTP_COOKIE": f"__Host-session={GOOD}"})

    assert repr(session) == repr(DATA)


@pytest.mark.parametrize(
    "options",
    [
        {"secret_key": "canary-key"},
        {"secret_key": SECRET, "secret_key_fallbacks": ["canary-old"]},
        {"secret_key": SECRET, "secret_key_fallbacks": OLD_SECRET},
        {"secret_key": SECRET, "permanent_lifetime": timedelta(0)},
        {"secret_key": SECRET, "cookie_name": "__host-x"},
        {"secret_key": SECRET, "secret_keys": OLD_SECRET},
    ],
    ids=["short", "short old one", "no list", "lifetime", "name", "unknown"],
)
def test_no_refused_configuration_shows_a_key(options):
    with pytest.raises(ConfigurationError) as caught:
        SessionMiddleware(lambda environ, start_response: [], **options)

    assert [text for text in everything_in(caught.value) if CANARY.search(text)] == []


def test_a_session_of_another_format_is_not_shown_in_a_repr():
    foreign = Foreign({"user": "canary"}, issued=1)

    assert repr(foreign) == "<Foreign>"
