"""The file of a SQLiteStore: made for one user alone, known for ours, and opened."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import suppress
from pathlib import Path

from ..exceptions import StoreError
from .sqlite_connections import BUSY

APPLICATION = 0x73657373  # "sess": whose file it is
VERSION = 1
SCHEMA = (
    """CREATE TABLE session (
        id INTEGER PRIMARY KEY,
        key BLOB NOT NULL UNIQUE,
        longer INTEGER NOT NULL,
        created INTEGER NOT NULL,
        used INTEGER NOT NULL,
        expires INTEGER NOT NULL,
        permanent INTEGER NOT NULL,
        owner BLOB,
        successor BLOB,
        mark_until INTEGER NOT NULL,
        applied TEXT NOT NULL,
        short TEXT NOT NULL
    )""",
    """CREATE TABLE longer (
        session INTEGER NOT NULL,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (session, name)
    ) WITHOUT ROWID""",
    "CREATE INDEX session_owner ON session (owner) WHERE owner IS NOT NULL",
    "CREATE INDEX session_expires ON session (expires)",
    f"PRAGMA application_id={APPLICATION}",
    f"PRAGMA user_version={VERSION}",
)


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to it, in autocommit mode and for any thread."""
    _make(path)
    db = sqlite3.connect(
        f"{path.as_uri()}?mode=rw",  # it makes no file, whose rights would be others
        uri=True,
        timeout=BUSY,
        isolation_level=None,
        check_same_thread=False,  # whoever forks closes those of all threads
    )
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _make(path: Path) -> None:
    """An empty file that is this user's alone, if there is none.

    One that is there is not opened: to close it again would end SQLite's locks on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if not stat.S_ISREG(path.lstat().st_mode):
        raise StoreError(
            "the SQLite database must be a file, and no link to one: give the path of "
            "the file itself"
        )


def _prepare(db: sqlite3.Connection) -> None:
    """Make sure that it is ours, and has what it needs."""
    db.execute("BEGIN")  # so that all is seen as it is at one moment
    new = _is_new(db)
    db.execute("COMMIT")
    _wait_for(db, "PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    # Debian's overwrites all that is deleted, and took 10 times as long.
    db.execute("PRAGMA secure_delete=FAST")
    if new:
        db.execute("BEGIN IMMEDIATE")
        # Another process may have been faster.
        for statement in SCHEMA if _is_new(db) else ():
            db.execute(statement)
        db.execute("COMMIT")


def _is_new(db: sqlite3.Connection) -> bool:
    """Whether it is empty; what is not ours is refused before anything is written."""
    [(application,)] = db.execute("PRAGMA application_id")
    [(version,)] = db.execute("PRAGMA user_version")
    if (application, version) == (APPLICATION, VERSION):
        return False
    if application == APPLICATION:
        raise StoreError(
            "the SQLite database was made by a newer session_middleware: install that, "
            "or name another file"
        )
    [(tables,)] = db.execute("SELECT count(*) FROM sqlite_master")
    if application or version or tables:
        raise StoreError(
            "the SQLite database is another application's, and was left as it is; "
            "name another file"
        )
    return True


def _wait_for(db: sqlite3.Connection, statement: str) -> None:
    """What SQLite itself does not wait for, if others open the same new file."""
    until = time.monotonic() + BUSY
    while True:
        try:
            db.execute(statement)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
