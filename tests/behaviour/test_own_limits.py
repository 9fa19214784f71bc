"""An interface may answer for each session how long it lives, and know the request."""

from __future__ import annotations

import contextlib
import gc
import random
import weakref
from datetime import timedelta

import pytest

from session_middleware import (
    ConfigurationError,
    LateSessionChange,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionInterface,
    SessionMiddleware,
    SessionTooLarge,
)
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.testing import make_cookie

from ..support import KEY, START, Clock, app_of, call, make_interface
from ..support.exchange import Exchange
from ..support.visits import answers, change, names, overriding, respond, stored

DAY = 86400


class Remembering(SecureCookieSessionInterface):
    """As the documentation says it."""

    def get_lifetime(self, session):
        return timedelta(days=90 if session.get("remember") else 1)

    def get_absolute_lifetime(self, session):
        return timedelta(days=180 if session.get("remember") else 30)


def ends(session):
    return int(session.expires_at.timestamp()) - START


def log_in(session):
    session.permanent = True
    session["remember"] = True


def visit_again(interface, clock, cookie, days):
    clock.forward(days=days)
    return respond(interface, lambda s: s.status, cookie)


def test_whoever_is_to_be_remembered_for_ninety_days_is():
    """With the idle limit alone it was thirty, by the absolute one."""
    clock = Clock()
    interface = make_interface(Remembering, clock)

    first = respond(interface, log_in)

    assert f"Max-Age={90 * DAY}" in first.set_cookies[0]
    assert respond(interface, ends, first.cookie).body == str(90 * DAY).encode()

    second = visit_again(interface, clock, first.cookie, 89)

    assert second.body == b"ok"
    assert f"Max-Age={90 * DAY}" in second.set_cookies[0]

    third = visit_again(interface, clock, second.cookie, 89)

    assert third.body == b"ok"
    assert f"Max-Age={2 * DAY}" in third.set_cookies[0]
    assert visit_again(interface, clock, third.cookie, 3).body == b"expired"
    assert interface.events[-1][1]["limit"] == "absolute"


def test_whoever_is_not_has_the_other_limits():
    clock = Clock()
    interface = make_interface(Remembering, clock)
    cookie = stored(interface)

    assert visit_again(interface, clock, cookie, 2).body == b"expired"


def test_an_idle_limit_past_the_absolute_one_is_not_promised_to_anybody():
    long = overriding(get_lifetime=answers(timedelta(days=90)))
    clock = Clock()
    interface = make_interface(long, clock, permanent=True)

    first = respond(interface, change)

    assert f"Max-Age={30 * DAY}" in first.set_cookies[0]
    assert respond(interface, ends, first.cookie).body == str(30 * DAY).encode()
    assert visit_again(interface, clock, first.cookie, 31).body == b"expired"


def test_no_absolute_limit_is_an_answer_too():
    clock = Clock()
    base = overriding(get_absolute_lifetime=answers(None))
    interface = make_interface(base, clock, permanent=True)
    answer = respond(interface, change)

    for _ in range(5):
        answer = visit_again(interface, clock, answer.cookie, 10)

    assert answer.body == b"ok"


def test_the_configured_absolute_limit_can_be_kept_for_some():
    class Own(SecureCookieSessionInterface):
        def get_absolute_lifetime(self, session):
            return super().get_absolute_lifetime(session)

    assert respond(make_interface(Own), ends).body == str(14 * DAY).encode()


@pytest.mark.parametrize(
    "answer", [3600, timedelta(0), "30 days"], ids=["int", "zero", "str"]
)
def test_an_absolute_limit_that_is_none_is_refused_by_name(answer):
    interface = make_interface(overriding(get_absolute_lifetime=answers(answer)))

    with pytest.raises(ConfigurationError, match="get_absolute_lifetime"):
        respond(interface, ends)


# -- the request ----------------------------------------------------------


class ByHost(SecureCookieSessionInterface):
    """Asks the request in every way that an override can."""

    def get_lifetime(self, session, environ):
        return timedelta(days=1 if environ["HTTP_HOST"] == "kiosk.example" else 14)

    def get_absolute_lifetime(self, session, *, environ):
        return timedelta(days=2 if environ["HTTP_HOST"] == "kiosk.example" else 30)

    def accept_session(self, session, environ=None):
        return environ["HTTP_HOST"] == session.get("host", environ["HTTP_HOST"])


KIOSK, HOME = "https://kiosk.example/", "https://home.example/"


@pytest.mark.parametrize(("url", "days"), [(KIOSK, 1), (HOME, 14)])
def test_a_limit_may_depend_on_the_request(url, days):
    clock = Clock()
    interface = make_interface(ByHost, clock, permanent=True)

    first = respond(interface, change, base_url=url)

    assert f"Max-Age={days * DAY};" in first.set_cookies[0]
    assert respond(interface, ends, first.cookie, base_url=url).body == (
        str(days * DAY).encode()
    )
    clock.forward(days=days, seconds=1)
    look = respond(interface, lambda s: s.status, first.cookie, base_url=url)
    assert look.body == b"expired"


def test_an_absolute_limit_may_depend_on_the_request():
    clock = Clock()
    interface = make_interface(ByHost, clock, permanent=True, refresh_after=timedelta())
    answer = respond(interface, change, base_url=KIOSK)
    for _ in range(2):
        clock.forward(hours=20)
        answer = respond(interface, len, answer.cookie, base_url=KIOSK)

    assert f"Max-Age={8 * 3600};" in answer.set_cookies[0]
    clock.forward(hours=9)
    look = respond(interface, lambda s: s.status, answer.cookie, base_url=KIOSK)
    assert look.body == b"expired"


