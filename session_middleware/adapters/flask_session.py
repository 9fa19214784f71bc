"""FlaskSession: a session by Flask's rules, which stores whatever Flask's own can."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import flask
from flask.sessions import session_json_serializer as _TAGS

from ..exceptions import SerializationError
from ..interface import SessionInterface
from ..session import SecureCookieSession
from ..session_base import Loaded, NullSession
from ..tracking import FORCED
from .flask_handed_back import is_by_hand
from .flask_values import MARK, FlaskValues

if TYPE_CHECKING:
    from typing import TypeGuard

    from _typeshed.wsgi import WSGIEnvironment
    from flask.json.provider import JSONProvider

    from ..stored.values import StoredValues

_PERMANENT = "_permanent"  # the key of Flask's sessions that is session.permanent
_FLASKS_OWN = len(_TAGS.default_tags)  # how many tags there are if no app adds one


class FlaskNullSession(NullSession):
    """The session of an app without a secret key."""

    __slots__ = ()

    reason = (
        "The session is unavailable because the app has no secret key. Set "
        "app.secret_key (python -m session_middleware keygen makes one)"
    )

    def __setattr__(self, name: str, value: object) -> None:
        if name != "accessed":  # which Flask sets whenever it hands a session out
            self._refuse()


class FlaskSession(SecureCookieSession):
    """A session by Flask's rules: every assignment is a change.

    It stores whatever Flask's own sessions can store.
    """

    __slots__ = ()

    _interface: SessionInterface  # saves it; private, since templates reach sessions
    _environ: WSGIEnvironment  # of its request; not set where no app opened it
    _json: JSONProvider  # the app's; not set where no app opened it

    @property
    def accessed(self) -> bool:
        """Whether anything was read or written. What Flask assigns is ignored."""
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
        """Forget everything, with ``permanent``, which is a key in Flask."""
        super().clear()
        self.permanent = False

    def __setitem__(self, key: str, value: Any) -> None:
        if key == _PERMANENT:
            self.permanent = value
            return
        super().__setitem__(key, value)
        if self._baseline is not None:  # else it opened empty: any data is a change
            self._change = max(self._change, FORCED)

    def start(self, loaded: Loaded, data: dict[str, Any]) -> dict[str, Any]:
        """Begin with what was stored; Flask reads the parts that only it can read."""
        marked = loaded.text is not None and MARK in loaded.text
        if _adopts_rules(data):
            restore = self._values().restore if marked else None
            write = partial(_write, self._backend.encode, self._json_of_app(), 0, False)
            data.adopt(write, restore)
        elif marked:
            data = self._values().restore(data)
        return super().start(loaded, data)

    def _written(self, created: int, permanent: bool, data: dict[str, Any]) -> Any:
        if _adopts_rules(data):
            return super()._written(created, permanent, data)
        json = self._json_of_app()
        return _write(super()._written, json, created, permanent, data)

    def _values(self) -> FlaskValues:
        return FlaskValues(self._backend.encode, _TAGS, self._json_of_app())

    def _json_of_app(self) -> Any:
        return getattr(self, "_json", flask.json)

    def _level(self) -> dict[str, int]:
        environ = getattr(self, "_environ", None)
        if environ is not None and is_by_hand(environ):
            return {"level": logging.DEBUG}
        return super()._level()


def _adopts_rules(data: Any) -> TypeGuard[StoredValues]:
    """Whether the data are of a store, where each value has a text of its own."""
    return hasattr(data, "adopt")


def _write(
    write: Callable[[int, bool, Any], Any],
    json: Any,
    created: int,
    permanent: bool,
    data: dict[str, Any],
) -> Any:
    """The text of these data, and by Flask's rules of what ours refuse."""
    if len(_TAGS.order) == _FLASKS_OWN:
        try:
            return write(created, permanent, data)
        except SerializationError:
            pass
    return write(created, permanent, FlaskValues(write, _TAGS, json).replace(data))


def open_by_flasks_rules(interface: SessionInterface) -> None:
    """Give an interface's own class of sessions Flask's rules too."""
    kind = interface.session_class
    if "_interface" not in vars(kind):  # the class was not made here
        own = () if kind is SecureCookieSession else (kind,)
        bases = own if issubclass(kind, FlaskSession) else (FlaskSession, *own)
        members = {"__slots__": ("_environ", "_json"), "_interface": interface}
        interface.session_class = type(kind.__name__, bases, members)
