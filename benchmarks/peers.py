"""The other libraries, each called as it is meant to be.

* Beaker wraps the same WSGI app as ours.
* Flask: ``open_session`` and ``save_session`` of its interface, called on a werkzeug
  Request and Response that the bare request makes too; no Flask app runs.
* Starlette: around one ASGI app, whose coroutine is stepped by hand; no event loop.
* Pyramid: the session factory called on a real pyramid Request, and the response
  callbacks on a real Response, both of which the bare request makes too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import beaker.middleware
import flask
import flask.sessions
import pyramid.request
import pyramid.response
import pyramid.session
import starlette.middleware.sessions
import werkzeug.wrappers
from beaker.exceptions import BeakerException

from .cases import Case, environ_of, nothing
from .contenders import KEY, Contender, Request, Unsupported, WSGIContender
from .payloads import SESSIONS


class Beaker(WSGIContender):
    name = "Beaker"
    sends_also = ("read", "tampered")
    environ_key = "beaker.session"

    def wrap(self, app: Any, case: Case) -> Any:
        options = {
            "session.type": "cookie",
            "session.key": "session",
            "session.validate_key": KEY,
            "session.data_serializer": "json",
            "session.secure": True,
            "session.httponly": True,
            "session.auto": case.name in ("changed", "new"),
        }
        return beaker.middleware.SessionMiddleware(app, options)

    def prepare(self, case: Case) -> tuple[Request, Request]:
        try:
            return super().prepare(case)
        except BeakerException:
            raise Unsupported("too long") from None


class Flask(Contender):
    name = kind = "Flask"

    def __init__(self) -> None:
        self.app = flask.Flask("benchmarks")
        self.app.config.update(
            SECRET_KEY=KEY, SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax"
        )
        self.interface = flask.sessions.SecureCookieSessionInterface()

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        app, interface = self.app, self.interface
        environ = environ_of(case, cookie)
        last: list[Any] = [None]

        def run() -> None:
            request = werkzeug.wrappers.Request(environ.copy())
            response = last[0] = werkzeug.wrappers.Response(b"ok")
            session = interface.open_session(app, request)
            use(session)
            interface.save_session(app, session, response)

        return Request(run, lambda: last[0].headers.getlist("Set-Cookie"))

    def bare(self, case: Case, cookie: str) -> Request:
        environ = environ_of(case, cookie)
        last: list[Any] = [None]

        def run() -> None:
            werkzeug.wrappers.Request(environ.copy())
            last[0] = werkzeug.wrappers.Response(b"ok")
            nothing(None)

        return Request(run)

    def cookie(self, case: Case) -> str:
        if case.name != "refresh":
            return super().cookie(case)
        # Its refresh is that of a permanent session, on every request.
        signer = self.interface.get_signing_serializer(self.app)
        return "session=" + signer.dumps({**SESSIONS[case.size], "_permanent": True})


class Starlette(Contender):
    name = kind = "Starlette"

    def prepare(self, case: Case) -> tuple[Request, Request]:
        if case.name == "refresh":
            raise Unsupported("none")
        return super().prepare(case)

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        app = starlette.middleware.sessions.SessionMiddleware(
            _asgi_app(use), secret_key=KEY, https_only=True
        )
        return _asgi_request(app, cookie)

    def bare(self, case: Case, cookie: str) -> Request:
        return _asgi_request(_asgi_app(nothing), cookie)


class Pyramid(Contender):
    name = kind = "Pyramid"

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        environ = environ_of(case, cookie)
        opens = case.name != "untouched"  # request.session makes it when first asked
        factory = pyramid.session.SignedCookieSessionFactory(
            KEY,
            secure=True,
            httponly=True,
            # Its default, 0, sends a cookie whenever a session is read that is a
            # second old; these are younger.
            reissue_time=-1 if case.name == "refresh" else None,
        )
        last: list[Any] = [None]

        def run() -> None:
            request = pyramid.request.Request(environ.copy())
            response = last[0] = pyramid.response.Response(b"ok")
            use(factory(request) if opens else None)
            if request.response_callbacks:
                request._process_response_callbacks(response)

        return Request(run, lambda: last[0].headers.getall("Set-Cookie"))

    def bare(self, case: Case, cookie: str) -> Request:
        environ = environ_of(case, cookie)
        last: list[Any] = [None]

        def run() -> None:
            request = pyramid.request.Request(environ.copy())
            last[0] = pyramid.response.Response(b"ok")
            nothing(None)
            if request.response_callbacks:
                raise AssertionError

        return Request(run)

    def prepare(self, case: Case) -> tuple[Request, Request]:
        try:
            return super().prepare(case)
        except ValueError:
            raise Unsupported("too long") from None


PEERS: list[Contender] = [Flask(), Starlette(), Pyramid(), Beaker()]


def _asgi_app(use: Callable[[Any], object]) -> Any:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        use(scope.get("session"))
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    return app


def _asgi_request(app: Any, cookie: str) -> Request:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": "/account",
        "query_string": b"",
        "headers": [
            (b"host", b"app.example"),
            (b"accept-encoding", b"gzip, deflate, br"),
            (b"cookie", cookie.encode()),
        ],
    }
    last: list[Any] = [None]

    async def receive() -> None:
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        if "headers" in message:
            last[0] = message["headers"]

    def run() -> None:
        try:
            app(scope.copy(), receive, send).send(None)
        except StopIteration:
            return
        raise AssertionError("waits for an event loop")

    def set_cookies() -> list[str]:
        return [value.decode() for name, value in last[0] if name == b"set-cookie"]

    return Request(run, set_cookies)
