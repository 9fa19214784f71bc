"""The test clients: how each is visited, so that its own cookie jar is used.

A client is recognised by what it can do, so none needs to be installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from wsgiref.util import setup_testing_defaults

from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: One request of a client to a URL, answered with these Set-Cookie values: the
#: environ that it sent.
Visit = Callable[[str, list[str]], "WSGIEnvironment"]


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


def visit_of(client: Any) -> Visit:
    """How this client sends a request.

    :raises ConfigurationError: it is none that is known here.
    """
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


def _by_header(header: CookieHeader) -> Visit:
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


def _by_testapp(client: Any) -> Visit:
    def visit(url: str, lines: list[str]) -> WSGIEnvironment:
        twin = copy(client)  # with the same jar
        twin.app = stand_in = _StandIn(client.app, lines)
        twin.get(url)
        return stand_in.environ

    return visit


def _by_werkzeug(client: Any) -> Visit:
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
