"""Stores that read, create or list what they should not, or not as it was."""

from __future__ import annotations

import time

from session_middleware.stores.base import Record
from session_middleware.stores.memory import MemoryStore

from .faults import StoreInPieces, caught_by


@caught_by("what_was_created_is_read_whole")
class ForgetsWhatAMarkNeeds(MemoryStore):
    def create(self, key, record):
        return super().create(key, record._replace(mark_until=0))


@caught_by("a_session_without_values_is_one")
class JoinsItsValues(MemoryStore):
    """As ``SELECT ... FROM session JOIN session_value``, without ``LEFT``."""

    def read(self, key):
        record = super().read(key)
        return record if record is None or record.values else None


@caught_by("a_key_that_was_never_created_reads_as_none")
class AdoptsWhatIsRead(MemoryStore):
    def read(self, key):
        if key not in self._records:
            self._put(key, Record({}, 0, 0, 0))
        return super().read(key)


class RewritesValues(MemoryStore):
    def written(self, name, text):
        return name, text

    def create(self, key, record):
        values = dict(self.written(*each) for each in record.values.items())
        return super().create(key, record._replace(values=values))


@caught_by("long_names_and_texts_are_kept_as_they_are")
class CutsTexts(RewritesValues):
    """As MySQL's TEXT, where it is not strict."""

    def written(self, name, text):
        return name, text[:65_535]


@caught_by("long_names_and_texts_are_kept_as_they_are")
class CutsNames(RewritesValues):
    def written(self, name, text):
        return name[:191], text


@caught_by("names_that_differ_in_case_or_in_a_blank_at_the_end_are_two")
class FoldsCase(RewritesValues):
    """As MySQL's and SQL Server's usual collations."""

    def written(self, name, text):
        return name.lower(), text


@caught_by("names_that_differ_in_case_or_in_a_blank_at_the_end_are_two")
class StripsBlanks(RewritesValues):
    """As a collation that pads."""

    def written(self, name, text):
        return name.rstrip() or name, text


@caught_by("every_printable_character_may_be_in_a_name_and_in_a_text")
class ReadsEscapes(RewritesValues):
    def written(self, name, text):
        return name, text.replace("\\\\", "\\")


@caught_by("every_printable_character_may_be_in_a_name_and_in_a_text")
class SeparatesByColons(RewritesValues):
    def written(self, name, text):
        return name.partition(":")[0], text


@caught_by("a_session_may_have_ten_thousand_values")
class TakesAsManyAsFitOnAStack(StoreInPieces):
    """As Lua's ``unpack`` does, and the parameters of one SQL statement."""

    def change(self, record, changes):
        few = dict([*changes.set.items()][:8000])
        return super().change(record, changes._replace(set=few))


@caught_by("what_is_kept_does_not_change_with_what_was_given")
class KeepsTheCallersDict(MemoryStore):
    def create(self, key, record):
        done = super().create(key, record)
        if done:
            self._put(key, record)
        return done


@caught_by(
    "an_id_that_is_taken_is_not_created_again",
    "a_mark_is_no_room_for_a_new_one",
)
class Overwrites(MemoryStore):
    def create(self, key, record):
        self._put(key, record)
        return True


@caught_by("an_id_that_is_taken_is_not_created_again")
class Adopts(MemoryStore):
    """It says yes to an id that is another's."""

    def create(self, key, record):
        return super().create(key, record) or True


@caught_by("the_same_record_may_be_created_twice_where_a_reply_was_lost")
class CreatesOnce(MemoryStore):
    def create(self, key, record):
        there = self._records.get(key)
        fresh = there is None or there.expires < record.used
        return fresh and super().create(key, record)


@caught_by("what_has_expired_makes_room_for_a_new_one")
class KeepsTheExpired(MemoryStore):
    def create(self, key, record):
        there = self._records.get(key)
        return super().create(key, record) if there is None else there == record


@caught_by("what_has_expired_makes_room_for_a_new_one")
class KeepsTheExpiredOnesOwner(MemoryStore):
    def create(self, key, record):
        there = self._records.get(key)
        done = super().create(key, record)
        if there is not None and there.owner:
            self._owned[there.owner] = {key}
        return done


@caught_by("a_mark_is_no_room_for_a_new_one")
class TakesAMarkForNothing(MemoryStore):
    def create(self, key, record):
        there = self._records.get(key)
        if there is not None and there.successor is not None:
            self._put(key, None)
        return super().create(key, record)


@caught_by("a_mark_that_has_expired_makes_room_too")
class KeepsMarks(MemoryStore):
    def create(self, key, record):
        there = self._records.get(key)
        if there is not None and there.successor is not None:
            return False
        return super().create(key, record)


@caught_by(
    "what_expired_a_moment_ago_is_still_read",
    "an_update_of_what_expired_a_moment_ago_is_if_it_is_granted",
)
class HasATtlThatEndsWithTheRecord(MemoryStore):
    def read(self, key):
        self.drop(key)
        return super().read(key)

    def update(self, key, changes):
        self.drop(key)
        return super().update(key, changes)

    def drop(self, key):
        record = self._records.get(key)
        if record is not None and record.expires < time.time():
            self._put(key, None)


@caught_by("owned_by_gives_the_sessions_of_one_owner_whole")
class ListsEverybodys(MemoryStore):
    def owned_by(self, owner):
        return list(self._records.items())


@caught_by("owned_by_gives_the_sessions_of_one_owner_whole")
class ListsNoValues(MemoryStore):
    def owned_by(self, owner):
        for key, record in super().owned_by(owner):
            yield key, record._replace(values={})


@caught_by(
    "a_session_with_a_new_owner_is_the_old_ones_no_longer",
    "an_update_of_what_was_deleted_brings_nothing_back",
)
class NeverCleansItsIndex(MemoryStore):
    """And does not ask the record whose it is."""

    def _put(self, key, record):
        owned = {owner: set(keys) for owner, keys in self._owned.items()}
        super()._put(key, record)
        for owner, keys in owned.items():
            self._owned.setdefault(owner, set()).update(keys)

    def owned_by(self, owner):
        return [(key, self._records.get(key)) for key in self._owned.get(owner, ())]


@caught_by("the_sessions_of_an_owner_may_be_deleted_as_they_are_gone_through")
class ListsWhileItIsAsked(MemoryStore):
    def owned_by(self, owner):
        for key in self._owned.get(owner, ()):
            yield key, self._records[key]
