"""SQLiteStore, where the disk, the file or another process lets it down."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from functools import partial

import pytest

from session_middleware._store_contract import (
    KEY,
    KEYS,
    LATER,
    OTHER,
    changes,
    record,
)
from session_middleware.exceptions import StoreError, StoreUnavailable
from session_middleware.stores.sqlite import SQLiteStore

from ..support import ROOT
from ..support.forking import fork, wait_for

resource = pytest.importorskip("resource", reason="Windows has none")
LONG = '"' + "x" * 50_000 + '"'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path):
    store = SQLiteStore(path)
    store.create(KEY, record(values={"a": "1"}))
    yield store
    store.close()


def check(path):
    """What SQLite says of the whole file: ``ok`` if nothing in it is damaged."""
    db = sqlite3.connect(path)
    try:
        [(found,)] = db.execute("PRAGMA integrity_check")
        return found
    finally:
        db.close()


# -- another writer ----------------------------------------------------------


@contextmanager
def another_writer(path):
    """A process that goes on writing, and holds its lock."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        db.close()


def test_a_writer_that_does_not_end_is_waited_for_and_then_given_up(store, path):
    with another_writer(path):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="another writer"):
            store.update(KEY, changes(set={"a": ("1", "2")}))
        waited = time.monotonic() - began
        assert store.read(KEY).values == {"a": "1"}
        begins_now = SQLiteStore(path)
        assert begins_now.read(KEY).values == {"a": "1"}
        begins_now.close()

    assert 1.9 < waited < 5
    assert store.update(KEY, changes(set={"a": ("1", "3")})) == ("saved", ())
    assert store.read(KEY).values == {"a": "3"}


def test_a_writer_of_another_thread_is_given_up_as_well(store, path):
    errors = []

    def write():
        try:
            store.delete(KEY)
        except StoreUnavailable as error:
            errors.append(str(error))

    thread = threading.Thread(target=write)
    with store._connections.writing():
        thread.start()
        thread.join()

    assert errors == ["the SQLite database: another writer has held it for 2 seconds"]
    assert store.delete(KEY)


# -- power -------------------------------------------------------------------


def test_what_ends_a_session_is_on_the_disk_before_it_is_confirmed(store):
    """No power failure brings a session back; the last writes it may take."""
    said = []
    with store._connections.reading() as db:
        db.set_trace_callback(said.append)

    def levels(work):
        said.clear()
        work()
        [(level,)] = db.execute("PRAGMA synchronous").fetchall()
        assert level == 1  # NORMAL, for what follows
        return [each for each in said if "synchronous=" in each or each == "COMMIT"]

    full = ["PRAGMA synchronous=FULL", "COMMIT", "PRAGMA synchronous=NORMAL"]
    assert levels(lambda: store.update(KEY, changes())) == ["COMMIT"]
    assert levels(lambda: store.retire(KEY, LATER, OTHER)) == full
    assert levels(lambda: store.delete(KEY)) == full
    store.create(KEY, record())
    assert levels(store.delete_all) == full


# -- the disk ----------------------------------------------------------------


@contextmanager
def no_file_larger_than(size):
    """The nearest to a full disk that needs no disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["sessions.db-wal", "sessions.db"])
def test_what_the_disk_has_no_room_for_is_an_error_and_changes_nothing(
    store, path, name
):
    size = path.with_name(name).stat().st_size

    def fill():
        for _ in range(100):
            store.update(KEY, changes(set={"b": (None, LONG)}))

    with no_file_larger_than(size), pytest.raises(StoreError):
        fill()

    assert store.read(KEY).values["a"] == "1"
    assert store.update(KEY, changes(set={"a": ("1", "2")})).outcome == "saved"
    assert store.read(KEY).values["a"] == "2"
    assert check(path) == "ok"


def test_a_database_that_has_all_its_pages_says_that_there_is_no_room(store, path):
    with store._connections.reading() as db:
        db.execute("PRAGMA max_page_count=1")

    with pytest.raises(StoreError, match="no room left"):
        store.create(OTHER, record(values={"a": LONG}))

    assert store.read(OTHER) is None
    assert store.create(OTHER, record(values={"a": LONG}))


@pytest.mark.servers
def test_a_full_disk_takes_no_session_away(tmp_path):
    """A real one, of 256 KiB. Each session that was confirmed is there."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        store = SQLiteStore(disk / "sessions.db")
        kept = []

        def fill():
            for number in range(1000):
                key = f"{number:064x}"
                store.create(key, record(values={"a": LONG}))
                kept.append(key)

        with pytest.raises(StoreError):
            fill()
        assert kept
        for key in kept:
            assert store.read(key).values == {"a": LONG}
        store.close()
        assert check(disk / "sessions.db") == "ok"
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_directory_that_has_gone_is_an_error_with_its_reason(tmp_path):
    directory = tmp_path / "directory"
    directory.mkdir()
    store = SQLiteStore(directory / "sessions.db")
    directory.rmdir()

    with pytest.raises(StoreUnavailable, match="directory is not there"):
        store.read(KEY)

    directory.mkdir()
    assert store.create(KEY, record())
    store.close()


# -- rights ------------------------------------------------------------------

