"""Cookies of a chosen age, and a clock that tests move."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest
from werkzeug.test import Client

from session_middleware import (
    SecureCookieSessionInterface,
    SerializationError,
    SessionConfig,
    SessionInterface,
    SessionMiddleware,
    SessionTooLarge,
)
from session_middleware.formats.flask import FlaskCookieSessionInterface
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore
from session_middleware.testing import (
    Clock,
    make_cookie,
    session_transaction,
    stop_clock,
)

from ..support import KEY, START, app_of, call, make_interface

DAY = timedelta(days=1)


def content(interface, cookie, base_url="http://localhost/"):
    app = SessionMiddleware(app_of(dict), interface)
    return call(app, cookie=cookie, base_url=base_url).body.decode()


class Tenants(SecureCookieSessionInterface):
    def get_cookie_name(self, environ):
        return f"session-{environ['HTTP_HOST'].partition('.')[0]}"


INTERFACES = {
    "signed": lambda: SecureCookieSessionInterface(SessionConfig(secret_key=KEY)),
    "asked-each-time": lambda: Tenants(SessionConfig(secret_key=KEY)),
    "in-flasks-format": lambda: FlaskCookieSessionInterface(
        SessionConfig(secret_key=KEY, absolute_lifetime=None)
    ),
    "in-a-store": lambda: ServerSideSessionInterface(
        SessionConfig(secret_key=KEY), MemoryStore()
    ),
}
each_interface = pytest.mark.parametrize(
    "make", INTERFACES.values(), ids=list(INTERFACES)
)


@each_interface
class TestCookie:
    def test_its_session_opens(self, make):
        interface = make()

        cookie = make_cookie(interface, {"cart": [1], "user": "ada"})

        assert content(interface, cookie) == "{'cart': [1], 'user': 'ada'}"

    @pytest.mark.parametrize(
        ("age", "opens"), [(13 * DAY, True), (15 * DAY, False)], ids=["young", "old"]
    )
    def test_its_age_counts_against_the_limits(self, make, age, opens):
        interface = make()

        cookie = make_cookie(interface, {"user": "ada"}, age=age)

        assert (content(interface, cookie) != "{}") == opens

    def test_nothing_of_it_stays_with_the_interface(self, make):
        interface = make()
        before = dict(vars(interface))

        make_cookie(interface, {"user": "ada"}, age=DAY)

        assert vars(interface) == before
        assert content(interface, make_cookie(interface, {"n": 1})) == "{'n': 1}"


def test_a_cookie_is_made_and_issued_at_its_age():
    interface = make_interface()
    cookie = make_cookie(interface, {"user": "ada"}, age=3 * DAY)

    with session_transaction(cookie, interface) as session:
        born = datetime.fromtimestamp(START, timezone.utc) - 3 * DAY

        assert (session.created, session.issued) == (born, born)


def test_a_cookie_has_the_name_of_where_it_goes():
    interface = make_interface()

    cookies = [
        make_cookie(interface, {"n": 1}, url=url)
        for url in ("/", "http://app.example/", "https://localhost", "/cart?n=1")
    ]

    names = [cookie.partition("=")[0] for cookie in cookies]
    assert names == ["session", "__Host-session", "__Host-session", "session"]


def test_the_url_is_what_the_interface_is_asked_with():
    cookie = make_cookie(
        INTERFACES["asked-each-time"](), {"n": 1}, url="https://acme.example/"
    )

    assert cookie.startswith("session-acme=")


@pytest.mark.parametrize(
    "url", ["https://acme.example/caf%C3%A9?n=1", "/caf%C3%A9?n=1"]
)
def test_the_url_is_sent_whole(url):
    asked = []

    class Listening(Tenants):
        def get_cookie_path(self, environ):
            asked.append((environ["PATH_INFO"], environ["QUERY_STRING"]))
            return "/"

    make_cookie(Listening(SessionConfig(secret_key=KEY)), {"n": 1}, url=url)

    assert asked == [("/caf\u00c3\u00a9", "n=1")]


@pytest.mark.parametrize(
    ("option", "given", "permanent"),
    [
        (False, None, False),
        (True, None, True),
        (False, True, True),
        (True, False, False),
    ],
    ids=["default", "configured", "asked-for", "asked-not-to"],
)
def test_a_cookie_is_permanent_as_configured_or_as_asked(option, given, permanent):
    interface = make_interface(permanent=option)
    cookie = make_cookie(interface, {"n": 1}, permanent=given)

    with session_transaction(cookie, interface) as session:
        assert session.permanent is permanent


def test_of_no_data_no_cookie_is_made():
    assert make_cookie(make_interface(), {}) == ""


@pytest.mark.parametrize(
    ("value", "error"),
    [(b"\0" * 100_000, SessionTooLarge), (object(), SerializationError)],
    ids=["too-large", "not-storable"],
)
def test_a_cookie_that_no_request_could_send_is_not_made(value, error):
    interface = make_interface()

    with pytest.raises(error):
        make_cookie(interface, {"n": value}, age=DAY)

    assert interface.now() == START


@each_interface
class TestStoppedClock:
    def test_it_stands_still_moves_on_and_is_put_back(self, make):
        interface = make()
        cookie = make_cookie(interface, {"user": "ada"})
        seen = []

        with stop_clock(interface) as clock:
            for days in (0, 13, 15):  # in a store, to be looked at is to be used
                clock.forward(days * DAY)
                seen.append(content(interface, cookie))

        assert seen == ["{'user': 'ada'}"] * 2 + ["{}"]
        assert content(interface, cookie) == "{'user': 'ada'}"

    def test_a_used_session_lives_on_and_an_unused_one_ends(self, make):
        interface = make()
        middleware = SessionMiddleware(app_of(lambda s: s.get("user")), interface)
        client = Client(middleware)
        with session_transaction(client, middleware) as session:
            session["user"] = "ada"
        seen = []

        with stop_clock(middleware) as clock:
            for days in (10, 10, 15):
                clock.forward(days * DAY)
                seen.append(client.get("/").text)

        assert seen == ["ada", "ada", "None"]

    def test_what_is_issued_in_the_block_has_its_time(self, make):
        interface = make()

        with stop_clock(interface) as clock:
            clock.forward(-15 * DAY)
            old = make_cookie(interface, {"user": "ada"})
            assert content(interface, old) == "{'user': 'ada'}"

        assert content(interface, old) == "{}"


def test_a_clock_in_a_clock_goes_on_from_it():
    interface = make_interface()

    with stop_clock(interface) as outer:
        outer.forward(DAY)
        with stop_clock(interface) as inner:
            inner.forward(DAY)
            twice = interface.now()
        once = interface.now()

    day = DAY.total_seconds()
    assert (twice, once, interface.now()) == (START + 2 * day, START + day, START)


def test_a_clock_is_put_back_whatever_happens():
    interface = make_interface()

    def fail():
        with stop_clock(interface) as clock:
            clock.forward(DAY)
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        fail()

    assert interface.now() == START


def test_the_clock_of_an_interface_of_ones_own_moves():
    class Own(SessionInterface):
        def open_session(self, environ):
            return None

    interface = Own()

    with stop_clock(interface) as clock:
        clock.forward(DAY)
        inside = interface.now()

    assert inside == clock.now()
    assert interface.now() < inside


def test_a_disabled_interface_has_a_clock_too():
    with pytest.warns(UserWarning, match="disabled"):
        interface = SecureCookieSessionInterface(SessionConfig(secret_key=None))

    with stop_clock(interface) as clock:
        assert interface.now() == clock.now()


def test_other_threads_see_the_stopped_clock():
    interface = make_interface()
    cookie = make_cookie(interface, {"user": "ada"})
    seen = []
    visit = threading.Thread(target=lambda: seen.append(content(interface, cookie)))

    with stop_clock(interface) as clock:
        clock.forward(15 * DAY)
        visit.start()
        visit.join(30)

    assert seen == ["{}"]


def test_a_clock_wants_a_timedelta():
    with pytest.raises(TypeError):
        Clock(START).forward(3600)
