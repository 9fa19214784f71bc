"""SessionStore: what a store of sessions promises, and what it keeps.

A store knows nothing of cookies, keys or limits. It is given texts under names, and it
changes a record name by name, atomically, as the record is at that moment.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

#: What became of an update.
SAVED: Literal["saved"] = "saved"
GONE: Literal["gone"] = "gone"  # there is no such record, or it has expired
REPLACED: Literal["replaced"] = "replaced"  # a mark is in its place
OTHER_OWNER: Literal["other_owner"] = "other_owner"
Outcome = Literal["saved", "gone", "replaced", "other_owner"]

MAX_NAME = 255  # characters of a value's name
MAX_COUNT = 10**18  # counters are smaller than this, and so are steps
_COUNTER = re.compile("-?[0-9]{1,18}")
REMEMBERED = 16  # updates with increments that a record remembers


class Record(NamedTuple):
    """A session as a store keeps it, or the mark that is left where one was.

    All text is printable ASCII; times are whole seconds since the epoch.

    :param values: name to text. A name has 1 to 255 characters.
    :param created: when the session began.
    :param used: when it was last used; later ones replace it, earlier ones do not.
    :param expires: after this second it has expired, whether it is still kept or not.
    :param permanent: whether its cookie outlives the browser.
    :param owner: 64 hexadecimal digits, or empty: nobody's.
    :param successor: of a mark, the key of the session that replaced this one; empty if
        none did. ``None``: this is a session.
    :param mark_until: where it is deleted, a mark stays until then; 0: none does.
    :param applied: ids of the last updates with increments, for the store's own use.
    """

    values: Mapping[str, str]
    created: int
    used: int
    expires: int
    permanent: bool = False
    owner: str = ""
    successor: str | None = None
    mark_until: int = 0
    applied: tuple[str, ...] = ()

    def __repr__(self) -> str:
        kind = "session" if self.successor is None else "mark"
        return f"<Record of a {kind}, {len(self.values)} values>"  # no value in a log


class Changes(NamedTuple):
    """What one request did to a record. With nothing set it is a touch.

    :param id: drawn once for a request: with increments, the same id is applied once.
    :param alive_at: a record that expired before this second is gone.
    :param used: the new time of last use.
    :param expires: the new time of expiry. An earlier one than the record's is ignored,
        unless ``shortened``.
    :param owner_read: the owner at reading: the record's must still be the same, or
        already the new one.
    :param owner: the new owner; ``None``: as it was.
    :param permanent: ``None``: as it was.
    :param set: name to the text at reading (``None``: there was none) and the new text.
    :param deleted: name to the text at reading.
    :param increments: name to what is added, and to the text that is set if there is no
        counter there: an int in decimal digits, of which the first is no 0.
    :param only: the names that stay, beside those set and incremented here; ``None``:
        all stay.
    """

    id: str
    alive_at: int
    used: int
    expires: int
    owner_read: str = ""
    owner: str | None = None
    permanent: bool | None = None
    shortened: bool = False
    set: Mapping[str, tuple[str | None, str]] = {}
    deleted: Mapping[str, str | None] = {}
    increments: Mapping[str, tuple[int, str]] = {}
    only: frozenset[str] | None = None

    def __repr__(self) -> str:
        return f"<Changes {self.id}>"


class Updated(NamedTuple):
    """What became of an update.

    :param outcome: anything but ``SAVED``, and the record is as it was.
    :param overwritten: names whose text was neither that at reading nor the new one.
    """

    outcome: Outcome
    overwritten: tuple[str, ...] = ()


class SessionStore(ABC):
    """Keeps records under keys of 64 hexadecimal digits.

    Each verb is atomic, and may be repeated where its reply was lost: the second time
    changes nothing more. What it has confirmed is seen by every later call, from any
    thread and any process. A store may be made before a fork, and used after it.

    Every verb raises :class:`~session_middleware.StoreUnavailable` if the store cannot
    be reached, and :class:`~session_middleware.StoreError` for other failures; neither
    shows an address, a password or a value.
    """

    @abstractmethod
    def read(self, key: str) -> Record | None:
        """The record or mark, whether it has expired or not."""

    @abstractmethod
    def create(self, key: str, record: Record) -> bool:
        """Keep a new record, if there is none.

        One that expired before ``record.used`` counts as none, a mark too.

        :returns: whether it is there now; True again for the identical record.
        """

    @abstractmethod
    def update(self, key: str, changes: Changes) -> Updated:
        """Apply changes, name by name, to the record as it is now.

        It never brings a record into being: gone is gone.
        """

    @abstractmethod
    def retire(self, key: str, until: int, successor: str) -> Record | None:
        """Leave a mark in a session's place.

        :param until: when the mark expires; later if the record's ``mark_until`` is.
        :param successor: the key of the session that replaces it; empty: none does.
        :returns: what was there at that moment; ``None``: nothing. A mark is returned
            and stays as it is.
        """

    @abstractmethod
    def delete(self, key: str) -> bool:
        """Delete a session; where a mark is, its successor first, and then the mark.

        If ``mark_until`` is set, a mark without a successor stays, until then.

        :returns: whether a session was deleted.
        """

    @abstractmethod
    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        """The sessions of an owner with their keys, without a look at any other's.

        No marks; and what has expired may be among them.
        """

    @abstractmethod
    def delete_expired(self, now: int, limit: int = 1000) -> int:
        """Delete records and marks that expired before ``now``; how many it were.

        :param limit: how many at most.
        """

    @abstractmethod
    def delete_all(self) -> int:
        """Delete every session, as :meth:`delete` does; how many it were."""


def mark(record: Record, until: int, successor: str) -> Record:
    """The mark that takes a session's place."""
    expires = max(until, record.mark_until)
    return Record(
        {},
        record.created,
        record.used,
        expires,
        successor=successor,
        mark_until=record.mark_until,
    )


