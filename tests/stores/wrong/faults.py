"""What a wrong store is made of, and the list of them all."""

from __future__ import annotations

import time
from collections.abc import Callable

from session_middleware.stores.base import (
    SAVED,
    Changes,
    Outcome,
    Record,
    Updated,
    apply,
    refusal,
)
from session_middleware.stores.memory import MemoryStore

#: Each wrong store with a test that fails for it.
CAUGHT: list[tuple[type[MemoryStore], str]] = []


def caught_by(*tests: str) -> Callable[[type[MemoryStore]], type[MemoryStore]]:
    """Add a store to the list, with the tests that it fails."""

    def add(store: type[MemoryStore]) -> type[MemoryStore]:
        CAUGHT.extend((store, f"test_{test}") for test in tests)
        return store

    return add


class StoreInPieces(MemoryStore):
    """One that is right, with what a fault can be in as a method of its own."""

    def refuse(self, record: Record | None, changes: Changes) -> Outcome | None:
        return refusal(record, changes)

    def change(
        self, record: Record, changes: Changes
    ) -> tuple[Record, tuple[str, ...]]:
        return apply(record, changes)

    def update(self, key: str, changes: Changes) -> Updated:
        with self._lock:
            record = self._records.get(key)
            refused = self.refuse(record, changes)
            if refused is not None:
                return Updated(refused)
            changed, overwritten = self.change(record, changes)
            self._put(key, changed)
            return Updated(SAVED, overwritten)


def while_others_work() -> None:
    """Where a store is not atomic, somebody comes in between."""
    time.sleep(0.001)
