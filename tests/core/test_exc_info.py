"""A second ``start_response``: refused without ``exc_info``, obeyed with it."""

from __future__ import annotations

import sys
import weakref

import pytest

from session_middleware import SessionMiddleware

from ..support import KEY, make_interface
from ..support.exchange import Exchange

PLAIN = [("Content-Type", "text/plain")]


class Canary:
    """Something in a frame that must not outlive the request."""


def failing_after(blocks, canaries=None, save=True):
    """An app that fails after some blocks and answers 500 as PEP 3333 shows."""

    def fail():
        canary = Canary()
        if canaries is not None:
            canaries.append(weakref.ref(canary))
        raise ValueError("broken")

    def app(environ, start_response):
        if save:
            environ["session"]["user"] = "ann"
        start_response("200 OK", PLAIN)
        yield from blocks
        try:
            fail()
        except ValueError:
            start_response("500 Oops", [("X-Error", "1")], sys.exc_info())
        yield b"sorry"

    return app


def test_a_second_start_without_exc_info_is_refused():
    def app(environ, start_response):
        start_response("200 OK", PLAIN)
        with pytest.raises(AssertionError, match="twice without exc_info"):
            start_response("404 Not Found", [])
        return [b"first"]

    exchange = Exchange(SessionMiddleware(app, secret_key=KEY)).run()

    assert exchange.status == "200 OK"


@pytest.mark.parametrize("nothing", [None, (), False], ids=repr)
def test_an_empty_exc_info_is_none(nothing):
    def app(environ, start_response):
        start_response("200 OK", PLAIN, nothing)
        start_response("404 Not Found", [], nothing)
        return []

    with pytest.raises(AssertionError, match="twice"):
        Exchange(SessionMiddleware(app, secret_key=KEY)).run()


def test_a_second_start_is_refused_after_the_headers_have_gone_too():
    def app(environ, start_response):
        start_response("200 OK", PLAIN)
        yield b"one"
        start_response("404 Not Found", [])

    with pytest.raises(AssertionError, match="twice without exc_info"):
        Exchange(SessionMiddleware(app, secret_key=KEY)).run()


def test_exc_info_on_the_first_call_starts_the_response():
    def app(environ, start_response):
        try:
            raise ValueError
        except ValueError:
            start_response("500 Oops", PLAIN, sys.exc_info())
        return [b"sorry"]

    exchange = Exchange(SessionMiddleware(app, secret_key=KEY)).run()

    assert exchange.starts == [("500 Oops", PLAIN)]


def test_before_the_headers_go_an_error_replaces_them_and_the_cookie():
    interface = make_interface()

    exchange = Exchange(SessionMiddleware(failing_after([]), interface)).run()

    assert exchange.starts == [
        ("500 Oops", [("X-Error", "1"), ("Vary", "Cookie")]),
    ]
    assert [name for name, _ in interface.events] == ["not_saved"]


def test_before_the_headers_go_an_error_page_that_is_no_500_saves():
    def app(environ, start_response):
        environ["session"]["user"] = "ann"
        start_response("500 Oops", PLAIN)
        try:
            raise ValueError
        except ValueError:
            start_response("200 OK", PLAIN, sys.exc_info())
        return [b"fine"]

    exchange = Exchange(SessionMiddleware(app, secret_key=KEY)).run()

    assert exchange.status == "200 OK"
    assert exchange.cookie


def test_after_the_headers_and_before_any_byte_the_server_replaces_them():
    app = SessionMiddleware(failing_after([b""]), make_interface())

    exchange = Exchange(app).run()

    assert [arguments[0] for arguments in exchange.starts] == ["200 OK", "500 Oops"]
    assert exchange.starts[1][2:] == ("exc_info",)
    assert exchange.headers == [("X-Error", "1"), ("Vary", "Cookie")]
    assert exchange.blocks == [b"", b"sorry"]


def test_after_the_first_byte_the_server_raises_the_very_error():
    exchange = Exchange(SessionMiddleware(failing_after([b"one"]), secret_key=KEY))

    with pytest.raises(ValueError, match="broken"):
        exchange.run()

    assert [arguments[0] for arguments in exchange.starts] == ["200 OK"]
    assert exchange.cookie
    assert exchange.blocks == [b"one"]


def test_after_a_written_byte_the_server_raises_the_very_error():
    error = ValueError("broken")

    def app(environ, start_response):
        start_response("200 OK", PLAIN)(b"one")
        try:
            raise error
        except ValueError:
            start_response("500 Oops", [], sys.exc_info())
        return [b"sorry"]

    with pytest.raises(ValueError, match="broken") as raised:
        Exchange(SessionMiddleware(app, secret_key=KEY)).run()

    assert raised.value is error


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([], id="before the headers"),
        pytest.param([b""], id="before the first byte"),
        pytest.param([b"one"], id="after the first byte"),
    ],
)
def test_no_frame_of_the_failure_outlives_it(blocks):
    canaries = []
    exchange = Exchange(
        SessionMiddleware(failing_after(blocks, canaries, save=False), secret_key=KEY)
    )

    exchange.call()
    try:
        while True:
            exchange.next()
    except (StopIteration, ValueError):
        pass
    alive = [canary() for canary in canaries]

    assert alive == [None]
