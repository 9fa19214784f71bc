"""What is in a session's hash, and what its scripts are told, as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .base import Changes, Record
from .redis_scripts import KEPT

_FACTS = re.compile(
    r"(session|mark) (\d+) (\d+) (\d+) ([01]) (\d+) ([0-9a-f]*) ([0-9a-f]*)", re.ASCII
)


def record_of(fields: dict[bytes, bytes]) -> Record | None:
    """The record in a hash; ``None``: there is none, or none of ours.

    The values are taken out of the hash: a MiB is decoded faster where the memory of
    each is free for the next.
    """
    found = _FACTS.fullmatch(_text(fields.get(b"m:", b"")))
    if found is None:
        return None
    kind, created, used, expires, permanent, mark_until, owner, successor = (
        found.groups()
    )
    values = {  # without a frame for each
        field[2:].decode("latin-1"): fields.pop(field).decode("latin-1")
        for field in [*fields]
        if field[:2] == b"v:"
    }
    return Record(
        values,
        int(created),
        int(used),
        int(expires),
        permanent == "1",
        owner,
        successor if kind == "mark" else None,
        int(mark_until),
        tuple(_text(fields.get(b"m:applied", b"")).split("\n")[:-1]),
    )


def name_of(field: bytes) -> str:
    """A value's name, of its field."""
    return _text(field[2:])


def _text(found: bytes) -> str:
    return found.decode("latin-1")  # raises nothing, whatever another hand wrote


def new_hash(record: Record) -> Iterator[str | int]:
    """What ``CREATE`` takes."""
    kind = "session" if record.successor is None else "mark"
    times = f"{record.created} {record.used} {record.expires}"
    rest = f"{record.permanent:d} {record.mark_until} {record.owner}"
    yield f"{kind} {times} {rest} {record.successor or ''}"
    yield "".join(f"{each}\n" for each in record.applied)
    yield from (record.used, record.expires - record.used + KEPT)
    for name, text in record.values.items():
        yield from (f"v:{name}", text)


def change_of_hash(changes: Changes, owner: str) -> Iterator[str | int]:
    """What ``UPDATE`` takes.

    :param owner: whose it is afterwards.
    """
    yield from (changes.alive_at, changes.used, changes.expires, int(changes.shortened))
    permanent = "" if changes.permanent is None else int(changes.permanent)
    yield from (changes.owner_read, owner, permanent, changes.id)
    yield from _staying(changes)
    yield len(changes.set)
    for name, (read, text) in changes.set.items():
        yield from (f"v:{name}", read or "", text)
    yield len(changes.deleted)
    for name, read in changes.deleted.items():
        yield from (f"v:{name}", read or "")
    yield len(changes.increments)
    for name, (step, text) in changes.increments.items():
        yield from (f"v:{name}", step, text)


def _staying(changes: Changes) -> Sequence[str | int]:
    if changes.only is None:
        return [-1]
    names = {*changes.only, *changes.set, *changes.increments}
    return [len(names), *(f"v:{name}" for name in names)]
