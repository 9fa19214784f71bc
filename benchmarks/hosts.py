"""Ours inside a framework, against the framework's own sessions.

Whole requests through a real Flask app and a real Pyramid app. The bare request is the
same app without sessions, so what is left is what ``session`` costs there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
import flask.sessions
import pyramid.config
import pyramid.response
import pyramid.session

from session_middleware import SecureCookieSessionInterface, SessionConfig
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.adapters.pyramid import session_factory

from .cases import Case, environ_of, nothing
from .contenders import KEY, Contender, Request

USES = [Case("untouched"), Case("read"), Case("changed")]


class _NoSession(flask.sessions.SessionInterface):
    """A Flask app without sessions."""

    session = flask.sessions.NullSession()

    def open_session(self, app: Any, request: Any) -> Any:
        return self.session


class InFlask(Contender):
    """A Flask app. Its ``SESSION_REFRESH_EACH_REQUEST`` would open every session."""

    kind = "Flask app"

    def __init__(self, name: str, interface: flask.sessions.SessionInterface) -> None:
        self.name = name
        self.interface = interface

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        def view() -> str:
            use(flask.session)
            return "ok"

        return _request(_flask_app(view, self.interface), case, cookie)

    def bare(self, case: Case, cookie: str) -> Request:
        return _request(_flask_app(lambda: "ok", _NoSession()), case, cookie)


class InPyramid(Contender):
    """A Pyramid app; its view asks for ``request.session`` if the case does."""

    kind = "Pyramid app"

    def __init__(self, name: str, factory: Any) -> None:
        self.name = name
        self.factory = factory

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        def view(request: Any) -> Any:
            if use is not nothing:
                use(request.session)
            return pyramid.response.Response(b"ok")

        return _request(_pyramid_app(view, self.factory), case, cookie)

    def bare(self, case: Case, cookie: str) -> Request:
        def view(request: Any) -> Any:
            return pyramid.response.Response(b"ok")

        return _request(_pyramid_app(view, None), case, cookie)


def _flask_app(view: Any, interface: flask.sessions.SessionInterface) -> Any:
    app = flask.Flask("benchmarks")
    app.config.update(
        SECRET_KEY=KEY,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.session_interface = interface
    app.add_url_rule("/account", view_func=view, endpoint="account")
    return app


def _pyramid_app(view: Any, factory: Any) -> Any:
    with pyramid.config.Configurator(session_factory=factory) as config:
        config.add_route("account", "/account")
        config.add_view(view, route_name="account")
        return config.make_wsgi_app()


def _request(app: Any, case: Case, cookie: str) -> Request:
    environ = environ_of(case, cookie)
    last: list[Any] = [None]

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        assert status == "200 OK"
        last[0] = headers

    def run() -> None:
        body = app(environ.copy(), start_response)
        for _ in body:
            pass
        close = getattr(body, "close", None)
        if close is not None:
            close()

    def set_cookies() -> list[str]:
        return [value for name, value in last[0] if name.lower() == "set-cookie"]

    return Request(run, set_cookies)


# Of each host: its own sessions, then ours.
HOSTS: dict[str, tuple[Contender, Contender]] = {
    "Flask": (
        InFlask("Flask's own", flask.sessions.SecureCookieSessionInterface()),
        InFlask("ours in Flask", FlaskSessionInterface()),
    ),
    "Pyramid": (
        InPyramid(
            "Pyramid's own",
            pyramid.session.SignedCookieSessionFactory(
                KEY, secure=True, httponly=True, reissue_time=None
            ),
        ),
        InPyramid(
            "ours in Pyramid",
            session_factory(
                SecureCookieSessionInterface(SessionConfig(secret_key=KEY))
            ),
        ),
    ),
}
LIMITS = {"Flask": 0.30, "Pyramid": 0.45}  # of their own
UNTOUCHED = 1 / 10  # of their own when read
