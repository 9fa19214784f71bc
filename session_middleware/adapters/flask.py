"""Our sessions inside Flask.

::

    app.session_interface = FlaskSessionInterface()

Flask's own rules hold there: its configuration, any length of key, a permanent session
sent anew with each response, and saving on errors too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import flask
from flask.sessions import SessionInterface as Base
from flask.sessions import session_json_serializer as _TAGS

from ..config import SessionConfig
from ..cookie_settings import overrides
from ..cookies import needs_secure
from ..exceptions import ConfigurationError, SerializationError
from ..interface import SessionInterface, set_clock
from ..nesting import open_inside
from ..secure_cookie import SecureCookieSessionInterface
from ..session import SecureCookieSession
from ..session_base import Loaded, NullSession
from ..tracking import FORCED
from .flask_handed_back import is_by_hand, watch
from .flask_values import MARK, FlaskValues

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from flask.json.provider import JSONProvider


class FlaskNullSession(NullSession):
    """Stands where an app has no secret key."""

    __slots__ = ()

    reason = (
        "The session is unavailable because the app has no secret key. Set "
        "app.secret_key (python -m session_middleware keygen makes one)"
    )

    def __setattr__(self, name: str, value: object) -> None:
        if name != "accessed":  # which Flask sets whenever it hands a session out
            self._refuse()


class FlaskSession(SecureCookieSession):
    """A session by Flask's rules: whatever is assigned is a change.

    And whatever Flask can store is stored.
    """

    __slots__ = ()

    _interface: SessionInterface  # that saves it; a template finds no key by it
    _environ: WSGIEnvironment  # the request it was opened for
    _json: JSONProvider  # of the app, where one opened it

    @property
    def accessed(self) -> bool:
        """Whether anything was read or written. Flask's own word on it is ignored."""
        return self._data is not None

    @accessed.setter
    def accessed(  # pyright: ignore[reportIncompatibleVariableOverride]
        self, value: bool
    ) -> None:
        pass

    def __getitem__(self, key: str) -> Any:
        try:
            return super().__getitem__(key)
        except KeyError:
            if key == _PERMANENT and self.permanent:
                return True
            raise

    def get(self, key: str, default: Any = None) -> Any:
        if key == _PERMANENT and self.permanent:
            return True
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (key == _PERMANENT and self.permanent)

    def __delitem__(self, key: str) -> None:
        if key == _PERMANENT and self.permanent:
            self.permanent = False
        else:
            super().__delitem__(key)

    def clear(self) -> None:
        """Forget everything, with :attr:`permanent`, which is a key in Flask."""
        super().clear()
        self.permanent = False

    def __setitem__(self, key: str, value: Any) -> None:
        if key == _PERMANENT:
            self.permanent = value
            return
        super().__setitem__(key, value)
        if self._baseline is not None:  # else it opened empty, and to be full is enough
            self._change = max(self._change, FORCED)

    def start(self, loaded: Loaded, data: dict[str, Any]) -> dict[str, Any]:
        """Begin with what came in, and with what Flask alone can read of it."""
        if loaded.text is not None and MARK in loaded.text:
            data = self._values().restore(data)
        return super().start(loaded, data)

    def _written(self, created: int, permanent: bool, data: dict[str, Any]) -> str:
        if len(_TAGS.order) == _FLASKS_OWN:
            try:
                return super()._written(created, permanent, data)
            except SerializationError:
                pass
        return super()._written(created, permanent, self._values().replace(data))

    def _values(self) -> FlaskValues:
        json = getattr(self, "_json", flask.json)
        return FlaskValues(super()._written, _TAGS, json)

    def _level(self) -> dict[str, int]:
        environ = getattr(self, "_environ", None)  # none where no app opened it
        if environ is not None and is_by_hand(environ):
            return {"level": logging.DEBUG}
        return super()._level()


