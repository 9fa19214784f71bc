"""Nothing of a request waits for the garbage collector."""

from __future__ import annotations

import gc
import weakref

import pytest

from session_middleware import SerializationError, SessionMiddleware

from ..support import app_of, make_interface
from ..support.exchange import make_environ

DATA = {"user": "ann", "cart": [{"item": 1}, {"item": 2}]}


def add(session):
    session["count"] = session.get("count", 0) + 1


def reading(environ, start_response):
    start_response("200 OK", [])
    return [str(environ["session"]["user"]).encode()]


def changing(environ, start_response):
    add(environ["session"])
    start_response("200 OK", [])
    return [b"x"]


def changing_inside(environ, start_response):
    environ["session"]["cart"].append(3)
    start_response("200 OK", [])
    return [b"x"]


def streaming(environ, start_response):
    start_response("200 OK", [])
    add(environ["session"])
    yield b""
    yield b"x"


def writing(environ, start_response):
    add(environ["session"])
    start_response("200 OK", [])(b"x")
    return []


def logging_out(environ, start_response):
    environ["session"].invalidate()
    start_response("200 OK", [])
    return []


def raising(environ, start_response):
    add(environ["session"])
    start_response("200 OK", [])
    raise ValueError


def raising_in_the_stream(environ, start_response):
    yield from streaming(environ, start_response)
    raise ValueError


def unsaveable(environ, start_response):
    environ["session"]["bad"] = object()
    start_response("200 OK", [])
    return []


def untouched(environ, start_response):
    start_response("200 OK", [])
    return [b"x"]


APPS = [
    untouched,
    reading,
    changing,
    changing_inside,
    streaming,
    writing,
    logging_out,
    raising,
    raising_in_the_stream,
    unsaveable,
]


def serve(app, cookie):
    """One request by a server without cycles; the session is watched."""
    environ = make_environ(HTTP_COOKIE=cookie)
    sent = []

    def start_response(status, headers, exc_info=None):
        sent.append(headers)
        return len

    try:
        body = app(environ, start_response)
        for _ in body:
            pass
        getattr(body, "close", int)()
    except (ValueError, SerializationError, KeyError):
        pass
    return environ, sent


@pytest.fixture(scope="module")
def interface():
    return make_interface()


@pytest.fixture(scope="module")
def cookie(interface):
    app = SessionMiddleware(app_of(lambda session: session.update(DATA)), interface)
    _, [headers] = serve(app, "")
    return dict(headers)["Set-Cookie"].partition(";")[0]


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("tampered", [False, True], ids=["valid", "tampered"])
@pytest.mark.parametrize("app", APPS, ids=lambda app: app.__name__)
def test_a_request_leaves_no_cycles(app, tampered, interface, cookie):
    wrapped = SessionMiddleware(app, interface)
    header = cookie[:-1] + "~" if tampered else cookie
    serve(wrapped, header)  # whatever is made once and cached
    gc.collect()

    for _ in range(5):
        serve(wrapped, header)

    assert gc.collect() == 0


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("app", APPS, ids=lambda app: app.__name__)
def test_the_session_dies_with_the_environ(app, interface, cookie):
    class Watched(interface.session_class):  # the slots of a session take no weakref
        __slots__ = ("__weakref__",)

    watching = type(interface)(interface.config)
    watching.session_class = Watched
    environ, _ = serve(SessionMiddleware(app, watching), cookie)

    session = weakref.ref(environ.pop("session"))

    assert session() is None
