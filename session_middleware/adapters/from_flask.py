"""The other way: a session interface made for Flask, around any WSGI application.

::

    from flask_session import Session  # or any flask.sessions.SessionInterface

    app = SessionMiddleware(app, FromFlask(Session, {"SESSION_TYPE": "redis"}))

The interface is asked just as Flask asks it: every session is opened as its request
begins, and saved by the interface's own rules when the response goes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import flask
from flask.sessions import SessionInterface as FlaskInterface

from ..events import LOG, cut
from ..exceptions import ConfigurationError, LateSessionChange, SessionError
from ..headers import HeaderList, vary_on_cookie
from ..interface import SessionInterface
from ..session_base import CHANGED, UNTOUCHED, Outcome, SessionMixin
from .view import SessionView

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class FromFlask(SessionInterface):
    """Runs an interface made for Flask, unchanged.

    :param make: is called with a Flask app that serves nothing and offers its
        configuration; gives a ``flask.sessions.SessionInterface``, or sets the app's
        ``session_interface`` as extensions do.
    :param config: the app's configuration, in Flask's words. Where it does not say
        ``SESSION_COOKIE_SECURE``, cookies sent over https are Secure.
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
        self._says_secure = "SESSION_COOKIE_SECURE" in (config or {})
        self.foreign = _make(make, self.app)

    def open_session(self, environ: WSGIEnvironment) -> SessionMixin:
        # A copy, and one that a request does not enter itself in: the session keeps
        # it, and would else be waiting for the garbage collector with the environ.
        request = self.app.request_class(environ.copy(), populate_request=False)
        return cast(SessionMixin, ForeignSession(self, request))

    def commit(
        self,
        environ: WSGIEnvironment,
        session: SessionMixin,
        status: str,
        headers: HeaderList,
    ) -> HeaderList:
        """The response's headers, with what the foreign interface adds."""
        assert isinstance(session, ForeignSession)
        session.settle()
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

    @contextlib.contextmanager
    def as_flask(self) -> Iterator[None]:
        """In here it finds what Flask would give it, but for a request context.

        :raises SessionError: it needs one.
        """
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

    :param interface: opens and saves it.
    :param request: what it is opened from.
    """

    __slots__ = (
        "_hushed",
        "_interface",
        "_request",
        "_settled",
        "foreign",
        "response",
    )

    invalidated = False
    due = False

    def __init__(self, interface: FromFlask, request: flask.Request) -> None:
        self._interface = interface
        self._request = request
        self._settled = self._hushed = False
        self.revert()

    def revert(self) -> None:
        """Open it anew, as it came with the request."""
        foreign, app = self._interface.foreign, self._interface.app
        with self._interface.as_flask():
            session = foreign.open_session(app, self._request)
            if session is None:
                session = foreign.make_null_session(app)
        self.foreign = session

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

    def __getattr__(self, name: str) -> Any:
        if name in _FACTS and not hasattr(self.foreign, name):
            return None
        getattr(self.foreign, name)  # to ask for what it has not is no use of it
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ForeignSession.__slots__:
            object.__setattr__(self, name, value)
            return
        self._note_change(name)
        super().__setattr__(name, value)

    def __setitem__(self, key: str, value: Any) -> None:
        self._note_change(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._note_change(key)
        super().__delitem__(key)

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._session if key != _PERMANENT)

    def __len__(self) -> int:
        session = self._session
        return len(session) - (_PERMANENT in session)

    def __contains__(self, key: object) -> bool:
        return key != _PERMANENT and key in self._session

    def __or__(self, other: Any) -> dict[str, Any]:
        merged: dict[str, Any] = dict(self) | other
        return merged

    def __ror__(self, other: Any) -> dict[str, Any]:
        merged: dict[str, Any] = other | dict(self)
        return merged

    def __bool__(self) -> bool:
        return bool(self._session)

    def clear(self) -> None:
        self._note_change("*")
        super().clear()

    def regenerate(self, keep: Iterable[str] | None = None) -> None:
        """A new identity, if the interface has a ``regenerate(session)``.

        :param keep: the only keys to keep; ``None`` keeps all.
        :raises TypeError: if ``keep`` is one str, which would mean its letters.
        """
        if isinstance(keep, (str, bytes)):
            raise TypeError("keep takes a list of keys, as ['language']")
        regenerate = getattr(self._interface.foreign, "regenerate", None)
        if regenerate is not None:  # first: it may do nothing for an empty session
            with self._interface.as_flask():
                regenerate(self._session)
        if keep is not None:
            for key in set(self).difference(keep):
                del self[key]

    def invalidate(self) -> None:
        """Log out: the interface deletes what it finds empty."""
        self.regenerate()
        self.clear()

    def settle(self) -> Outcome:
        object.__setattr__(self, "_settled", True)
        return CHANGED if self.accessed else UNTOUCHED  # which it knows by itself

    def unsettle(self) -> None:
        """Nothing was sent after all."""
        object.__setattr__(self, "_settled", False)

    def hush(self, hushed: bool = True) -> bool:
        """Warn no more of what is late, or again. Gives what was."""
        before, self._hushed = self._hushed, hushed
        return before

    def check_late(self) -> None:
        """What is late was said when it was changed."""

    def _note_change(self, key: str) -> None:
        if self._settled and not self._hushed:
            text = (
                f"session[{cut(repr(key))}] was changed after the session was saved, "
                "and is lost: change a session before the body's first block"
            )
            LOG.warn(LateSessionChange, text)


_PERMANENT = "_permanent"  # where Flask keeps that among the data
_SECURE = "; Secure"
_FACTS = ("created", "expires_at", "issued", "status")  # which only ours has
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
