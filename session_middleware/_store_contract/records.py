"""What a store keeps is read as it was created, and belongs to its owner."""

from __future__ import annotations

import json

from ..stores.base import SAVED
from .given import (
    ADA,
    BOB,
    KEY,
    KEYS,
    LATER,
    LONG_NAME,
    NOW,
    OTHER,
    THIRD,
    GivenStore,
    changes,
    record,
)


class RecordPromises(GivenStore):
    """Of ``read``, ``create`` and ``owned_by``."""

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
        values = {LONG_NAME: "1", LONG_NAME.upper(): '"' + "x" * 900_000 + '"'}
        self.create(values=values)

        assert self.values() == values

    def test_names_that_differ_in_case_or_in_a_blank_at_the_end_are_two(self) -> None:
        names = ["a", "A", "a ", " a", "m:", "v:", "used", "\\u00e9", "e"]
        values = {name: f'"{index}"' for index, name in enumerate(names)}
        self.create(values=values)

        assert self.values() == values

    def test_every_printable_character_may_be_in_a_name_and_in_a_text(self) -> None:
        characters = map(chr, range(32, 127))
        values = {each: json.dumps(f"{each}%s{each * 2}") for each in characters}
        self.create(values=values)

        assert self.values() == values

    def test_a_session_may_have_ten_thousand_values(self) -> None:
        values = {f"name{number}": str(number) for number in range(10_000)}
        self.create(values=values)
        assert self.values() == values

        steps = {name: (text, f"[{text}]") for name, text in values.items()}
        assert self.store.update(KEY, changes(set=steps)) == (SAVED, ())
        assert self.values() == {name: text for name, (_, text) in steps.items()}
        half = [*values][:5000]
        self.store.update(KEY, changes(only=frozenset(half)))
        assert {*self.values()} == {*half}
        self.store.update(KEY, changes(deleted=dict.fromkeys(half)))
        assert self.values() == {}

    def test_what_is_kept_does_not_change_with_what_was_given(self) -> None:
        values = {"a": "1"}
        self.create(values=values)

        values["a"] = "2"

        assert self.values() == {"a": "1"}

    def test_an_id_that_is_taken_is_not_created_again(self) -> None:
        self.create()

        for values in ({"a": "2"}, {"a": "1", "b": "2"}, {"b": "1"}, {}):
            assert not self.store.create(KEY, record(values=values))
        assert not self.store.create(KEY, record(permanent=True))
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

    def test_a_mark_that_has_expired_makes_room_too(self) -> None:
        self.create()
        self.store.retire(KEY, NOW + 10, OTHER)
        begun = record(values={"new": "1"}, used=NOW + 11)

        assert self.store.create(KEY, begun)
        assert self.store.read(KEY) == begun

    def test_what_expired_a_moment_ago_is_still_read(self) -> None:
        """Whoever reads it decides, and grants other clocks a minute; no TTL does."""
        begun = self.create(expires=NOW - 30)

        assert self.store.read(KEY) == begun

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

    def test_the_sessions_of_an_owner_may_be_deleted_as_they_are_gone_through(
        self,
    ) -> None:
        for key in KEYS:
            self.create(key, owner=ADA)

        deleted = [self.store.delete(key) for key, _ in self.store.owned_by(ADA)]

        assert deleted == [True] * len(KEYS)
        assert list(self.store.owned_by(ADA)) == []
