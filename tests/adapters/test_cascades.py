"""One environ through several applications: each has its own session, and no other's.

A cascade asks the first application, and with a 404 from it the next one, of the same
environ. What the first has left there must not be taken for what is open around the
second: its session is over.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import product
from typing import NamedTuple

import pytest

from session_middleware import ConfigurationError, SessionMiddleware

from ..support import KEY, OTHER_KEY, app_of, call, make_interface
from ..support.visits import count
from . import (
    test_beaker,
    test_bottle,
    test_cherrypy,
    test_falcon,
    test_flask,
    test_middleware,
    test_pyramid,
)

HOSTS = {
    "plain": test_middleware.TestPlainWSGI,
    "beaker": test_beaker.TestWithAuto,
    "bottle": test_bottle.TestBottle,
    "bottle-request": test_bottle.TestRequestSession,
    "cherrypy": test_cherrypy.TestCherryPy,
    "falcon": test_falcon.TestFalcon,
    "flask": test_flask.TestFlask,
    "pyramid": test_pyramid.TestPyramid,
    "pyramid-inside": test_pyramid.TestPyramidInsideTheMiddleware,
}


def discarded(body):
    """As ``paste.cascade`` does with an answer it does not want."""
    if hasattr(body, "close"):
        body.close()


def read_and_discarded(body):
    for _ in body:
        pass
    discarded(body)


def forgotten(body):
    pass


def as_it_is(environ):
    return environ


def leave_something(session):
    session["left"] = "by the first"
    return "not here"


def stream_something(session):
    session["left"] = "by the first"
    return iter([b"not", b" here"])


INTERFACES = {
    "the same": lambda: [make_interface()] * 2,
    "another key and cookie": lambda: [
        make_interface(secret_key=OTHER_KEY, cookie_name="first"),
        make_interface(),
    ],
    "another key": lambda: [make_interface(secret_key=OTHER_KEY), make_interface()],
}


def unwanted(status, headers, exc_info=None):
    """The ``start_response`` of an answer that is not sent."""


def cascade(first, second, case):
    """The second application's answer, after the first one's was not wanted."""

    def app(environ, start_response):
        case.drop(first(case.environ_for(environ), unwanted))
        return second(case.environ_for(environ), start_response)

    return app


class Cascade(NamedTuple):
    """Two applications of one cascade, and what the cascade does with the first."""

    first: str
    second: str
    view: Callable[..., object] = leave_something
    environ_for: Callable[..., object] = as_it_is
    drop: Callable[..., object] = discarded


DROPS = {
    "closed": Cascade("", ""),
    "read": Cascade("", "", drop=read_and_discarded),
    "not closed": Cascade("", "", drop=forgotten),
    "stream closed": Cascade("", "", stream_something),
    "stream read": Cascade("", "", stream_something, drop=read_and_discarded),
    "stream not closed": Cascade("", "", stream_something, drop=forgotten),
    "copies": Cascade("", "", environ_for=dict),
}
EVERY_TWO = {f"{one}-{two}": Cascade(one, two) for one, two in product(HOSTS, HOSTS)}
EVERY_WAY = {
    f"{host} twice, {way}": case._replace(first=host, second=host)
    for (way, case), host in product(DROPS.items(), HOSTS)
}
CASES = {**EVERY_TWO, **EVERY_WAY}


@pytest.mark.parametrize("make_interfaces", INTERFACES.values(), ids=INTERFACES)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_second_of_a_cascade_has_its_own_session(case, make_interfaces):
    """Its logout sent nothing, its login was lost, its page went out without Vary."""
    before, interface = make_interfaces()
    host = HOSTS[case.second]()
    cookie = host.stored(interface, name="Ada")
    refusing = HOSTS[case.first]().wrap(before, case.view, 404)

    views = []
    wanted = host.wrap(interface, lambda session: views.pop()(session))

    def ask(view):
        views.append(view)
        return call(cascade(refusing, wanted, case), cookie=cookie)

    read = ask(lambda s: repr(dict(s)))
    left = ask(lambda s: str(s.invalidate()))
    changed = ask(lambda s: str(s.update(name="Grace")))

    assert read.body == b"{'name': 'Ada'}"
    assert read.all("Vary") == ["Cookie"]
    assert [line.partition("=")[2][:1] for line in left.set_cookies] == [";"]
    assert host.content(interface, changed.cookie) == "{'name': 'Grace'}"


def test_three_times_the_same_application():
    app = SessionMiddleware(app_of(count, status="404 Not Found"), secret_key=KEY)

    once = Cascade("", "")
    answer = call(cascade(app, cascade(app, app, once), once))

    assert answer.body == b"1"
    assert len(answer.set_cookies) == 1


@pytest.mark.parametrize("body", [list, iter], ids=["list", "iterator"])
def test_an_application_that_raised_leaves_its_place(body):
    def raising(environ, start_response):
        environ["session"]["n"] = 1
        raise LookupError

    raising = SessionMiddleware(raising, secret_key=OTHER_KEY)
    counting = SessionMiddleware(app_of(count), secret_key=KEY)

    def app(environ, start_response):
        with pytest.raises(LookupError):
            raising(environ, start_response)
        return body(counting(environ, start_response))

    assert call(app).body == b"1"


def test_an_application_called_inside_itself_gives_the_session_back():
    """The place in the environ is the outer call's again, not the finished one's."""
    depth = []

    def app(environ, start_response):
        session = environ["session"]
        depth.append(session)
        if len(depth) == 1:
            wrapped({**environ, "HTTP_COOKIE": ""}, unwanted)
            wrapped(environ, unwanted)
            assert environ["session"] is session
        session["depth"] = len(depth)
        start_response("200 OK", [])
        return [str(len(depth)).encode()]

    wrapped = SessionMiddleware(app, secret_key=KEY)

    answer = call(wrapped)

    assert answer.body == b"3"
    assert len(answer.set_cookies) == 1


def test_a_session_is_joined_while_the_first_block_of_its_body_is_made():
    """A body that calls the application only when it is asked for its first block."""
    interface = make_interface()
    inside = test_pyramid.TestPyramid().wrap(interface, lambda s: str(s.update(n=1)))

    def lazy(environ, start_response):
        yield from inside(environ, start_response)

    [line] = call(SessionMiddleware(lazy, interface)).set_cookies

    assert line.startswith("__Host-session=")


def test_a_session_whose_headers_have_gone_is_not_joined():
    interface = make_interface()
    inside = test_pyramid.TestPyramid().wrap(interface, lambda s: repr(dict(s)))
    seen = []

    def app(environ, start_response):
        environ["session"]["n"] = 1
        start_response("200 OK", [])(b"written ")
        inside(environ, lambda status, headers, exc_info=None: seen.append(headers))
        return [b""]

    answer = call(SessionMiddleware(app, interface))

    assert len(answer.set_cookies) == 1
    assert ("Vary", "Cookie") in seen[0]


# -- inside each other -----------------------------------------------------

INSIDE = {
    "bottle": test_bottle.TestBottle,
    "cherrypy": test_cherrypy.TestCherryPy,
    "falcon": test_falcon.TestFalcon,
    "pyramid": test_pyramid.TestPyramid,
}


@pytest.mark.parametrize("host", INSIDE.values(), ids=INSIDE)
def test_a_host_inside_a_middleware_with_its_interface_joins_its_session(host):
    """In Falcon and CherryPy the login inside was lost to the visit counted outside."""
    interface = make_interface()
    inside = host().wrap(interface, lambda s: str(s.update(user="Ada")))

    def counting(environ, start_response):
        count(environ["outer"])
        return inside(environ, start_response)

    app = SessionMiddleware(counting, interface, environ_key="outer")
    [cookie] = [line.partition(";")[0] for line in call(app).set_cookies]

    found = test_middleware.TestPlainWSGI().content(interface, cookie)
    assert found == "{'visits': 1, 'user': 'Ada'}"


@pytest.mark.parametrize("host", [*INSIDE.values(), test_flask.TestFlask])
def test_a_host_inside_with_another_interface_and_the_same_cookie_is_refused(host):
    inside = host().wrap(make_interface(), lambda s: str(s.update(user="Ada")))
    app = SessionMiddleware(
        inside, make_interface(secret_key=OTHER_KEY), environ_key="outer"
    )

    with contextlib.suppress(ConfigurationError):  # some make a page of every error
        assert call(app).status.startswith("500")


@pytest.mark.parametrize("host", ["plain", "bottle"])
def test_a_page_that_calls_another_app_between_its_blocks_has_its_own_session(host):
    """It said hello to the user of the other one."""
    outer, inner = (
        make_interface(),
        make_interface(secret_key=OTHER_KEY, cookie_name="b"),
    )
    cookies = [HOSTS[host]().stored(outer, user="ada")]
    cookies.append(HOSTS[host]().stored(inner, user="bob"))
    part = HOSTS[host]().wrap(inner, lambda s: s["user"])

    def page(environ, start_response):
        start_response("200 OK", [])
        yield b"head "
        yield b"".join(part(environ, unwanted))
        yield b" hello " + environ["session"]["user"].encode()

    app = SessionMiddleware(page, outer)

    answer = call(app, cookie="; ".join(cookies))

    assert answer.body == b"head bob hello ada"


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_an_application_that_calls_itself_again_and_again_opens_afresh(depth):
    calls = []

    def app(environ, start_response):
        session = environ["session"]
        calls.append(session)
        if len(calls) < depth:
            b"".join(wrapped(environ, unwanted))
        assert environ["session"] is session
        session["n"] = 1
        start_response("200 OK", [])
        return [b"done"]

    wrapped = SessionMiddleware(app, secret_key=KEY)

    assert len(call(wrapped).set_cookies) == 1
    assert len({id(session) for session in calls}) == depth