def refusal(record: Record | None, changes: Changes) -> Outcome | None:
    """Why an update is not to be applied to this record; ``None``: it is."""
    if record is None or record.expires < changes.alive_at:
        return GONE
    if record.successor is not None:
        return REPLACED
    known = (changes.owner_read, changes.owner)  # the latter where it is repeated
    return None if record.owner in known else OTHER_OWNER


def apply(record: Record, changes: Changes) -> tuple[Record, tuple[str, ...]]:
    """The record with the changes, and the names that were overwritten."""
    values, overwritten = dict(record.values), []
    repeated = changes.id in record.applied
    if changes.only is not None:
        stay = {*changes.only, *changes.set, *changes.increments}
        values = {name: text for name, text in values.items() if name in stay}
    for name, (read, text) in changes.set.items():
        if record.values.get(name) not in (read, text):
            overwritten.append(name)
        values[name] = text
    for name, read in changes.deleted.items():
        if values.pop(name, None) not in (read, None):
            overwritten.append(name)
    for name, (step, text) in changes.increments.items():
        if not repeated:
            values[name] = add(values.get(name), step, text)
    return _renewed(record, changes, values), tuple(overwritten)


def add(text: str | None, step: int, otherwise: str) -> str:
    """A counter's text after a step; another text, if there is no counter."""
    if text is None or not _COUNTER.fullmatch(text):
        return otherwise
    return str(int(text) + step)


def _renewed(record: Record, changes: Changes, values: dict[str, str]) -> Record:
    applied = record.applied
    if changes.increments and changes.id not in applied:
        applied = (*applied, changes.id)[-REMEMBERED:]
    expires = changes.expires
    if not changes.shortened:
        expires = max(record.expires, expires)
    return record._replace(
        values=values,
        used=max(record.used, changes.used),
        expires=expires,
        permanent=record.permanent if changes.permanent is None else changes.permanent,
        owner=record.owner if changes.owner is None else changes.owner,
        applied=applied,
    )
