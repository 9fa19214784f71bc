"""One log line for each event, and not too many of them.

Junk cookies are free to send, so they must not fill a disk: ten lines per event and
minute, then one that says how many were left out, whatever number of interfaces a
process has. Nor can a visitor make a line long, or begin a new one.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import count, repeat
from types import FrameType
from typing import Final

from .exceptions import cut

LOGGER = logging.getLogger("session_middleware")
LINES: Final = 10  # per event and window
WINDOW: Final = 60  # seconds

_ERRORS = {"too_large"}
_NOTICES = {
    *("bad_signature", "malformed", "expired", "refused", "gone", "replaced"),
    *("old_key", "migrated"),
}
_OUR_OWN = "advice"  # a fact that is a sentence of this package's
_MOST_NAMES = 1000  # that are counted, if somebody makes them up
_NO_WINDOW = -math.inf, repeat(0)
# What stands between a line of the app's and the session that it changes.
_BETWEEN = (
    *("session_middleware.", "collections.abc", "_collections_abc"),
    *("flask.", "jinja2.", "werkzeug."),
)


class EventLog:
    """Writes events to the logger ``session_middleware``.

    :param clock: gives seconds that only move on.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock  # one for all interfaces, whose own may differ
        self.forget()

    def forget(self) -> None:
        """Begin anew, as the child of a fork must: its copy of the lock may be held."""
        self._lock = threading.Lock()
        # By name: when its window began, and what counts its events with no lock held.
        self._counts: dict[str, tuple[float, Iterator[int]]] = {}

    def write(self, name: str, facts: dict[str, object]) -> None:
        """One line, unless this minute already had its share.

        :param facts: what to say; ``level`` chooses the level and is not said.
        """
        before = self._count(name)
        if before is None:
            return
        level = facts.pop("level", None) or _level(name)
        assert isinstance(level, int)
        if before > LINES:
            LOGGER.log(level, "%s: %d more suppressed", name, before - LINES)
        said = " ".join(f"{fact}={_shown(fact, each)}" for fact, each in facts.items())
        LOGGER.log(level, "%s: %s", name, said)

    def warn(self, category: type[Warning], text: str) -> None:
        """A warning at the app's line that led to it, ten a minute for each line.

        Python's own registry of what was said before would keep every text for ever,
        and a text has a key of a session in it. A warning that is made an error, as in
        tests, is always raised.
        """
        frame = _apps_frame()
        file, line = frame.f_code.co_filename, _line_of(frame)
        name = f"{category.__name__} {file}:{line}"
        if self._count(name) is None:
            return
        try:
            warnings.warn_explicit(text, category, file, line, _module_of(frame))
        except Warning:
            self._counts.pop(name, None)
            raise

    def _count(self, name: str) -> int | None:
        """How many came in the minute before this one; ``None``: no more are said."""
        now = self._clock()
        start, events = self._counts.get(name, _NO_WINDOW)
        if now - start >= WINDOW:
            with self._lock:
                start, events = self._counts.get(name, _NO_WINDOW)
                if now - start >= WINDOW:  # another thread may have begun one
                    return self._begin(name, now, events)
        return None if next(events) >= LINES else 0

    def _begin(self, name: str, now: float, before: Iterator[int]) -> int:
        """Begin a window with its first event; gives how many came in the last one."""
        if len(self._counts) > _MOST_NAMES:
            self._counts.clear()
        self._counts[name] = now, count(1)
        return next(before)


def _shown(fact: str, value: object) -> str:
    text = repr(value)
    if fact == _OUR_OWN:
        return text
    text = cut(text)
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _apps_frame() -> FrameType:
    """The nearest frame that is not of this package, or of what stands between."""
    frame = sys._getframe(1)
    while frame.f_back and _module_of(frame).startswith(_BETWEEN):
        frame = frame.f_back
    return frame


def _line_of(frame: FrameType) -> int:
    """Of a template of Jinja's, the template's own line, and not that of its code."""
    template = frame.f_globals.get("__jinja_template__")
    if template is None:
        return frame.f_lineno
    return int(template.get_corresponding_lineno(frame.f_lineno))


def _module_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "__main__"))


def _level(name: str) -> int:
    if name in _ERRORS:
        return logging.ERROR
    return logging.INFO if name in _NOTICES else logging.WARNING


LOG: Final = EventLog()  # of the whole process

if hasattr(os, "register_at_fork"):  # pragma: no branch -- Windows has no fork
    os.register_at_fork(after_in_child=LOG.forget)
