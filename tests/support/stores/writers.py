"""Writers: threads that use a store without a pause, and what it confirmed to them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from session_middleware._store_contract import ADA, changes, record
from session_middleware.exceptions import StoreError
from session_middleware.stores.base import SAVED, SessionStore

from ...servers.servers import wait_for


@dataclass
class Writer:
    """One thread. It adds to a session of its own, and begins and ends others.

    What fails is done again, as it was, until it is confirmed.
    """

    store: SessionStore
    key: str = field(default_factory=lambda: os.urandom(32).hex())
    steps: int = 0
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    slowest: float = 0  # seconds until an error
    stopped: bool = False

    def run(self) -> None:
        self.insist(lambda: self.store.create(self.key, record(values={"n": "0"})))
        while not self.stopped:
            step = changes(increments={"n": (1, "lost")})
            self.insist(partial(self.store.update, self.key, step))
            self.steps += 1
            key = os.urandom(32).hex()
            self.insist(partial(self.store.create, key, record(owner=ADA)))
            self.begun.append(key)
            if len(self.begun) > 20:
                key = self.begun.pop(0)
                self.insist(partial(self.store.delete, key))
                self.ended.append(key)

    def insist(self, verb: Callable[[], object]) -> None:
        """Until it is confirmed; whoever deletes twice may be told that it was gone."""
        for _ in range(200):
            start = time.monotonic()
            try:
                done = verb()
            except StoreError as error:
                self.slowest = max(self.slowest, time.monotonic() - start)
                self.errors.append(str(error))
                time.sleep(0.1)
            else:
                assert done in (True, False, (SAVED, ())), done
                return
        raise TimeoutError(self.errors[-1])


class Writers:
    """Some of them, in a ``with`` block, and the judgement on what they were told."""

    def __init__(self, store: SessionStore, number: int = 4) -> None:
        self.store = store
        self.all = [Writer(store) for _ in range(number)]
        self.failed: list[BaseException] = []

    def __enter__(self) -> Writers:
        self.threads = [
            threading.Thread(target=self._run, args=[each]) for each in self.all
        ]
        for thread in self.threads:
            thread.start()
        self.go_on()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        for each in self.all:
            each.stopped = True
        for thread in self.threads:
            thread.join()

    def _run(self, writer: Writer) -> None:
        try:
            writer.run()
        except BaseException as error:
            self.failed.append(error)

    def go_on(self, rounds: int = 50) -> None:
        """Until each of them has gone on by so many rounds."""
        goal = [each.steps + rounds for each in self.all]
        wait_for(
            lambda: (
                self.failed
                or all(w.steps >= g for w, g in zip(self.all, goal, strict=True))
            ),
            "writers to go on",
        )
        assert self.failed == []

    def lost(self) -> dict[str, int]:
        """What was confirmed and is not so: how much of each kind."""
        assert self.failed == []
        indexed = {key for key, _ in self.store.owned_by(ADA)}
        begun = {key for each in self.all for key in each.begun}
        ended = {key for each in self.all for key in each.ended}
        counted = [(each, self.store.read(each.key)) for each in self.all]
        return {
            "steps": sum(
                each.steps - int(found.values["n"] if found else 0)
                for each, found in counted
            ),
            "sessions": sum(self.store.read(key) is None for key in begun),
            "hints": len(begun - indexed),
            "logouts": sum(self.store.read(key) is not None for key in ended),
        }

    def report(self, what: str) -> str:
        """What was tried, and what became of it."""
        return (
            f"{what}: {sum(each.steps for each in self.all)} steps, "
            f"{sum(len(each.begun) + len(each.ended) for each in self.all)} logins and "
            f"{sum(len(each.ended) for each in self.all)} logouts confirmed; "
            f"{sum(len(each.errors) for each in self.all)} errors, the slowest after "
            f"{max(each.slowest for each in self.all):.2f} s; lost: {self.lost()}"
        )
