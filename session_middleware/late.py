"""LateMapping: says what is read or changed after the response's headers have gone."""

from __future__ import annotations

import logging

from .events import LOG
from .exceptions import LateSessionChange, cut
from .session_base import CHANGED, DUE, EMPTIED, READ, UNTOUCHED, Outcome
from .tracking import WRITTEN, TrackedMapping


class LateMapping(TrackedMapping):
    """A tracked mapping that knows when it is too late to change anything."""

    __slots__ = ("_concluded", "_late_is_expected", "_said", "due")

    _concluded: bool | None  # None until the headers go; then whether it was changed
    _late_is_expected: bool  # not set: False
    _said: frozenset[str]  # the keys that were warned of; not set: none
    due: bool

    def conclude(self) -> Outcome:
        data = self._data
        if data is None:
            self._concluded = False
            return UNTOUCHED
        changed = self._concluded
        if changed is None:
            touched = self._change or self._handed_out
            self._concluded = changed = bool(touched and self._is_changed(data))
        if changed:
            return CHANGED if data else EMPTIED
        return DUE if self.due else READ

    def resume(self) -> None:
        self._concluded = None

    def expect_late_changes(self, expected: bool = True) -> bool:
        before: bool = getattr(self, "_late_is_expected", False)
        if before and self._data is not None:
            self._text = self._encode(self._data)  # what was changed is not the app's
        self._late_is_expected = expected
        return before

    def check_late(self) -> None:
        """Warn of nested changes that nothing else noticed."""
        if self._data is not None and self._handed_out and self._concluded is not None:
            before, self._text = self._text, self._encode(self._data)
            if self._text != before:
                self._baseline = before
                said = getattr(self, "_said", ())
                for key in self.changed_keys():
                    if key not in said:
                        self._warn_late(key)

    def _note_change(self, key: str) -> None:
        """Remember that something was written; warn if the headers have gone."""
        if not self._change:
            self._change = WRITTEN
        if self._concluded is not None:
            self._warn_late(key)

    def _warn_late(self, key: str) -> None:
        level = self._level()
        self._backend.report(self, "late_change", key=key, **level)
        if level:
            return
        self._said = getattr(self, "_said", frozenset()) | {key}
        text = (
            f"session[{cut(repr(key))}] was changed after the response's headers had "
            "gone, and is lost: change a session before the body's first block"
        )
        LOG.warn(LateSessionChange, text)

    def _say_read_late(self) -> None:
        advice = "first used after the headers had gone: Vary and changes are lost"
        self._backend.report(self, "late_read", advice=advice, **self._level())

    def _level(self) -> dict[str, int]:
        """The level of an event about what is late, where it is not the usual one."""
        expected = getattr(self, "_late_is_expected", False)
        return {"level": logging.DEBUG} if expected else {}
