"""Stores in which what has ended has not, or too much ends with it."""

from __future__ import annotations

from session_middleware.stores.base import Record, mark
from session_middleware.stores.memory import MemoryStore

from .faults import caught_by

DELETE_IN_PLACE = "delete_of_such_a_mark_reaches_its_successor_and_leaves_it"
EXPIRED_ALONE = "delete_expired_takes_what_has_expired_and_nothing_else"


@caught_by("retire_leaves_a_mark_and_gives_what_was_there")
class RetiresWithoutAMark(MemoryStore):
    def retire(self, key, until, successor):
        record = super().retire(key, until, successor)
        self._put(key, None)
        return record


@caught_by("retire_leaves_a_mark_and_gives_what_was_there")
class GivesTheMark(MemoryStore):
    """What others wrote meanwhile is lost."""

    def retire(self, key, until, successor):
        super().retire(key, until, successor)
        return self._records.get(key)


@caught_by("retire_leaves_a_mark_and_gives_what_was_there")
class KeepsValuesInTheMark(MemoryStore):
    def retire(self, key, until, successor):
        record = super().retire(key, until, successor)
        self._put(key, self._records[key]._replace(values=record.values))
        return record


@caught_by("retire_leaves_a_mark_and_gives_what_was_there")
class KeepsTheMarkAmongItsOwners(MemoryStore):
    def retire(self, key, until, successor):
        record = super().retire(key, until, successor)
        self._put(key, self._records[key]._replace(owner=record.owner))
        return record


@caught_by("retire_of_a_mark_gives_it_and_leaves_it")
class OverwritesAMark(MemoryStore):
    def retire(self, key, until, successor):
        record = self._records.get(key)
        if record is not None:
            self._put(key, mark(record, until, successor))
        return record


@caught_by("retire_of_what_is_not_there_leaves_no_mark")
class MarksWhereNothingIs(MemoryStore):
    def retire(self, key, until, successor):
        if key not in self._records:
            self._put(key, Record({}, 0, 0, until, successor=successor))
            return None
        return super().retire(key, until, successor)


@caught_by("a_mark_stays_as_long_as_its_session_said")
class EndsAMarkAsItIsTold(MemoryStore):
    def retire(self, key, until, successor):
        record = super().retire(key, until, successor)
        self._put(key, self._records[key]._replace(expires=until))
        return record


@caught_by("a_mark_says_until_when_it_answers_late_requests")
class KeepsInTheMarkWhenItsSessionWasUsed(MemoryStore):
    def retire(self, key, until, successor):
        record = super().retire(key, until, successor)
        self._put(key, self._records[key]._replace(used=record.used))
        return record


@caught_by(DELETE_IN_PLACE)
class ForgetsHowLongAMarkStays(MemoryStore):
    def retire(self, key, until, successor):
        record = super().retire(key, until, successor)
        self._put(key, self._records[key]._replace(mark_until=0))
        return record


@caught_by("delete_ends_a_session_once")
class SaysThatItDeleted(MemoryStore):
    def delete(self, key):
        return super().delete(key) or True


@caught_by(
    "delete_ends_a_session_once",
    "delete_all_ends_every_session_and_counts_them",
)
class ListsTheDeleted(MemoryStore):
    def owned_by(self, owner):
        return [*super().owned_by(owner), *getattr(self, "deleted", [])]

    def _delete(self, key):
        self.deleted = [(key, self._records.get(key))]
        return super()._delete(key)


class DeletesInItsOwnWay(MemoryStore):
    """It follows so many marks, and leaves none, or one."""

    follows = 99
    leaves = True

    def _delete(self, key):
        for _ in range(self.follows + 1):
            record = self._records.get(key)
            if record is None:
                return False
            stays = self.leaves and record.mark_until
            self._put(key, mark(record, 0, "") if stays else None)
            if record.successor is None:
                return True
            key = record.successor
        return False


@caught_by("delete_of_a_mark_reaches_its_last_successor", DELETE_IN_PLACE)
class DeletesAMarkAlone(DeletesInItsOwnWay):
    follows = 0


@caught_by("delete_of_a_mark_reaches_its_last_successor")
class FollowsOneMark(DeletesInItsOwnWay):
    follows = 1


@caught_by(
    "delete_leaves_a_mark_where_the_session_said_so",
    "delete_all_leaves_the_marks_that_sessions_said_so",
)
class DeletesWithoutAMark(DeletesInItsOwnWay):
    leaves = False


@caught_by(DELETE_IN_PLACE)
class DeletesTheMarkThatStays(MemoryStore):
    def delete(self, key):
        record = self._records.get(key)
        done = super().delete(key)
        if record is not None and record.successor is not None:
            self._put(key, None)
        return done


@caught_by("delete_all_ends_every_session_and_counts_them")
class CountsMarks(MemoryStore):
    def delete_all(self):
        count = len(self._records)
        super().delete_all()
        return count


@caught_by("delete_all_ends_every_session_and_counts_them")
class DeletesAHandful(MemoryStore):
    """As one page of a scan."""

    def delete_all(self):
        return sum(self.delete(key) for key in [*self._records][:5])


@caught_by("delete_all_leaves_the_marks_that_sessions_said_so")
class EmptiesItself(MemoryStore):
    """As ``FLUSHDB`` and ``TRUNCATE`` do."""

    def delete_all(self):
        count = sum(each.successor is None for each in self._records.values())
        self._records.clear()
        self._owned.clear()
        return count


@caught_by(EXPIRED_ALONE)
class TakesWhoLivesThisSecond(MemoryStore):
    def delete_expired(self, now, limit=1000):
        return super().delete_expired(now + 1, limit)


@caught_by(EXPIRED_ALONE)
class TakesTheSuccessorsOfTheExpired(MemoryStore):
    def delete_expired(self, now, limit=1000):
        expired = [key for key, each in self._records.items() if each.expires < now]
        return sum(self._delete(key) for key in expired[:limit])


@caught_by("delete_expired_takes_no_more_than_its_limit")
class TakesAllTheExpired(MemoryStore):
    def delete_expired(self, now, limit=1000):
        return super().delete_expired(now, 10**6)


@caught_by("delete_expired_takes_no_more_than_its_limit")
class NeverComesToAnEnd(MemoryStore):
    def delete_expired(self, now, limit=1000):
        return super().delete_expired(now, limit) or 1


@caught_by("count_is_of_sessions_that_have_not_expired")
class CountsItsMarks(MemoryStore):
    def count(self, alive_at):
        return sum(each.expires >= alive_at for each in self._records.values())


@caught_by("count_is_of_sessions_that_have_not_expired")
class CountsTheExpired(MemoryStore):
    def count(self, alive_at):
        return super().count(0)


@caught_by("count_is_of_sessions_that_have_not_expired")
class CountsNoneOfThisSecond(MemoryStore):
    def count(self, alive_at):
        return super().count(alive_at + 1)
