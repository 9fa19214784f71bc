"""What an interface is made of can be replaced by a subclass, part by part."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timezone

import pytest
from itsdangerous import BadPayload, BadSignature

from session_middleware import (
    ConfigurationError,
    NullSession,
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionInterface,
    SessionMiddleware,
    SessionTooLarge,
    SignedSerializer,
)
from session_middleware.formats.ours import OurCookies

from ..support import KEY, START, Clock, app_of, call, make_interface
from ..support.visits import (
    answers,
    change,
    kind,
    names,
    overriding,
    respond,
    stored,
    touch,
)


def test_a_too_large_session_can_be_let_pass_and_the_old_cookie_stays():
    passed = []

    class Lenient(SecureCookieSessionInterface):
        max_cookie_size = 300

        def handle_too_large(self, environ, session, error):
            passed.append((environ["PATH_INFO"], len(session), type(error)))

    interface = make_interface(Lenient)
    cookie = stored(interface)

    answer = respond(interface, lambda s: s.update(x=list(range(500))), cookie)

    assert answer.set_cookies == []
    assert answer.all("Vary") == ["Cookie"]
    assert passed == [("/", 2, SessionTooLarge)]
    assert names(interface) == ["too_large"]


def lenient(handle):
    """An interface that lets ``handle(session)`` mend what is too large."""

    class Lenient(SecureCookieSessionInterface):
        max_cookie_size = 300

        def handle_too_large(self, environ, session, error):
            handle(session)

    return make_interface(Lenient)


def too_much(session):
    session["draft"] = list(range(500))


def test_what_fits_after_handle_too_large_is_sent():
    """What it took out was not sent, and the rest of the request was lost with it."""
    interface = lenient(lambda session: session.pop("draft"))
    cookie = stored(interface)

    def use(session):
        too_much(session)
        session["user"] = "ada"

    answer = respond(interface, use, cookie)

    assert respond(interface, dict, answer.cookie).body == b"{'n': 1, 'user': 'ada'}"
    assert names(interface) == ["too_large"]


def test_what_handle_too_large_empties_is_deleted():
    interface = lenient(lambda session: session.clear())

    [line] = respond(interface, too_much, stored(interface)).set_cookies

    assert line.startswith("__Host-session=;")


@pytest.mark.parametrize(
    "handle",
    [lambda session: session.update(more=1), lambda session: session.revert()],
    ids=["too large still", "as it came"],
)
def test_after_handle_too_large_what_does_not_fit_or_is_no_change_is_not_sent(handle):
    interface = lenient(handle)

    answer = respond(interface, too_much, stored(interface))

    assert answer.set_cookies == []
    assert names(interface) == ["too_large"]


def test_an_own_event_counts_what_happens():
    counts = {}

    class Counting(SecureCookieSessionInterface):
        def event(self, name, **facts):
            counts[name] = counts.get(name, 0) + 1

    for _ in range(30):
        respond(Counting(SessionConfig(secret_key=KEY)), touch, "__Host-session=x")

    assert counts == {"malformed": 30}


def test_an_own_clock_is_asked_for_every_time():
    interface = make_interface(overriding(now=answers(START)), Clock(START + 1000))
    real = SecureCookieSessionInterface(SessionConfig(secret_key=KEY))

    assert respond(interface, lambda s: s.created.timestamp()).body == (
        str(float(START + 1000)).encode()
    )
    assert abs(real.now() - datetime.now(timezone.utc).timestamp()) < 60


def test_an_own_session_class_is_what_the_app_gets():
    class Named(SecureCookieSession):
        @property
        def user(self):
            return self.get("user", "nobody")

    interface = make_interface(overriding(session_class=Named))

    assert respond(interface, lambda s: s.user).body == b"nobody"
    assert respond(interface, lambda s: s.user, stored(interface, user="ann")).body == (
        b"ann"
    )


@pytest.mark.parametrize(
    "member", [{"salt": "mine:"}, {"digest_method": staticmethod(hashlib.sha512)}]
)
def test_an_own_salt_or_digest_makes_tokens_of_ones_own(member):
    own, usual = make_interface(overriding(**member)), make_interface()

    cookie = stored(own)

    assert respond(own, dict, cookie).body == b"{'n': 1}"
    assert respond(usual, dict, cookie).body == b"{}"
    assert respond(own, dict, stored(usual)).body == b"{}"


@pytest.mark.parametrize("salt", ["", "tenant", "shop-1", "a:b", "tenant_"])
def test_a_salt_that_runs_into_the_name_is_refused(salt):
    """The salt ``tenant`` with the name ``na`` was ``tenantn`` with the name ``a``."""
    with pytest.raises(ConfigurationError, match=r"salt: .*'tenant:'"):
        make_interface(overriding(salt=salt))


def test_a_serializer_made_by_ours_is_refused_it_too():
    class Own(SecureCookieSessionInterface):
        salt = "tenant"

        def make_serializer(self, cookie_name):
            return super().make_serializer(cookie_name)

    with pytest.raises(ConfigurationError, match="salt"):
        make_interface(Own)


@pytest.mark.parametrize("salt", ["tenant:", "tenant ", "a/", "über"[:1]])
def test_a_salt_that_ends_where_no_name_begins_is_taken(salt):
    assert stored(make_interface(overriding(salt=salt)))


def test_sessions_of_a_salt_that_ran_into_the_name_can_move_in():
    class Before(SecureCookieSessionInterface):
        def make_serializer(self, cookie_name):
            return SignedSerializer([KEY], "tenant" + cookie_name)

    before = make_interface(Before)
    interface = make_interface(overriding(salt="tenant:"), accept=[OurCookies(before)])

    answer = respond(interface, lambda s: s.status, stored(before))

    assert answer.body == b"migrated"
    assert answer.set_cookies


class Hexadecimal:
    """A serializer that shares nothing with ours."""

    def verify(self, token):
        payload, issued, mac = token.split(".") if token.count(".") == 2 else "   "
        if not issued.isdigit():
            raise BadPayload("not ours")
        if not hmac.compare_digest(mac, self._mac(payload, issued)):
            raise BadSignature("not ours")
        return payload.encode(), int(issued), 0

    def decode(self, payload):
        user, created = bytes.fromhex(payload.decode()).decode().split("@")
        return int(created), False, {"user": user}, f"{user}@{created}"

    def encode(self, created, permanent, data):
        return f"{data.get('user')}@{created}"

    def pack(self, text):
        return text.encode().hex().encode()

    def sign(self, payload, issued):
        return f"{payload.decode()}.{issued}.{self._mac(payload.decode(), issued)}"

    def _mac(self, payload, issued):
        return hashlib.blake2b(f"{payload}.{issued}".encode(), key=b"k").hexdigest()


def test_an_own_serializer_reads_and_writes_the_token():
    own = Hexadecimal()
    interface = make_interface(overriding(get_signing_serializer=answers(own)))

    cookie = stored(interface, user="ann")

    assert cookie.partition("=")[2].startswith(f"ann@{START}".encode().hex() + ".")
    assert respond(interface, lambda s: (s["user"], s.modified), cookie).body == (
        b"('ann', False)"
    )
    assert respond(interface, touch, cookie + "0").body == b"0"
    assert names(interface) == ["bad_signature"]


def test_an_own_serializer_signs_only_what_a_cookie_can_carry():
    class Careless(Hexadecimal):
        def sign(self, payload, issued):
            return "a; Domain=example"

    own = overriding(get_signing_serializer=answers(Careless()))

    with pytest.raises(ConfigurationError, match="get_signing_serializer"):
        respond(make_interface(own), change)


def test_an_own_serializer_may_depend_on_the_request():
    class ByHost(SecureCookieSessionInterface):
        def get_signing_serializer(self, environ):
            return SignedSerializer([KEY], environ["HTTP_HOST"])

    interface = make_interface(ByHost)
    cookie = respond(interface, change, base_url="https://a.example/").cookie

    here = respond(interface, len, cookie, base_url="https://a.example/")
    elsewhere = respond(interface, len, cookie, base_url="https://b.example/")

    assert (here.body, elsewhere.body) == (b"1", b"0")


def test_a_serializer_may_stand_in_for_the_key():
    own = overriding(get_signing_serializer=answers(SignedSerializer([KEY], "x")))

    interface = own(SessionConfig(secret_key=None))

    assert respond(interface, dict, stored(interface)).body == b"{'n': 1}"


# -- null sessions ------------------------------------------------------------


class ForSome(SecureCookieSessionInterface):
    def open_session(self, environ):
        return super().open_session(environ) if "HTTP_X_SOME" in environ else None


def test_an_own_open_session_can_say_that_there_is_none():
    interface = make_interface(ForSome)
    app = SessionMiddleware(app_of(lambda s: type(s).__name__), interface)

    assert call(app).body == b"NullSession"
    assert call(app, environ={"HTTP_X_SOME": "1"}).body == b"Session"


class Quiet(NullSession):
    __slots__ = ()

    def __setitem__(self, key, value):
        pass


@pytest.mark.parametrize(
    "member",
    [
        {"null_session_class": Quiet},
        {"make_null_session": lambda self, environ: Quiet()},
    ],
    ids=["class", "method"],
)
def test_an_own_null_session_stands_in(member):
    interface = make_interface(overriding(ForSome, **member))

    answer = respond(interface, lambda s: (change(s), type(s).__name__))

    assert answer.body == b"(None, 'Quiet')"
    assert answer.headers == [("Content-Type", "text/plain")]


def test_a_null_session_is_told_from_others():
    interface = make_interface(overriding(null_session_class=Quiet))

    assert interface.is_null_session(Quiet())
    assert not interface.is_null_session(NullSession())
    assert not interface.is_null_session({})
    assert not interface.is_null_session(interface.load({}))


def test_what_an_own_is_null_session_names_is_not_saved():
    class ReadOnly(SecureCookieSessionInterface):
        def is_null_session(self, obj):
            return super().is_null_session(obj) or obj.get("user") == "guest"

    interface = make_interface(ReadOnly)
    app = lambda s: s.update(n=2)  # noqa: E731

    guest = respond(interface, app, stored(make_interface(), user="guest"))
    ann = respond(interface, app, stored(make_interface(), user="ann"))

    assert guest.headers == [("Content-Type", "text/plain")]
    assert kind(ann) == "cookie"


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("max_cookie_size", 4097),
        ("max_cookie_size", 0),
        ("clock_skew", -1),
        ("clock_skew", 301),
    ],
)
def test_a_class_attribute_that_cannot_work_is_refused_at_construction(
    attribute, value
):
    with pytest.raises(ConfigurationError, match=attribute):
        overriding(**{attribute: value})(SessionConfig(secret_key=KEY))


def test_a_base_interface_leaves_two_methods_to_its_subclasses():
    interface = SessionInterface()

    with pytest.raises(NotImplementedError):
        interface.open_session({})
    with pytest.raises(NotImplementedError):
        interface.save_session({}, None, [])
