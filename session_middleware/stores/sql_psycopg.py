"""psycopg's connections, which give up where a server says nothing at all.

That a statement took too long is the server's to say. One that is stopped, or waits for
its disk, does not; and the others have a timeout of the socket for that, psycopg none.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import psycopg

PATIENCE = 2.2  # seconds: a server that can still speak has spoken by then


class PatientConnection(psycopg.Connection[Any]):
    """For what it waits for, it waits a short time."""

    def wait(self, gen: Any, *args: Any, **options: Any) -> Any:
        return super().wait(self._until_too_late(gen), *args, **options)

    def _until_too_late(self, gen: Any) -> Generator[Any, Any, Any]:
        """The same, but psycopg, which looks ten times a second, is stopped in time."""
        end = time.monotonic() + PATIENCE
        ready = None
        while True:
            try:
                waits_for = gen.send(ready)
            except StopIteration as done:
                return done.value
            ready = yield waits_for
            if not ready and time.monotonic() > end:
                self.pgconn.finish()  # what it says later is no answer to what is next
                raise psycopg.OperationalError("the server says nothing")


def connect(
    dialect: object, record: object, arguments: list[Any], options: dict[str, Any]
) -> PatientConnection:
    """What SQLAlchemy's event ``do_connect`` is answered with."""
    return PatientConnection.connect(*arguments, **options)
