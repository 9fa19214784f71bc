"""A session ends once and for good: replaced, deleted or expired."""

from __future__ import annotations

from ..stores.base import SessionStore
from .given import ADA, KEY, KEYS, LATER, NOW, OTHER, THIRD, GivenStore, changes, record


class EndPromises(GivenStore):
    """Of ``retire``, ``delete``, ``delete_all`` and ``delete_expired``."""

    def test_retire_leaves_a_mark_and_gives_what_was_there(self) -> None:
        self.create(owner=ADA, permanent=True)
        self.store.update(KEY, changes(owner_read=ADA, set={"late": (None, "2")}))

        was = self.store.retire(KEY, NOW + 10, OTHER)

        assert was is not None
        assert was.successor is None
        assert (was.values, was.owner) == ({"a": "1", "late": "2"}, ADA)
        mark = self.found()
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

        mark = self.found()
        assert mark.expires == LATER

    def test_a_mark_says_until_when_it_answers_late_requests(self) -> None:
        self.create()
        self.create(OTHER, mark_until=LATER)

        self.store.retire(KEY, NOW + 10, THIRD)
        self.store.retire(OTHER, NOW + 10, THIRD)

        assert [self.found(key).used for key in (KEY, OTHER)] == [NOW + 10] * 2

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
        mark = self.found()
        assert (mark.values, mark.successor, mark.expires) == ({}, "", LATER + 60)
        assert list(self.store.owned_by(ADA)) == []
        assert not self.store.create(KEY, record())

    def test_delete_of_such_a_mark_reaches_its_successor_and_leaves_it(self) -> None:
        self.create(mark_until=LATER)
        self.create(OTHER)
        self.store.retire(KEY, NOW + 10, OTHER)

        assert self.store.delete(KEY)

        assert self.store.read(OTHER) is None
        mark = self.found()
        assert (mark.successor, mark.expires) == ("", LATER)
        assert not self.store.delete(KEY)
        assert self.store.read(KEY) == mark

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

    def test_delete_expired_takes_what_has_expired_and_nothing_else(self) -> None:
        self.create(KEY, expires=NOW - 1, owner=ADA)
        self.create(OTHER, expires=NOW)
        self.create(THIRD)
        self.store.retire(THIRD, NOW - 1, OTHER)
        self.create(KEYS[3], expires=NOW - 1, mark_until=LATER)

        self.store.delete_expired(NOW)

        assert self.store.read(OTHER) is not None
        for key in (KEY, THIRD, KEYS[3]):
            found = self.store.read(key)  # a store's own TTL may take it later
            assert found is None or found.expires < NOW

    def test_delete_expired_takes_no_more_than_its_limit(self) -> None:
        for key in KEYS:
            self.create(key, expires=NOW - 1)

        assert self.store.delete_expired(NOW, limit=3) <= 3
        self.store.delete_expired(NOW)
        assert self.store.delete_expired(NOW) == 0

    def test_count_is_of_sessions_that_have_not_expired(self) -> None:
        """A store need not offer it."""
        if type(self.store).count is SessionStore.count:
            return
        self.create(KEY, expires=NOW - 1)
        self.create(OTHER, expires=NOW)
        self.create(THIRD, owner=ADA, mark_until=LATER)
        self.create(KEYS[3])
        self.store.retire(THIRD, LATER, KEYS[3])

        assert self.store.count(NOW) == 2
