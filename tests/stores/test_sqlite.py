"""SQLiteStore: the contract, its file, and what it holds against others."""

from __future__ import annotations

import gc
import os
import sqlite3
import stat
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_middleware._store_contract import (
    ADA,
    BOB,
    KEY,
    KEYS,
    LATER,
    NOW,
    OTHER,
    changes,
    record,
)
from session_middleware.exceptions import (
    ConfigurationError,
    StoreError,
    StoreUnavailable,
)
from session_middleware.stores.base import Changes, Record
from session_middleware.stores.memory import MemoryStore
from session_middleware.stores.sqlite import SQLiteStore, open_url
from session_middleware.testing import StoreContract

from ..support.examples import examples

LONG = '"' + "x" * 5000 + '"'
CLEANING = "f" * 62 + "00"  # a key that makes its creator clean


class TestSQLiteStore(StoreContract):
    def make_store(self):
        self.directory = tempfile.TemporaryDirectory()
        return SQLiteStore(Path(self.directory.name, "sessions.db"))

    def close_store(self, store):
        store.close()
        self.directory.cleanup()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sessions.db"


@pytest.fixture
def store(path):
    store = SQLiteStore(path)
    yield store
    store.close()


def ask(path, statement, *parameters):
    """What the file itself says."""
    db = sqlite3.connect(path, isolation_level=None)
    try:
        return db.execute(statement, parameters).fetchall()
    finally:
        db.close()


# -- the file ---------------------------------------------------------------


def test_nothing_is_opened_before_it_is_used(path):
    SQLiteStore(path)

    assert not path.exists()


