"""MemoryStore: sessions in this process, for tests and for a single one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from threading import Lock
from weakref import WeakSet

from .base import (
    GONE,
    SAVED,
    Changes,
    Record,
    SessionStore,
    Updated,
    apply,
    mark,
    refusal,
)


class MemoryStore(SessionStore):
    """Keeps sessions in a dict: other processes see none, and the end takes them all.

    Safe in threads; after a fork each process goes on with its own.
    """

    shared = False

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self.renew_lock()
        _STORES.add(self)

    def renew_lock(self) -> None:
        """In the child of a fork, whose copy of the lock may be held for ever."""
        self._lock = Lock()

    def read(self, key: str) -> Record | None:
        return self._records.get(key)

    def create(self, key: str, record: Record) -> bool:
        with self._lock:
            there = self._records.get(key)
            if there is not None and there.expires >= record.used:
                return there == record
            self._records[key] = record
            return True

    def update(self, key: str, changes: Changes) -> Updated:
        with self._lock:
            record = self._records.get(key)
            refused = refusal(record, changes)
            if record is None or refused is not None:
                return Updated(refused or GONE)
            self._records[key], overwritten = apply(record, changes)
            return Updated(SAVED, overwritten)

    def retire(self, key: str, until: int, successor: str) -> Record | None:
        with self._lock:
            record = self._records.get(key)
            if record is not None and record.successor is None:
                self._records[key] = mark(record, until, successor)
            return record

    def delete(self, key: str) -> bool:
        with self._lock:
            return self._delete(key)

    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        with self._lock:
            return [pair for pair in self._records.items() if pair[1].owner == owner]

    def delete_expired(self, now: int, limit: int = 1000) -> int:
        with self._lock:
            records = self._records.items()
            expired = [key for key, record in records if record.expires < now][:limit]
            for key in expired:
                del self._records[key]
            return len(expired)

    def delete_all(self) -> int:
        with self._lock:
            return sum(self._delete(key) for key in list(self._records))

    def _delete(self, key: str) -> bool:
        deleted = False
        while record := self._records.pop(key, None):
            deleted = deleted or record.successor is None
            if record.mark_until:
                self._records[key] = mark(record, 0, "")
            if not record.successor:
                break
            key = record.successor
        return deleted


_STORES: WeakSet[MemoryStore] = WeakSet()


def _renew_locks() -> None:
    for store in _STORES:
        store.renew_lock()


if hasattr(os, "register_at_fork"):  # pragma: no branch -- Windows has no fork
    os.register_at_fork(after_in_child=_renew_locks)
