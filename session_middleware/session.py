"""SecureCookieSession: what the app sees."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Any

from .cookies import LAST_SECOND
from .events import LOG, cut
from .exceptions import LateSessionChange, SerializationError
from .session_base import CameIn, SessionOrigin
from .tracking import LazyMapping

# A third of the time that CameIn(...) takes.
_record: Callable[..., CameIn] = tuple.__new__


class SecureCookieSession(LazyMapping):
    """A session from a cookie; a ``MutableMapping`` of str keys.

    Any touch opens it and counts as a read, whatever it asks; ``modified`` and
    ``accessed`` do not touch it.

    :param origin: reads the header and signs what is sent.
    :param header: the request's Cookie header.
    """

    __slots__ = (
        "_baseline",
        "_created",
        "_dirty",
        "_forced",
        "_hushed",
        "_invalidated",
        "_origin",
        "_permanent",
        "_request",
        "_said",
        "_settled",
        "_text",
        "came",
        "due",
        "header",
    )

    _request: dict[str, Any]  # the environ as it came, where an override asks for it

    def __init__(self, origin: SessionOrigin, header: str) -> None:
        self._origin = origin
        self.header = header
        self._data = None
        self._settled: bool | None = None  # at commit: was it changed?

    # -- opening ----------------------------------------------------------

    def _open(self) -> dict[str, Any]:
        if self._data is None:
            if self._settled is not None:
                self._origin.event("late_read", advice=_READ_EARLIER, **self._level())
            try:
                self._origin.open(self, self.header)
            except BaseException:  # an override's: what it did not accept stays shut
                self._data = None
                raise
        assert self._data is not None
        return self._data

    def start(
        self,
        came: tuple[bytes, str | None, int, int | None, bool, str, int],
        data: dict[str, Any],
    ) -> None:
        """Begin with what came in, the fields of a :class:`CameIn`. For its origin."""
        self.came = _record(CameIn, came)
        self._data = data
        _, text, self._created, _, self._permanent, _, _ = came
        self._baseline = self._text = text
        self.due = False  # whether the same data is to be re-issued
        self._dirty = self._forced = self._handed_out = self._invalidated = False

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
        if self._settled is not None:
            return self._settled
        return self._data is not None and self._is_changed()

    @modified.setter
    def modified(  # pyright: ignore[reportIncompatibleVariableOverride]
        self, value: bool
    ) -> None:
        self._open()
        self._forced = bool(value)
        if value:
            self._note_change("*")
            return
        self._dirty = self._invalidated = False
        self._baseline = self._encode(self._open())

    @property
    def permanent(self) -> bool:
        """Whether the cookie outlives the browser."""
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
        return self.came.text is None or self._invalidated

    @property
    def status(self) -> str:
        """How it opened.

        ``new``, ``ok``, ``old_key``, ``migrated``, ``expired``, ``bad_signature``,
        ``malformed`` or ``refused``.
        """
        self._open()
        return self.came.status

    @property
    def created(self) -> datetime:
        """When it began, in UTC: the absolute limit counts from here."""
        self._open()
        return _utc(self._created)

    @property
    def issued(self) -> datetime | None:
        """When its cookie was signed, in UTC: the idle limit counts from here."""
        self._open()
        return None if self.came.issued is None else _utc(self.came.issued)

    @property
    def expires_at(self) -> datetime:
        """When it ends if it is not used again, in UTC; the earlier limit."""
        self._open()
        return _utc(self._origin.deadline(self, self._created))

    @property
    def invalidated(self) -> bool:  # type: ignore[override]
        """Whether :meth:`invalidate` was called and the browser's cookie must go."""
        return self._data is not None and self._invalidated

    # -- life -------------------------------------------------------------

    def clear(self) -> None:
        """Forget everything; a cookie that came is deleted, even one we refused."""
        super().clear()
        if self.came.text is None:
            self._forced = True

    def regenerate(self, keep: Iterable[str] | None = None) -> None:
        """A new identity: call it at login, and wherever rights change.

        The session gets a new creation time and is sent anew. A signed cookie cannot
        revoke the one before it, which lives until its limits if somebody copied it.

        :param keep: the only keys to keep; ``None`` keeps all.
        :raises TypeError: if ``keep`` is one str, which would mean its letters.
        """
        if isinstance(keep, (str, bytes)):
            raise TypeError("keep takes a list of keys, as ['language']")
        data = self._open()
        if keep is not None:
            kept = set(keep)
            for key in [key for key in data if key not in kept]:
                del data[key]
        self._created, _ = self._origin.start_again()
        self._forced = True
        self._note_change("*")

    def invalidate(self) -> None:
        """Log out: empty the session and delete its cookie.

        Writing afterwards starts a new session.
        """
        self._open().clear()
        self._created, self._permanent = self._origin.start_again()
        self._forced = self._invalidated = True
        self._note_change("*")

    def revert(self) -> None:
        """Take back every change: the session is as it came with the request."""
        if self._data is not None:
            came, due = self.came, self.due
            data = {} if came.text is None else self._origin.decode(came.text)
            self.start(came, data)
            self.due = due

    # -- at commit --------------------------------------------------------

    def settle(self) -> None:
        """Decide whether it changed; from here on a change is late."""
        if self._settled is None:
            self._settled = self._data is not None and self._is_changed()

    def unsettle(self) -> None:
        """Take :meth:`settle` back: nothing was sent, and what follows is not late."""
        self._settled = None

    def forget_changes(self) -> None:
        """Drop what was written after :meth:`invalidate`."""
        if self._invalidated:
            self._data = {}

    def text(self) -> str:
        """The text to be signed, as it was when the session settled.

        :raises SerializationError: with the path to what cannot be stored.
        """
        if self._text is None:
            return self._written(self._created, self._permanent, self._open())
        return self._text

    def hush(self, hushed: bool = True) -> bool:
        """Whether what is late is for the log at level DEBUG alone. Gives what was."""
        before: bool = getattr(self, "_hushed", False)
        if before and self._data is not None:
            self._text = self._encode(self._data)  # what was changed is not the app's
        self._hushed = hushed
        return before

    def check_late(self) -> None:
        """Warn of nested changes that nothing else noticed."""
        if self._data is not None and self._handed_out and self._settled is not None:
            before, self._text = self._text, self._encode(self._open())
            if self._text != before:
                self._baseline = before
                said: frozenset[str] = getattr(self, "_said", frozenset())
                for key in self.changed_keys():
                    if key not in said:
                        self._warn_late(key)

    def changed_keys(self) -> list[str]:
        """The keys whose values differ from what came in."""
        old = {} if self._baseline is None else self._origin.decode(self._baseline)
        new = self._open()
        return [
            key
            for key in {**old, **new}
            if self._text_of(old, key) != self._text_of(new, key)
        ]

    def _text_of(self, data: dict[str, Any], key: str) -> str | None:
        """What tells 1 from True, and asks no object whether it is equal."""
        try:
            return self._written(0, False, {key: data[key]}) if key in data else ""
        except SerializationError:
            return None

    def _is_changed(self) -> bool:
        if not (self._forced or self._dirty or self._handed_out):
            return False
        if self.came.text is None and not self._data:
            return self._forced  # what opened empty is not emptied by staying so
        self._text = self._encode(self._open())
        if self._forced or self._dirty:
            return self._forced or self._text is None or self._text != self._baseline
        return self._text != self._baseline and not self._is_respelled()

    def _is_respelled(self) -> bool:
        """Whether it is what came, which another writer has spelled otherwise."""
        if self._baseline is None:
            return False
        came = self._origin.decode(self._baseline)
        if self._text is None:  # nor could what came be stored here
            return came == self._open()
        return self._encode(came) == self._text

    def _encode(self, data: dict[str, Any]) -> str | None:
        """The text of these data; ``None`` if they cannot be stored."""
        try:
            return self._written(self._created, self._permanent, data)
        except SerializationError:
            return None

    def _written(self, created: int, permanent: bool, data: dict[str, Any]) -> str:
        """The text of these data, as its host stores them.

        :raises SerializationError: with the path to what cannot be stored.
        """
        return self._origin.encode(created, permanent, data)

    def _note_change(self, key: str) -> None:
        self._dirty = True
        if self._settled is not None:
            self._warn_late(key)

    def _warn_late(self, key: str) -> None:
        level = self._level()
        self._origin.event("late_change", key=key, **level)
        if level:
            return
        self._said = getattr(self, "_said", frozenset()) | {key}
        text = (
            f"session[{cut(repr(key))}] was changed after the response's headers had "
            "gone, and is lost: change a session before the body's first block"
        )
        LOG.warn(LateSessionChange, text)

    def _level(self) -> dict[str, int]:
        """The level of an event about what is late, where it is not the usual one."""
        return {"level": logging.DEBUG} if getattr(self, "_hushed", False) else {}


_READ_EARLIER = "first used after the headers had gone: Vary and changes are lost"


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(seconds, LAST_SECOND), timezone.utc)