READS = """
from session_middleware._store_contract import KEY, changes, record
from session_middleware.exceptions import StoreError
from session_middleware.stores.sqlite import SQLiteStore
import os, sys, tempfile
with tempfile.TemporaryDirectory() as directory:
    store = SQLiteStore(os.path.join(directory, "sessions.db"))
    store.create(KEY, record())  # imports what is imported late
    store.close()
if os.geteuid() == 0:  # root may do everything
    os.setgid(65534)
    os.setuid(65534)
store = SQLiteStore(sys.argv[1])
for ask in (store.read, lambda key: store.update(key, changes())):
    try:
        print(ask(KEY) is None)
    except StoreError as error:
        print(error)
store.close()
"""


@pytest.mark.parametrize("modes", [(0o444, 0o755), (0o666, 0o555), (0o444, 0o555)])
def test_what_may_not_be_written_is_an_error_and_no_empty_session(modes):
    """A file or a directory that somebody else owns."""
    # Where all may go, which root's own directory for temporary files is not.
    with tempfile.TemporaryDirectory(dir="/tmp" if os.geteuid() == 0 else None) as (
        directory
    ):
        path = os.path.join(directory, "sessions.db")
        store = SQLiteStore(path)
        store.create(KEY, record())
        store.close()
        os.chmod(path, modes[0])
        os.chmod(directory, modes[1])

        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", READS, path],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )

        os.chmod(directory, 0o755)
    assert done.stderr == ""
    read, written = done.stdout.splitlines()
    assert "may not write" in written
    assert read in ("False", written)


# -- a damaged file ----------------------------------------------------------


def test_a_file_that_is_no_database_is_an_error_and_left_as_it_is(path):
    path.write_text("Dear diary, " * 1000)
    before = path.read_bytes()
    store = SQLiteStore(path)

    for ask in (
        lambda: store.read(KEY),
        lambda: store.create(KEY, record()),
        lambda: store.delete_all(),
    ):
        with pytest.raises(StoreError, match="has something else in it"):
            ask()

    assert path.read_bytes() == before


def test_a_damaged_file_is_an_error_and_no_empty_session(store, path):
    for number in range(300):
        store.create(f"{number:062x}ab", record(values={"a": f'"{number:0500}"'}))
    store.close()
    content = bytearray(path.read_bytes())
    content[4096:] = random.Random(7).randbytes(len(content) - 4096)
    path.write_bytes(content)

    for ask in (
        lambda: store.read(KEY),
        lambda: store.create(OTHER, record()),
        lambda: store.update(KEY, changes()),
    ):
        with pytest.raises(StoreError, match="damaged"):
            ask()

    store.close()
    assert path.read_bytes() == content


# -- a process that is killed --------------------------------------------------


def write_for_ever(store, number, pipe):
    """And say of each write what it was, as soon as it is confirmed."""
    while True:
        number += 1
        key = random.choice(KEYS)
        text = '"' + "x" * (number * 37 % 9000) + '"'
        change = changes(
            set={"n": (None, str(number)), "text": (None, text)},
            increments={"count": (1, "1")},
        )
        assert store.update(key, change).outcome == "saved"
        os.write(pipe, f"{key} {number}\n".encode())


@pytest.mark.servers
def test_no_write_that_was_confirmed_is_lost_where_a_process_is_killed(store, path):
    """200 times, each in the middle of writing."""
    store.delete_all()
    for key in KEYS:
        store.create(key, record(values={}))
    confirmed, latest = dict.fromkeys(KEYS, 0), dict.fromkeys(KEYS, 0)
    number, writes, unsaid = 0, 0, 0
    chance = random.Random(1)
    for _ in range(200):
        reading, writing = os.pipe()
        process = fork(partial(write_for_ever, store, number, writing))
        os.close(writing)
        with open(reading, encoding="ascii") as said:
            lines = [said.readline()]
            time.sleep(chance.random() * 0.03)
            os.kill(process, signal.SIGKILL)
            lines += said.readlines()
        assert wait_for(process) == -signal.SIGKILL
        for line in lines:
            key, count = line.split()
            latest[key] = number = int(count)
            confirmed[key] += 1
            writes += 1
        number += 1  # it may have written one more than it could say
        for key in KEYS:
            values = store.read(key).values
            assert int(values.get("n", "0")) >= latest[key]
            more = int(values.get("count", "0")) - confirmed[key]
            assert 0 <= more <= 1
            confirmed[key] += more
            unsaid += more
        store.close()

    assert check(path) == "ok"
    print(f"killed 200 times: {writes} writes confirmed, {unsaid} made and not said")


ADDER = """
from session_middleware._store_contract import KEY, KEYS, changes
from session_middleware.stores.sqlite import SQLiteStore
import sys, threading
store = SQLiteStore(sys.argv[1])

def add(thread):
    for number in range(100):
        store.update(KEY, changes(increments={"all": (1, "1")}))
        store.update(KEY, changes(set={sys.argv[2] + thread: (None, str(number))}))

threads = [threading.Thread(target=add, args=(name,)) for name in "abcd"]
for each in threads:
    each.start()
for each in threads:
    each.join()
"""


def test_processes_and_threads_that_write_at_once_lose_nothing(store, path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", ADDER, str(path), name], cwd=ROOT
        )
        for name in "xyz"
    ]

    assert [process.wait(60) for process in processes] == [0] * 3
    names = [process + thread for process in "xyz" for thread in "abcd"]
    assert store.read(KEY).values == {
        "a": "1",
        "all": "1200",
        **dict.fromkeys(names, "99"),
    }
