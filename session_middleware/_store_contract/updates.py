"""Changes are applied name by name, to what is there by then and is still alive."""

from __future__ import annotations

from ..stores.base import GONE, OTHER_OWNER, REPLACED, SAVED
from .given import ADA, BOB, KEY, LATER, LONG_NAME, NOW, OTHER, GivenStore, changes


class UpdatePromises(GivenStore):
    """Of ``update``."""

    def test_an_update_sets_and_deletes_its_own_names_alone(self) -> None:
        self.create(values={"a": "1", "b": "2", "c": "3"})

        done = self.store.update(
            KEY, changes(set={"a": ("1", "9"), "d": (None, "4")}, deleted={"b": "2"})
        )

        assert done == (SAVED, ())
        assert self.values() == {"a": "9", "c": "3", "d": "4"}

    def test_an_update_knows_names_by_every_character(self) -> None:
        names = ["a", "A", "a ", " a", "%", "_", "*", "a*", "\\", "'", LONG_NAME]
        self.create(values=dict.fromkeys(names, "1"))
        deleted = {"a": "1", "%": "1", "*": "1", LONG_NAME.upper(): None}
        done = self.store.update(
            KEY,
            changes(
                set={"a ": ("1", "2"), "B": (None, "2"), LONG_NAME: ("1", "2")},
                deleted=deleted,
                increments={" a": (1, "0"), "b": (1, "2")},
            ),
        )

        left = dict.fromkeys(["A", "_", "a*", "\\", "'"], "1")
        changed = dict.fromkeys(["a ", "B", " a", "b", LONG_NAME], "2")
        assert done == (SAVED, ())
        assert self.values() == {**left, **changed}

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

    def test_increments_are_known_again_after_those_of_others(self) -> None:
        self.create(values={})
        first, *others = [changes(increments={"n": (1, "1")}) for _ in "12345"]

        for change in (first, *others, first):
            assert self.store.update(KEY, change) == (SAVED, ())

        assert self.values() == {"n": "5"}

    def test_nothing_is_overwritten_by_the_text_that_is_there(self) -> None:
        self.create(values={"a": "1", "b": "1"})
        self.store.update(KEY, changes(set={"a": ("1", "2")}, deleted={"b": "1"}))

        again = changes(set={"a": ("1", "2")}, deleted={"b": "1"})
        assert self.store.update(KEY, again) == (SAVED, ())

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
        self.create(values={"n": "0"})
        for step in (2, -40, 10**12):
            change = changes(increments={"n": (step, "7")})
            assert self.store.update(KEY, change).outcome == SAVED

        assert self.values() == {"n": str(10**12 - 38)}

    def test_counters_of_eighteen_digits_are_exact(self) -> None:
        """A float has 53 bits, and so fifteen digits."""
        for start, step in ((10**17, 1), (-(10**17), 10**18 - 1), (10**18 - 1, -1)):
            self.create(values={"n": str(start)})
            self.store.update(KEY, changes(increments={"n": (step, "7")}))

            assert self.values() == {"n": str(start + step)}
            self.store.delete(KEY)

    def test_an_increment_of_what_is_no_counter_sets_its_text(self) -> None:
        texts = ['"x"', '"1"', "1.5", "1e5", "true", "1" * 19, "[1]", "-0", "007"]
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

        found = self.found()
        assert (found.used, found.expires) == (NOW + 90, LATER + 90)

    def test_expires_moves_backwards_where_a_limit_was_shortened(self) -> None:
        self.create()

        self.store.update(KEY, changes(expires=LATER - 60, shortened=True))

        found = self.found()
        assert found.expires == LATER - 60

    def test_permanent_and_owner_are_changed_on_request(self) -> None:
        self.create()

        self.store.update(KEY, changes(permanent=True, owner=ADA))

        found = self.found()
        assert (found.permanent, found.owner) == (True, ADA)
        assert [key for key, _ in self.store.owned_by(ADA)] == [KEY]
        self.store.update(KEY, changes(owner_read=ADA, permanent=False))
        assert not self.found().permanent

    def test_a_change_of_the_owner_may_be_repeated(self) -> None:
        """The second time, the owner at reading is no longer the record's."""
        self.create(owner=BOB)
        change = changes(owner_read=BOB, owner=ADA, set={"a": ("1", "2")})

        assert [self.store.update(KEY, change) for _ in "12"] == [(SAVED, ())] * 2
        assert (self.found().owner, self.values()) == (ADA, {"a": "2"})

    def test_an_update_of_another_owners_session_is_not_applied(self) -> None:
        begun = self.create(owner=BOB)

        for read, owner in ((ADA, None), ("", None), ("", ADA), (ADA, "")):
            change = changes(owner_read=read, set={"a": ("1", "2")}, owner=owner)
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

    def test_an_update_of_what_expired_a_moment_ago_is_if_it_is_granted(self) -> None:
        """No clock of the store's has a say, and no TTL that ends with the record."""
        self.create(expires=NOW - 30)

        change = changes(alive_at=NOW - 60, set={"a": ("1", "2")})
        assert self.store.update(KEY, change) == (SAVED, ())
        assert (self.found().expires, self.values()) == (LATER + 60, {"a": "2"})

    def test_an_update_of_a_mark_that_has_expired_is_one_of_what_is_gone(self) -> None:
        self.create()
        self.store.retire(KEY, NOW + 10, OTHER)

        assert self.store.update(KEY, changes(alive_at=NOW + 11)).outcome == GONE

    def test_an_update_of_a_mark_is_not_applied(self) -> None:
        self.create()
        self.store.retire(KEY, LATER, OTHER)

        for change in (changes(), changes(set={"a": ("1", "2")})):
            assert self.store.update(KEY, change).outcome == REPLACED
        assert self.values() == {}
