"""Records as rows of SQLite: what is where in the file, and how one is rewritten.

A session is one row, with its short texts as lines in it; each longer text has a row of
its own, so that no write copies what it did not change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from .base import Record, mark

SHORT = 1000  # characters of a text that may be in its session's row
ROOM = 4000  # characters of all names and texts there


class Row(NamedTuple):
    """A row of the table ``session``.

    :param longer: how many texts have rows of their own.
    :param owner: ``None``: nobody's.
    :param successor: ``None``: this is no mark.
    """

    id: int
    key: bytes
    longer: int
    created: int
    used: int
    expires: int
    permanent: int
    owner: bytes | None
    successor: bytes | None
    mark_until: int
    applied: str
    short: str


_COLUMNS = ", ".join(Row._fields)
_MARKS = ", ".join("?" for _ in Row._fields)
_SELECT = f"SELECT {_COLUMNS} FROM session WHERE "  # noqa: S608 -- all of it is ours
_INSERT = f"INSERT INTO session ({_COLUMNS}) VALUES ({_MARKS})"  # noqa: S608
_BESIDE = f"""SELECT name, text FROM longer WHERE session = ? AND EXISTS
    (SELECT 1 FROM session WHERE ({_COLUMNS}) IS ({_MARKS}) AND id = ?)"""  # noqa: S608


def find(db: sqlite3.Connection, key: str) -> Row | None:
    """The row of a session or mark."""
    found = db.execute(_SELECT + "key = ?", (bytes.fromhex(key),)).fetchone()
    return None if found is None else Row(*found)


def find_owned(db: sqlite3.Connection, owner: str) -> list[Row]:
    """The rows of an owner's sessions."""
    found = db.execute(_SELECT + "owner = ?", (bytes.fromhex(owner),))
    return [Row(*each) for each in found.fetchall()]


def find_kept(db: sqlite3.Connection) -> list[Row]:
    """The rows of which a mark stays, whoever deletes them."""
    found = db.execute(_SELECT + "mark_until != 0")
    return [Row(*each) for each in found.fetchall()]


def find_expired(db: sqlite3.Connection, now: int, limit: int) -> list[int]:
    """The ids of what expired before ``now``."""
    select = "SELECT id FROM session WHERE expires < ? ORDER BY expires LIMIT ?"
    return [number for (number,) in db.execute(select, (now, limit)).fetchall()]


def find_id(db: sqlite3.Connection, number: int) -> Row | None:
    """The row that has this id by now."""
    found = db.execute(_SELECT + "id = ?", (number,)).fetchone()
    return None if found is None else Row(*found)


def count_sessions(db: sqlite3.Connection) -> int:
    """How many there are; marks are none."""
    select = "SELECT count(*) FROM session WHERE successor IS NULL"
    [(count,)] = db.execute(select).fetchall()
    return int(count)


def longer_texts(
    db: sqlite3.Connection, row: Row, names: Iterable[str] | None = None
) -> dict[str, str]:
    """The texts of a session that have rows of their own.

    :param names: of no others; ``None``: all.
    """
    if not row.longer:
        return {}
    select = "SELECT name, text FROM longer WHERE session = ?"
    if names is None:
        return dict(db.execute(select, (row.id,)).fetchall())
    texts: dict[str, str] = {}
    for name in names:
        found = db.execute(select + " AND name = ?", (row.id, name))
        texts.update(found.fetchall())
    return texts


def longer_texts_beside(db: sqlite3.Connection, row: Row) -> dict[str, str]:
    """All of them, if the row is still the same; cheaper than a snapshot of both."""
    if not row.longer:
        return {}
    return dict(db.execute(_BESIDE, (row.id, *row, row.id)).fetchall())


def record_of(row: Row, longer: Mapping[str, str]) -> Record:
    """The record, as far as its longer texts are given."""
    lines = _lines(row.short)
    values = dict(zip(lines[::2], lines[1::2], strict=True))
    values.update(longer)
    return Record(
        values,
        row.created,
        row.used,
        row.expires,
        bool(row.permanent),
        "" if row.owner is None else row.owner.hex(),
        None if row.successor is None else row.successor.hex(),
        row.mark_until,
        tuple(_lines(row.applied)),
    )


def insert(db: sqlite3.Connection, key: str, record: Record) -> None:
    """Keep a new record."""
    short, longer = _split(record.values)
    row = _row(None, bytes.fromhex(key), record, short, len(longer))
    number = db.execute(_INSERT, row).lastrowid
    for name, text in longer.items():
        db.execute("INSERT INTO longer VALUES (?, ?, ?)", (number, name, text))


def rewrite(
    db: sqlite3.Connection, row: Row, longer: Mapping[str, str], after: Record
) -> None:
    """Write what is different now.

    :param longer: the longer texts that were read; others stay.
    """
    short, texts = _split(after.values)
    gone = [name for name in longer if name not in texts]
    for name in gone:
        where = "DELETE FROM longer WHERE session = ? AND name = ?"
        db.execute(where, (row.id, name))
    for name, text in texts.items():
        if longer.get(name) != text:
            db.execute("REPLACE INTO longer VALUES (?, ?, ?)", (row.id, name, text))
    new = sum(name not in longer for name in texts)
    _update(db, row, _row(row.id, row.key, after, short, row.longer + new - len(gone)))


def end(db: sqlite3.Connection, row: Row) -> None:
    """Delete a session or mark, but for the mark that is left because it says so."""
    if row.mark_until:
        longer = longer_texts(db, row)
        rewrite(db, row, longer, mark(record_of(row, longer), 0, ""))
    else:
        remove(db, row)


def remove(db: sqlite3.Connection, row: Row) -> None:
    """Delete all that there is of a session or mark."""
    db.execute("DELETE FROM session WHERE id = ?", (row.id,))
    if row.longer:
        db.execute("DELETE FROM longer WHERE session = ?", (row.id,))


def remove_all(db: sqlite3.Connection) -> None:
    """Delete everything, in a moment: without a condition SQLite looks at no row."""
    db.execute("DELETE FROM session")
    db.execute("DELETE FROM longer")


def _row(
    number: int | None, key: bytes, record: Record, short: str, longer: int
) -> tuple[object, ...]:
    return (
        number,
        key,
        longer,
        record.created,
        record.used,
        record.expires,
        int(record.permanent),
        bytes.fromhex(record.owner) or None,
        None if record.successor is None else bytes.fromhex(record.successor),
        record.mark_until,
        _text(record.applied),
        short,
    )


def _update(db: sqlite3.Connection, row: Row, after: tuple[object, ...]) -> None:
    """No column that is as it was, and so no index of one."""
    changed = {
        name: new
        for name, old, new in zip(Row._fields, row, after, strict=True)
        if old != new
    }
    if changed:
        columns = ", ".join(f"{name} = ?" for name in changed)
        update = f"UPDATE session SET {columns} WHERE id = ?"  # noqa: S608 -- ours
        db.execute(update, (*changed.values(), row.id))


def _split(values: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The short texts as one, and the longer ones."""
    lines: list[str] = []
    longer = {}
    room = ROOM
    for name, text in values.items():
        if len(text) <= SHORT and len(text) + len(name) <= room:
            room -= len(text) + len(name)
            lines += (name, text)
        else:
            longer[name] = text
    return _text(lines), longer


def _text(lines: Iterable[str]) -> str:
    """Lines as one text. They are printable, and so there is no line feed in one."""
    return "\n".join(lines)


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []
