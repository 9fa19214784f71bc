"""Transactions in a database: how they begin, and when one is tried again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..exceptions import StoreUnavailable
from .forks import notice_fork
from .sql_errors import was_disconnected, was_undone
from .sql_gate import Gate

Result = TypeVar("Result")

ATTEMPTS = 6  # five times again
PATIENCE = 2  # seconds; after them it is not tried again
_LONGEST_PAUSE = 0.02  # seconds, twice as many each time

# An engine may be one that commits by itself, or sees what was there a while ago.
_READ_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"
_MYSQL = (_READ_COMMITTED, "START TRANSACTION")
_BEGIN = {"mysql": _MYSQL, "mariadb": _MYSQL, "sqlite": ("BEGIN IMMEDIATE",)}
# Of connections that commit by themselves: to switch that off and on takes as long as a
# short statement.
_POSTGRESQL = ("BEGIN ISOLATION LEVEL READ COMMITTED",)


class Transactions:
    """Runs work in a transaction of an engine's, and again if it was undone.

    :param prepared: the engine is one of :func:`.sql_engine.open_engine`.
    """

    def __init__(self, engine: Engine, prepared: bool = False) -> None:
        self.engine = engine
        self._reading = self._writing = engine
        self._begin: tuple[str, ...] = ()
        self._gate: AbstractContextManager[None] = nullcontext()
        if engine.dialect.name == "sqlite":
            self._gate = Gate(engine)
        if engine.dialect.name == "postgresql" and prepared:
            self._begin = _POSTGRESQL
        elif engine.dialect.name == "postgresql":
            self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
            self._writing = engine.execution_options(isolation_level="READ COMMITTED")
        elif not prepared or engine.dialect.name == "sqlite":
            self._begin = _BEGIN.get(engine.dialect.name, ())

    def read(self, work: Callable[[Connection], Result]) -> Result:
        """Work that is one SELECT, after which there is nothing to commit."""
        return self._repeated(self._reading, work)

    def write(self, work: Callable[[Connection], Result]) -> Result:
        def begun(connection: Connection) -> Result:
            with connection.begin():
                self._begin_writing(connection)
                return work(connection)

        return self._repeated(self._writing, begun)

    def _repeated(self, engine: Engine, work: Callable[[Connection], Result]) -> Result:
        end = time.monotonic() + PATIENCE
        attempt = 0
        while True:
            attempt += 1
            try:
                notice_fork()
                with self._gate, _connected(engine) as connection:
                    return work(connection)
            except SQLAlchemyError as error:
                again = was_undone(error) or (attempt == 1 and was_disconnected(error))
                if not again or attempt == ATTEMPTS or time.monotonic() > end:
                    raise
            # Two that were in each other's way do not come back at the same time.
            time.sleep(random.uniform(0, _LONGEST_PAUSE * 2**attempt))  # noqa: S311

    def _begin_writing(self, connection: Connection) -> None:
        """Begin it ourselves, where neither the engine nor its driver may be relied on.

        SQLite's driver begins before the first change only, and an engine after
        SQLAlchemy's own recipe has begun already, but does not wait for other writers.
        """
        driver: Any = connection.connection.dbapi_connection
        if getattr(driver, "in_transaction", False):
            connection.exec_driver_sql("ROLLBACK")
        for statement in self._begin:
            connection.exec_driver_sql(statement)


def _connected(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except PoolTimeout:
        raise
    except Exception as error:  # an engine's creator may raise anything
        raise StoreUnavailable("the database cannot be reached") from error
