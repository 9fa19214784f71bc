"""Headers, cookies and streams of Falcon's responses."""

from __future__ import annotations

import io
from http import HTTPStatus

import falcon
import pytest
from werkzeug.test import create_environ

from session_middleware import LateSessionChange
from session_middleware.adapters.falcon import SessionComponent

from ..support import call, make_interface
from .falcon_apps import Resource, change, content, make_app

# -- headers and cookies ---------------------------------------------------


def test_headers_are_merged_and_the_apps_cookies_stay():
    def responder(req, resp):
        change(req, resp)
        resp.vary = ["Accept", "Origin"]
        resp.cache_control = ["public", "max-age=60"]
        resp.set_header("X-Theirs", "kept")
        resp.set_cookie("one", "1", secure=False)
        resp.append_header("Set-Cookie", "two=2")
        resp.unset_cookie("three")

    app = make_app(responder)

    got = call(app)

    assert got.all("Vary") == ["Accept, Origin, Cookie"]
    assert got.all("Cache-Control") == ["max-age=60, private"]
    assert got.all("X-Theirs") == ["kept"]
    names = [line.partition("=")[0] for line in got.set_cookies]
    assert names == ["two", "one", "three", "__Host-session"]
    assert "HttpOnly" in got.set_cookies[1]


def test_a_header_that_the_session_takes_away_is_gone():
    """Falcon's ``set_headers()`` left it, and a CDN would have kept the cookie."""

    def responder(req, resp):
        change(req, resp)
        resp.set_header("CDN-Cache-Control", "max-age=60")
        resp.set_header("X-Theirs", "kept")

    got = call(make_app(responder))

    assert got.all("CDN-Cache-Control") == []
    assert got.all("Cache-Control") == ["private"]
    assert got.all("X-Theirs") == ["kept"]


@pytest.mark.parametrize(
    "set_it",
    [
        lambda resp: resp.set_cookie("__Host-session", "not-ours"),
        lambda resp: resp.append_header("Set-Cookie", "__Host-session=not-ours"),
        lambda resp: resp.unset_cookie("__Host-session"),
    ],
    ids=["set_cookie", "append_header", "unset_cookie"],
)
def test_a_cookie_of_the_app_with_our_name_is_replaced(set_it):
    interface = make_interface()

    def responder(req, resp):
        change(req, resp)
        set_it(resp)

    app = make_app(responder, interface=interface)

    assert content(app, call(app).cookie) == "{'n': 1}"
    assert [name for name, _ in interface.events] == ["replaced_cookie"]


def test_a_component_before_ours_may_still_set_and_unset_cookies():
    class Last:
        def process_response(self, req, resp, resource, req_succeeded):
            resp.set_cookie("last", "1")
            resp.unset_cookie("one")

    def responder(req, resp):
        change(req, resp)
        resp.set_cookie("one", "1")

    app = falcon.App(middleware=[Last(), SessionComponent(make_interface())])
    app.add_route("/", Resource(responder))

    names = [line.partition("=")[0] for line in call(app).set_cookies]

    assert names == ["one", "__Host-session", "last", "one"]


@pytest.mark.parametrize(
    "status", [201, "201 Created", b"201 Created", HTTPStatus.CREATED, 799]
)
def test_a_status_is_written_as_falcon_allows(status):
    def responder(req, resp):
        change(req, resp)
        resp.status = status

    got = call(make_app(responder))

    assert got.status == falcon.code_to_http_status(status)
    assert len(got.set_cookies) == (status != 799)


# -- streams ---------------------------------------------------------------


def test_a_late_change_inside_a_value_warns_when_the_stream_is_closed():
    closed = []

    def responder(req, resp):
        cart = req.context.session.setdefault("cart", [])

        def blocks():
            try:
                yield b"one"
                cart.append("late")
                yield b"two"
            finally:
                closed.append(True)

        resp.stream = blocks()

    app = make_app(responder)

    with pytest.warns(LateSessionChange, match="cart"):
        got = call(app)

    assert (got.body, closed) == (b"onetwo", [True])
    assert content(app, got.cookie) == "{'cart': []}"


def test_a_first_touch_in_a_stream_is_an_event():
    interface = make_interface()

    def responder(req, resp):
        resp.stream = (str(len(req.context.session)).encode() for _ in range(1))

    got = call(make_app(responder, interface=interface))

    assert (got.body, got.all("Vary")) == (b"0", [])
    assert [name for name, _ in interface.events] == ["late_read"]


@pytest.mark.parametrize("wrapper", [None, iter], ids=["falcons", "servers"])
def test_a_file_is_handed_on_as_it_is(wrapper):
    file = io.BytesIO(b"the file")
    handed = []

    def responder(req, resp):
        change(req, resp)
        resp.stream = file

    def wrap(stream, size):
        handed.append(stream)
        return wrapper(stream)

    app = make_app(responder)

    got = call(app, environ={"wsgi.file_wrapper": wrap} if wrapper else {})

    assert got.body == b"the file"
    assert handed == ([file] if wrapper else [])
    assert content(app, got.cookie) == "{'n': 1}"


def test_a_list_of_blocks_is_handed_on_as_it_is():
    blocks = [b"one", b"two"]

    def responder(req, resp):
        change(req, resp)
        resp.stream = blocks

    body = make_app(responder)(create_environ(), lambda *started: None)

    assert body is blocks


def test_an_error_page_that_reads_the_session_varies_though_it_could_not_be_saved():
    def responder(req, resp):
        req.context.session["bad"] = object()

    def sorry(req, resp, error, params):
        resp.status = HTTPStatus.BAD_REQUEST
        resp.text = f"sorry {req.context.session.get('user')}"

    app = make_app(responder)
    app.add_error_handler(TypeError, sorry)

    got = call(app)

    assert (got.status[:3], got.body) == ("400", b"sorry None")
    assert got.all("Vary") == ["Cookie"]
    assert got.set_cookies == []
