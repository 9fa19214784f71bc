"""Stores that are right as long as nobody else is there at the same time."""

from __future__ import annotations

import threading
import time

from session_middleware.exceptions import StoreError
from session_middleware.stores.base import (
    GONE,
    SAVED,
    Updated,
    apply,
    mark,
    refusal,
)
from session_middleware.stores.memory import MemoryStore

from .faults import caught_by, while_others_work


@caught_by("of_many_who_create_one_id_one_does")
class LooksBeforeItCreates(MemoryStore):
    def create(self, key, record):
        there = self._records.get(key)
        if there is not None and there.expires >= record.used:
            return there == record
        while_others_work()
        self._put(key, record)
        return True


@caught_by(
    "writers_of_different_names_all_keep_theirs",
    "increments_from_all_sides_add_up",
    "no_update_brings_back_what_is_deleted_meanwhile",
    "a_write_beside_a_retire_is_in_what_it_gives_or_is_refused",
)
class WritesBackWhatItHadRead(MemoryStore):
    def update(self, key, changes):
        record = self._records.get(key)
        refused = refusal(record, changes)
        if record is None or refused is not None:
            return Updated(refused or GONE)
        changed, overwritten = apply(record, changes)
        while_others_work()
        self._put(key, changed)
        return Updated(SAVED, overwritten)


@caught_by("increments_from_all_sides_add_up")
class GivesUpWhereOthersWrite(MemoryStore):
    """As a transaction that could not be serialised, and is not tried again."""

    def update(self, key, changes):
        if self._lock.locked():
            raise StoreError("somebody else writes")
        return super().update(key, changes)

    def _put(self, key, record):
        while_others_work()
        super()._put(key, record)


@caught_by("a_logout_beside_a_login_ends_both_sessions")
class LooksBeforeItDeletes(MemoryStore):
    """As it looked there was a session; now there is a mark, with a successor."""

    def delete(self, key):
        record = self._records.get(key)
        if record is None or record.successor is not None or record.mark_until:
            return super().delete(key)
        while_others_work()
        self._put(key, None)
        return True


@caught_by("of_several_who_retire_a_session_one_is_given_it")
class LooksBeforeItRetires(MemoryStore):
    def retire(self, key, until, successor):
        record = self._records.get(key)
        if record is not None and record.successor is None:
            while_others_work()
            self._put(key, mark(record, until, successor))
        return record


@caught_by("a_login_beside_the_end_of_all_sessions_is_ended_too")
class EndsTheSessionsThatItCounted(MemoryStore):
    """It lists the keys at first, and takes a mark for something that has ended."""

    def delete_all(self):
        keys = [*self._records]
        while_others_work()
        count = 0
        for key in keys:
            count += super().read(key).successor is None
            self._put(key, None)
        return count


@caught_by("what_is_used_while_the_expired_are_deleted_stays")
class DeletesWhatHadExpired(MemoryStore):
    def delete_expired(self, now, limit=1000):
        expired = [key for key, each in self._records.items() if each.expires < now]
        while_others_work()
        for key in expired[:limit]:
            self._put(key, None)
        return len(expired[:limit])


@caught_by("a_store_in_use_as_a_process_forks_is_of_use_on_both_sides")
class KeepsItsLockInAFork(MemoryStore):
    """A copy of the lock, which another thread held as the process forked."""

    def renew_lock(self):
        if not hasattr(self, "_lock"):
            super().renew_lock()

    def _put(self, key, record):
        if threading.current_thread() is not threading.main_thread():
            time.sleep(0.05)  # it is held nearly always
        super()._put(key, record)
