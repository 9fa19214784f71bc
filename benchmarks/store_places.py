"""Where sessions are kept: real servers on loopback, with so many sessions in them.

Each number of sessions has a database of its own, all at once, so that a run can ask
them in turn. PostgreSQL runs with ``fsync=off`` and Redis saves nothing: a disk would
hide what is measured. SQLite is a file, which waits for the disk at a deletion alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from session_middleware.stored.ids import draw, key_of_id
from session_middleware.stored.values import texts_of
from session_middleware.stores import open_store, redis_client, sqlite_file, sqlite_rows
from session_middleware.stores.base import Record, SessionStore
from session_middleware.stores.redis import RedisStore
from session_middleware.stores.redis_records import new_hash
from session_middleware.stores.redis_scripts import CREATE
from session_middleware.stores.sql import SqlStore
from session_middleware.stores.sql_tables import SESSION, VALUE
from session_middleware.stores.sqlite import SQLiteStore
from tests.support.stores.postgresql import postgresql
from tests.support.stores.redis import node

from .payloads import SMALL

SAMPLE = 400  # sessions of all that are read and changed
_BATCH = 2000

Sessions = Iterable[tuple[str, Record]]


class Place(NamedTuple):
    """One database.

    :param ids: of some sessions in it, in no order.
    """

    name: str
    count: int
    url: str
    store: SessionStore
    ids: list[str]

    @property
    def keys(self) -> list[str]:
        return [*map(key_of_id, self.ids)]


@contextmanager
def places(counts: list[int]) -> Iterator[dict[tuple[str, int], Place]]:
    """A database of each kind for each number of sessions."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        redis = stack.enter_context(node(home))
        server = stack.enter_context(postgresql())
        stack.enter_context(server.running())
        found = {}
        for number, count in enumerate(counts):
            urls = {
                "Redis": f"{redis.url}/{number}",
                "PostgreSQL": _database(server.url, f"sessions_{count}"),
                "SQLite": f"sqlite:///{home}/{count}.db",
            }
            for name, url in urls.items():
                found[name, count] = _filled(name, count, url)
        yield found


def record_of(data: Mapping[str, Any]) -> Record:
    """A session as a store is given it."""
    now = int(time.time())
    texts = texts_of(False, dict(data)).values
    return Record(texts, now, now, now + 14 * 86400)


def _database(url: str, name: str) -> str:
    """A database of its own on the same server."""
    import psycopg

    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.rpartition("/")[0] + f"/{name}"


def _filled(name: str, count: int, url: str) -> Place:
    store = open_store(url)
    record = record_of(SMALL)
    ids: list[str] = []

    def sessions() -> Iterator[tuple[str, Record]]:
        for number in range(count):
            id = draw()
            if number % max(1, count // SAMPLE) == 0:
                ids.append(id)
            yield key_of_id(id), record

    if isinstance(store, RedisStore):
        _fill_redis(store, sessions())
    elif isinstance(store, SQLiteStore):
        _fill_sqlite(Path(url.removeprefix("sqlite:///")), sessions())
    elif isinstance(store, SqlStore):
        _fill_postgresql(store, url, sessions())
    return Place(name, count, url, store, ids[:SAMPLE])


def _fill_redis(store: RedisStore, sessions: Sessions) -> None:
    commands = (
        store._call(CREATE, key, *new_hash(record)).by_name()
        for key, record in sessions
    )
    first = next(commands)
    store._client.script_load(CREATE.text)
    redis_client.ask(store._client, first)
    while batch := [*islice(commands, _BATCH)]:
        redis_client.ask_all(store._client, batch)


def _fill_sqlite(path: Path, sessions: Sessions) -> None:
    db = sqlite_file.open_file(path)
    db.execute("BEGIN")
    for key, record in sessions:
        sqlite_rows.insert(db, key, record)
    db.execute("COMMIT")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def _fill_postgresql(store: SqlStore, url: str, sessions: Sessions) -> None:
    import psycopg

    store.create_tables()
    rows = [(key, (*record._replace(values=key)[1:8], "")) for key, record in sessions]
    values = record_of(SMALL).values
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain) as connection, connection.cursor() as cursor:
        names = ", ".join(SESSION.c.keys())
        with cursor.copy(f"COPY {SESSION.name} ({names}) FROM STDIN") as copy:
            for key, fields in rows:
                copy.write_row((key, *fields))
        names = ", ".join(VALUE.c.keys())
        with cursor.copy(f"COPY {VALUE.name} ({names}) FROM STDIN") as copy:
            for key, _ in rows:
                for name, text in values.items():
                    copy.write_row((key, name, text))
        connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")
