"""open_store: the store that a URL names."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import Any

from ..exceptions import ConfigurationError
from .base import SessionStore

_ROOMS = {
    "memory": "memory",
    "sqlite": "sqlite",
    "redis": "redis",
    "rediss": "redis",
    "unix": "redis",
    "valkey": "redis",
    "valkeys": "redis",
    "postgresql": "sql",
    "mysql": "sql",
    "mariadb": "sql",
    "oracle": "sql",
    "mssql": "sql",
}
_EXAMPLES = "sqlite:///sessions.db, redis://localhost/0 or postgresql+psycopg://..."


def open_store(url: object) -> SessionStore:
    """The store that a URL names, or a store as it is. Nothing is connected to yet.

    * ``memory:`` is a ``MemoryStore``.
    * ``sqlite:///relative.db`` or ``sqlite:////absolute.db`` is a ``SQLiteStore``.
    * ``redis:``, ``rediss:``, ``unix:``, ``valkey:`` or ``valkeys:`` is a
      ``RedisStore``; options of redis-py may follow a ``?``.
    * ``postgresql+psycopg:``, ``mysql+pymysql:``, ``mysql+mysqldb:`` and the same with
      ``mariadb`` are a ``SqlStore``, which makes its tables when it is first used. For
      other drivers give ``SqlStore`` an engine.

    A server is connected to within 1 second, PostgreSQL within 2, has 2 seconds to
    answer, and is not tried again.

    :param url: the URL, or a store.
    :raises ConfigurationError: there is none of this kind, or its library is not
        installed. The URL is never shown: a password may be in it.
    """
    if isinstance(url, SessionStore):
        return url
    if not isinstance(url, str):
        rule = f"must be a URL, as {_EXAMPLES}, or a store, as RedisStore(client)"
        raise ConfigurationError("store", rule)
    scheme, found, _ = url.partition(":")
    dialect, _, driver = scheme.strip().lower().partition("+")
    if not found or dialect not in _ROOMS:
        raise ConfigurationError("store", _hint(dialect if found else ""))
    room: Any = import_module(
        f"session_middleware.stores.{'sql' if driver else _ROOMS[dialect]}"
    )
    opened: SessionStore = room.open_url(url)
    return opened


def _hint(dialect: str) -> str:
    """What is said of a URL that names no store; of the URL no more than its scheme."""
    close = difflib.get_close_matches(dialect, _ROOMS, n=1)
    if close:
        return f"no store of this kind; did you mean {close[0]}:?"
    return f"must be a URL, as {_EXAMPLES}"
