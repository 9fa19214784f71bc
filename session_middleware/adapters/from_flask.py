"""The other way: a session interface made for Flask, around any WSGI application.

::

    from flask_session import Session  # or any flask.sessions.SessionInterface

    app = SessionMiddleware(app, FromFlask(Session, {"SESSION_TYPE": "redis"}))

The interface is asked just as Flask asks it: every session is opened as its request
begins, and saved by the interface's own rules when the response goes.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import flask
from flask.sessions import SessionInterface as FlaskInterface

from ..exceptions import ConfigurationError, LateSessionChange, SessionError
from ..headers import HeaderList, vary_on_cookie
from ..interface import SessionInterface
from ..session_mixin import SessionMixin
from .view import SessionView

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class FromFlask(SessionInterface):
    """Runs an interface made for Flask, unchanged.

    :param make: is called with a Flask app that serves nothing and offers its
        configuration; gives a ``flask.sessions.SessionInterface``, or sets the app's
        ``session_interface`` as extensions do.
    :param config: the app's configuration, in Flask's words.
    :raises ConfigurationError: ``make`` does neither, or needs an app that serves.
    """

    def __init__(
        self,
        make: Callable[[flask.Flask], object],
        config: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.app = flask.Flask(__name__)
        self.app.config.update(config or {})
        self.foreign = _make(make, self.app)

    def open_session(self, environ: WSGIEnvironment) -> SessionMixin:
        request = self.app.request_class(environ)
        with self._as_flask():
            session = self.foreign.open_session(self.app, request)
            if session is None:
                session = self.foreign.make_null_session(self.app)
        return cast(SessionMixin, ForeignSession(session))

    def commit(
        self,
        environ: WSGIEnvironment,
        session: SessionMixin,
        status: str,
        headers: HeaderList,
    ) -> HeaderList:
        """The response's headers, with what the foreign interface adds."""
        session.settle()
        if session.accessed:
            headers = vary_on_cookie(headers)
        sent = self._save(environ, session, headers)
        return headers if sent is headers else vary_on_cookie(sent)

    def save_session(
        self, environ: WSGIEnvironment, session: ForeignSession, headers: HeaderList
    ) -> None:
        if self.foreign.is_null_session(session.foreign):
            return
        response = self.app.response_class()
        response.headers.clear()
        with self._as_flask():
            self.foreign.save_session(self.app, session.foreign, response)
        headers += [pair for pair in response.headers if pair[0] != "Vary"]

    @contextlib.contextmanager
    def _as_flask(self) -> Iterator[None]:
        try:
            with self.app.app_context():
                yield
        except RuntimeError as error:
            if "request context" not in str(error):
                raise
            raise SessionError(
                f"{type(self.foreign).__name__} uses flask.request or flask.session, "
                "and there is no Flask here but an app's configuration"
            ) from error


class ForeignSession(SessionView):
    """A session of such an interface; whoever uses it through this view is noted.

    :param foreign: the interface's own.
    """

    __slots__ = ("_settled", "foreign")

    invalidated = False
    due = False

    def __init__(self, foreign: Any) -> None:
        object.__setattr__(self, "foreign", foreign)
        object.__setattr__(self, "_settled", False)

    @property
    def _session(self) -> Any:
        """The interface's own, told that it is used, as Flask tells it."""
        with contextlib.suppress(AttributeError):
            self.foreign.accessed = True
        return self.foreign

    @property
    def accessed(self) -> bool:
        """Whether it was used; always, of one that cannot note it."""
        return bool(getattr(self.foreign, "accessed", True))

    @property
    def modified(self) -> bool:
        """Whether there is something to save. Assign to insist."""
        return bool(self.foreign.modified)

    def __setattr__(self, name: str, value: Any) -> None:
        self._note_change(name)
        super().__setattr__(name, value)

    def __setitem__(self, key: str, value: Any) -> None:
        self._note_change(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._note_change(key)
        super().__delitem__(key)

    def clear(self) -> None:
        self._note_change("*")
        super().clear()

    def invalidate(self) -> None:
        """Log out: the interface deletes what it finds empty."""
        self.clear()

    def settle(self) -> None:
        """From here on a change is late."""
        object.__setattr__(self, "_settled", True)

    def unsettle(self) -> None:
        """Nothing was sent after all."""
        object.__setattr__(self, "_settled", False)

    def check_late(self) -> None:
        """What is late was said when it was changed."""

    def _note_change(self, key: str) -> None:
        if self._settled:
            warnings.warn(
                f"session[{key!r}] was changed after the session was saved, and is "
                "lost: change a session before the body's first block",
                LateSessionChange,
                stacklevel=3,
            )


SessionMixin.register(ForeignSession)  # pyright: ignore[reportAttributeAccessIssue]


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
                f"{type(made).__name__} needs {hook}, which is never called: there is "
                "no Flask here but an app's configuration",
            )
    return made
