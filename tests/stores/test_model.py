"""In any order of its verbs a store does what a plain model of one does.

A store is added in a line: ``check_any_order`` takes what makes one, and what closes
it.
"""

from __future__ import annotations

from itertools import count

from session_middleware.stores.memory import MemoryStore
from session_middleware.stores.sqlite import SQLiteStore

from .machine import check_any_order


def test_memory():
    check_any_order(MemoryStore)


def test_sqlite(tmp_path):
    files = (tmp_path / f"{number}.db" for number in count())
    check_any_order(lambda: SQLiteStore(next(files)), SQLiteStore.close)
