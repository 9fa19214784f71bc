"""``wsgiref.validate`` and ``webtest.lint`` find nothing, above us and below."""

from __future__ import annotations

import io
import sys
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest

from session_middleware import SessionMiddleware

from ..support import make_interface
from ..support.exchange import Exchange

HEADERS = [("Content-Type", "text/plain"), ("Content-Length", "6")]
KEY = "tests.session"  # validators take an object under a dotted name only


def listed(environ, start_response):
    start_response("200 OK", list(HEADERS))
    return [b"one", b"", b"two"]


def in_a_tuple(environ, start_response):
    return tuple(listed(environ, start_response))


def generated(environ, start_response):
    start_response("200 OK", list(HEADERS))
    yield b"one"
    yield b""
    yield b"two"


def started_late(environ, start_response):
    def body():
        start_response("200 OK", list(HEADERS))
        yield b"onetwo"

    return body()


class Stream:
    """An iterator with a ``close``."""

    def __init__(self, environ, start_response):
        start_response("200 OK", list(HEADERS))
        self.blocks = iter([b"one", b"two"])

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.blocks)

    def close(self):
        self.blocks = iter(())


class Container:
    """A body without ``__next__``."""

    def __init__(self, environ, start_response):
        start_response("200 OK", list(HEADERS))

    def __iter__(self):
        return iter([b"one", b"two"])


def written(environ, start_response):
    write = start_response("200 OK", list(HEADERS))
    write(b"one")
    write(b"two")
    return []


def written_and_listed(environ, start_response):
    start_response("200 OK", list(HEADERS))(b"one")
    return [b"two"]


def filed(environ, start_response):
    start_response("200 OK", list(HEADERS))
    return environ["wsgi.file_wrapper"](io.BytesIO(b"onetwo"))


def failed(environ, start_response):
    start_response("200 OK", list(HEADERS))
    try:
        raise ValueError
    except ValueError:
        start_response("500 Oops", list(HEADERS), sys.exc_info())
    return [b"onetwo"]


def empty(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return []


def empty_stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield from ()


def not_modified(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"1"')])
    return []


def no_content(environ, start_response):
    start_response("204 No Content", [])
    return []


def redirected(environ, start_response):
    start_response("303 See Other", [("Location", "/"), *HEADERS])
    return [b"onetwo"]


APPS = [
    listed,
    in_a_tuple,
    generated,
    started_late,
    Stream,
    Container,
    written,
    written_and_listed,
    filed,
    failed,
    empty,
    empty_stream,
    not_modified,
    no_content,
    redirected,
]


def lint(app):
    return pytest.importorskip("webtest.lint").middleware(app)


def bare(app):
    return app


def read(session):
    session.get("user")


def write(session):
    session["user"] = "ann"


def log_out(session):
    session.invalidate()


def leave(session):
    pass


def using(app, use):
    """The app, once it has used its session."""

    def used(environ, start_response):
        use(environ[KEY])
        return app(environ, start_response)

    return used


def exchange(app, method="GET"):
    entries = {"REQUEST_METHOD": method, "wsgi.file_wrapper": FileWrapper}
    if method == "POST":
        entries["CONTENT_LENGTH"] = "0"
    return Exchange(app, HTTP_COOKIE="__Host-session=x", **entries)


@pytest.mark.parametrize("use", [leave, read, write, log_out])
@pytest.mark.parametrize("app", APPS, ids=lambda app: app.__name__)
@pytest.mark.parametrize(
    ("above", "below"),
    [
        pytest.param(validator, bare, id="wsgiref above"),
        pytest.param(bare, validator, id="wsgiref below"),
        pytest.param(validator, validator, id="wsgiref around"),
        pytest.param(lint, bare, id="webtest above"),
        pytest.param(bare, lint, id="webtest below"),
        pytest.param(lint, lint, id="webtest around"),
    ],
)
def test_a_validator_finds_nothing(above, below, app, use):
    plain = exchange(app).run()
    inner = below(using(app, use))
    wrapped = SessionMiddleware(inner, make_interface(), environ_key=KEY)

    watched = exchange(above(wrapped)).run()

    assert b"".join(watched.blocks) == b"".join(plain.blocks)
    assert watched.status == plain.status


@pytest.mark.parametrize("check", [validator, lint], ids=["wsgiref", "webtest"])
@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_a_validator_finds_nothing_in_other_methods(method, check):
    def app(environ, start_response):
        write(environ[KEY])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [] if method == "HEAD" else [b"x"]

    wrapped = SessionMiddleware(check(app), make_interface(), environ_key=KEY)

    watched = exchange(check(wrapped), method).run()

    assert watched.cookie


@pytest.mark.parametrize("check", [validator, lint], ids=["wsgiref", "webtest"])
def test_a_validator_finds_nothing_when_the_client_leaves_early(check):
    wrapped = SessionMiddleware(
        check(using(generated, write)), make_interface(), environ_key=KEY
    )
    watched = exchange(check(wrapped))

    watched.call()
    watched.next()
    watched.close()

    assert watched.blocks == [b"one"]


@pytest.mark.parametrize("check", [validator, lint], ids=["wsgiref", "webtest"])
def test_a_validator_between_two_middlewares_finds_nothing(check):
    def app(environ, start_response):
        write(environ[KEY])
        write(environ["tests.outer"])
        return generated(environ, start_response)

    inner = SessionMiddleware(check(app), make_interface(), environ_key=KEY)
    outer = SessionMiddleware(
        check(inner),
        make_interface(cookie_name="outer"),
        environ_key="tests.outer",
    )

    watched = exchange(check(outer)).run()

    assert len(watched.set_cookies) == 2


@pytest.mark.parametrize("check", [validator, lint], ids=["wsgiref", "webtest"])
def test_below_us_validators_want_a_key_with_a_dot(check):
    wrapped = SessionMiddleware(check(listed), make_interface())

    with pytest.raises(AssertionError, match="session"):
        exchange(wrapped).run()
