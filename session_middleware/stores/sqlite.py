"""SQLiteStore: sessions in one file, by what Python brings; no server, no library."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..exceptions import ConfigurationError, StoreError
from .base import (
    GONE,
    SAVED,
    Changes,
    Record,
    SessionStore,
    Updated,
    apply,
    mark,
    refusal,
)
from .sqlite_connections import Connections
from .sqlite_file import open_file
from .sqlite_rows import (
    count_sessions,
    end,
    find,
    find_expired,
    find_id,
    find_kept,
    find_owned,
    insert,
    longer_texts,
    longer_texts_beside,
    record_of,
    remove,
    remove_all,
    rewrite,
)

__all__ = ["SQLiteStore"]

CLEANED_AT = "0"  # the end of a new key, of each sixteenth, at which others go
CLEANED = 50  # of what has expired, at most so many
CLEAN_AFTER = 3600  # seconds for which an expired session is kept
TURN = 0.01  # seconds after which a deletion lets others write


class SQLiteStore(SessionStore):
    """Keeps sessions in one SQLite file, for all threads and processes of one machine.

    The file is made when it is first used, for this user alone; its directory must be
    there. What has expired is deleted now and then when a session is created. When the
    power fails, the last writes may be lost, but no session comes back that was ended.

    Stop the server before you move, replace or delete the file; ``sqlite3 FILE
    ".backup COPY"`` copies it while it is used.

    With uWSGI, use no session before it forks, or set ``lazy-apps``: Python is not told
    of its forks, so a worker has its master's locks, and none if that alone is killed.

    >>> app = SessionMiddleware(app, secret_key=KEY, store="sqlite:///sessions.db")

    :param path: of the file; on a disk of this machine, as locks on others are none.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        if os.fspath(path) in ("", ":memory:"):
            raise ConfigurationError(
                "store",
                "a SQLite database in memory is seen by one thread alone: name a file, "
                "or give a MemoryStore()",
            )
        file = Path(os.path.abspath(path))
        if not os.path.isdir(file.parent):  # nor where it may not be looked at
            raise ConfigurationError(
                "store",
                "the directory of the SQLite database must be there; create it, with "
                "access for the server's user alone",
            )
        self._connections = Connections(partial(open_file, file))

    def close(self) -> None:
        """Close the connections of all threads; the next use opens one again."""
        self._connections.close()

    def read(self, key: str) -> Record | None:
        with self._connections.reading() as db:
            before = None
            while (row := find(db, key)) and row != before:
                longer = longer_texts_beside(db, row)
                if len(longer) == row.longer:
                    return record_of(row, longer)
                before = row  # it was written to meanwhile
            if row is not None:
                raise sqlite3.DatabaseError("malformed: a text is missing")
        return None

    def create(self, key: str, record: Record) -> bool:
        with self._connections.writing() as db:
            row = find(db, key)
            if row is not None:
                if row.expires >= record.used:
                    return record_of(row, longer_texts(db, row)) == record
                remove(db, row)
            insert(db, key, record)
        if key.endswith(CLEANED_AT):
            with suppress(StoreError):  # the session is there
                self.delete_expired(record.used - CLEAN_AFTER, CLEANED)
        return True

    def update(self, key: str, changes: Changes) -> Updated:
        with self._connections.writing() as db:
            row = find(db, key)
            if row is None:
                return Updated(GONE)
            touched = (*changes.set, *changes.deleted, *changes.increments)
            longer = longer_texts(db, row, touched if changes.only is None else None)
            record = record_of(row, longer)
            refused = refusal(record, changes)
            if refused is not None:
                return Updated(refused)
            after, overwritten = apply(record, changes)
            rewrite(db, row, longer, after)
            return Updated(SAVED, overwritten)

    def retire(self, key: str, until: int, successor: str) -> Record | None:
        with self._connections.writing(durable=True) as db:
            row = find(db, key)
            if row is None:
                return None
            longer = longer_texts(db, row)
            record = record_of(row, longer)
            if record.successor is None:
                rewrite(db, row, longer, mark(record, until, successor))
            return record

    def delete(self, key: str) -> bool:
        deleted = False
        with self._connections.writing(durable=True) as db:
            while row := find(db, key):
                end(db, row)
                deleted = deleted or row.successor is None
                key = (row.successor or b"").hex()
        return deleted

    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        with self._connections.snapshot() as db:
            rows = find_owned(db, owner)
            return [
                (row.key.hex(), record_of(row, longer_texts(db, row))) for row in rows
            ]

    def count(self, alive_at: int) -> int:
        query = "SELECT count(*) FROM session WHERE successor IS NULL AND expires >= ?"
        with self._connections.reading() as db:
            [number] = db.execute(query, (alive_at,)).fetchone()
        return int(number)

    def delete_expired(self, now: int, limit: int = 1000) -> int:
        """In turns of a moment, between which others write."""
        with self._connections.reading() as db:
            ids = find_expired(db, now, limit)
        deleted = 0
        while ids:
            with self._connections.writing() as db:
                until = time.monotonic() + TURN
                while ids:
                    row = find_id(db, ids.pop())
                    if row is not None and row.expires < now:
                        remove(db, row)
                        deleted += 1
                    if time.monotonic() >= until:
                        break
        return deleted

    def delete_all(self) -> int:
        with self._connections.writing(durable=True) as db:
            deleted = count_sessions(db)
            kept = find_kept(db)
            remove_all(db)
            for row in kept:
                insert(db, row.key.hex(), mark(record_of(row, {}), 0, ""))
            return deleted


def open_url(url: str) -> SQLiteStore:
    """A store by its URL, as SQLAlchemy spells it.

    >>> open_url("sqlite:///relative.db")
    >>> open_url("sqlite:////absolute/path.db")
    """
    scheme, _, path = url.partition("://")
    if scheme != "sqlite" or path[:1] not in ("", "/") or "?" in path:
        raise ConfigurationError(
            "store",
            "a SQLite database is sqlite:///relative.db or sqlite:////absolute.db, "
            "without a host and without options",
        )
    return SQLiteStore(path[1:])
