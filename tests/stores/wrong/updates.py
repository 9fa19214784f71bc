"""Stores whose update writes too much, too little, or where it should not."""

from __future__ import annotations

import json

from session_middleware.stores.base import (
    GONE,
    OTHER_OWNER,
    REPLACED,
    SAVED,
    Record,
    Updated,
)

from .faults import StoreInPieces, caught_by


@caught_by("an_update_sets_and_deletes_its_own_names_alone")
class WritesTheWholeRecord(StoreInPieces):
    def change(self, record, changes):
        return super().change(record._replace(values={}), changes)


@caught_by(
    "two_requests_that_write_different_names_both_keep_theirs",
    "only_takes_away_whatever_else_is_there_by_then",
)
class ChangesWhatItRemembers(StoreInPieces):
    """The later writer does not know of the earlier one: the classic lost update."""

    def create(self, key, record):
        self.remembered = dict(record.values)
        return super().create(key, record)

    def change(self, record, changes):
        stale = record._replace(values=self.remembered)
        changed, overwritten = super().change(stale, changes)
        if changes.only is not None:
            late = {**record.values, **changed.values}
            changed = changed._replace(values=late)
        return changed, overwritten


@caught_by("an_update_knows_names_by_every_character")
class DeletesByCollation(StoreInPieces):
    def change(self, record, changes):
        gone = {name.lower() for name in changes.deleted}
        kept = {n: t for n, t in record.values.items() if n.lower() not in gone}
        return super().change(record._replace(values=kept), changes)


@caught_by("an_update_knows_names_by_every_character")
class DeletesByPattern(StoreInPieces):
    def change(self, record, changes):
        everything = "%" in changes.deleted or "*" in changes.deleted
        kept = {} if everything else record.values
        return super().change(record._replace(values=kept), changes)


@caught_by("the_later_of_two_writers_of_a_name_wins_and_is_told_so")
class SaysNothingOfOthers(StoreInPieces):
    def change(self, record, changes):
        return super().change(record, changes)[0], ()


@caught_by("the_later_of_two_writers_of_a_name_wins_and_is_told_so")
class LetsTheEarlierWin(StoreInPieces):
    def change(self, record, changes):
        changed, overwritten = super().change(record, changes)
        before = {name: record.values.get(name, "") for name in overwritten}
        return changed._replace(values={**changed.values, **before}), overwritten


@caught_by("an_update_may_be_repeated_where_its_reply_was_lost")
class CountsARepeatedUpdateTwice(StoreInPieces):
    def change(self, record, changes):
        return super().change(record._replace(applied=()), changes)


@caught_by("increments_are_known_again_after_those_of_others")
class RemembersTheLastUpdateAlone(StoreInPieces):
    def change(self, record, changes):
        last = record._replace(applied=record.applied[-1:])
        return super().change(last, changes)


@caught_by("nothing_is_overwritten_by_the_text_that_is_there")
class LooksAtTheTextAtReadingAlone(StoreInPieces):
    def change(self, record, changes):
        changed, _ = super().change(record, changes)
        read = {**{n: r for n, (r, _) in changes.set.items()}, **changes.deleted}
        other = [n for n, text in read.items() if record.values.get(n) != text]
        return changed, tuple(other)


@caught_by(
    "only_takes_away_whatever_else_is_there_by_then",
    "only_none_at_all_takes_away_everything",
)
class IgnoresOnly(StoreInPieces):
    def change(self, record, changes):
        return super().change(record, changes._replace(only=None))


@caught_by("only_none_at_all_takes_away_everything")
class TakesAnEmptyOnlyForNone(StoreInPieces):
    def change(self, record, changes):
        return super().change(record, changes._replace(only=changes.only or None))


class CountsInItsOwnWay(StoreInPieces):
    def count(self, there, step, text):
        return text

    def change(self, record, changes):
        counted = {
            name: (None, self.count(record.values.get(name), step, text))
            for name, (step, text) in changes.increments.items()
        }
        changes = changes._replace(increments={}, set={**changes.set, **counted})
        return super().change(record, changes)


@caught_by("increments_add_to_what_is_there_by_then")
class SetsWhatTheCallerCounted(CountsInItsOwnWay):
    pass


