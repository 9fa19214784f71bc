"""Use a store, fork, and count in the parent and its children at the same time.

``python -m tests.stores.forking url|engine URL`` prints what was counted; with ``in-c``
after it, they fork as a server in C may, and nobody tells Python.
"""

from __future__ import annotations

import ctypes
import os
import sys
import traceback
from collections.abc import Callable

from sqlalchemy import create_engine

from session_middleware.stores.base import SAVED, Changes, Record
from session_middleware.stores.sql import SqlStore, open_url

KEY = "1" * 64
CHILDREN, TIMES = 2, 20
BEFORE_ITS_END = 4_102_444_800


def count(store: SqlStore) -> None:
    for _ in range(TIMES):
        one = {"n": (1, "1")}
        change = Changes(os.urandom(8).hex(), 1, 2, BEFORE_ITS_END, increments=one)
        assert store.update(KEY, change).outcome == SAVED
        found = store.read(KEY)
        assert found is not None
        assert [*found.values] == ["n"]


def main(kind: str, url: str, how: str = "") -> None:
    clone = ctypes.PyDLL(None).fork if how == "in-c" else os.fork
    store = open_url(url) if kind == "url" else SqlStore(create_engine(url))
    store.create_tables()
    store.delete(KEY)
    store.create(KEY, Record({}, 1, 1, BEFORE_ITS_END))
    children = [
        child for child in (fork(store, clone) for _ in range(CHILDREN)) if child
    ]
    count(store)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    found = store.read(KEY)
    assert found is not None
    print(found.values["n"])


def fork(store: SqlStore, clone: Callable[[], int]) -> int:
    child = clone()
    if not child:
        try:
            count(store)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)  # as a worker that is told to end, without a farewell
    return child


if __name__ == "__main__":
    main(*sys.argv[1:])
