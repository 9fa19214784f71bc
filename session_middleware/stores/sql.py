"""SqlStore: sessions in a database that SQLAlchemy speaks to.

It needs the extra ``sql``. A write changes its session's own row first, whose lock puts
the writers of one session in an order; then it changes the values that it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

try:
    from sqlalchemy import Connection, Engine, MetaData
    from sqlalchemy.exc import SQLAlchemyError
except ImportError as error:
    from ..exceptions import ConfigurationError

    raise ConfigurationError(
        "store", 'SQLAlchemy is missing: pip install "session-middleware[sql]"'
    ) from error

from . import sql_rows as rows
from .base import (
    SAVED,
    Changes,
    Record,
    SessionStore,
    Updated,
    apply,
    mark,
    refusal,
)
from .sql_engine import check_engine, keep_from_children, open_engine
from .sql_errors import as_store_errors, exists, is_missing
from .sql_tables import METADATA, create_what_is_missing, ddl
from .sql_transactions import Transactions

__all__ = ["SqlStore", "open_url"]

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

BATCH = 100  # sessions that are deleted in one transaction
_TRIES = 5  # to create tables that others create at the same time


class SqlStore(SessionStore):
    """Keeps sessions in PostgreSQL, MariaDB 10.6, MySQL 8, SQLite, or later ones.

    It works in threads, and after a fork: the child has connections of its own.

    :param engine: with timeouts, for a visitor waits; those that
        :func:`open_url` makes have some. Its tables are
        created by :meth:`create_tables`.
    """

    #: Of Alembic's ``target_metadata``.
    metadata: MetaData = METADATA
    #: Whether tables that are not there are created when they are needed first.
    creates_tables = False

    def __init__(self, engine: Engine) -> None:
        self._transactions = Transactions(check_engine(engine))
        keep_from_children(engine)

    def create_tables(self) -> None:
        """Create the tables and indexes that are not there; any number may do it."""
        with as_store_errors():
            self._create_tables(_TRIES)

    def _create_tables(self, tries: int) -> None:
        try:
            self._transactions.write(create_what_is_missing)
        except SQLAlchemyError as error:
            if tries == 1 or not exists(error):
                raise
            self._create_tables(tries - 1)

    def ddl(self) -> str:
        """The statements that create the tables, for whoever may do that."""
        dialect = self._transactions.engine.dialect
        return "".join(f"{statement};\n" for statement in ddl(dialect))

    def read(self, key: str) -> Record | None:
        work = partial(rows.read_record, key=key)
        return self._ask(self._transactions.read, work)

    def create(self, key: str, record: Record) -> bool:
        return self._write(partial(_create, key=key, record=record))

    def update(self, key: str, changes: Changes) -> Updated:
        return self._write(partial(_update, key=key, changes=changes))

    def retire(self, key: str, until: int, successor: str) -> Record | None:
        work = partial(_retire, key=key, until=until, successor=successor)
        return self._write(work)

    def delete(self, key: str) -> bool:
        return self._write(partial(_delete, key=key))

    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        work = partial(rows.read_owned, owner=owner)
        return self._ask(self._transactions.read, work)

    def delete_expired(self, now: int, limit: int = 1000) -> int:
        deleted = 0
        while deleted < limit:
            most = min(BATCH, limit - deleted)
            batch = self._write(partial(_delete_expired, now=now, most=most))
            deleted += batch
            if batch < most:
                break
        return deleted

    def delete_all(self) -> int:
        deleted, last = 0, ""
        while True:
            batch, last = self._write(partial(_delete_next, last=last))
            deleted += batch
            if not last:
                return deleted

    def count(self, alive_at: int) -> int:
        work = partial(rows.count, alive_at=alive_at)
        return self._ask(self._transactions.read, work)

    def _write(self, work: Work[Result]) -> Result:
        return self._ask(self._transactions.write, work)

    def _ask(self, run: Callable[[Work[Result]], Result], work: Work[Result]) -> Result:
        with as_store_errors():
            try:
                return run(work)
            except SQLAlchemyError as error:
                if not (self.creates_tables and is_missing(error)):
                    raise
            self.create_tables()
            return run(work)


def open_url(url: str) -> SqlStore:
    """A store in the database of a URL, which creates its tables when first used.

    :func:`~session_middleware.stores.open_store` calls it.

    It connects in a second, to PostgreSQL in two, and answers in two: of psycopg,
    PyMySQL, mysqlclient and SQLite the timeouts are known. For any other driver give
    :class:`SqlStore` an engine.

    :param url: as SQLAlchemy has it, with the driver's name.
    :raises ConfigurationError: it names no database, or the driver is not installed.
        The message never has the URL, since a password is in it.
    """
    engine = open_engine(url)
    store = SqlStore(engine)
    store._transactions = Transactions(engine, prepared=True)
    store.creates_tables = True
    return store


def _create(connection: Connection, key: str, record: Record) -> bool:
    if not rows.lock(connection, key):
        rows.add_record(connection, key, record)
        return True
    there = rows.read_record(connection, key)
    if there is not None and there.expires >= record.used:
        return there == record
    rows.put_record(connection, key, record)
    return True


def _update(connection: Connection, key: str, changes: Changes) -> Updated:
    if not rows.renew(connection, key, changes):
        there = rows.lock(connection, key)
        record = rows.read_record(connection, key, ()) if there else None
        if refused := refusal(record, changes):
            return Updated(refused)
        # It has come into being since, or was like this: not all drivers count that.
        rows.renew(connection, key, changes)
    touched = {*changes.set, *changes.deleted, *changes.increments}
    if not touched and changes.only is None:
        return Updated(SAVED)
    names = touched if changes.only is None else None
    record = rows.read_record(connection, key, names)
    assert record is not None
    after, overwritten = apply(record, changes)
    rows.write_values(connection, key, record.values, after.values)
    if after.applied != record.applied:
        rows.write_applied(connection, key, after.applied)
    return Updated(SAVED, overwritten)


def _retire(
    connection: Connection, key: str, until: int, successor: str
) -> Record | None:
    if not rows.lock(connection, key):
        return None
    record = rows.read_record(connection, key)
    assert record is not None
    if record.successor is None:
        rows.put_record(connection, key, mark(record, until, successor))
    return record


def _delete(connection: Connection, key: str) -> bool:
    deleted = False
    while key and rows.lock(connection, key):
        record = rows.read_record(connection, key, ())
        assert record is not None
        deleted = deleted or record.successor is None
        if record.mark_until:
            rows.put_record(connection, key, mark(record, 0, ""))
        else:
            rows.remove(connection, [key])
        key = record.successor or ""
    return deleted


def _delete_expired(connection: Connection, now: int, most: int) -> int:
    keys = rows.expired_keys(connection, now, most)
    return rows.remove(connection, keys) if keys else 0


def _delete_next(connection: Connection, last: str) -> tuple[int, str]:
    """Delete the next sessions; how many it were, and the last key, if there is more.

    The successor of a mark may be one that came into being behind us.
    """
    batch = rows.next_rows(connection, last, BATCH)
    plain = [row for row in batch if not (row.successor or row.mark_until)]
    rows.remove(connection, [row.key for row in plain])
    deleted = sum(row.successor is None for row in plain)
    for row in batch:
        if row.successor or row.mark_until:
            deleted += _delete(connection, row.key)
    return deleted, batch[-1].key if len(batch) == BATCH else ""
