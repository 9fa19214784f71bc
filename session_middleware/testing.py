"""Tests of your own app: a client's session, cookies of any age, and a moved clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from ._store_contract import StoreContract as StoreContract
from ._test_clients import CookieHeader as CookieHeader
from ._test_clients import visit_of
from .cookies import read_values
from .events import LOG
from .exceptions import ConfigurationError, SessionUnavailable
from .interface import SessionInterface, set_clock
from .middleware import SessionMiddleware
from .session import SecureCookieSession

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = [
    "Clock",
    "CookieHeader",
    "StoreContract",
    "forget_events",
    "make_cookie",
    "session_transaction",
    "stop_clock",
]


class Clock:
    """Seconds since the epoch that stand still until they are moved.

    >>> clock = Clock(1_800_000_000)
    >>> clock.forward(timedelta(days=1))
    >>> clock.now()
    1800086400.0

    :param seconds: since the epoch, to begin with.
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
        host decide the cookie's name, as always.
    :raises SessionUnavailable: the client would not send the cookie to that URL.
    :raises SessionTooLarge: as when a response is sent.
    :raises SerializationError: likewise.
    """
    interface = _interface_of(middleware)
    visit = visit_of(client)
    environ = visit(url, [])
    session: Any = interface.load(environ)
    yield session
    _save(interface, environ, session, partial(visit, url))


def make_cookie(
    middleware: SessionMiddleware | SessionInterface,
    data: Mapping[str, Any],
    *,
    age: timedelta = timedelta(0),
    permanent: bool | None = None,
    url: str = "/",
) -> str:
    """A Cookie header with a session in it, made and signed that long ago.

    >>> cookie = make_cookie(middleware, {"user": "ada"}, age=timedelta(days=15))
    >>> fetch("/", headers={"Cookie": cookie})
    'hello stranger'

    :param middleware: the one that is to get the cookie, or its interface.
    :param data: what is in the session; an empty one makes an empty header.
    :param age: of the session and of its signature alike.
    :param permanent: whether it outlives the browser; ``None``: as the configuration
        has it.
    :param url: where it is to be sent: a path is one of ``http://localhost``.
    :raises SessionTooLarge: as when a response is sent.
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

    It is for the whole process: call it before each test that looks for a line in the
    log, or for a :class:`~session_middleware.LateSessionChange`.
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
    ``client.session_transaction()``. If it is kept in a store, have the client ask for
    a page before the clock moves on by a day, or a new session ends as one does whose
    cookie never came back.

    It moves the limits and the times of that interface, for all threads: not the
    client, which may drop a cookie by its own clock, nor the readers of ``accept``.

    :param middleware: the one that serves the client, or its interface.
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


def _save(
    interface: SessionInterface,
    environ: WSGIEnvironment,
    session: Any,
    visit: Callable[[list[str]], WSGIEnvironment],
) -> None:
    """Give the client what the response to this request would."""
    if hasattr(session, "save"):  # Beaker's word, without which nothing is kept
        session.save()
    if session.modified:
        headers = interface.commit(environ, session, "200 OK", [])
        lines = [value for name, value in headers if name == "Set-Cookie"]
        visit(lines)
        after = visit([])
        _check_kept(lines, environ, after)
        if not interface.opening_is_free:
            _come_back(interface, after)


def _come_back(interface: SessionInterface, environ: WSGIEnvironment) -> None:
    """Use a session once, as a client does that has kept its cookie.

    For a day at most, a store keeps a session that has never come back.
    """
    session = interface.load(environ)
    bool(session)
    interface.commit(environ, session, "200 OK", [])


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
