"""What every test of a store begins with: a store, keys, records and changes."""

from __future__ import annotations

import os
import time
from typing import Any

from ..stores.base import MAX_NAME, Changes, Record, SessionStore

NOW = int(time.time())  # it has to be the true one for stores that have a TTL
LATER = NOW + 3600
ADA, BOB = "a" * 64, "b" * 64  # owners
KEYS = [f"{number:064x}" for number in range(1, 9)]
KEY, OTHER, THIRD = KEYS[:3]
LONG_NAME = "n" * MAX_NAME


def record(**fields: Any) -> Record:
    """A session that is new at ``NOW``."""
    begun = {"values": {"a": "1"}, "created": NOW, "used": NOW, "expires": LATER}
    return Record(**{**begun, **fields})


def changes(**fields: Any) -> Changes:
    """What a request did a minute later."""
    minute = {"alive_at": NOW, "used": NOW + 60, "expires": LATER + 60}
    return Changes(**{"id": os.urandom(8).hex(), **minute, **fields})


class GivenStore:
    """A store for each test, and what its tests ask it for."""

    def make_store(self) -> SessionStore:
        """A store with nothing in it; called once for each test."""
        raise NotImplementedError

    def close_store(self, store: SessionStore) -> None:
        """Called after each test."""

    def setup_method(self) -> None:
        self.store = self.make_store()

    def teardown_method(self) -> None:
        self.close_store(self.store)

    def found(self, key: str = KEY) -> Record:
        """What is read under a key that has something."""
        found = self.store.read(key)
        assert found is not None, "there is no record"
        return found

    def values(self, key: str = KEY) -> dict[str, str]:
        """What a later request finds in a session."""
        return dict(self.found(key).values)

    def create(self, key: str = KEY, **fields: Any) -> Record:
        """A session that is in the store."""
        begun = record(**fields)
        assert self.store.create(key, begun)
        return begun
