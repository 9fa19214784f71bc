"""When the headers go, and what of the app's answer is left as it is (PEP 3333)."""

from __future__ import annotations

import sys

import pytest

from session_middleware import SerializationError, SessionMiddleware, SessionTooLarge

from ..support import KEY, app_of, make_interface
from ..support.exchange import Exchange

HEADERS = [("Content-Type", "text/plain"), ("X-Own", "1"), ("x-own", "2")]
ADDED = {"Vary", "Set-Cookie", "Cache-Control"}


def wrap(app):
    return SessionMiddleware(app, secret_key=KEY)


def session_of(exchange):
    """What the browser would send back, opened by the same key."""
    seen = {}
    app = app_of(lambda session: seen.update(session))
    Exchange(wrap(app), HTTP_COOKIE=exchange.cookie).run()
    return seen


# -- when ------------------------------------------------------------------


def test_headers_wait_until_the_app_has_returned():
    seen = []

    def app(environ, start_response):
        start_response("200 OK", HEADERS)
        seen.append(len(exchange.starts))
        environ["session"]["after"] = "start_response"
        return [b"body"]

    exchange = Exchange(wrap(app))
    exchange.run()

    assert seen == [0]
    assert len(exchange.starts) == 1
    assert session_of(exchange) == {"after": "start_response"}


def test_headers_of_a_generator_wait_for_its_first_block():
    def app(environ, start_response):
        environ["session"]["before"] = 1
        start_response("200 OK", HEADERS)
        environ["session"]["after"] = 2
        yield b"one"

    exchange = Exchange(wrap(app))
    exchange.call()
    before = list(exchange.starts)
    exchange.next()

    assert before == []
    assert session_of(exchange) == {"before": 1, "after": 2}


def test_an_empty_first_block_sends_the_headers():
    def app(environ, start_response):
        start_response("200 OK", HEADERS)
        yield b""
        seen.append(len(exchange.starts))
        yield b"two"

    seen = []
    exchange = Exchange(wrap(app))
    exchange.run()

    assert seen == [1]
    assert exchange.blocks == [b"", b"two"]


def test_a_generator_without_a_block_sends_its_headers_at_its_end():
    def app(environ, start_response):
        start_response("200 OK", HEADERS)
        environ["session"]["at"] = "the end"
        return
        yield

    exchange = Exchange(wrap(app)).run()

    assert exchange.blocks == []
    assert session_of(exchange) == {"at": "the end"}


def test_write_sends_the_headers_and_the_bytes_at_once():
    def app(environ, start_response):
        write = start_response("200 OK", HEADERS)
        environ["session"]["written"] = True
        seen.append(list(exchange.blocks))
        write(b"one")
        seen.append(list(exchange.blocks))
        write(b"two")
        seen.append(list(exchange.blocks))
        return [b"three"]

    seen = []
    exchange = Exchange(wrap(app))
    exchange.run()

    assert seen == [[], [b"one"], [b"one", b"two"]]
    assert exchange.blocks == [b"one", b"two", b"three"]
    assert len(exchange.starts) == 1
    assert session_of(exchange) == {"written": True}


def test_write_of_nothing_sends_the_headers_too():
    def app(environ, start_response):
        start_response("200 OK", HEADERS)(b"")
        seen.append(len(exchange.starts))
        return []

    seen = []
    exchange = Exchange(wrap(app))
    exchange.run()

    assert seen == [1]
    assert exchange.blocks == [b""]


def test_yielded_blocks_never_go_through_write():
    written = []

    def start_response(status, headers):
        return written.append

    def app(environ, start_response):
        write = start_response("200 OK", HEADERS)
        write(b"written")
        yield b"yielded"

    body = wrap(app)(Exchange(app).environ, start_response)

    assert list(body) == [b"yielded"]
    assert written == [b"written"]


def test_a_stream_may_write_between_its_blocks():
    def app(environ, start_response):
        write = start_response("200 OK", HEADERS)
        yield b"one"
        write(b"two")
        yield b"three"

    exchange = Exchange(wrap(app)).run()

    assert exchange.blocks == [b"one", b"two", b"three"]
    assert len(exchange.starts) == 1


@pytest.mark.parametrize("body", [[], [b"x"], iter([]), iter([b"x"])])
def test_a_response_that_is_never_started_is_left_to_the_server(body):
    def app(environ, start_response):
        environ["session"]["user"] = "ann"
        return body

    exchange = Exchange(wrap(app))
    got = list(exchange.call())
    exchange.close()

    assert exchange.starts == []
    assert got in ([], [b"x"])


def test_a_response_started_after_its_first_block_is_the_servers_to_refuse():
    def app(environ, start_response):
        yield b"too soon"
        start_response("200 OK", HEADERS)

    with pytest.raises(AssertionError, match="a block before start_response"):
        Exchange(wrap(app)).run()


def test_a_response_closed_before_it_is_read_sends_nothing():
    def app(environ, start_response):
        start_response("200 OK", HEADERS)
        environ["session"]["user"] = "ann"
        yield b"one"

    exchange = Exchange(wrap(app))
    exchange.call()
    exchange.close()

    assert exchange.starts == []


# -- how -------------------------------------------------------------------


def test_start_response_is_called_with_two_positional_arguments():
    exchange = Exchange(wrap(app_of(lambda session: session.get("x")))).run()

    [arguments] = exchange.starts
    assert len(arguments) == 2


