"""What becomes of a body: handed on as it is, or wrapped, and closed once."""

from __future__ import annotations

import io
import itertools
from wsgiref.util import FileWrapper

import pytest
from webob import Request

from session_middleware import (
    LateSessionChange,
    SerializationError,
    SessionMiddleware,
)

from ..support import KEY
from ..support.exchange import Exchange

HEADERS = [("Content-Type", "text/plain")]
BLOCKS = [b"one", b"", b"two"]


class Iterator:
    """An iterator with a ``close``; notes what was done to it."""

    def __init__(self, blocks=BLOCKS, close_error=None):
        self.taken = self.closed = 0
        self._blocks = iter(blocks)
        self._close_error = close_error

    def __iter__(self):
        return self

    def __next__(self):
        self.taken += 1
        block = next(self._blocks)
        if isinstance(block, BaseException):
            raise block
        return block

    def close(self):
        self.closed += 1
        if self._close_error is not None:
            raise self._close_error


class Container:
    """A body with a length, as many frameworks' responses are."""

    def __init__(self):
        self.closed = 0

    def __iter__(self):
        return iter(BLOCKS)

    def __len__(self):
        return len(BLOCKS)

    def close(self):
        self.closed += 1


class Unsized:
    """A body that runs the app's code when it is iterated: Django's, Bottle's."""

    def __init__(self, early=lambda: None, late=lambda: None):
        self.early, self.late = early, late
        self.closed = 0

    def __iter__(self):
        self.early()
        yield BLOCKS[0]
        self.late()
        yield from BLOCKS[1:]

    def close(self):
        self.closed += 1


class Indexed:
    """A body by the old protocol of sequences."""

    def __getitem__(self, index):
        return BLOCKS[index]


def returning(body, use=lambda session: None):
    """The middleware around an app that starts, uses its session, gives ``body``."""

    def app(environ, start_response):
        start_response("200 OK", HEADERS)
        use(environ["session"])
        return body

    return SessionMiddleware(app, secret_key=KEY)


def write(session):
    session["user"] = "ann"


@pytest.mark.parametrize("use", [lambda session: None, write], ids=["untouched", "set"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BLOCKS, id="list"),
        pytest.param(tuple(BLOCKS), id="tuple"),
        pytest.param([], id="empty list"),
        pytest.param(Container(), id="container"),
    ],
)
def test_a_body_that_is_already_there_is_handed_on_as_the_same_object(body, use):
    exchange = Exchange(returning(body, use))

    handed_on = exchange.call()

    assert handed_on is body
    assert len(exchange.starts) == 1
    assert bool(exchange.set_cookies) is (use is write)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        pytest.param("wsgiref.util", "FileWrapper", id="wsgiref"),
        pytest.param("gunicorn.http.wsgi", "FileWrapper", id="gunicorn"),
        pytest.param("waitress.buffers", "ReadOnlyFileBasedBuffer", id="waitress"),
    ],
)
def test_the_servers_file_wrapper_is_handed_on_as_the_same_object(module, name):
    wrapper = getattr(pytest.importorskip(module), name)
    body = wrapper(io.BytesIO(b"contents"))
    app = returning(body, write)
    exchange = Exchange(app, **{"wsgi.file_wrapper": wrapper})

    handed_on = exchange.call()

    assert handed_on is body
    assert exchange.cookie


def test_a_file_wrapper_that_gives_the_file_itself_is_recognised():
    def file_wrapper(file, size=8192):  # as uWSGI's builtin: not a class
        return file

    file = io.BytesIO(b"contents")
    app = returning(file_wrapper(file), write)
    exchange = Exchange(app, **{"wsgi.file_wrapper": file_wrapper})

    handed_on = exchange.call()

    assert handed_on is file
    assert exchange.cookie


def test_a_stream_is_no_file_even_where_the_servers_wrapper_is_a_function():
    body = Iterator()
    exchange = Exchange(
        returning(body, write), **{"wsgi.file_wrapper": lambda file: file}
    )

    assert exchange.call() is not body
    assert exchange.cookie


def test_a_change_that_a_body_without_next_makes_before_its_first_block_is_kept():
    """It was committed when the app returned, before any of its code had run."""

    def app(environ, start_response):
        start_response("200 OK", [])
        return Unsized(early=lambda: write(environ["session"]))

    exchange = Exchange(SessionMiddleware(app, secret_key=KEY)).run()

    assert exchange.blocks == BLOCKS
    assert exchange.cookie


def test_a_later_change_inside_a_value_is_noticed_in_a_body_without_next():
    def app(environ, start_response):
        cart = environ["session"].setdefault("cart", [])
        start_response("200 OK", [])
        return Unsized(late=lambda: cart.append("late"))

    with pytest.warns(LateSessionChange, match="cart"):
        Exchange(SessionMiddleware(app, secret_key=KEY)).run()


@pytest.mark.parametrize("body", [Unsized, Indexed], ids=["unsized", "indexed"])
def test_a_body_without_next_is_sent_whole_and_closed(body):
    made = body()

    exchange = Exchange(returning(made, write)).run()

    assert exchange.blocks == BLOCKS
    assert getattr(made, "closed", 1) == 1


def test_the_headers_of_a_stream_that_has_started_come_with_it():
    """WebOb's ``request.get_response`` read a whole endless stream to get at them."""
    app = returning(Iterator(itertools.repeat(b"tick")), write)

    response = Request.blank("/").get_response(app)

    assert response.status_code == 200
    assert "Set-Cookie" in response.headers
    assert next(iter(response.app_iter)) == b"tick"


