"""One log line for each event, and not too many of them.

Junk cookies are free to send, so they must not fill a disk: ten lines per event
and minute, then one that says how many were left out.
"""

from __future__ import annotations

import logging
import threading
from typing import Final

LOGGER = logging.getLogger("session_middleware")
LINES: Final = 10  # per event and window
WINDOW: Final = 60  # seconds

_ERRORS = {"too_large"}
_NOTICES = {"bad_signature", "malformed", "expired", "refused", "old_key", "migrated"}


class EventLog:
    """Writes events to the logger ``session_middleware``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[float, int]] = {}  # name: window's start, events

    def write(self, name: str, now: float, facts: dict[str, object]) -> None:
        """One line, unless this minute already had its share.

        :param now: seconds since the epoch.
        :param facts: what to say; ``level`` chooses the level and is not said.
        """
        with self._lock:
            start, count = self._counts.get(name, (now, 0))
            running = 0 <= now - start < WINDOW
            self._counts[name] = (start, count + 1) if running else (now, 1)
        if running and count >= LINES:
            return
        level = facts.pop("level", None) or _level(name)
        assert isinstance(level, int)
        if count > LINES:
            LOGGER.log(level, "%s: %d more suppressed", name, count - LINES)
        said = " ".join(f"{fact}={value!r}" for fact, value in facts.items())
        LOGGER.log(level, "%s: %s", name, said)


def _level(name: str) -> int:
    if name in _ERRORS:
        return logging.ERROR
    return logging.INFO if name in _NOTICES else logging.WARNING
