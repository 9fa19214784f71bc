"""Record and Changes: what a store keeps, and what one request did to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

#: What became of an update.
SAVED: Literal["saved"] = "saved"
GONE: Literal["gone"] = "gone"  # there is no such record, or it has expired
REPLACED: Literal["replaced"] = "replaced"  # a mark is in its place
OTHER_OWNER: Literal["other_owner"] = "other_owner"
Outcome = Literal["saved", "gone", "replaced", "other_owner"]

MAX_NAME = 255  # characters of a value's name
MAX_COUNT = 10**18  # counters are smaller than this, and so are steps
_COUNTER = re.compile("0|-?[1-9][0-9]{0,17}")  # as JSON is written
REMEMBERED = 16  # updates with increments that a record remembers


class Record(NamedTuple):
    """A session as a store keeps it, or the mark that is left where one was.

    All text is printable ASCII, blanks included; times are whole seconds since the
    epoch, which fit into 63 bits.

    :param values: name to text, in no order. A name has 1 to 255 characters, of which
        case and blanks matter; all together may have 1 MiB.
    :param created: when the session began.
    :param used: when it was last used; later ones replace it, earlier ones do not. Of a
        mark: until when late requests are told that their session was replaced.
    :param expires: after this second it has expired, whether it is still kept or not.
    :param permanent: whether its cookie outlives the browser.
    :param owner: 64 hexadecimal digits, or empty: nobody's.
    :param successor: of a mark, the key of the session that replaced this one; empty if
        none did. ``None``: this is a session.
    :param mark_until: where it is deleted, a mark stays until then; 0: none does.
    :param applied: ids of the last updates with increments, for the store's own use: it
        may keep them elsewhere, and give none.
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

    :param id: drawn once for a request: with increments, the same id is applied once,
        as long as no more than :data:`REMEMBERED` others came after it; without any, it
        may be empty.
    :param alive_at: a record that expired before this second is gone.
    :param used: the new time of last use.
    :param expires: the new time of expiry. An earlier one than the record's is ignored,
        unless ``shortened``.
    :param owner_read: the owner at reading: the record's must still be the same, or
        already the new one.
    :param owner: the new owner; ``None``: as it was.
    :param permanent: ``None``: as it was.
    :param shortened: whether an earlier time of expiry counts.
    :param set: name to the text at reading (``None``: there was none) and the new text.
    :param deleted: name to the text at reading.
    :param increments: name to what is added, and to the text that is set if there is no
        counter there. A counter is an int as JSON is written, of at most 18 digits; it
        is exact, as no float is.
    :param only: the names that stay, beside those set and incremented here; ``None``:
        all stay. With it nothing is in ``deleted``.

    A name is in one of ``set``, ``deleted`` and ``increments``.
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


def mark(record: Record, until: int, successor: str) -> Record:
    """The mark that takes a session's place.

    :param record: the session.
    :param until: when the mark expires, in seconds since the epoch; later if the
        record's ``mark_until`` is. It is the mark's ``used`` too.
    :param successor: the key of the session that replaces it; empty: none does.
    """
    expires = max(until, record.mark_until)
    return Record(
        {},
        record.created,
        until,
        expires,
        successor=successor,
        mark_until=record.mark_until,
    )


def refusal(record: Record | None, changes: Changes) -> Outcome | None:
    """Why an update is not to be applied to this record; ``None``: it is to be.

    :param record: as it is now; ``None``: there is none.
    """
    if record is None or record.expires < changes.alive_at:
        return GONE
    if record.successor is not None:
        return REPLACED
    known = (changes.owner_read, changes.owner)  # the latter where it is repeated
    return None if record.owner in known else OTHER_OWNER


def apply(record: Record, changes: Changes) -> tuple[Record, tuple[str, ...]]:
    """The record with the changes, and the names that were overwritten.

    :param record: one to which :func:`refusal` does not object.
    :returns: a new record, and what :class:`Updated` has as ``overwritten``.
    """
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
    """A counter's text after a step; another text, if there is no counter.

    :param text: what is there; ``None``: nothing.
    :param step: what is added.
    :param otherwise: the text where ``text`` is no counter.
    """
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
    return Record(
        values,
        record.created,
        max(record.used, changes.used),
        expires,
        record.permanent if changes.permanent is None else changes.permanent,
        record.owner if changes.owner is None else changes.owner,
        record.successor,
        record.mark_until,
        applied,
    )