def test_the_app_gets_the_very_environ_of_the_server():
    seen = []

    def app(environ, start_response):
        seen.append(environ)
        start_response("200 OK", [])
        return []

    exchange = Exchange(wrap(app)).run()

    assert seen[0] is exchange.environ
    assert type(seen[0]) is dict


def test_an_untouched_session_leaves_the_very_list_of_headers():
    exchange = Exchange(wrap(app_of(lambda session: None, headers=HEADERS))).run()

    assert exchange.headers is HEADERS


def test_a_header_list_shared_by_all_requests_is_never_changed():
    app = wrap(app_of(lambda session: session.update(id=id(session)), headers=HEADERS))
    before = list(HEADERS)

    first, second = Exchange(app).run(), Exchange(app).run()

    assert before == HEADERS
    assert len(first.set_cookies) == len(second.set_cookies) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("status", "saved"),
    [
        ("200 OK", True),
        ("204 No Content", True),
        ("206 Partial Content", True),
        ("299 Own Words", True),
        ("302 Found", True),
        ("303 See Other", True),
        ("304 Not Modified", True),
        ("401 Unauthorized", True),
        ("404 Not Found", True),
        ("499 x", True),
        ("500 Internal Server Error", False),
        ("503 Service Unavailable", False),
    ],
)
def test_no_status_loses_a_header_and_5xx_alone_does_not_save(status, method, saved):
    app = wrap(app_of(lambda s: s.update(n=1), status=status, headers=HEADERS))

    exchange = Exchange(app, REQUEST_METHOD=method).run()

    theirs = [pair for pair in exchange.headers if pair[0] not in ADDED]
    ours = [name for name, _ in exchange.headers if name in ADDED]
    assert exchange.status == status
    assert theirs == HEADERS
    assert sorted(ours) == (sorted(ADDED) if saved else ["Vary"])
    assert exchange.blocks == [b"None"]


def test_a_server_that_gives_no_write_is_started_once():
    starts = []

    def start_response(status, headers):
        starts.append(status)

    def app(environ, start_response):
        start_response("200 OK", HEADERS)
        yield from (b"one", b"two", b"three")

    blocks = list(wrap(app)(Exchange(app).environ, start_response))

    assert starts == ["200 OK"]
    assert blocks == [b"one", b"two", b"three"]


def test_writing_to_a_server_that_gives_no_write_is_a_clear_error():
    def app(environ, start_response):
        start_response("200 OK", HEADERS)(b"one")
        return []

    with pytest.raises(TypeError, match="gave no write"):
        wrap(app)(Exchange(app).environ, lambda status, headers: None)


# -- errors ----------------------------------------------------------------


class Stop(BaseException):
    """As GeneratorExit and the like: not an Exception."""


def raising(moment, error):
    """An app that raises ``error`` at ``moment``."""

    def app(environ, start_response):
        environ["session"]["user"] = "ann"
        if moment == "before start_response":
            raise error
        write = start_response("200 OK", HEADERS)
        if moment == "after start_response":
            raise error
        if moment == "after write":
            write(b"written")
            raise error
        return stream()

    def stream():
        if moment == "before the first block":
            raise error
        yield b"one"
        if moment == "after the first block":
            raise error
        yield b"two"
        raise error

    return app


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), KeyboardInterrupt(), SystemExit(3), GeneratorExit(), Stop()],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    ("moment", "blocks"),
    [
        ("before start_response", []),
        ("after start_response", []),
        ("after write", [b"written"]),
        ("before the first block", []),
        ("after the first block", [b"one"]),
        ("at the end", [b"one", b"two"]),
    ],
)
def test_what_the_app_raises_passes_as_the_same_object(moment, blocks, error):
    exchange = Exchange(wrap(raising(moment, error)))

    with pytest.raises(type(error)) as raised:
        exchange.run()

    assert raised.value is error
    assert exchange.blocks == blocks
    assert bool(exchange.starts) is bool(blocks)
    assert all(len(exchange.set_cookies) == 1 for _ in exchange.starts)


@pytest.mark.parametrize("stream", [False, True], ids=["list", "generator"])
@pytest.mark.parametrize(
    ("value", "error"),
    [
        pytest.param(object(), SerializationError, id="not serialisable"),
        pytest.param("".join(map(chr, range(32, 9000))), SessionTooLarge, id="large"),
    ],
)
def test_a_session_that_cannot_be_saved_raises_before_anything_is_sent(
    value, error, stream
):
    def app(environ, start_response):
        start_response("200 OK", HEADERS)
        environ["session"]["big"] = value
        return (block for block in [b"one"]) if stream else [b"one"]

    exchange = Exchange(wrap(app))

    with pytest.raises(error, match="big"):
        exchange.run()

    assert exchange.starts == []


def test_an_app_may_answer_an_error_that_its_write_meets():
    def app(environ, start_response):
        write = start_response("200 OK", HEADERS)
        environ["session"]["bad"] = object()
        try:
            write(b"one")
        except SerializationError:
            start_response("500 Oops", [], sys.exc_info())
        return [b"sorry"]

    exchange = Exchange(SessionMiddleware(app, make_interface())).run()

    assert exchange.status == "500 Oops"
    assert exchange.blocks == [b"sorry"]