def test_a_session_may_be_accepted_for_one_request_and_not_for_another():
    interface = make_interface(ByHost)
    mine = respond(interface, lambda s: s.update(host="home.example"), base_url=HOME)

    home = respond(interface, lambda s: s.status, mine.cookie, base_url=HOME)
    away = respond(interface, lambda s: s.status, mine.cookie, base_url=KIOSK)

    assert (home.body, away.body) == (b"ok", b"refused")
    assert names(interface) == ["refused"]


def test_one_that_asks_the_request_and_has_no_key_gives_a_null_session():
    with pytest.warns(UserWarning, match="disabled"):
        interface = ByHost(SessionConfig(secret_key=None))

    assert respond(interface, lambda s: dict(s)).body == b"{}"


def test_what_the_app_does_to_the_environ_changes_no_limit():
    """A dispatcher moves the path, and the limits are asked again for the answer."""

    class ByPath(SecureCookieSessionInterface):
        def get_lifetime(self, session, environ):
            return timedelta(days=1 if environ["PATH_INFO"] == "/kiosk" else 14)

    interface = make_interface(ByPath, permanent=True)
    inner = app_of(change)

    def dispatcher(environ, start_response):
        environ["PATH_INFO"] = ""
        return inner(environ, start_response)

    [line] = call(SessionMiddleware(dispatcher, interface), "/kiosk").set_cookies

    assert f"Max-Age={DAY};" in line


class Body(list):
    """Something of a request that can be watched."""


def test_a_session_that_knows_its_request_does_not_wait_for_the_garbage_collector():
    """Whether it was used, and when its app failed and nothing was committed."""

    def fail(environ, start_response):
        len(environ["session"])
        raise LookupError

    interface = make_interface(ByHost)
    gc.collect()
    gc.disable()
    try:
        for app in (app_of(str), app_of(change), fail):
            body = Body()
            gone = weakref.ref(body)
            environ = {"wsgi.input": body}
            with contextlib.suppress(LookupError):
                call(SessionMiddleware(app, interface), environ=environ)
            del body, environ
            assert gone() is None
    finally:
        gc.enable()


def test_a_session_holds_no_environ_where_nothing_asks_for_it():
    for base in (SecureCookieSessionInterface, Remembering):
        session = make_interface(base).load({"wsgi.url_scheme": "https"})

        assert not hasattr(session, "_request")


def test_a_session_of_another_kind_is_asked_about_with_the_request_at_hand():
    class Own(SessionInterface):
        def get_lifetime(self, session, environ):
            return timedelta(days=environ["days"])

        def now(self):
            return START

    class Permanent:
        permanent = True

    expires = Own().get_expiration_time({"days": 3}, Permanent())

    assert expires.timestamp() == START + 3 * DAY


def test_flasks_sessions_know_their_request_too():
    flask = pytest.importorskip("flask")
    app = flask.Flask(__name__)
    app.secret_key = KEY
    app.session_interface = FlaskSessionInterface(ByHost)

    @app.get("/")
    def index():
        flask.session["n"] = 1
        flask.session.permanent = True
        return str((flask.session.expires_at - flask.session.created).days)

    client = app.test_client()

    assert client.get("/", base_url=KIOSK).text == "1"
    assert client.get("/", base_url=HOME).text == "14"


# -- events of a request ------------------------------------------------------


class Watched(SecureCookieSessionInterface):
    """Whoever is alarmed wants to know where a request came from."""

    max_cookie_size = 300

    def __init__(self, config):
        self.seen = []
        super().__init__(config)

    def event(self, name, environ, **facts):
        self.seen.append((name, environ["REMOTE_ADDR"]))


def fill(session):
    session["x"] = random.Random(1).randbytes(400)


EVENTS = {
    "bad_signature": (len, "{}x", {}),
    "expired": (len, "{}", {"age": timedelta(days=15)}),
    "too_large": (fill, None, {}),
    "not_saved": (change, None, {"status": "500 X"}),
    "replaced_cookie": (change, None, {"headers": [("Set-Cookie", "session=x")]}),
    "made_private": (change, None, {"headers": [("Cache-Control", "public")]}),
    "insecure_transport": (change, None, {"base_url": "http://app.example/"}),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_knows_its_request_if_an_override_asks(name):
    use, cookie, given = EVENTS[name]
    age = given.get("age", timedelta())
    given = {each: given[each] for each in given if each != "age"}
    interface = Watched(SessionConfig(secret_key=KEY, cookie_name="session"))
    if cookie is not None:
        pair = make_cookie(interface, {"n": 1}, age=age, url="https://app.example/")
        cookie = cookie.format(pair)

    with contextlib.suppress(SessionTooLarge):
        respond(interface, use, cookie, environ={"REMOTE_ADDR": "192.0.2.7"}, **given)

    assert (name, "192.0.2.7") in interface.seen


def test_an_event_of_the_session_s_own_knows_its_request_too():
    interface = Watched(SessionConfig(secret_key=KEY))
    exchange = Exchange(
        SessionMiddleware(app_of(len), interface), REMOTE_ADDR="192.0.2.8"
    )
    exchange.run()

    with pytest.warns(LateSessionChange):
        exchange.environ["session"]["n"] = 1

    assert ("late_change", "192.0.2.8") in interface.seen
