"""MemoryStore: sessions in this process, for tests and for a single one."""

from __future__ import annotations

import os
from collections.abc import Iterable
from threading import Lock
from weakref import WeakSet

from ..exceptions import ConfigurationError
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

__all__ = ["MemoryStore"]


class MemoryStore(SessionStore):
    """Keeps sessions in a dict, for tests and for a server with one process.

    Other processes see none of them, and all are gone when this one ends.

    Safe in threads; after a fork each process goes on with its own.
    """

    shared = False

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._owned: dict[str, set[str]] = {}  # owner to keys
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
            self._put(key, record._replace(values=dict(record.values)))
            return True

    def update(self, key: str, changes: Changes) -> Updated:
        with self._lock:
            record = self._records.get(key)
            refused = refusal(record, changes)
            if record is None or refused is not None:
                return Updated(refused or GONE)
            changed, overwritten = apply(record, changes)
            self._put(key, changed)
            return Updated(SAVED, overwritten)

    def retire(self, key: str, until: int, successor: str) -> Record | None:
        with self._lock:
            record = self._records.get(key)
            if record is not None and record.successor is None:
                self._put(key, mark(record, until, successor))
            return record

    def delete(self, key: str) -> bool:
        with self._lock:
            return self._delete(key)

    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        with self._lock:
            return [(key, self._records[key]) for key in self._owned.get(owner, ())]

    def delete_expired(self, now: int, limit: int = 1000) -> int:
        with self._lock:
            records = self._records.items()
            expired = [key for key, record in records if record.expires < now][:limit]
            for key in expired:
                self._put(key, None)
            return len(expired)

    def delete_all(self) -> int:
        with self._lock:
            return sum(self._delete(key) for key in list(self._records))

    def count(self, alive_at: int) -> int:
        with self._lock:
            records = list(self._records.values())
        return sum(r.successor is None and r.expires >= alive_at for r in records)

    def _delete(self, key: str) -> bool:
        deleted = False
        while record := self._records.get(key):
            deleted = deleted or record.successor is None
            self._put(key, mark(record, 0, "") if record.mark_until else None)
            if not record.successor:
                break
            key = record.successor
        return deleted

    def _put(self, key: str, record: Record | None) -> None:
        """Keep a record, or none, and have it among its owner's."""
        before = self._records.get(key)
        if before is not None and before.owner:
            keys = self._owned.get(before.owner, set())  # a fork may have been in here
            keys.discard(key)
            if not keys:
                self._owned.pop(before.owner, None)
        if record is None:
            self._records.pop(key, None)
            return
        self._records[key] = record
        if record.owner:
            self._owned.setdefault(record.owner, set()).add(key)


def open_url(url: str) -> MemoryStore:
    """The store that ``memory:`` names.

    :raises ConfigurationError: there is more in the URL than that.
    """
    if url.partition(":")[2].strip("/"):
        raise ConfigurationError("store", "memory: has nothing after it")
    return MemoryStore()


_STORES: WeakSet[MemoryStore] = WeakSet()


def _renew_locks() -> None:  # pragma: no cover -- in another process
    for store in _STORES:
        store.renew_lock()


if hasattr(os, "register_at_fork"):  # pragma: no branch -- Windows has no fork
    os.register_at_fork(after_in_child=_renew_locks)
