"""Connections to one SQLite file: one for each thread, and none across a fork.

SQLite keeps its locks for a whole process. A child that opens the file while it has an
inherited connection takes its parent's locks for its own; then another process may
delete the WAL under it, and what it writes is lost. So before a fork all are closed,
and both processes open them again.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from weakref import WeakSet, finalize

from ..exceptions import StoreError, StoreUnavailable

BUSY = 2  # seconds to wait for another writer
FORKING = 3  # seconds that a fork waits for what a thread does, which is no more

_WRITE = (("BEGIN IMMEDIATE",), ("COMMIT",))
_DURABLE = (
    ("PRAGMA synchronous=FULL", "BEGIN IMMEDIATE"),
    ("COMMIT", "PRAGMA synchronous=NORMAL"),
)

# SQLite's words for what went wrong; Python 3.10 does not give its numbers.
_REASONS: dict[str, tuple[type[StoreError], str]] = {
    "lock": (StoreUnavailable, f"another writer has held it for {BUSY} seconds"),
    "unable to open": (
        StoreUnavailable,
        "its file or its directory is not there, or this process may not write both",
    ),
    "readonly": (StoreError, "this process may not write its file and its directory"),
    "is full": (StoreError, "there is no room left on its disk"),
    "not a database": (
        StoreError,
        "its file has something else in it, and was left as it is; name another file",
    ),
    "malformed": (
        StoreError,
        "the file is damaged; stop the server and move it away with its -wal and -shm",
    ),
}


def translated(error: Exception) -> StoreError:
    """An error of SQLite's as one of ours, without the file's name."""
    words = "unable to open" if isinstance(error, OSError) else str(error)
    for part, (kind, reason) in _REASONS.items():
        if part in words:
            return kind(f"the SQLite database: {reason}")
    return StoreError(f"the SQLite database failed with {type(error).__name__}")


class _Thread:
    """The connection of one thread; who holds ``lock`` uses or closes it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process = os.getpid()
        self.db: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close it; an inherited one is kept for ever, and never touched."""
        db, self.db = self.db, None
        if db is None:
            return
        if self.process == os.getpid():
            db.close()
        else:  # pragma: no cover -- in the child of a fork
            _INHERITED.append(db)

    def finish(self, threads: set[_Thread]) -> None:
        """The thread has ended. A fork that has the lock closes the connection."""
        threads.discard(self)
        if self.lock.acquire(blocking=False):  # pragma: no branch -- but for a fork
            self.close()
            self.lock.release()


class _Key:
    """What only a thread's own dict refers to: it goes with the thread."""


class Connections:
    """Opens a connection when a thread first needs one, and closes it at its end.

    :param opener: gives one in autocommit mode, for use by any thread.
    """

    def __init__(self, opener: Callable[[], sqlite3.Connection]) -> None:
        self._opener = opener
        self.forget()
        with _GATE:
            _ALL.add(self)

    def forget(self) -> None:
        """Begin anew, in the child of a fork."""
        self.threads: set[_Thread] = set()
        self._line = threading.Lock()  # where its writers stand, as SQLite has none
        self._local = threading.local()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Each statement sees what is there at its own moment."""
        return self._use((), ())

    def snapshot(self) -> AbstractContextManager[sqlite3.Connection]:
        """All statements see one and the same moment."""
        return self._use(("BEGIN",), ("COMMIT",))

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """No other writer comes between, and an error undoes all.

        :param durable: it is on the disk by the end, even if the machine fails then.
        """
        if not self._line.acquire(timeout=BUSY):
            raise translated(sqlite3.OperationalError("locked"))
        try:
            with self._use(*(_DURABLE if durable else _WRITE)) as db:
                yield db
        finally:
            self._line.release()

    def close(self) -> None:
        """Close those of all threads; whoever goes on opens one again."""
        for thread in list(self.threads):
            with thread.lock:
                thread.close()

    @contextmanager
    def _use(
        self, begin: tuple[str, ...], end: tuple[str, ...]
    ) -> Iterator[sqlite3.Connection]:
        try:
            thread = self._acquire()
        except (sqlite3.Error, OSError) as error:
            raise translated(error) from error
        try:
            db = thread.db
            assert db is not None
            for statement in begin:
                db.execute(statement)
            yield db
            for statement in end:
                db.execute(statement)
        except BaseException as error:
            thread.close()  # which undoes what was begun; and it may be broken
            # What makes no sense in a row is a ValueError or a TypeError.
            if isinstance(error, (sqlite3.Error, ValueError, TypeError)):
                raise translated(error) from error
            raise
        finally:
            thread.lock.release()

    def _acquire(self) -> _Thread:
        """This thread's, open and locked."""
        thread: _Thread | None = getattr(self._local, "thread", None)
        # uWSGI forks, and does not tell Python of it.
        if thread is None or thread.process != os.getpid():
            thread = self._new()
        if _HELD:  # a fork waits for others
            with _GATE:
                pass
        thread.lock.acquire()
        if thread.db is None:
            thread.lock.release()
            with _GATE:  # first, as a fork does
                thread.lock.acquire()
                try:
                    thread.db = thread.db or self._opener()
                except BaseException:
                    thread.lock.release()
                    raise
        return thread

    def _new(self) -> _Thread:
        thread = self._local.thread = _Thread()
        self._local.key = _Key()
        self.threads.add(thread)
        finalize(self._local.key, thread.finish, self.threads)
        return thread


_ALL: WeakSet[Connections] = WeakSet()
_GATE = threading.RLock()  # held while one is opened, and across a fork
_HELD: list[_Thread] = []
_INHERITED: list[sqlite3.Connection] = []


def _close_all() -> None:
    """Before a fork; a thread that does not end what it does keeps its connection."""
    _GATE.acquire()
    for thread in [each for connections in _ALL for each in list(connections.threads)]:
        if thread.lock.acquire(timeout=FORKING):
            thread.close()
            _HELD.append(thread)


def _go_on() -> None:
    while _HELD:
        _HELD.pop().lock.release()
    _GATE.release()


def _begin_anew() -> None:  # pragma: no cover -- in the child of a fork
    """In the child, where no other thread is."""
    global _GATE
    _GATE = threading.RLock()
    _HELD.clear()
    for connections in _ALL:
        for thread in connections.threads:
            thread.close()
        connections.forget()


if hasattr(os, "register_at_fork"):  # pragma: no branch -- Windows has no fork
    os.register_at_fork(
        before=_close_all, after_in_parent=_go_on, after_in_child=_begin_anew
    )
