"""What a database's error means for a store: try again, missing tables, or give up."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError, TimeoutError

from ..exceptions import StoreError, StoreUnavailable

# Two transactions were in each other's way, and this one was undone.
_UNDONE: set[object] = {
    *("40001", "40P01"),  # PostgreSQL: serialization failure, deadlock
    *(1213, 1205, 1020),  # MySQL: deadlock, lock wait timeout, changed since read
}
_MISSING: set[object] = {"42P01", 1146}
_FOREIGN: set[object] = {"42703", 1054}  # a column
_EXISTS: set[object] = {
    *("42P07", "42710", "23505"),  # PostgreSQL: table, type, row of its catalogue
    *(1050, 1061),  # MySQL: table, index
}
_AWAY: set[object] = {
    *("57014", "55P03"),  # PostgreSQL: statement timeout, lock timeout
    *("57P01", "57P02", "57P03", "53300"),  # shutdown, crash, start, connections
    *("25006", 1290, 1836),  # a read-only replica, as after a failover
    *(1205, 1969, 3024, 1040, 1053),  # MySQL: timeouts, connections, shutdown
}


def was_undone(error: SQLAlchemyError) -> bool:
    """Whether the same again may well succeed: who was in the way is done by then."""
    return (
        bool(_codes(error) & _UNDONE)
        or isinstance(error, IntegrityError)  # the same key, created at the same time
        or is_locked(error)
    )


def was_disconnected(error: SQLAlchemyError) -> bool:
    """Whether it was the connection: an old one, or the server has gone."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def is_missing(error: SQLAlchemyError) -> bool:
    """Whether a table is not there."""
    return bool(_codes(error) & _MISSING) or _sqlite_says(error, "no such table")


def exists(error: SQLAlchemyError) -> bool:
    """Whether somebody else created a table or an index at the same time."""
    return bool(_codes(error) & _EXISTS) or _sqlite_says(error, "already exists")


def is_locked(error: SQLAlchemyError) -> bool:
    """Whether SQLite waited for another writer, and longer than it was told to."""
    return _sqlite_says(error, "is locked")


@contextlib.contextmanager
def as_store_errors() -> Iterator[None]:
    """Raise, for a database's errors, a store's: without addresses and data."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _store_error(error) from error


def _store_error(error: SQLAlchemyError) -> StoreError:
    if isinstance(error, DBAPIError):
        error.hide_parameters = True  # they are sessions, and it is chained
    if isinstance(error, TimeoutError):
        return StoreUnavailable("every connection to the database is in use")
    if was_disconnected(error):
        return StoreUnavailable("the connection to the database broke")
    if _codes(error) & _AWAY or is_locked(error):
        return StoreUnavailable("the database did not answer in time, or may not write")
    if is_missing(error):
        return StoreError(
            "the database has no tables for sessions: call SqlStore(engine)"
            ".create_tables() once, or run the statements of SqlStore(engine).ddl()"
        )
    if _codes(error) & _FOREIGN or _sqlite_says(error, "no such column"):
        return StoreError(
            "the tables session and session_value are somebody else's: keep ours in "
            "another schema, by SqlStore(engine.execution_options("
            'schema_translate_map={None: "sessions"}))'
        )
    kind = type(getattr(error, "orig", error)).__name__
    return StoreError(f"the database refused a statement ({kind}), as its cause says")


def _codes(error: SQLAlchemyError) -> set[object]:
    """The SQLSTATE, and MySQL's own number, which says more."""
    original = getattr(error, "orig", None)
    first = [*getattr(original, "args", ())][:1]
    # Of psycopg and PyMySQL, of psycopg2, and of MySQL's own driver.
    named = [getattr(original, name, None) for name in ("sqlstate", "pgcode", "errno")]
    return {code for code in (*named, *first) if isinstance(code, (int, str))}


def _sqlite_says(error: SQLAlchemyError, text: str) -> bool:
    """Whether SQLite says so; its codes are shown from Python 3.11 on only."""
    original = getattr(error, "orig", None)
    return type(original).__module__ == "sqlite3" and text in str(original)
