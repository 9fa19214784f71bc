"""A store in a few plain words, and what it says of each verb.

It is written from the docstrings of ``stores/records.py`` and ``stores/base.py``, and
uses none of their code: where the two differ, one of them is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from session_middleware.stores.base import REMEMBERED, Changes, Record

GRANTED = 60  # seconds by which clocks may differ


@dataclass
class Session:
    values: dict[str, str]
    created: int
    used: int
    expires: int
    permanent: bool
    owner: str
    mark_until: int
    counted: list[str] = field(default_factory=list, compare=False)


@dataclass
class Mark:
    successor: str
    expires: int
    mark_until: int


def seen(record: Record | None) -> Session | Mark | None:
    """What of a record, as a store gives it, is promised."""
    if record is None:
        return None
    if record.successor is not None:
        assert (dict(record.values), record.owner) == ({}, "")
        return Mark(record.successor, record.expires, record.mark_until)
    values = dict(record.values)
    return Session(values, *record[1:6], mark_until=record.mark_until)


class Model(dict[str, "Session | Mark"]):
    """What is under each key. It changes as it says what is to be expected."""

    def create(self, key: str, record: Record) -> bool:
        there = self.get(key)
        if there is not None and there.expires >= record.used:
            return there == seen(record)
        self[key] = seen(record)
        return True

    def update(self, key: str, changes: Changes) -> tuple[str, set[str]]:
        there = self.get(key)
        if there is None or there.expires < changes.alive_at:
            return "gone", set()
        if isinstance(there, Mark):
            return "replaced", set()
        if there.owner not in (changes.owner_read, changes.owner):
            return "other_owner", set()
        return "saved", self._write(there, changes)

    def _write(self, there: Session, changes: Changes) -> set[str]:
        written = {name: text for name, (_, text) in changes.set.items()}
        written |= dict.fromkeys(changes.deleted)
        reads = {name: read for name, (read, _) in changes.set.items()}
        reads |= changes.deleted
        overwritten = {
            name
            for name, text in written.items()
            if there.values.get(name) not in (reads[name], text)
        }
        if changes.id not in there.counted:
            for name, (step, text) in changes.increments.items():
                written[name] = counted(there.values.get(name), step, text)
            if changes.increments:
                there.counted.append(changes.id)
        for name in list(there.values):
            named = {*written, *changes.increments}
            if changes.only is not None and name not in changes.only | named:
                del there.values[name]
        there.values |= written
        for name in changes.deleted:
            del there.values[name]
        there.used = max(there.used, changes.used)
        if changes.shortened or changes.expires > there.expires:
            there.expires = changes.expires
        if changes.permanent is not None:
            there.permanent = changes.permanent
        if changes.owner is not None:
            there.owner = changes.owner
        return overwritten

    def forgets(self, key: str, changes: Changes) -> bool:
        """Whether these were counted so long ago that a store may not know."""
        there = self.get(key)
        ids = there.counted if isinstance(there, Session) else []
        return changes.id in ids[:-REMEMBERED]

    def retire(self, key: str, until: int, successor: str) -> Session | Mark | None:
        there = self.get(key)
        if isinstance(there, Session):
            expires = max(until, there.mark_until)
            self[key] = Mark(successor, expires, there.mark_until)
        return there

    def chain(self, key: str) -> list[str]:
        """The keys to which a key leads, itself included, as far as there are any."""
        there = self.get(key)
        if there is None:
            return []
        after = there.successor if isinstance(there, Mark) else ""
        return [key, *self.chain(after)]

    def delete(self, key: str) -> bool:
        keys = self.chain(key)
        sessions = [each for each in keys if isinstance(self[each], Session)]
        for each in keys:
            until = self.pop(each).mark_until
            if until:
                self[each] = Mark("", until, until)
        return bool(sessions)

    def owned_by(self, owner: str) -> dict[str, Session]:
        return {
            key: replace(each)
            for key, each in self.items()
            if isinstance(each, Session) and each.owner == owner
        }


def counted(text: str | None, step: int, otherwise: str) -> str:
    """A counter's text after a step, or the other one where there is no counter."""
    digits = (text or "").removeprefix("-")
    if digits.isdecimal() and len(digits) <= 18 and f"{int(text)}" == text:
        return f"{int(text) + step}"
    return otherwise