@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt])
def test_a_first_block_that_fails_closes_the_body(error):
    body = Iterator([error()])

    with pytest.raises(error):
        Exchange(returning(body, write)).call()

    assert body.closed == 1


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param({}, id="the server has no wrapper"),
        pytest.param({"wsgi.file_wrapper": FileWrapper}, id="another class"),
    ],
)
def test_a_file_that_is_not_the_servers_wrapper_streams_all_the_same(entries):
    file = io.BytesIO(b"line 1\nline 2\n")

    exchange = Exchange(returning(file, write), **entries).run()

    assert exchange.body is not file
    assert exchange.blocks == [b"line 1\n", b"line 2\n"]
    assert file.closed
    assert exchange.cookie


def test_a_container_that_starts_the_response_when_iterated_is_waited_for():
    class Lazy:
        def __init__(self, environ, start_response):
            self.environ, self.start_response = environ, start_response

        def __iter__(self):
            self.start_response("200 OK", HEADERS)
            self.environ["session"]["user"] = "ann"
            yield b"one"

    exchange = Exchange(SessionMiddleware(Lazy, secret_key=KEY))

    exchange.call()
    before = list(exchange.starts)
    exchange.next()

    assert before == []
    assert exchange.cookie
    assert exchange.blocks == [b"one"]


@pytest.mark.parametrize("touch", [lambda session: None, write], ids=["not", "set"])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: (block for block in BLOCKS), id="generator"),
        pytest.param(lambda: iter(BLOCKS), id="iterator without close"),
        pytest.param(lambda: itertools.chain(BLOCKS[:1], BLOCKS[1:]), id="chain"),
        pytest.param(Iterator, id="iterator with close"),
    ],
)
def test_every_block_is_passed_on_as_one_block_empty_ones_too(make, touch):
    exchange = Exchange(returning(make(), touch)).run()

    assert exchange.blocks == BLOCKS
    assert len(exchange.starts) == 1


def test_nothing_is_read_ahead():
    body = Iterator()
    exchange = Exchange(returning(body, write))

    exchange.call()
    taken = [body.taken]
    exchange.next()
    taken.append(body.taken)
    exchange.next()
    taken.append(body.taken)

    assert taken == [1, 1, 2]  # one block, for the headers that were started


def test_an_endless_stream_can_be_closed_early():
    body = Iterator(itertools.repeat(b"tick"))
    exchange = Exchange(returning(body, write))

    exchange.call()
    exchange.next()
    exchange.close()

    assert (body.taken, body.closed) == (1, 1)
    assert exchange.cookie


def test_a_stream_that_has_ended_stays_ended():
    exchange = Exchange(returning(Iterator([]))).run()

    with pytest.raises(StopIteration):
        next(iter(exchange.body))

    assert len(exchange.starts) == 1


# -- close() ---------------------------------------------------------------


def test_close_is_called_once_after_exhaustion():
    body = Iterator()

    Exchange(returning(body)).run()

    assert body.closed == 1


@pytest.mark.parametrize("blocks", [0, 1, 2], ids=["none", "one", "two"])
def test_close_is_called_once_when_the_client_is_gone_after_some_blocks(blocks):
    body = Iterator()
    exchange = Exchange(returning(body))

    exchange.call()
    for _ in range(blocks):
        exchange.next()
    exchange.close()

    assert body.closed == 1


def test_close_called_twice_reaches_the_app_once():
    body = Iterator()
    exchange = Exchange(returning(body)).run()

    exchange.close()

    assert body.closed == 1


@pytest.mark.parametrize("block", [0, 1], ids=["first block", "second block"])
def test_close_is_called_once_when_the_body_raises(block):
    error = ValueError("broken")
    body = Iterator([*BLOCKS[:block], error])

    with pytest.raises(ValueError, match="broken") as raised:
        Exchange(returning(body)).run()

    assert raised.value is error
    assert body.closed == 1


def test_an_error_in_close_passes_and_the_app_is_not_asked_again():
    error = OSError("on close")
    body = Iterator(close_error=error)
    exchange = Exchange(returning(body))

    with pytest.raises(OSError, match="on close") as raised:
        exchange.run()
    exchange.close()

    assert raised.value is error
    assert body.closed == 1


@pytest.mark.parametrize("kind", [Iterator, Container], ids=["wrapped", "same object"])
def test_an_error_at_commit_closes_the_body_once_and_passes(kind):
    body = kind()
    exchange = Exchange(returning(body, lambda s: s.update(bad=object())))

    with pytest.raises(SerializationError, match=r"session\['bad'\]"):
        exchange.run()

    assert body.closed == 1
    assert exchange.starts == []


def test_headers_that_the_server_refuses_close_the_body_and_pass():
    body = Container()
    wrapped = returning(body)

    def start_response(status, headers):
        raise AssertionError("bad header")

    with pytest.raises(AssertionError, match="bad header"):
        wrapped(Exchange(wrapped).environ, start_response)

    assert body.closed == 1


def test_a_body_without_close_can_be_closed():
    exchange = Exchange(returning(iter(BLOCKS)))

    exchange.call()
    exchange.close()

    assert exchange.blocks == []


def test_a_generators_own_cleanup_runs_on_an_early_disconnect():
    seen = []

    def app(environ, start_response):
        start_response("200 OK", HEADERS)
        try:
            yield b"one"
        except GeneratorExit as leaving:
            seen.append(type(leaving))
            raise
        finally:
            seen.append("cleanup")

    exchange = Exchange(SessionMiddleware(app, secret_key=KEY))

    exchange.call()
    exchange.next()
    exchange.close()

    assert seen == [GeneratorExit, "cleanup"]
