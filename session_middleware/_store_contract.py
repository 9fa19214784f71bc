"""StoreContract: every promise of a store, as tests that its own tests inherit."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from .stores.base import (
    GONE,
    MAX_NAME,
    OTHER_OWNER,
    REPLACED,
    SAVED,
    Changes,
    Record,
    SessionStore,
)

NOW = 1_800_000_000  # seconds since the epoch
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


class StoreContract:
    """Inherit it in a test class that pytest collects, and say how a store is made.

    >>> class TestMyStore(StoreContract):
    ...     def make_store(self):
    ...         return MyStore()
    """

    #: How many times a race is run.
    rounds = 30

    def make_store(self) -> SessionStore:
        """A store with nothing in it; called once for each test."""
        raise NotImplementedError

    def close_store(self, store: SessionStore) -> None:
        """Called after each test."""

    def setup_method(self) -> None:
        self.store = self.make_store()

    def teardown_method(self) -> None:
        self.close_store(self.store)

    def values(self, key: str = KEY) -> dict[str, str]:
        """What a later request finds in a session."""
        found = self.store.read(key)
        assert found is not None, "there is no record"
        return dict(found.values)

    def create(self, key: str = KEY, **fields: Any) -> Record:
        """A session that is in the store."""
        begun = record(**fields)
        assert self.store.create(key, begun)
        return begun

    # -- read and create --------------------------------------------------

    def test_what_was_created_is_read_whole(self) -> None:
        begun = self.create(
            values={"a": "1", "cart": '[{" u":"x"}]', "%_' \"": "null"},
            permanent=True,
            owner=ADA,
            mark_until=LATER + 5,
        )

        assert self.store.read(KEY) == begun

    def test_a_session_without_values_is_one(self) -> None:
        begun = self.create(values={})

        assert self.store.read(KEY) == begun

    def test_a_key_that_was_never_created_reads_as_none(self) -> None:
        assert self.store.read(KEY) is None

    def test_long_names_and_texts_are_kept_as_they_are(self) -> None:
        values = {LONG_NAME: "1", "b" * MAX_NAME: '"' + "x" * 900_000 + '"'}
        self.create(values=values)

        assert self.values() == values

    def test_names_that_differ_in_case_or_in_a_blank_at_the_end_are_two(self) -> None:
        names = ["a", "A", "a ", " a", "m:", "v:", "used", "\\u00e9", "e"]
        values = {name: f'"{index}"' for index, name in enumerate(names)}
        self.create(values=values)

        assert self.values() == values

    def test_an_id_that_is_taken_is_not_created_again(self) -> None:
        self.create()

        assert not self.store.create(KEY, record(values={"a": "2"}))
        assert self.values() == {"a": "1"}

    def test_the_same_record_may_be_created_twice_where_a_reply_was_lost(self) -> None:
        begun = self.create()

        assert self.store.create(KEY, begun)

    def test_what_has_expired_makes_room_for_a_new_one(self) -> None:
        self.create(owner=ADA, values={"old": "1"})

        assert self.store.create(KEY, record(used=LATER + 1, expires=LATER + 9))
        assert self.values() == {"a": "1"}
        assert list(self.store.owned_by(ADA)) == []

    def test_a_mark_is_no_room_for_a_new_one(self) -> None:
        self.create()
        self.store.retire(KEY, LATER, "")

        assert not self.store.create(KEY, record())

    def test_an_expired_record_is_still_read_for_its_time(self) -> None:
        """Whether it has expired is decided by whoever reads it, and not by a TTL."""
        begun = self.create(expires=NOW - 1)
        found = self.store.read(KEY)

        assert found is None or found == begun

    # -- update -----------------------------------------------------------

    def test_an_update_sets_and_deletes_its_own_names_alone(self) -> None:
        self.create(values={"a": "1", "b": "2", "c": "3"})

        done = self.store.update(
            KEY, changes(set={"a": ("1", "9"), "d": (None, "4")}, deleted={"b": "2"})
        )

        assert done == (SAVED, ())
        assert self.values() == {"a": "9", "c": "3", "d": "4"}

    def test_the_order_of_values_is_that_in_which_they_were_first_set_or_none(
        self,
    ) -> None:
        self.create(values={"b": "1", "a": "2"})

        assert sorted(self.values()) == ["a", "b"]

    def test_two_requests_that_write_different_names_both_keep_theirs(self) -> None:
        self.create(values={})
        self.store.update(KEY, changes(set={"a": (None, "1")}))
        self.store.update(KEY, changes(set={"b": (None, "2")}))

        assert self.values() == {"a": "1", "b": "2"}

    def test_the_later_of_two_writers_of_a_name_wins_and_is_told_so(self) -> None:
        self.create(values={"a": "1", "b": "1", "c": "1"})
        self.store.update(KEY, changes(set={"a": ("1", "2"), "b": ("1", "2")}))

        done = self.store.update(
            KEY, changes(set={"a": ("1", "3"), "c": ("1", "3")}, deleted={"b": "1"})
        )

        assert (done.outcome, sorted(done.overwritten)) == (SAVED, ["a", "b"])
        assert self.values() == {"a": "3", "c": "3"}

    def test_an_update_may_be_repeated_where_its_reply_was_lost(self) -> None:
        self.create(values={"a": "1", "b": "1"})
        change = changes(
            set={"a": ("1", "2")}, deleted={"b": "1"}, increments={"n": (5, "5")}
        )

        assert [self.store.update(KEY, change) for _ in "12"] == [(SAVED, ())] * 2
        assert self.values() == {"a": "2", "n": "5"}

    def test_only_takes_away_whatever_else_is_there_by_then(self) -> None:
        self.create(values={"a": "1", "kept": "2"})
        self.store.update(KEY, changes(set={"late": (None, "3")}))
        only = changes(set={"b": (None, "4")}, only=frozenset({"kept"}))

        assert self.store.update(KEY, only).outcome == SAVED
        assert self.values() == {"kept": "2", "b": "4"}

    def test_only_none_at_all_takes_away_everything(self) -> None:
        self.create(values={"a": "1", "b": "2"})

        self.store.update(KEY, changes(only=frozenset()))

        assert self.values() == {}

    def test_increments_add_to_what_is_there_by_then(self) -> None:
        self.create(values={"n": "1"})
        for step in (2, -40, 10**15):
            change = changes(increments={"n": (step, str(1 + step))})
            assert self.store.update(KEY, change).outcome == SAVED

        assert self.values() == {"n": str(10**15 - 37)}

    def test_an_increment_of_what_is_no_counter_sets_its_text(self) -> None:
        texts = ['"x"', "1.5", "true", "1" * 30, "[1]", "null"]
        values = {f"n{index}": text for index, text in enumerate(texts)}
        self.create(values=values)
        names = [*values, "absent"]

        self.store.update(KEY, changes(increments=dict.fromkeys(names, (2, "7"))))

        assert self.values() == dict.fromkeys(names, "7")

    def test_a_touch_changes_the_times_alone(self) -> None:
        begun = self.create(owner=ADA, permanent=True)

        assert self.store.update(KEY, changes(owner_read=ADA)) == (SAVED, ())
        found = self.store.read(KEY)
        assert found == begun._replace(used=NOW + 60, expires=LATER + 60)

    def test_used_and_expires_never_move_backwards(self) -> None:
        self.create(used=NOW + 90, expires=LATER + 90)

        self.store.update(KEY, changes())

        found = self.store.read(KEY)
        assert found is not None
        assert (found.used, found.expires) == (NOW + 90, LATER + 90)

    def test_expires_moves_backwards_where_a_limit_was_shortened(self) -> None:
        self.create()

        self.store.update(KEY, changes(expires=LATER - 60, shortened=True))

        found = self.store.read(KEY)
        assert found is not None
        assert found.expires == LATER - 60

    def test_permanent_and_owner_are_changed_on_request(self) -> None:
        self.create()

        self.store.update(KEY, changes(permanent=True, owner=ADA))

        found = self.store.read(KEY)
        assert found is not None
        assert (found.permanent, found.owner) == (True, ADA)
        assert [key for key, _ in self.store.owned_by(ADA)] == [KEY]

    def test_an_update_of_another_owners_session_is_not_applied(self) -> None:
        begun = self.create(owner=BOB)

        for read in (ADA, ""):
            change = changes(owner_read=read, set={"a": ("1", "2")}, owner=ADA)
            assert self.store.update(KEY, change).outcome == OTHER_OWNER

        assert self.store.read(KEY) == begun

    def test_an_update_of_what_is_not_there_brings_nothing_into_being(self) -> None:
        assert self.store.update(KEY, changes(set={"a": (None, "1")})).outcome == GONE
        assert self.store.update(KEY, changes()).outcome == GONE
        assert self.store.read(KEY) is None

    def test_an_update_of_what_was_deleted_brings_nothing_back(self) -> None:
        self.create(owner=ADA)
        self.store.delete(KEY)

        change = changes(owner_read=ADA, set={"a": ("1", "2")})
        assert self.store.update(KEY, change).outcome == GONE
        assert self.store.read(KEY) is None
        assert list(self.store.owned_by(ADA)) == []

    def test_an_update_of_what_has_expired_is_not_applied(self) -> None:
        self.create()

        change = changes(alive_at=LATER + 1, used=LATER + 2, expires=LATER + 99)
        assert self.store.update(KEY, change).outcome == GONE
        found = self.store.read(KEY)
        assert found is None or found.expires == LATER

    def test_an_update_of_a_mark_is_not_applied(self) -> None:
        self.create()
        self.store.retire(KEY, LATER, OTHER)

        for change in (changes(), changes(set={"a": ("1", "2")})):
            assert self.store.update(KEY, change).outcome == REPLACED
        assert self.values() == {}

    # -- retire -----------------------------------------------------------

    def test_retire_leaves_a_mark_and_gives_what_was_there(self) -> None:
        self.create(owner=ADA, permanent=True)
        self.store.update(KEY, changes(owner_read=ADA, set={"late": (None, "2")}))

        was = self.store.retire(KEY, NOW + 10, OTHER)

        assert was is not None
        assert was.successor is None
        assert (was.values, was.owner) == ({"a": "1", "late": "2"}, ADA)
        mark = self.store.read(KEY)
        assert mark is not None
        assert (mark.values, mark.successor, mark.expires) == ({}, OTHER, NOW + 10)
        assert list(self.store.owned_by(ADA)) == []

    def test_retire_of_a_mark_gives_it_and_leaves_it(self) -> None:
        self.create()
        self.store.retire(KEY, NOW + 10, OTHER)

        again = self.store.retire(KEY, NOW + 99, THIRD)

        assert again == self.store.read(KEY)
        assert again is not None
        assert (again.successor, again.expires) == (OTHER, NOW + 10)

    def test_retire_of_what_is_not_there_leaves_no_mark(self) -> None:
        assert self.store.retire(KEY, LATER, OTHER) is None
        assert self.store.read(KEY) is None

    def test_a_mark_stays_as_long_as_its_session_said(self) -> None:
        self.create(mark_until=LATER)

        self.store.retire(KEY, NOW + 10, OTHER)

        mark = self.store.read(KEY)
        assert mark is not None
        assert mark.expires == LATER

    # -- delete -----------------------------------------------------------

    def test_delete_ends_a_session_once(self) -> None:
        self.create(owner=ADA)

        assert [self.store.delete(KEY) for _ in "12"] == [True, False]
        assert self.store.read(KEY) is None
        assert list(self.store.owned_by(ADA)) == []

    def test_delete_of_a_mark_reaches_its_last_successor(self) -> None:
        for key in (KEY, OTHER, THIRD):
            self.create(key)
        self.store.retire(KEY, LATER, OTHER)
        self.store.retire(OTHER, LATER, THIRD)

        assert self.store.delete(KEY)
        assert [self.store.read(key) for key in (KEY, OTHER, THIRD)] == [None] * 3

    def test_delete_leaves_a_mark_where_the_session_said_so(self) -> None:
        self.create(owner=ADA, mark_until=LATER + 60)

        assert self.store.delete(KEY)

        assert not self.store.delete(KEY)
        mark = self.store.read(KEY)
        assert mark is not None
        assert (mark.values, mark.successor, mark.expires) == ({}, "", LATER + 60)
        assert list(self.store.owned_by(ADA)) == []
        assert not self.store.create(KEY, record())

    def test_delete_of_such_a_mark_reaches_its_successor_and_leaves_it(self) -> None:
        self.create(mark_until=LATER)
        self.create(OTHER)
        self.store.retire(KEY, LATER, OTHER)

        assert self.store.delete(KEY)

        assert self.store.read(OTHER) is None
        mark = self.store.read(KEY)
        assert mark is not None
        assert mark.successor == ""

    def test_delete_all_ends_every_session_and_counts_them(self) -> None:
        for key in KEYS:
            self.create(key, owner=ADA)
        self.store.retire(KEY, LATER, "")

        assert self.store.delete_all() == len(KEYS) - 1
        assert [self.store.read(key) for key in KEYS[1:]] == [None] * (len(KEYS) - 1)
        assert list(self.store.owned_by(ADA)) == []

    def test_delete_all_leaves_the_marks_that_sessions_said_so(self) -> None:
        self.create(mark_until=LATER)

        assert self.store.delete_all() == 1
        assert not self.store.create(KEY, record())

    # -- owners -----------------------------------------------------------

    def test_owned_by_gives_the_sessions_of_one_owner_whole(self) -> None:
        first = self.create(KEY, owner=ADA)
        self.create(OTHER, owner=BOB)
        second = self.create(THIRD, owner=ADA, values={})
        self.create(KEYS[4])

        assert dict(self.store.owned_by(ADA)) == {KEY: first, THIRD: second}

    def test_a_session_with_a_new_owner_is_the_old_ones_no_longer(self) -> None:
        self.create(owner=ADA)
        self.store.update(KEY, changes(owner_read=ADA, owner=BOB))
        self.create(OTHER, owner=ADA)
        self.store.update(OTHER, changes(owner_read=ADA, owner=""))

        assert list(self.store.owned_by(ADA)) == []
        assert [key for key, _ in self.store.owned_by(BOB)] == [KEY]

    # -- expiry -----------------------------------------------------------

    def test_delete_expired_takes_what_has_expired_and_nothing_else(self) -> None:
        self.create(KEY, expires=NOW - 1, owner=ADA)
        self.create(OTHER, expires=NOW)
        self.create(THIRD)
        self.store.retire(THIRD, NOW - 1, "")

        self.store.delete_expired(NOW)

        assert self.store.read(OTHER) is not None
        for key in (KEY, THIRD):
            found = self.store.read(key)  # a store's own TTL may take it later
            assert found is None or found.expires < NOW

    def test_delete_expired_takes_no_more_than_its_limit(self) -> None:
        for key in KEYS:
            self.create(key, expires=NOW - 1)

        assert self.store.delete_expired(NOW, limit=3) <= 3
        self.store.delete_expired(NOW)
        assert self.store.delete_expired(NOW) == 0

    # -- at the same time -------------------------------------------------

    def race(self, *racers: Callable[[], object]) -> None:
        """Let all run at once, each in a thread of its own."""
        barrier, errors = threading.Barrier(len(racers)), []

        def run(racer: Callable[[], object]) -> None:
            barrier.wait()
            try:
                racer()
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=(racer,)) for racer in racers]
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
            change = changes(owner_read=ADA, set={"a": ("1", "2")})
            self.race(
                lambda: self.store.delete(KEY),
                lambda change=change: self.store.update(KEY, change),
                lambda: self.store.update(KEY, changes(owner_read=ADA)),
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
