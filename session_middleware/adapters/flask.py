"""The Flask adapter: our sessions as ``flask.session``.

::

    app.session_interface = FlaskSessionInterface()

Flask's own rules stay in force: its configuration, keys of any length, a permanent
session sent anew with each response, and saving on errors too.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import flask
from flask.sessions import SessionInterface as Base
from flask.sessions import session_json_serializer as _TAGS

from ..config import SessionConfig
from ..cookie_settings import overrides
from ..exceptions import ConfigurationError
from ..interface import SessionInterface, set_clock
from ..nesting import open_inside
from ..secure_cookie import SecureCookieSessionInterface
from .flask_handed_back import watch
from .flask_session import FlaskNullSession as FlaskNullSession
from .flask_session import FlaskSession as FlaskSession
from .flask_session import open_by_flasks_rules
from .flask_settings import COOKIE_METHODS, Settings, config_of, configured, named

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["FlaskNullSession", "FlaskSession", "FlaskSessionInterface"]


class FlaskSessionInterface(Base):
    """A session interface for Flask that uses one of this package.

    Flask's ``get_cookie_*`` methods can be overridden as usual.

    :param make: makes such an interface; called once for each configuration that
        the app has had. Flask's rules are set on it, so it must be a new one each time.
    :raises ConfigurationError: ``make`` cannot be called.
    """

    null_session_class: Any = FlaskNullSession

    #: Flask's own: register tags here for further types, as usual.
    serializer = _TAGS

    def __init__(
        self,
        make: Callable[
            [SessionConfig], SessionInterface
        ] = SecureCookieSessionInterface,
    ) -> None:
        if not (callable(make) and _takes_a_config(make)):
            raise ConfigurationError(
                "FlaskSessionInterface",
                "takes a class of interfaces, or a function of a SessionConfig that "
                f"makes one: FlaskSessionInterface({_maker_for(make)}). The "
                "configuration is the app's own",
            )
        self._make = make
        self._made: WeakSet[SessionInterface] = WeakSet()
        self._now: Callable[[], float] | None = None
        is_overridden = overrides(self, Base, *COOKIE_METHODS)
        self._cookie_options = self._ask_methods if is_overridden else configured
        self._interface_for = lru_cache(maxsize=64)(self._make_interface)

    def open_session(self, app: flask.Flask, request: flask.Request) -> Any:
        if not app.secret_key:
            return None
        interface = self._interface_for(self._settings(app))
        session, _ = open_inside(request.environ, interface)
        if isinstance(session, FlaskSession):
            session._environ = request.environ
            session._json = app.json
        return session

    def save_session(
        self, app: flask.Flask, session: Any, response: flask.Response
    ) -> None:
        """Commit the session.

        If that fails, the session is as it came with the request from then on, or empty
        if only what followed ``invalidate()`` was refused. Flask calls this again for
        the error page, where what the error handler has written counts on its own.

        :raises SerializationError: a value cannot be stored.
        :raises SessionTooLarge: no browser would keep the cookie.
        :raises StoreError: the store did not say that it is saved.
        """
        if session is None:  # opening it has raised, and this is the error's page
            return
        ours = isinstance(session, FlaskSession)
        environ = session._environ if ours else flask.request.environ
        used = session.accessed
        # Not on a 5xx, where a re-issue waits: to open the session may be the failure.
        waits = response.status_code >= 500
        refresh = app.config["SESSION_REFRESH_EACH_REQUEST"] and not waits
        # No store is asked for the session of a page that did not use it.
        costs = ours and not used and not session._interface.opening_is_free
        if refresh and not costs and session and session.permanent:
            session.due = used = True
        if used:
            interface = (
                session._interface if ours else self._interface_for(self._settings(app))
            )
            _commit(interface, environ, session, response)
        else:
            session.conclude()
            if ours:
                session.shut()
        watch(environ, session, response)

    def regenerate(self, session: Any) -> None:
        """A new identity for a session, as in Flask-Session."""
        session.regenerate()

    def now(self) -> float:
        """Seconds since the epoch."""
        return (self._now or time.time)()

    def use_clock(self, now: Callable[[], float] | None) -> Any:
        """Set the clock of all that it has made or will make; for tests.

        :param now: ``None``: each has its own again.
        :returns: what was set before.
        """
        before, self._now = self._now, now
        for interface in self._made:
            set_clock(interface, now)
        return before

    def _settings(self, app: flask.Flask) -> Settings:
        fallbacks = app.config["SECRET_KEY_FALLBACKS"] or ()
        return (
            app.secret_key,
            # A str is refused later; in a tuple each letter would be a key.
            fallbacks if isinstance(fallbacks, str) else tuple(fallbacks),
            self._cookie_options(app),
            app.permanent_session_lifetime,
        )

    def _ask_methods(self, app: flask.Flask) -> Settings:
        """The same as :func:`configured`, for when a method is overridden."""
        return (
            self.get_cookie_name(app),
            self.get_cookie_domain(app),
            self.get_cookie_path(app),
            None,
            self.get_cookie_secure(app),
            self.get_cookie_httponly(app),
            self.get_cookie_samesite(app),
            self.get_cookie_partitioned(app),
        )

    def _make_interface(self, settings: Settings) -> SessionInterface:
        try:
            interface = self._make(config_of(*settings))
        except ConfigurationError as error:
            raise ConfigurationError(named(error.option), error.reason) from None
        if not isinstance(interface, SessionInterface):
            raise ConfigurationError("make", "must give a SessionInterface of ours")
        self._made.add(interface)
        if self._now is not None:
            set_clock(interface, self._now)
        interface.save_on_error = True
        interface.null_session_class = FlaskNullSession
        open_by_flasks_rules(interface)
        return interface


def _takes_a_config(make: Callable[..., object]) -> bool:
    try:
        inspect.signature(make).bind(None)
    except (TypeError, ValueError):
        return False
    return True


def _maker_for(given: object) -> str:
    """What is to be given in the place of an interface, or of its class."""
    kind = given if isinstance(given, type) else type(given)
    if not issubclass(kind, SessionInterface):
        kind = SecureCookieSessionInterface
    if kind.opening_is_free:
        return kind.__name__
    return f"lambda config: {kind.__name__}(config, store)"


def _commit(
    interface: SessionInterface,
    environ: WSGIEnvironment,
    session: Any,
    response: flask.Response,
) -> None:
    headers = response.headers.to_wsgi_list()
    try:
        sent = interface.commit(environ, session, response.status, headers)
    except Exception as error:  # Flask sends an error page, and commits that
        session.give_up(error)
        response.vary.add("Cookie")
        raise
    if sent is not headers:
        same = len(headers) if sent[: len(headers)] == headers else 0
        response.headers[same:] = sent[same:]
