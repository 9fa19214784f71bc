"""What a session in a store cannot do without: its client's bare commands.

Each on one connection that is open already, with everything that it is told made
before: no pool, no token, no JSON, no record. SqlStore's client is SQLAlchemy, whose
statements are ours; what PostgreSQL's driver alone takes is measured beside it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping
from itertools import count
from typing import Any, Protocol

import psycopg
import redis
import sqlalchemy

from session_middleware.stores import sql_rows
from session_middleware.stores.base import Changes, Record
from session_middleware.stores.redis_client import client_at
from session_middleware.stores.redis_records import change_of_hash, new_hash
from session_middleware.stores.redis_scripts import CREATE, DELETE, UPDATE

from .store_places import Place

_numbers = count(10**7)  # each value that is written is new, in others' sessions too
_AFTER = 14 * 86400


class Floor(Protocol):
    """The bare commands of one store. What has just been read is written as well."""

    def read(self, key: str) -> object: ...
    def change(self, key: str) -> object: ...
    def create(self, key: str, record: Record) -> object: ...
    def delete(self, key: str) -> object: ...


def floor_at(place: Place) -> Floor:
    """Of a database."""
    if place.name == "Redis":
        return _Redis(place.url)
    return _SQLite(place.url) if place.name == "SQLite" else _SQL(place.url)


def _changes() -> Changes:
    now = int(time.time())
    return Changes("", now, now, now + _AFTER, set={"user_id": ("42", "43")})


class _Redis:
    """HGETALL, and EVALSHA of our scripts."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(
            url, protocol=2, single_connection_client=True
        )
        for script in (CREATE, UPDATE, DELETE):
            self.client.script_load(script.text)
        self.changes = [*change_of_hash(_changes(), "")]
        self.place = self.changes.index("43")

    def read(self, key: str) -> object:
        return self.client.execute_command("HGETALL", f"session:{key}")

    def change(self, key: str) -> object:
        self.read(key)
        self.changes[self.place] = next(_numbers)
        return self._run(UPDATE, key, *self.changes)

    def create(self, key: str, record: Record) -> object:
        return self._run(CREATE, key, *new_hash(record))

    def delete(self, key: str) -> object:
        self.read(key)
        return self._run(DELETE, key)

    def _run(self, script: Any, key: str, *arguments: Any) -> object:
        return self.client.execute_command(
            "EVALSHA", script.sha, 1, f"session:{key}", *arguments
        )


class _SQL:
    """SqlStore's statements on one Connection of SQLAlchemy."""

    def __init__(self, url: str) -> None:
        engine = sqlalchemy.create_engine(url)
        self.reading = engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        self.writing = engine.connect()
        changes = _changes()
        self.renewed = {
            "owner_read": "",
            "alive_at": changes.alive_at,
            "now_used": changes.used,
            "now_expires": changes.expires,
            "shortened": False,
            "now_permanent": None,
            "now_owner": None,
        }

    def read(self, key: str) -> object:
        return self.reading.execute(sql_rows._READ, {"this_key": key}).fetchall()

    def change(self, key: str) -> object:
        self.read(key)
        run = self.writing.execute
        text = str(next(_numbers))
        with self.writing.begin():
            run(sql_rows._RENEW, {**self.renewed, "this_key": key})
            which = {"this_key": key, "names": ["user_id"]}
            run(sql_rows._READ_NAMES, which).fetchall()
            new = {"this_key": key, "this_name": "user_id", "now_text": text}
            return run(sql_rows._CHANGE_VALUE, new)

    def create(self, key: str, record: Record) -> object:
        with self.writing.begin():
            sql_rows.lock(self.writing, key)
            return sql_rows.add_record(self.writing, key, record)

    def delete(self, key: str) -> object:
        self.read(key)
        with self.writing.begin():
            sql_rows.lock(self.writing, key)
            self.writing.execute(sql_rows._READ, {"this_key": key}).fetchall()
            return sql_rows.remove(self.writing, [key])


class Pooled:
    """Redis's client as an application has it: with a pool, and with time limits."""

    def __init__(self, url: str) -> None:
        self.bare = _Redis(url)
        self.bare.client = client_at(url)
        self.read, self.change = self.bare.read, self.bare.change


class Driver:
    """The statements of SqlStore by psycopg alone."""

    def __init__(self, url: str) -> None:
        plain = url.replace("+psycopg", "")
        self.connection = psycopg.connect(plain, autocommit=True)
        engine = sqlalchemy.create_engine(url)
        self._read = _text(sql_rows._READ, engine)
        self._renew = _text(sql_rows._RENEW, engine)
        self._change = _text(sql_rows._CHANGE_VALUE, engine)
        self.renewed = _SQL(url).renewed

    def read(self, key: str) -> object:
        return self.connection.execute(self._read, {"this_key": key}).fetchall()

    def change(self, key: str) -> object:
        self.read(key)
        text = str(next(_numbers))
        run = self.connection.execute
        with self.connection.transaction():
            run(self._renew, {**self.renewed, "this_key": key})
            run(
                "SELECT text FROM session_value WHERE key = %s AND name = %s",
                (key, "user_id"),
            )
            new = {"this_key": key, "this_name": "user_id", "now_text": text}
            return run(self._change, new)


def _text(statement: Any, engine: sqlalchemy.Engine) -> str:
    return str(statement.compile(dialect=engine.dialect))


class _SQLite:
    """What sqlite3 is told: by the columns that SQLiteStore has."""

    def __init__(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA synchronous=NORMAL")

    def read(self, key: str) -> object:
        row = self._row(key)
        select = "SELECT name, text FROM longer WHERE session = ?"
        return row[2] and self.db.execute(select, (row[0],)).fetchall()

    def _row(self, key: str) -> Any:
        select = "SELECT * FROM session WHERE key = ?"
        return self.db.execute(select, (bytes.fromhex(key),)).fetchone()

    def change(self, key: str) -> object:
        self.read(key)
        run = self.db.execute
        run("BEGIN IMMEDIATE")
        row = self._row(key)
        short = row[-1].replace(row[-1].split("\n")[1], str(next(_numbers)), 1)
        update = "UPDATE session SET used = ?, expires = ?, short = ? WHERE id = ?"
        run(update, (row[4], row[5], short, row[0]))
        return run("COMMIT")

    def create(self, key: str, record: Record) -> object:
        run = self.db.execute
        run("BEGIN IMMEDIATE")
        assert self._row(key) is None
        longer = {n: text for n, text in record.values.items() if len(text) > 1000}
        short = "\n".join(_lines(record.values, longer))
        times = (record.created, record.used, record.expires)
        marks = ", ".join("?" * 11)
        row = (bytes.fromhex(key), len(longer), *times, 0, None, None, 0, "", short)
        number = run(f"INSERT INTO session VALUES (NULL, {marks})", row).lastrowid
        for name, text in longer.items():
            run("INSERT INTO longer VALUES (?, ?, ?)", (number, name, text))
        return run("COMMIT")

    def delete(self, key: str) -> object:
        self.read(key)
        run = self.db.execute
        run("PRAGMA synchronous=FULL")
        run("BEGIN IMMEDIATE")
        row = self._row(key)
        run("DELETE FROM session WHERE id = ?", (row[0],))
        if row[2]:
            run("DELETE FROM longer WHERE session = ?", (row[0],))
        run("COMMIT")
        return run("PRAGMA synchronous=NORMAL")


def _lines(values: Mapping[str, str], longer: Mapping[str, str]) -> list[str]:
    short = [(name, text) for name, text in values.items() if name not in longer]
    return [line for pair in short for line in pair]
