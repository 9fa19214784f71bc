"""Each verb is atomic, whoever else is at work at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from random import SystemRandom
from typing import Any

from ..stores.base import REPLACED, SAVED, Changes, Record
from .given import ADA, KEY, KEYS, LATER, NOW, OTHER, THIRD, GivenStore, changes, record


class RacePromises(GivenStore):
    """Of all verbs, from several threads."""

    #: How many times a race is run.
    rounds = 30

    def race(self, *racers: Callable[[], object]) -> None:
        """Let all run at once, each in a thread of its own, whoever is first."""
        barrier, errors = threading.Barrier(len(racers)), []

        def run(racer: Callable[[], object]) -> None:
            barrier.wait()
            try:
                racer()
            except Exception as error:
                errors.append(error)

        order = SystemRandom().sample(racers, len(racers))
        threads = [threading.Thread(target=run, args=(racer,)) for racer in order]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []

    def test_of_many_who_create_one_id_one_does(self) -> None:
        for _ in range(self.rounds):
            made: list[int] = []

            def create(number: int, made: list[int] = made) -> None:
                if self.store.create(KEY, record(values={"a": str(number)})):
                    made.append(number)

            self.race(*[partial(create, number) for number in range(4)])
            assert self.values() == {"a": str(made[0])}
            assert len(made) == 1
            self.store.delete(KEY)

    def test_writers_of_different_names_all_keep_theirs(self) -> None:
        self.create(values={})

        def write(name: str) -> None:
            for number in range(self.rounds):
                read = str(number - 1) if number else None
                change = changes(set={name: (read, str(number))})
                assert self.store.update(KEY, change) == (SAVED, ())

        self.race(*[partial(write, name) for name in "abcd"])

        assert self.values() == dict.fromkeys("abcd", str(self.rounds - 1))

    def test_increments_from_all_sides_add_up(self) -> None:
        self.create(values={})

        def count() -> None:
            for _ in range(self.rounds):
                self.store.update(KEY, changes(increments={"n": (1, "1")}))

        self.race(*[count] * 4)

        assert self.values() == {"n": str(4 * self.rounds)}

    def test_no_update_brings_back_what_is_deleted_meanwhile(self) -> None:
        for _ in range(self.rounds):
            self.create(owner=ADA)
            write = changes(owner_read=ADA, set={"a": ("1", "2")})
            touch = changes(owner_read=ADA)
            self.race(
                partial(self.store.delete, KEY),
                partial(self.store.update, KEY, write),
                partial(self.store.update, KEY, touch),
            )
            assert self.store.read(KEY) is None
            assert list(self.store.owned_by(ADA)) == []

    def test_a_write_beside_a_retire_is_in_what_it_gives_or_is_refused(self) -> None:
        for _ in range(self.rounds):
            self.create()
            results: dict[str, Any] = {}
            change = changes(set={"late": (None, "2")})

            def write(results: Any = results, change: Changes = change) -> None:
                results["update"] = self.store.update(KEY, change).outcome

            def retire(results: Any = results) -> None:
                results["was"] = self.store.retire(KEY, LATER, OTHER)

            self.race(write, retire)
            kept = "late" in results["was"].values
            assert results["update"] == (SAVED if kept else REPLACED)
            assert self.values() == {}
            self.store.delete(KEY)

    def test_a_logout_beside_a_login_ends_both_sessions(self) -> None:
        """The new session is there first; whoever comes second finds the other."""
        for _ in range(self.rounds):
            self.create()
            self.create(OTHER)

            def log_in() -> None:
                if self.store.retire(KEY, LATER, OTHER) is None:
                    self.store.delete(OTHER)

            self.race(log_in, lambda: self.store.delete(KEY))
            self.store.delete(KEY)
            assert self.store.read(OTHER) is None

    def test_of_several_who_retire_a_session_one_is_given_it(self) -> None:
        for _ in range(self.rounds):
            self.create()
            given: list[Record | None] = []

            def retire(given: list[Record | None] = given) -> None:
                given.append(self.store.retire(KEY, LATER, OTHER))

            self.race(*[retire] * 4)
            sessions = [each for each in given if each and each.successor is None]
            assert len(sessions) == 1
            assert self.found().successor == OTHER
            self.store.delete(KEY)

    def test_a_login_beside_the_end_of_all_sessions_is_ended_too(self) -> None:
        """Its new session is there before the old one is retired, and after."""
        for _ in range(self.rounds):
            for key in KEYS[:2]:
                self.create(key)

            def log_in() -> None:
                self.create(THIRD)
                if self.store.retire(KEY, LATER, THIRD) is None:
                    self.store.delete(THIRD)

            self.race(log_in, self.store.delete_all)
            assert self.store.read(THIRD) is None

    def test_what_is_used_while_the_expired_are_deleted_stays(self) -> None:
        for _ in range(self.rounds):
            self.create(expires=NOW - 30)
            outcomes: list[str] = []

            def touch(outcomes: list[str] = outcomes) -> None:
                change = changes(alive_at=NOW - 60)
                outcomes.append(self.store.update(KEY, change).outcome)

            self.race(touch, partial(self.store.delete_expired, NOW))
            assert (outcomes == [SAVED]) == (self.store.read(KEY) is not None)
            self.store.delete(KEY)