class FlaskSessionInterface(Base):
    """Runs an interface of ours in a Flask app.

    Flask's ``get_cookie_*`` methods can be overridden as ever.

    :param make: gives an interface for a configuration; called once for each that the
        app has had. What it gives is told Flask's rules, so it must be a new one.
    :raises ConfigurationError: it cannot be called.
    """

    null_session_class: Any = FlaskNullSession

    #: Flask's own: a type that is registered here is stored by its tag.
    serializer = _TAGS

    def __init__(
        self,
        make: Callable[
            [SessionConfig], SessionInterface
        ] = SecureCookieSessionInterface,
    ) -> None:
        if not callable(make):
            given = isinstance(make, SessionInterface)
            kind = type(make) if given else SecureCookieSessionInterface
            raise ConfigurationError(
                "FlaskSessionInterface",
                "takes a class of interfaces, or a function of a SessionConfig that "
                f"makes one: FlaskSessionInterface({kind.__name__}). The configuration "
                "is the app's own",
            )
        self._make = make
        self._made: WeakSet[SessionInterface] = WeakSet()
        self._now: Callable[[], float] | None = None
        self._cookie = self._ask if overrides(self, Base, *_QUESTIONS) else _configured
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

        :raises SerializationError: a value cannot be stored.
        :raises SessionTooLarge: no browser would keep the cookie.
        """
        ours = isinstance(session, FlaskSession)
        environ = session._environ if ours else flask.request.environ
        used = session.accessed
        refresh = app.config["SESSION_REFRESH_EACH_REQUEST"]
        if refresh and session and session.permanent:
            session.due = used = True
        if used:
            interface = (
                session._interface if ours else self._interface_for(self._settings(app))
            )
            _commit(interface, environ, session, response)
        else:
            session.settle()
            if ours:
                session.shut()
        watch(environ, session, response)

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

    def _settings(self, app: flask.Flask) -> _Settings:
        fallbacks = app.config["SECRET_KEY_FALLBACKS"] or ()
        return (
            app.secret_key,
            # The letters of a str would each be a key; it is refused as it is.
            fallbacks if isinstance(fallbacks, str) else tuple(fallbacks),
            self._cookie(app),
            app.permanent_session_lifetime,
        )

    def _ask(self, app: flask.Flask) -> _Settings:
        """What :func:`_configured` gives where no method is overridden."""
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

    def _make_interface(self, settings: _Settings) -> SessionInterface:
        try:
            interface = self._make(_config_of(*settings))
        except ConfigurationError as error:
            name = _NAMES.get(error.option, f"SESSION_{error.option.upper()}")
            raise ConfigurationError(name, error.reason) from None
        if not isinstance(interface, SessionInterface):
            raise ConfigurationError("make", "must give a SessionInterface of ours")
        self._made.add(interface)
        if self._now is not None:
            set_clock(interface, self._now)
        interface.save_on_error = True
        interface.null_session_class = FlaskNullSession
        _set_session_class(interface)
        return interface


def _commit(
    interface: SessionInterface,
    environ: WSGIEnvironment,
    session: Any,
    response: flask.Response,
) -> None:
    headers = response.headers.to_wsgi_list()
    try:
        sent = interface.commit(environ, session, response.status, headers)
    except Exception:  # this may be the page about another that has failed so
        response.vary.add("Cookie")
        raise
    if sent is not headers:
        same = len(headers) if sent[: len(headers)] == headers else 0
        response.headers[same:] = sent[same:]


_PERMANENT = "_permanent"  # the key of Flask's sessions that is session.permanent
_Settings = tuple[Any, ...]
_FLASKS_OWN = len(_TAGS.default_tags)  # how many tags there are if no app adds one


def _config_of(
    secret_key: Any, fallbacks: Any, cookie: _Settings, lifetime: timedelta
) -> SessionConfig:
    """Ours for Flask's answers, with what werkzeug makes of them in a cookie."""
    name, domain, path, root, secure, httponly, said, partitioned = cookie
    samesite: Any = said.title() if isinstance(said, str) else said
    return SessionConfig(
        secret_key=secret_key,
        secret_key_fallbacks=fallbacks,
        allow_weak_secret=True,
        cookie_name=name,
        cookie_domain=domain.partition(":")[0] if domain else None,
        cookie_path=path or root,
        cookie_secure=bool(secure or needs_secure(name, samesite, partitioned)),
        cookie_httponly=bool(httponly),
        cookie_samesite=samesite,
        cookie_partitioned=bool(partitioned),
        permanent_lifetime=lifetime,
        absolute_lifetime=None,
    )


def _set_session_class(interface: SessionInterface) -> None:
    """Have it open sessions of its own class that keep Flask's rules too."""
    kind = interface.session_class
    if "_interface" not in vars(kind):  # not made here before
        own = () if kind is SecureCookieSession else (kind,)
        bases = own if issubclass(kind, FlaskSession) else (FlaskSession, *own)
        members = {"__slots__": ("_environ", "_json"), "_interface": interface}
        interface.session_class = type(kind.__name__, bases, members)


def _configured(app: flask.Flask) -> _Settings:
    """What Flask's own methods would answer, at a third of the time."""
    return _COOKIE(app.config)


_COOKIE: Callable[[Any], _Settings] = itemgetter(
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_DOMAIN",
    "SESSION_COOKIE_PATH",
    "APPLICATION_ROOT",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_PARTITIONED",
)
_QUESTIONS = [name for name in dir(Base) if name.startswith("get_cookie_")]

_NAMES = {
    "secret_key": "SECRET_KEY",
    "secret_key_fallbacks": "SECRET_KEY_FALLBACKS",
    "permanent_lifetime": "PERMANENT_SESSION_LIFETIME",
}
