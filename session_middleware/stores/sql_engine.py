"""The engine of a SqlStore: one that is opened from a URL, or an application's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from ..exceptions import ConfigurationError
from .forks import in_each_child

# Seconds, in each driver's own words: 1 to connect, and 2 for an answer.
_MYSQL = {
    "connect_timeout": 1,
    "read_timeout": 2,
    "write_timeout": 2,
    "init_command": "SET SESSION innodb_lock_wait_timeout = 1",
}
_TIMEOUTS: Mapping[str, Mapping[str, Any]] = {
    "psycopg": {
        "connect_timeout": 1,  # libpq makes 2 of it
        "options": "-c statement_timeout=2000",
        # A host that is gone says nothing, and so no statement's timeout is told.
        "tcp_user_timeout": 2000,
        "keepalives_idle": 1,
        "keepalives_interval": 1,
        "keepalives_count": 2,
    },
    "pymysql": _MYSQL,
    "mysqldb": _MYSQL,
    "pysqlite": {"timeout": 2},
}
_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "pymysql": "pymysql",
    "mysqldb": "mysqlclient",
}
_DATABASES = ("postgresql", "mysql", "mariadb", "sqlite")
# SQLAlchemy 2.0 means psycopg2 by the first, and knows no second.
_MEANT = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def open_engine(url: str) -> Engine:
    """An engine with our timeouts; it connects when it is first used."""
    parsed = _parsed(url)
    driver = _driver(parsed)
    if driver not in _TIMEOUTS:
        raise ConfigurationError(
            "store",
            f"a URL has a driver of {', '.join(_TIMEOUTS)}, whose timeouts are known; "
            "for another one make an engine with timeouts, and give SqlStore(engine)",
        )
    if driver == "pysqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigurationError(
            "store",
            "SQLite in memory has a database for each thread: name a file, or use "
            "MemoryStore()",
        )
    return _created(parsed, driver)


def check_engine(engine: object) -> Engine:
    """The engine, if it is one that waits for its answers."""
    if not isinstance(engine, Engine):
        raise ConfigurationError(
            "store",
            "SqlStore is given an Engine, as create_engine(url) makes it, or db.engine "
            "of Flask-SQLAlchemy; not an AsyncEngine, a Session or a Connection",
        )
    if engine.dialect.is_async:
        raise ConfigurationError(
            "store", "SqlStore needs a driver that is not of asyncio, such as psycopg"
        )
    if engine.dialect.name not in _DATABASES:
        raise ConfigurationError(
            "store",
            "SqlStore speaks to PostgreSQL, MariaDB, MySQL and SQLite, whose locks it "
            "knows; for another database write a SessionStore",
        )
    return engine


def keep_from_children(engine: Engine) -> None:
    """After a fork the child has connections of its own, and leaves these alone."""
    _ENGINES.add(engine)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (SQLAlchemyError, ValueError):
        parsed = None  # and not shown as the cause: it has the URL in it
    if parsed is None:
        raise ConfigurationError(
            "store",
            "it is no URL: driver://user:password@host/database, in which a user or a "
            "password has @ : / % written as %40 %3A %2F %25",
        )
    return parsed.set(drivername=_MEANT.get(parsed.drivername, parsed.drivername))


def _driver(url: URL) -> str:
    try:
        return url.get_dialect().driver
    except SQLAlchemyError:
        backends = "postgresql+psycopg, mysql+pymysql, mariadb+pymysql and sqlite"
    raise ConfigurationError("store", f"a URL begins with one of {backends}")


def _created(url: URL, driver: str) -> Engine:
    timeouts = _TIMEOUTS[driver]
    its_own = url.query.keys()  # they are passed on by SQLAlchemy
    isolation = "AUTOCOMMIT" if driver == "psycopg" else "READ COMMITTED"
    options: dict[str, Any] = {"pool_timeout": 2, "isolation_level": isolation}
    if driver == "pysqlite":
        options = {}
    try:
        engine = create_engine(
            url,
            connect_args={k: v for k, v in timeouts.items() if k not in its_own},
            # It asks before each transaction. Keepalives have told psycopg by then of
            # a connection that broke, and what fails so is tried again on a new one;
            # the others would wait for it until it is too late to try.
            pool_pre_ping=driver != "psycopg",
            hide_parameters=True,
            **options,
        )
    except ModuleNotFoundError as error:
        package = _PACKAGES.get(driver, driver)
        raise ConfigurationError(
            "store", f'its driver is not installed: pip install "{package}"'
        ) from error
    if driver == "psycopg":
        from .sql_psycopg import connect

        event.listen(engine, "do_connect", connect)
    return engine


_ENGINES: WeakSet[Engine] = WeakSet()
_INHERITED: list[object] = []


def _leave_inherited() -> None:  # pragma: no cover -- in the child of a fork
    """In the child of a fork.

    Some drivers say farewell on a connection that is no longer needed, and the server
    would take it for the parent's: so these are kept until the child ends.
    """
    for engine in _ENGINES:
        _INHERITED.append(engine.pool)
        engine.dispose(close=False)


in_each_child(_leave_inherited)