@caught_by("increments_add_to_what_is_there_by_then")
class TakesNoughtForNoCounter(CountsInItsOwnWay):
    def count(self, there, step, text):
        return str(int(there) + step) if there and int(there) else text


@caught_by("counters_of_eighteen_digits_are_exact")
class CountsInFloats(CountsInItsOwnWay):
    """As Lua 5.1 and JavaScript."""

    def count(self, there, step, text):
        return str(int(float(there) + float(step)))


@caught_by("an_increment_of_what_is_no_counter_sets_its_text")
class CountsAllThatLooksLikeANumber(CountsInItsOwnWay):
    def count(self, there, step, text):
        try:
            return str(int(json.loads(there)) + step)
        except (TypeError, ValueError):
            return text


@caught_by("a_touch_changes_the_times_alone")
class TakesNoneForFalse(StoreInPieces):
    def change(self, record, changes):
        changed, overwritten = super().change(record, changes)
        return changed._replace(permanent=bool(changes.permanent)), overwritten


@caught_by("a_touch_changes_the_times_alone")
class TakesATouchForNothing(StoreInPieces):
    def change(self, record, changes):
        if changes.set or changes.deleted or changes.increments or changes.shortened:
            return super().change(record, changes)
        return record, ()


@caught_by("used_and_expires_never_move_backwards")
class MovesUsedBackwards(StoreInPieces):
    def change(self, record, changes):
        changed, overwritten = super().change(record, changes)
        return changed._replace(used=changes.used), overwritten


@caught_by("used_and_expires_never_move_backwards")
class MovesExpiresBackwards(StoreInPieces):
    def change(self, record, changes):
        return super().change(record, changes._replace(shortened=True))


@caught_by("expires_moves_backwards_where_a_limit_was_shortened")
class ShortensNothing(StoreInPieces):
    def change(self, record, changes):
        return super().change(record, changes._replace(shortened=False))


@caught_by("permanent_and_owner_are_changed_on_request")
class NeverEndsAPermanentOne(StoreInPieces):
    def change(self, record, changes):
        return super().change(
            record, changes._replace(permanent=changes.permanent or None)
        )


@caught_by("permanent_and_owner_are_changed_on_request")
class KeepsItsFirstOwner(StoreInPieces):
    def change(self, record, changes):
        return super().change(record, changes._replace(owner=None))


class RefusesLess(StoreInPieces):
    """It does not refuse for one reason that is one."""

    passes = ""

    def refuse(self, record, changes):
        refused = super().refuse(record, changes)
        return None if refused == self.passes else refused


@caught_by("a_change_of_the_owner_may_be_repeated")
class KnowsTheOwnerAtReadingAlone(StoreInPieces):
    def refuse(self, record, changes):
        refused = super().refuse(record, changes)
        other = record is not None and record.owner != changes.owner_read
        return refused or (OTHER_OWNER if other else None)


@caught_by("an_update_of_another_owners_session_is_not_applied")
class WritesToAnybodys(RefusesLess):
    passes = OTHER_OWNER


@caught_by("an_update_of_a_mark_is_not_applied")
class WritesIntoAMark(RefusesLess):
    passes = REPLACED


@caught_by(
    "an_update_of_what_is_not_there_brings_nothing_into_being",
    "an_update_of_what_was_deleted_brings_nothing_back",
)
class BringsBackTheDead(StoreInPieces):
    """As ``INSERT ... ON CONFLICT UPDATE`` and ``HSET`` do."""

    def update(self, key, changes):
        if key not in self._records:
            values = {name: text for name, (_, text) in changes.set.items()}
            record = Record(values, changes.used, changes.used, changes.expires)
            self._put(key, record._replace(owner=changes.owner_read))
            return Updated(SAVED)
        return super().update(key, changes)


@caught_by("an_update_of_what_has_expired_is_not_applied")
class LeavesExpiryToItsTtl(StoreInPieces):
    def refuse(self, record, changes):
        return super().refuse(record, changes._replace(alive_at=0))


@caught_by("an_update_of_a_mark_that_has_expired_is_one_of_what_is_gone")
class LooksForAMarkFirst(StoreInPieces):
    def refuse(self, record, changes):
        refused = super().refuse(record, changes)
        a_mark = record is not None and record.successor is not None
        return REPLACED if refused == GONE and a_mark else refused
