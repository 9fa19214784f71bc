"""SQLiteStore, where a process that has used it forks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from functools import partial

import pytest

from session_middleware._store_contract import KEY, KEYS, changes, record
from session_middleware.stores import sqlite_connections
from session_middleware.stores.sqlite import SQLiteStore

from ..support import ROOT
from ..support.forking import fork, wait_for

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path):
    store = SQLiteStore(path)
    store.create(KEY, record(values={}))
    yield store
    store.close()


def elsewhere(path, code):
    """What a process prints that has nothing to do with this one."""
    script = (
        "from session_middleware._store_contract import KEY, KEYS, changes, record\n"
        "from session_middleware.stores.sqlite import SQLiteStore\n"
        f"store = SQLiteStore({str(path)!r})\n{code}"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr, done.stderr
    return done.stdout


def add(store, times=1, name="n"):
    for _ in range(times):
        store.update(KEY, changes(increments={name: (1, "1")}))


def test_what_a_child_wrote_is_there_after_its_parent_has_gone_away(store, path):
    """It was lost.

    The child opened the file beside its parent's connection, and so had no lock of its
    own on it. When the parent closed its own, the next process to close the file took
    itself for the last, and deleted the WAL that the child went on to write.
    """
    began, go_on = os.pipe(), os.pipe()

    def work():
        add(store)
        os.write(began[1], b".")
        os.read(go_on[0], 1)
        add(store)

    child = fork(work)
    os.read(began[0], 1)
    store.close()
    assert elsewhere(path, "print(store.read(KEY).values)") == "{'n': '1'}\n"
    os.write(go_on[1], b".")

    assert wait_for(child) == 0
    assert store.read(KEY).values == {"n": "2"}
    for end in (*began, *go_on):
        os.close(end)


def test_parent_and_children_write_at_once_and_nothing_is_lost(store):
    children = [fork(lambda: add(store, 50)) for _ in range(4)]
    add(store, 50)

    assert [wait_for(child) for child in children] == [0] * 4
    assert store.read(KEY).values == {"n": "250"}


@pytest.mark.servers
def test_workers_that_begin_at_once_make_the_file_once(tmp_path):
    """Now and then one took it for another application's.

    It looked at what the file said it was before its neighbour had made the tables, and
    at the tables thereafter.
    """
    for round_ in range(60):
        store = SQLiteStore(tmp_path / f"{round_}.db")
        together = time.monotonic() + 0.03

        def work(key, store=store, together=together):
            while time.monotonic() < together:
                pass
            store.create(key, record())

        children = [fork(partial(work, key)) for key in KEYS]

        assert [wait_for(child) for child in children] == [0] * len(KEYS)
        assert store.delete_all() == len(KEYS)
        store.close()


def test_a_fork_waits_for_the_writers_of_other_threads(store):
    done = threading.Event()

    def write():
        while not done.is_set():
            add(store, 1, "thread")

    threads = [threading.Thread(target=write) for _ in range(3)]
    for each in threads:
        each.start()
    results = [wait_for(fork(lambda: add(store, 3))) for _ in range(10)]
    done.set()
    for each in threads:
        each.join()

    assert results == [0] * 10
    assert store.read(KEY).values["n"] == "30"


def test_a_fork_amid_a_write_leaves_the_write_to_the_parent(store, monkeypatch):
    """As one in the handler of a signal, which cannot wait for what it interrupted."""
    monkeypatch.setattr(sqlite_connections, "FORKING", 0.1)

    def work():
        assert store.read(KEY) == record(values={})

    with store._connections.writing() as db:
        assert wait_for(fork(work)) == 0
        db.execute("UPDATE session SET permanent = 1")

    assert store.read(KEY).permanent
    add(store)


def test_a_connection_that_was_inherited_is_kept_and_not_touched(store, path):
    """uWSGI forks in C, and tells Python nothing of it."""
    code = """
import ctypes, os
store.read(KEY)
[connection] = [thread.db for thread in store._connections.threads]
child = ctypes.PyDLL(None).fork()
if not child:
    assert store.update(KEY, changes(increments={"n": (1, "1")})).outcome == "saved"
    used = [thread.db for thread in store._connections.threads]
    assert used and connection not in used
    store.close()
    assert connection.execute("SELECT 7").fetchone() == (7,)
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(store.read(KEY).values)
"""

    assert elsewhere(path, code) == "7\n{'n': '1'}\n"


def test_a_child_of_which_nobody_tells_python_has_a_connection_of_its_own(store, path):
    """uWSGI's workers went on with their master's, all of them with the same."""
    code = """
import ctypes, os
store.read(KEY)
[connection] = [thread.db for thread in store._connections.threads]
child = ctypes.PyDLL(None).fork()
if not child:
    assert store.update(KEY, changes(increments={"n": (1, "1")})).outcome == "saved"
    assert [thread.db for thread in store._connections.threads] != [connection]
    store.close()
    assert connection.execute("SELECT 7").fetchone() == (7,)
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(store.read(KEY).values)
"""

    assert elsewhere(path, code) == "7\n{'n': '1'}\n"


def test_a_child_that_ends_as_a_program_does_says_nothing(store, path):
    """Neither do the connections of threads, of which some are still there."""
    code = """
import os, threading
store.read(KEY)
was_read, never = threading.Event(), threading.Event()

def work():
    store.read(KEY)
    was_read.set()
    never.wait()

if os.fork():
    os.wait()
threading.Thread(target=work, daemon=True).start()
was_read.wait()
print(store.read(KEY).values)
"""

    assert elsewhere(path, code) == "{}\n" * 2
