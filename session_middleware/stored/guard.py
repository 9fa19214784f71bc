"""GuardedStore: leaves a store alone for a second after it could not be reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ..exceptions import StoreUnavailable
from ..stores.base import Changes, Record, SessionStore, Updated

PAUSE = 1  # seconds
_Answer = TypeVar("_Answer")


class GuardedStore:
    """The verbs of a store, as an interface uses them.

    Where it is away, the requests that come meanwhile fail at once, and do not wait for
    its time-out one after the other. Then one of them asks again, and no more than one
    in a second: a server has only so many threads, and others need no session.

    :param store: that is asked.
    :param clock: gives seconds that only move on.
    """

    #: Whether the store adds to counters by itself.
    adds = True

    def __init__(
        self, store: SessionStore, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.store = store
        self._clock = clock
        self._closed_until = 0.0

    def read(self, key: str) -> Record | None:
        return self._ask(self.store.read, key)

    def create(self, key: str, record: Record) -> bool:
        return self._ask(self.store.create, key, record)

    def update(self, key: str, changes: Changes) -> Updated:
        return self._ask(self.store.update, key, changes)

    def retire(self, key: str, until: int, successor: str) -> Record | None:
        return self._ask(self.store.retire, key, until, successor)

    def delete(self, key: str) -> bool:
        return self._ask(self.store.delete, key)

    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        return self.store.owned_by(owner)

    def _ask(self, verb: Callable[..., _Answer], *arguments: Any) -> _Answer:
        if self._closed_until:
            now = self._clock()
            if now < self._closed_until:
                raise StoreUnavailable(
                    "the store was away a moment ago, and is not asked"
                )
            self._closed_until = now + PAUSE  # one is enough to find out
        until = 0.0
        try:
            return verb(*arguments)
        except StoreUnavailable:
            until = self._clock() + PAUSE
            raise
        finally:
            self._closed_until = until