def test_the_path_is_that_at_construction(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    store = SQLiteStore(path.name)
    monkeypatch.chdir("/")

    store.create(KEY, record())

    assert path.exists()
    store.close()


def test_the_files_are_for_their_user_alone_from_the_beginning(store, path):
    before = os.umask(0)
    try:
        store.create(KEY, record())
    finally:
        os.umask(before)

    modes = {
        each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()
    }
    assert modes == dict.fromkeys(
        ["sessions.db", "sessions.db-wal", "sessions.db-shm"], 0o600
    )


def test_a_path_with_every_kind_of_character_is_that_file(tmp_path):
    path = tmp_path / "s?mode=memory#1 %41é.db"
    store = SQLiteStore(path)

    store.create(KEY, record())
    store.close()

    assert os.listdir(tmp_path) == [path.name]


def test_a_symbolic_link_is_not_followed(path, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    for target in (elsewhere, tmp_path / "not_there"):
        path.symlink_to(target)

        with pytest.raises(StoreError, match="no link to one"):
            SQLiteStore(path).create(KEY, record())

        path.unlink()
    assert elsewhere.read_bytes() == b""
    assert not (tmp_path / "not_there").exists()


def test_an_empty_file_that_is_there_is_taken(store, path):
    path.touch()

    assert store.create(KEY, record())


def test_another_applications_database_is_refused_and_left_as_it_is(store, path):
    ask(path, "CREATE TABLE session (theirs)")
    before = path.read_bytes()

    for _ in "12":
        with pytest.raises(StoreError, match="another application's"):
            store.create(KEY, record())

    assert path.read_bytes() == before


@pytest.mark.parametrize("pragma", ["application_id=7", "user_version=7"])
def test_a_database_that_says_it_is_anothers_is_refused(store, path, pragma):
    ask(path, f"PRAGMA {pragma}")

    with pytest.raises(StoreError, match="another application's"):
        store.read(KEY)


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(store, path):
    store.create(KEY, record())
    store.close()
    ask(path, "PRAGMA user_version=2")
    before = path.read_bytes()

    with pytest.raises(StoreError, match="newer session_middleware"):
        store.update(KEY, changes())

    assert path.read_bytes() == before


def test_the_file_that_many_open_at_once_is_made_once(path):
    """To switch a new file to WAL, SQLite waits for nobody, and says it is locked."""
    stores = [SQLiteStore(path) for _ in KEYS]
    barrier, errors = threading.Barrier(len(KEYS)), []

    def create(store, key):
        barrier.wait()
        try:
            store.create(key, record())
        except StoreError as error:
            errors.append(error)

    threads = [
        threading.Thread(target=create, args=pair)
        for pair in zip(stores, KEYS, strict=True)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert errors == []
    assert stores[0].delete_all() == len(KEYS)
    stores[0].close()


def test_a_new_file_that_another_holds_is_given_up_in_time(store, path):
    """The other has it in SQLite's own mode, before there is a WAL."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="2 seconds"):
        store.create(KEY, record())

    other.close()
    assert store.create(KEY, record())


# -- how it is named ---------------------------------------------------------


def test_urls_are_spelled_as_sqlalchemy_spells_them(path, monkeypatch):
    monkeypatch.chdir(path.parent)
    for url in (f"sqlite:///{path}", f"sqlite:///{path.name}"):
        store = open_url(url)
        store.create(KEY, record())
        store.close()
        path.unlink()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused_with_the_way_out(url):
    with pytest.raises(ConfigurationError, match=r"store: .* MemoryStore\(\)"):
        open_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://host/sessions.db",
        "sqlite:///sessions.db?timeout=9",
        "sqlite:sessions.db",
        "sqlite+pysqlite:///sessions.db",
        "sessions.db",
    ],
)
def test_a_url_that_is_none_is_refused_and_not_shown(url):
    with pytest.raises(ConfigurationError, match="relative") as caught:
        open_url(url)

    assert url not in str(caught.value)


def test_a_missing_directory_is_refused_at_once(tmp_path):
    with pytest.raises(ConfigurationError, match=r"the directory .* must be there"):
        SQLiteStore(tmp_path / "missing" / "sessions.db")


# -- what is in a row --------------------------------------------------------


def test_a_text_that_grows_and_shrinks_is_read_as_it_is(store, path):
    store.create(KEY, record(values={"a": "1", "b": LONG}))

    for read, text in [("1", LONG), (LONG, LONG + " "), (LONG + " ", "2")]:
        assert store.update(KEY, changes(set={"a": (read, text)})) == ("saved", ())
        assert store.read(KEY).values == {"a": text, "b": LONG}

    assert ask(path, "SELECT name FROM longer") == [("b",)]


def test_many_short_texts_are_as_good_as_a_long_one(store):
    values = {f"name{number}": f'"{number:0200}"' for number in range(100)}
    store.create(KEY, record(values=values))

    store.update(
        KEY, changes(set={"name7": (values["name7"], "7"), "new": (None, "1")})
    )

    assert store.read(KEY).values == {**values, "name7": "7", "new": "1"}


def test_a_long_text_among_those_that_stay_stays(store):
    store.create(KEY, record(values={"a": LONG, "b": LONG, "c": "1"}))

    store.update(KEY, changes(only=frozenset({"a"})))

    assert store.read(KEY).values == {"a": LONG}


def test_a_read_amid_a_write_sees_all_of_it_or_nothing(store, path):
    """Here another process writes between the looks at a session and at its texts."""
    store.create(KEY, record(values={"a": "1", "b": LONG}))
    other = SQLiteStore(path)
    writes = iter([{"a": ("1", "2"), "b": (LONG, LONG + " ")}])

    def write(statement):
        for texts in writes if "FROM longer" in statement else ():
            other.update(KEY, changes(set=texts))

    with store._connections.reading() as db:
        db.set_trace_callback(write)

    assert store.read(KEY).values == {"a": "2", "b": LONG + " "}
    assert next(writes, None) is None
    other.close()


def test_a_session_that_is_gone_leaves_no_text(store, path):
    for key in KEYS[:5]:
        store.create(key, record(values={"a": LONG}, owner=ADA, mark_until=LATER))
    store.create(KEYS[5], record(values={"a": LONG}, expires=NOW - 9))

    store.delete(KEYS[0])
    store.retire(KEYS[1], LATER, "")
    store.update(KEYS[2], changes(owner_read=ADA, only=frozenset()))
    store.update(KEYS[3], changes(owner_read=ADA, deleted={"a": LONG}))
    store.delete_expired(NOW)
    store.delete_all()

    assert ask(path, "SELECT * FROM longer") == []


def test_a_stored_row_that_makes_no_sense_is_an_error_and_no_session(store, path):
    store.create(KEY, record())
    ask(path, "UPDATE session SET short = 'a'")

    with pytest.raises(StoreError, match="ValueError"):
        store.read(KEY)


def test_a_text_that_is_missing_is_an_error_and_no_endless_search(store, path):
    store.create(KEY, record(values={"a": "1", "b": LONG}))
    ask(path, "DELETE FROM longer")

    with pytest.raises(StoreError, match="damaged"):
        store.read(KEY)


def test_an_error_shows_neither_the_path_nor_the_data(store, path):
    store.create(KEY, record(values={"name": '"ada"'}))
    ask(path, "DROP TABLE session")

    with pytest.raises(StoreError) as caught:
        store.read(KEY)

    assert not [each for each in (path.name, KEY, "ada") if each in str(caught.value)]


# -- what has expired --------------------------------------------------------


def test_a_creation_now_and_then_cleans_up(store):
    store.create(KEY, record(expires=NOW - 3601, used=NOW - 7200))
    store.create(OTHER, record(expires=NOW - 3600, used=NOW - 7200))

    store.create(CLEANING, record())

    assert store.read(KEY) is None
    assert store.read(OTHER) is not None


def test_a_creation_is_confirmed_even_if_cleaning_fails(store, path):
    store.create(KEY, record(expires=NOW - 9999))
    ask(
        path,
        "CREATE TRIGGER never BEFORE DELETE ON session "
        "BEGIN SELECT raise(ABORT, 'never'); END",
    )

    assert store.create(CLEANING, record())
    assert store.read(CLEANING) is not None


def test_what_was_used_again_meanwhile_is_not_cleaned_away(store, path):
    """Its row was chosen as expired, and renewed before its turn came."""
    for key in KEYS:
        store.create(key, record(expires=NOW - 1))
    ask(
        path,
        "CREATE TRIGGER meanwhile AFTER DELETE ON session "
        f"BEGIN UPDATE session SET expires = {LATER}; END",
    )

    assert store.delete_expired(NOW) == 1
    assert len([key for key in KEYS if store.read(key)]) == len(KEYS) - 1


def test_a_long_deletion_lets_others_write_between_its_turns(store, monkeypatch):
    monkeypatch.setattr("session_middleware.stores.sqlite.TURN", 0.0)
    for key in KEYS:
        store.create(key, record(expires=NOW - 1))
    said = []
    with store._connections.reading() as db:
        db.set_trace_callback(said.append)

    assert store.delete_expired(NOW) == len(KEYS)
    assert said.count("COMMIT") == len(KEYS)


def test_a_creation_cleans_up_no_more_than_a_little(store):
    for number in range(1, 100):
        store.create(f"{number:063x}f", record(expires=NOW - 9999, used=NOW - 9999))

    store.create(CLEANING, record())

    assert store.delete_expired(NOW) == 99 - 50


# -- threads -----------------------------------------------------------------


def test_the_connection_of_a_thread_is_closed_at_its_end(store, path):
    """And so the last one takes the WAL with it."""
    thread = threading.Thread(target=store.create, args=(KEY, record()))
    thread.start()
    thread.join()
    gc.collect()

    assert os.listdir(path.parent) == [path.name]


def test_a_store_that_nobody_has_any_more_closes_its_connections(path):
    SQLiteStore(path).create(KEY, record())
    gc.collect()

    assert os.listdir(path.parent) == [path.name]


def test_a_store_that_was_closed_opens_again(store):
    store.create(KEY, record())
    store.close()

    assert store.read(KEY) == record()


def test_a_write_that_is_interrupted_is_undone(store):
    """By Ctrl-C, or by a server that ends a thread."""
    store.create(KEY, record())

    def write():
        with store._connections.writing() as db:
            db.execute("DELETE FROM session")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()

    assert store.read(KEY) == record()
    assert store.update(KEY, changes()).outcome == "saved"


# -- against the one in memory ------------------------------------------------

NAMES = st.sampled_from("abcd")
TEXTS = st.sampled_from(
    ["1", "2", '"x"', LONG, LONG[:-1] + 'y"', '"' + "z" * 990 + '"']
)
OWNERS = st.sampled_from(["", ADA, BOB])
TIMES = st.integers(NOW - 100, NOW + 100)
SUCCESSORS = st.sampled_from(["", *KEYS[:4]])
RECORDS = st.builds(
    Record,
    values=st.dictionaries(NAMES, TEXTS),
    created=TIMES,
    used=TIMES,
    expires=TIMES,
    permanent=st.booleans(),
    owner=OWNERS,
    successor=st.none(),
    mark_until=st.sampled_from([0, NOW, NOW + 50]),
    applied=st.just(()),
)
CHANGES = st.builds(
    Changes,
    id=st.integers(0, 40).map(str),
    alive_at=TIMES,
    used=TIMES,
    expires=TIMES,
    owner_read=OWNERS,
    owner=st.none() | OWNERS,
    permanent=st.none() | st.booleans(),
    shortened=st.booleans(),
    set=st.dictionaries(NAMES, st.tuples(st.none() | TEXTS, TEXTS)),
    deleted=st.dictionaries(NAMES, st.none() | TEXTS),
    increments=st.dictionaries(NAMES, st.tuples(st.integers(-99, 99), TEXTS)),
    only=st.none() | st.frozensets(NAMES),
)
FEW_KEYS = st.sampled_from(KEYS[:4])
CALLS = st.one_of(
    st.tuples(st.just("create"), FEW_KEYS, RECORDS),
    st.tuples(st.just("update"), FEW_KEYS, CHANGES),
    st.tuples(st.just("update"), FEW_KEYS, CHANGES),
    st.tuples(st.just("retire"), FEW_KEYS, TIMES, SUCCESSORS),
    st.tuples(st.just("delete"), FEW_KEYS),
    st.tuples(st.just("delete_expired"), TIMES),
    st.tuples(st.just("delete_all")),
)


@examples(200)
@given(calls=st.lists(CALLS, max_size=30))
def test_whatever_is_asked_the_answers_are_those_of_the_store_in_memory(calls):
    memory = MemoryStore()
    with tempfile.TemporaryDirectory() as directory:
        store = SQLiteStore(Path(directory, "sessions.db"))
        for verb, *arguments in calls:
            expected = getattr(memory, verb)(*arguments)

            assert getattr(store, verb)(*arguments) == expected
            for key in KEYS[:4]:
                assert store.read(key) == memory.read(key)
            for owner in (ADA, BOB):
                assert dict(store.owned_by(owner)) == dict(memory.owned_by(owner))
        store.close()
