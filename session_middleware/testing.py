"""Tests of your own app: a client's session, cookies of any age, and a moved clock.

A test client is recognised by what it can do, so none needs to be installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from wsgiref.util import setup_testing_defaults

from .cookies import read_values
from .events import LOG
from .exceptions import ConfigurationError, SessionUnavailable
from .interface import SessionInterface, set_clock
from .middleware import SessionMiddleware
from .session import SecureCookieSession

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: One request of a client to a URL, answered with these Set-Cookie values: the
#: environ that it sent.
_Visit = Callable[[str, list[str]], "WSGIEnvironment"]


class CookieHeader:
    """A Cookie header that sessions can be changed in, for clients not known here.

    >>> header = CookieHeader("theme=dark")
    >>> with session_transaction(header, middleware) as session:
    ...     session["user"] = "ada"
    >>> fetch("/", headers={"Cookie": str(header)})
    'hello ada'

    :param value: as a browser sends it.
    """

    def __init__(self, value: str = "") -> None:
        self.value = value

    def __str__(self) -> str:
        return self.value

    def receive(self, lines: Iterable[str]) -> None:
        """Do as Set-Cookie lines say, whatever their Domain and Path."""
        for line in lines:
            pair = line.partition(";")[0]
            name, _, value = pair.partition("=")
            pairs = [each.strip() for each in self.value.split(";")]
            kept = [each for each in pairs if each and _name(each) != name]
            self.value = "; ".join([*kept, pair] if value else kept)


def _name(pair: str) -> str:
    return pair.partition("=")[0].rstrip()


class Clock:
    """Seconds since the epoch that stand still until they are moved.

    >>> clock = Clock(1_800_000_000)
    >>> clock.forward(timedelta(days=1))
    >>> clock.now()
    1800086400.0
    """

    def __init__(self, seconds: float) -> None:
        self._since = timedelta(seconds=seconds)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._since.total_seconds()

    def forward(self, length: timedelta) -> None:
        """Move on, or back by what is negative."""
        self._since += length


@contextmanager
def session_transaction(
    client: Any, middleware: SessionMiddleware | SessionInterface, url: str = "/"
) -> Iterator[SecureCookieSession]:
    """A client's session, to read and to change; what changed is in its next request.

    >>> with session_transaction(client, middleware) as session:
    ...     session["user"] = "ada"
    >>> client.get("/").text
    'hello ada'

    An exception in the block saves nothing. Reading leaves the client as it was, even
    where a request of its own would have its cookie re-issued.

    :param client: WebTest's ``TestApp``, werkzeug's ``Client``, a
        :class:`CookieHeader`, or a str that is only read.
    :param middleware: the one that serves the client, or its interface, which an
        adapter's users have.
    :param url: where the client is to go, as in ``client.get(url)``. Its scheme and
        host decide the cookie's name, as ever.
    :raises SessionUnavailable: the client would not send the cookie to that URL.
    :raises SessionTooLarge: as on the way out of a request.
    :raises SerializationError: likewise.
    """
    interface = _interface_of(middleware)
    visit = _visit_of(client)
    environ = visit(url, [])
    session: Any = interface.load(environ)
    yield session
    if hasattr(session, "save"):  # Beaker's word, without which nothing is kept
        session.save()
    if session.modified:
        headers = interface.commit(environ, session, "200 OK", [])
        lines = [value for name, value in headers if name == "Set-Cookie"]
        visit(url, lines)
        _check_kept(lines, environ, visit(url, []))


def make_cookie(
    middleware: SessionMiddleware | SessionInterface,
    data: Mapping[str, Any],
    *,
    age: timedelta = timedelta(0),
    permanent: bool | None = None,
    url: str = "/",
) -> str:
    """A Cookie header with a session in it, made and signed that long ago.

    It is empty if ``data`` is.

    >>> cookie = make_cookie(middleware, {"user": "ada"}, age=timedelta(days=15))
    >>> fetch("/", headers={"Cookie": cookie})
    'hello stranger'

    :param age: of the session and of its signature alike.
    :param permanent: whether it outlives the browser; ``None``: as the configuration
        has it.
    :param url: where it is to be sent: a path is one of ``http://localhost``.
    :raises SessionTooLarge: as on the way out of a request.
    :raises SerializationError: likewise.
    """
    header = CookieHeader()
    with stop_clock(middleware) as clock:
        clock.forward(-age)
        with session_transaction(header, middleware, url) as session:
            session.update(data)
            if permanent is not None:
                session.permanent = permanent
    return header.value


def forget_events() -> None:
    """Begin the minute of the log anew, which has ten lines of each event.

    It is for the whole process: call it before each test that asks for a line in the
    log, or for a :class:`LateSessionChange`.
    """
    LOG.forget()


@contextmanager
def stop_clock(middleware: SessionMiddleware | SessionInterface) -> Iterator[Clock]:
    """Stop an interface's clock for a while, and move it on from there.

    >>> with stop_clock(middleware) as clock:
    ...     with session_transaction(client, middleware) as session:
    ...         session["user"] = "ada"
    ...     clock.forward(timedelta(days=15))
    ...     client.get("/").text
    'hello stranger'

    In Flask give ``app.session_interface``, and change a session by Flask's own
    ``client.session_transaction()``.

    It moves the limits and the times of that interface, for all threads: not the
    client, which may drop a cookie by its own clock, nor the readers of ``accept``.
    """
    source: Any = middleware
    if not hasattr(middleware, "use_clock"):
        source = _interface_of(middleware)
    use_clock = getattr(source, "use_clock", partial(set_clock, source))
    clock = Clock(source.now())
    before = use_clock(clock.now)
    try:
        yield clock
    finally:
        use_clock(before)


def _interface_of(middleware: object) -> SessionInterface:
    found = getattr(middleware, "_interface", None)  # adapters keep it out of reach
    interface = found or getattr(middleware, "interface", middleware)
    if not isinstance(interface, SessionInterface):
        raise ConfigurationError(
            "middleware",
            "must be a SessionMiddleware or a SessionInterface; where something else "
            "wraps the middleware, give the one inside. In Flask a session is changed "
            "by client.session_transaction(), and stop_clock takes "
            "app.session_interface",
        )
    return interface


# -- the clients ----------------------------------------------------------


def _visit_of(client: Any) -> _Visit:
    if isinstance(client, CookieHeader):
        return _by_header(client)
    if isinstance(client, str):
        return lambda url, lines: _by_header(CookieHeader(client))(url, [])
    if hasattr(client, "cookiejar") and hasattr(client, "app"):
        return _by_testapp(client)
    if hasattr(client, "application") and hasattr(client, "open"):
        return _by_werkzeug(client)
    raise ConfigurationError(
        "client",
        "must be WebTest's TestApp, werkzeug's Client, or for any other client a "
        "CookieHeader",
    )


def _by_header(header: CookieHeader) -> _Visit:
    def visit(url: str, lines: list[str]) -> WSGIEnvironment:
        parts = urlsplit(url)
        environ: WSGIEnvironment = {
            "wsgi.url_scheme": parts.scheme or "http",
            "HTTP_HOST": parts.netloc or "localhost",
            "PATH_INFO": unquote(parts.path or "/", "latin-1"),
            "QUERY_STRING": parts.query,
            "HTTP_COOKIE": header.value,
        }
        setup_testing_defaults(environ)
        header.receive(lines)
        return environ

    return visit


def _by_testapp(client: Any) -> _Visit:
    def visit(url: str, lines: list[str]) -> WSGIEnvironment:
        twin = copy(client)  # with the same jar
        twin.app = stand_in = _StandIn(client.app, lines)
        twin.get(url)
        return stand_in.environ

    return visit


def _by_werkzeug(client: Any) -> _Visit:
    def visit(url: str, lines: list[str]) -> WSGIEnvironment:
        twin = copy(client)
        twin.application = stand_in = _StandIn(client.application, lines)
        parts = urlsplit(url)
        place = {"base_url": f"{parts.scheme}://{parts.netloc}/"}
        path = parts._replace(scheme="", netloc="").geturl()
        twin.get(path, **(place if parts.netloc else {}))
        return stand_in.environ

    return visit


class _StandIn:
    """Answers in place of the application, so that the client's own jar is used."""

    environ: WSGIEnvironment

    def __init__(self, application: WSGIApplication, lines: list[str]) -> None:
        self._application = application
        self._headers = [("Set-Cookie", line) for line in lines]

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> list[bytes]:
        self.environ = environ
        headers = [("Content-Type", "text/plain"), ("Content-Length", "0")]
        start_response("200 OK", headers + self._headers)
        return [b""]

    def __getattr__(self, name: str) -> Any:  # Flask's client reads its app's settings
        return getattr(self._application, name)


def _check_kept(
    lines: list[str], before: WSGIEnvironment, after: WSGIEnvironment
) -> None:
    """The client does with its next request as it was told.

    :raises SessionUnavailable: it does not, and the test would not say why.
    """
    sent = after.get("HTTP_COOKIE", "")
    for line in lines:
        name, _, value = line.partition(";")[0].partition("=")
        changed = sent != before.get("HTTP_COOKIE", "")
        if not (value in read_values(sent, name) if value else changed):
            raise SessionUnavailable(
                f"the client did not keep the cookie {name!r} for this URL: a Secure "
                "one needs https, as url='https://localhost/', and one with a Domain "
                "or Path a URL there. A str keeps none: give CookieHeader(...)"
            )
