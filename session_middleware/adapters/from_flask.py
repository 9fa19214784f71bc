"""FromFlask: runs a session interface made for Flask around any WSGI application.

::

    from flask_session import Session  # or any flask.sessions.SessionInterface

    app = SessionMiddleware(app, FromFlask(Session, {"SESSION_TYPE": "redis"}))

The interface is called just as Flask calls it: each session is opened when its request
begins, and saved with the response, by the interface's own rules.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import flask
from flask.sessions import SessionInterface as FlaskInterface

from ..exceptions import ConfigurationError, SessionError
from ..headers import HeaderList, vary_on_cookie
from ..interface import SessionInterface
from ..session_base import SessionMixin
from .foreign_session import ForeignSession

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["FromFlask"]


class FromFlask(SessionInterface):
    """Runs an interface made for Flask, unchanged.

    :param make: called with a Flask app that only holds the configuration; returns a
        ``flask.sessions.SessionInterface``, or sets the app's ``session_interface`` as
        extensions do.
    :param config: Flask's options. Without ``SESSION_COOKIE_SECURE`` among them,
        cookies sent over https are Secure.
    :raises ConfigurationError: ``make`` does neither, or needs hooks around requests.
    """

    def __init__(
        self,
        make: Callable[[flask.Flask], object],
        config: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.app = flask.Flask(__name__)
        self.app.config.update(config or {})
        self._says_secure = "SESSION_COOKIE_SECURE" in (config or {})
        self.foreign = _make(make, self.app)

    def open_session(self, environ: WSGIEnvironment) -> SessionMixin:
        # A copy, which does not have the request in it: the session keeps the request,
        # and no cycle of references keeps both and the environ in memory.
        request = self.app.request_class(environ.copy(), populate_request=False)
        can = hasattr(self.foreign, "regenerate")
        regenerate = self._regenerate if can else None
        session = ForeignSession(partial(self._open, request), regenerate)
        return cast(SessionMixin, session)

    def commit(
        self,
        environ: WSGIEnvironment,
        session: SessionMixin,
        status: str,
        headers: HeaderList,
    ) -> HeaderList:
        """The response's headers, with those that the foreign interface adds."""
        assert isinstance(session, ForeignSession)
        session.conclude()
        if self.foreign.is_null_session(session.foreign):
            return headers
        if session.accessed:
            headers = vary_on_cookie(headers)
        session.response = self.app.response_class(status=status)
        sent = self._save(environ, session, headers)
        return headers if sent is headers else vary_on_cookie(sent)

    def save_session(
        self, environ: WSGIEnvironment, session: ForeignSession, headers: HeaderList
    ) -> None:
        response = session.response
        response.headers[:] = headers
        https = environ.get("wsgi.url_scheme") == "https" and not self._says_secure
        with self.as_flask():
            self.foreign.save_session(self.app, session.foreign, response)
        for name, value in response.headers:
            if (name, value) not in headers and name != "Vary":
                if https and name == "Set-Cookie" and _SECURE not in value:
                    value += _SECURE
                headers.append((name, value))

    def _open(self, request: flask.Request) -> Any:
        with self.as_flask():
            session = self.foreign.open_session(self.app, request)
            if session is None:
                session = self.foreign.make_null_session(self.app)
        return session

    def _regenerate(self, session: Any) -> None:
        foreign: Any = self.foreign  # Flask's own interface has no such method
        with self.as_flask():
            foreign.regenerate(session)

    @contextlib.contextmanager
    def as_flask(self) -> Iterator[None]:
        """In here the interface finds an app context, as in Flask, but no request.

        :raises SessionError: it needs a request context.
        """
        try:
            with self.app.app_context():
                yield
        except RuntimeError as error:
            if "request context" not in str(error):
                raise
            raise SessionError(
                f"{type(self.foreign).__name__} uses flask.request or flask.session, "
                "and here is only a Flask app's configuration, without requests"
            ) from error


def _make(make: Callable[[flask.Flask], object], app: flask.Flask) -> FlaskInterface:
    if not callable(make):
        raise ConfigurationError("make", "must be a function of a Flask app")
    made = make(app)
    if "session_interface" in vars(app):
        made = app.session_interface
    if not isinstance(made, FlaskInterface):
        raise ConfigurationError(
            "make", "must give a flask.sessions.SessionInterface, or set the app's"
        )
    for hook in ("before_request", "after_request", "teardown_request"):
        if any(getattr(app, f"{hook}_funcs").values()):
            raise ConfigurationError(
                "make",
                f"{type(made).__name__} needs {hook}, which is never called: here is "
                "only a Flask app's configuration, without requests",
            )
    return made


_SECURE = "; Secure"
