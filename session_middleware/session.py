"""Session: what the app sees."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from .cookies import LAST_SECOND
from .exceptions import SerializationError, SessionTooLarge, cut
from .late import LateMapping
from .session_base import Loaded, SessionBackend
from .tracking import FORCED, INVALIDATED, UNCHANGED

__all__ = ["SecureCookieSession", "Session"]


class Session(LateMapping):
    """A session of one request; a ``MutableMapping`` of str keys.

    Any touch opens it and counts as a read, whatever it asks; ``modified`` and
    ``accessed`` do not touch it.
    """

    __slots__ = ("_request", "header")

    _request: dict[str, Any]  # a copy of the environ, where an override takes it

    def __init__(self, backend: SessionBackend, header: str) -> None:
        """Make one that is not open yet; a host does.

        :param backend: where it is kept.
        :param header: the request's Cookie header.
        """
        self._backend = backend
        self.header = header
        self._data = None
        self._concluded = None

    def start(self, loaded: Loaded, data: dict[str, Any]) -> dict[str, Any]:
        """Begin with what the request's cookies led to. For the backend."""
        if self._data is None and self._concluded is not None:
            self._say_read_late()
        self.loaded = loaded
        self._data = data
        _, self._created, _, self._permanent, text, _, _ = loaded
        self._baseline = self._text = text
        self._change = UNCHANGED
        self.due = self.regenerated = self._handed_out = False
        self.only = None
        return data

    # -- facts ------------------------------------------------------------

    @property
    def accessed(self) -> bool:  # type: ignore[override]
        """Whether anything was read or written."""
        return self._data is not None

    @property
    def modified(self) -> bool:
        """Whether there is something to save. Assign to insist.

        ``True`` sends the session even if it is unchanged. ``False`` takes back what
        was changed so far as a reason to send it; a later change is one again, and
        sends the session as it then is.
        """
        if self._concluded is not None:
            return self._concluded
        data = self._data
        if data is None or not (self._change or self._handed_out):
            return False
        return self._is_changed(data)

    @modified.setter
    def modified(  # pyright: ignore[reportIncompatibleVariableOverride]
        self, value: bool
    ) -> None:
        data = self._open()
        if value:
            self._force("*")
            return
        self._change = UNCHANGED
        self._baseline = self._encode(data)

    @property
    def permanent(self) -> bool:
        """Whether the cookie outlives the browser."""
        if self._data is None:
            self._open()
        return self._permanent

    @permanent.setter
    def permanent(  # pyright: ignore[reportIncompatibleVariableOverride]
        self, value: bool
    ) -> None:
        self._open()
        if self._permanent != bool(value):
            self._permanent = bool(value)
            self._note_change("permanent")

    @property
    def new(self) -> bool:  # type: ignore[override]
        """Whether no valid session came with the request."""
        self._open()
        return self.loaded.text is None or self.invalidated

    @property
    def status(self) -> str:
        """How it opened.

        ``new``, ``ok``, ``old_key``, ``migrated``, ``expired``, ``bad_signature``,
        ``malformed`` or ``refused``. In a store also ``gone``: it was ended there, or
        has expired; ``replaced``: in the last ten seconds another request has called
        :meth:`regenerate`, or :meth:`invalidate` and then written, and what this one
        writes is dropped; and ``unavailable``: the store did not answer, and
        ``handle_store_error`` returned.
        """
        self._open()
        return self.loaded.status

    @property
    def created(self) -> datetime:
        """When it began, in UTC: the absolute limit counts from here."""
        self._open()
        return _utc(self._created)

    @property
    def begun(self) -> int:
        """``created`` in seconds since the epoch."""
        self._open()
        return self._created

    @property
    def issued(self) -> datetime | None:
        """When its cookie was signed, in UTC: the idle limit counts from here."""
        self._open()
        issued = self._backend.issued(self)
        return None if issued is None else _utc(issued)

    @property
    def expires_at(self) -> datetime:
        """When it ends if it is not used again, in UTC: the earlier of both limits."""
        self._open()
        return _utc(self._backend.ends(self))

    @property
    def invalidated(self) -> bool:  # type: ignore[override]
        """Whether :meth:`invalidate` was called and the browser's cookie must go."""
        return self._data is not None and self._change == INVALIDATED

    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        """The name of the cookie it comes from."""
        return self._backend.cookie.name

    # -- life -------------------------------------------------------------

    def increment(self, key: str, by: int = 1) -> int:
        """Add to a counter, which begins at 0.

        In a store it adds to whatever is there by then, so that no request undoes
        another's. In a cookie the later of two writers wins, as ever.

        :param by: what is added; an int, which may be negative.
        :returns: the new value, as this request sees it.
        :raises TypeError: what is there is no int, or ``by`` is none.
        """
        before = self.get(key, 0)
        if type(before) is not int or type(by) is not int:
            name = cut(repr(key))
            raise TypeError(f"session[{name}] is counted in int, and by an int")
        self[key] = before + by
        return before + by

    def clear(self) -> None:
        """Forget everything; the request's cookie is deleted, even a refused one."""
        super().clear()
        if self.loaded.text is None:
            self._change = max(self._change, FORCED)

    def regenerate(self, keep: Iterable[str] | None = None) -> None:
        """A new identity: call it at login, and wherever rights change.

        The session gets a new creation time and is sent anew. A signed cookie cannot
        revoke the one before it, which lives until its limits if somebody copied it.

        :param keep: the only keys to keep, as ``["language"]``; ``None`` keeps all.
        :raises TypeError: if ``keep`` is one str, which would mean its letters.
        """
        if isinstance(keep, (str, bytes)):
            raise TypeError("keep takes a list of keys, as ['language']")
        data = self._open()
        if keep is not None:
            kept = frozenset(keep)
            for key in [key for key in data if key not in kept]:
                del data[key]
            self.only = kept if self.only is None else self.only & kept
        self._created = self._backend.seconds()
        self.regenerated = True
        self._force("*")

    def invalidate(self) -> None:
        """Log out: empty the session and delete its cookie.

        Writing afterwards starts a new session.
        """
        self._open().clear()
        self._created = self._backend.seconds()
        self._permanent = self._backend.permanent
        self.regenerated, self.only = True, frozenset()
        self._change = INVALIDATED
        if self._concluded is not None:
            self._backend.end_late(self)
        self._force("*")

    def revert(self) -> None:
        """Take back every change: the session is as it came with the request."""
        if self._data is not None:
            loaded, due = self.loaded, self.due
            data = {} if loaded.text is None else self._backend.decode(loaded.text)
            self.start(loaded, data)
            self.due = due

    def give_up(self, error: Exception) -> None:
        """Be as the session came: what failed is not to fail once more.

        A logout stays one, if it was what came after it that was refused.
        """
        is_refusal = isinstance(error, (SerializationError, SessionTooLarge))
        if is_refusal and self.invalidated:
            self.forget_changes()
        else:
            self.revert()
        self.due = False
        self.resume()

    def _force(self, key: str) -> None:
        """Have the session sent, even if its text is the same."""
        self._change = max(self._change, FORCED)
        self._note_change(key)

    # -- for the backend --------------------------------------------------

    def shut(self) -> None:
        """Forget that it was opened."""
        self._data = None

    def forget_changes(self) -> None:
        """Drop what was written after :meth:`invalidate`."""
        if self.invalidated:
            self._data = {}

    def text(self) -> Any:
        """The text to be kept: as the session was when it was concluded, or as it came.

        :raises SerializationError: with the path to what cannot be stored.
        """
        came = self.loaded.text
        if came is not None and not self._concluded:  # a mere re-issue
            return came
        if self._text is None:
            return self._written(self._created, self._permanent, self._open())
        return self._text


#: The name that Flask's users know.
SecureCookieSession = Session


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(seconds, LAST_SECOND), timezone.utc)
