"""Gate: uses of a SQLite database one at a time, and none as the process forks.

SQLite counts the locks of a process in its memory. A child that inherits a connection
in the middle of a transaction has the lock of that for ever, and nothing of its own
gets in. So before a fork all connections are closed, and both sides open new ones.
"""

from __future__ import annotations

import os
from threading import Lock
from weakref import WeakSet

from sqlalchemy import Engine

from .forks import in_each_child

FORKING = 3  # seconds that a fork waits for what a thread does, which is no more


class Gate:
    """Enter it with ``with`` for each use.

    :param engine: of a SQLite database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.renew()
        _GATES.add(self)

    def renew(self) -> None:
        """In a child, whose copy of the lock nobody gives back."""
        self._lock = Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def close(self) -> None:
        """Before a fork: wait for whoever is inside, and close the connections."""
        self._held = self._lock.acquire(timeout=FORKING)
        self._engine.dispose()

    def open(self) -> None:
        """In the parent, after a fork."""
        if self._held:  # pragma: no branch -- or somebody was inside for too long
            self._lock.release()


_GATES: WeakSet[Gate] = WeakSet()


def _close_all() -> None:
    for gate in list(_GATES):
        gate.close()


def _open_all() -> None:
    for gate in list(_GATES):
        gate.open()


def _renew_all() -> None:  # pragma: no cover -- in the child of a fork
    for gate in list(_GATES):
        gate.renew()


in_each_child(_renew_all)
if hasattr(os, "register_at_fork"):  # pragma: no branch -- Windows has no fork
    os.register_at_fork(before=_close_all, after_in_parent=_open_all)
