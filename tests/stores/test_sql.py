"""SqlStore on SQLite, which needs no server: what it does on every database."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import traceback

import pytest
from sqlalchemy import create_engine, event, text

from session_middleware.exceptions import (
    StoreError,
    StoreUnavailable,
)
from session_middleware.stores import sql, sql_engine
from session_middleware.stores.base import GONE, SAVED, Changes, Record
from session_middleware.stores.sql import SqlStore, open_url
from session_middleware.testing import StoreContract

NOW = 1_800_000_000
KEY, OTHER = "1" * 64, "2" * 64
BEGUN = Record({"a": "1", "secret": '"hunter2"'}, NOW, NOW, NOW + 3600)


def change(**what):
    return Changes("one", NOW, NOW + 60, NOW + 3660, **what)


class OnSqlite(StoreContract):
    """With a file, and an engine of any kind."""

    rounds = 5  # SQLite lets writers sleep until it is their turn

    def make_store(self):
        self.directory = tempfile.TemporaryDirectory()
        self.engine = self.make_engine(f"sqlite:///{self.directory.name}/sessions.db")
        store = SqlStore(self.engine)
        store.create_tables()
        return store

    def close_store(self, store):
        self.engine.dispose()
        self.directory.cleanup()


class TestAnyEngine(OnSqlite):
    def make_engine(self, url):
        return create_engine(url)


class TestEngineThatCommitsByItself(OnSqlite):
    def make_engine(self, url):
        return create_engine(url, isolation_level="AUTOCOMMIT")


class TestEngineAfterTheRecipe(OnSqlite):
    """SQLAlchemy's own documentation has it, for transactions that are whole."""

    def make_engine(self, url):
        engine = create_engine(url)

        @event.listens_for(engine, "connect")
        def begin_nothing(connection, record):
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def begin(connection):
            connection.exec_driver_sql("BEGIN")

        return engine


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sessions.db"


@pytest.fixture
def engine(path):
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine):
    store = SqlStore(engine)
    store.create_tables()
    return store


# -- the tables -----------------------------------------------------------


def test_tables_are_created_any_number_of_times(store):
    store.create(KEY, BEGUN)
    store.create_tables()

    assert store.read(KEY) == BEGUN


def test_an_index_that_is_not_there_is_created_too(engine, store):
    """Who was interrupted between table and index begins again."""
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX session_owner"))

    store.create_tables()

    with engine.begin() as connection:
        connection.execute(text("DROP INDEX session_owner"))


def test_an_engine_gets_no_tables_unasked_and_the_error_says_how(engine):
    store = SqlStore(engine)

    with pytest.raises(StoreError, match=r"create_tables\(\)"):
        store.read(KEY)


def test_whoever_opens_a_url_needs_no_further_step(path):
    store = open_url(f"sqlite:///{path}")

    assert store.create(KEY, BEGUN)
    assert store.read(KEY) == BEGUN
    store._transactions.engine.dispose()


def test_the_statements_are_printed_for_whoever_may_create_tables(path, engine):
    store = SqlStore(engine)
    connection = sqlite3.connect(path)
    connection.executescript(store.ddl())
    connection.close()

    assert store.create(KEY, BEGUN)
    assert store.read(KEY) == BEGUN


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+psycopg://", 'name VARCHAR(255) COLLATE "C" NOT NULL'),
        ("mysql+pymysql://", "text MEDIUMTEXT CHARACTER SET ascii"),
        ("mariadb+pymysql://", "ENGINE=InnoDB"),
    ],
    ids=["postgresql", "mysql", "mariadb"],
)
def test_the_statements_are_each_databases_own(url, said):
    statements = SqlStore(create_engine(url)).ddl()

    assert said in statements
    assert statements.count(";\n") == 4


def test_names_are_bytes_where_a_blank_at_the_end_of_text_is_nothing():
    """For MariaDB "a" is equal to "a ", in any text; and so it is for MySQL's ASCII."""
    dialect = create_engine("mysql+pymysql://").dialect
    kind = SqlStore.metadata.tables["session_value"].c.name.type.dialect_impl(dialect)

    assert kind.bind_processor(dialect)("a ") == b"a "
    assert kind.result_processor(dialect, None)(b"a ") == "a "


def test_a_table_of_somebody_elses_is_no_place_and_the_error_says_what_is(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE session (id INTEGER)"))
    store = SqlStore(engine)

    with pytest.raises(StoreError, match="schema_translate_map"):
        store.create_tables()


def test_an_index_that_somebody_else_creates_at_the_same_time_is_one(engine):
    created = []

    def create(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("CREATE INDEX session_owner") and not created:
            created.append(statement)
            cursor.connection.execute(statement)

    event.listen(engine, "before_cursor_execute", create)
    store = SqlStore(engine)
    store.create_tables()

    assert store.create(KEY, BEGUN)


def test_alembic_finds_the_tables():
    assert {*SqlStore.metadata.tables} == {"session", "session_value"}


# -- other writers --------------------------------------------------------


@pytest.fixture
def other(path, store):
    """Somebody else at the same file, in the middle of a write."""
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def test_a_write_is_tried_again_while_somebody_else_writes(store, other):
    threading.Timer(0.02, other.execute, ["COMMIT"]).start()

    assert store.create(KEY, BEGUN)


def test_a_write_that_waited_for_too_long_is_unavailable(store, other):
    with pytest.raises(StoreUnavailable, match="in time"):
        store.create(KEY, BEGUN)


def test_nothing_is_half_written(engine, store):
    """Whatever stops a write in its midst, also where an engine commits by itself."""
    store.create(KEY, BEGUN)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE session_value RENAME TO away"))

    with pytest.raises(StoreError):
        store.update(KEY, change(permanent=True, set={"a": ("1", "2")}))

    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO session_value"))
    assert store.read(KEY) == BEGUN


def test_a_session_that_comes_into_being_meanwhile_is_updated(engine, store):
    """Between the update that found nothing and the look at why."""

    updates = []

    def come(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("UPDATE session ") and not updates:
            row = "?, 1, 1, 1800003600, 0, '', NULL, 0, ''"
            cursor.connection.execute(f"INSERT INTO session VALUES ({row})", [KEY])
            updates.append(statement)

    event.listen(engine, "after_cursor_execute", come)

    assert store.update(KEY, change(set={"b": (None, "2")})).outcome == SAVED
    assert store.read(KEY).values == {"b": "2"}


def test_many_sessions_are_deleted_in_batches(store, monkeypatch):
    monkeypatch.setattr(sql, "BATCH", 10)
    keys = [f"{number:064x}" for number in range(25)]
    for key in keys:
        store.create(key, BEGUN._replace(owner="a" * 64))

    assert store.delete_expired(NOW + 9999, limit=12) == 12
    assert len(list(store.owned_by("a" * 64))) == 13
    assert store.delete_all() == 13
    assert store.delete_all() == 0


def test_what_expired_first_is_deleted_first(store):
    store.create(KEY, BEGUN._replace(expires=NOW + 2))
    store.create(OTHER, BEGUN._replace(expires=NOW + 1))

    assert store.delete_expired(NOW + 9, limit=1) == 1
    assert store.read(KEY) is not None


def test_delete_all_reaches_the_successor_that_came_into_being_behind_it(store):
    """A visitor logs in again while everybody is logged out."""
    store.create(OTHER, BEGUN)
    store.create(KEY, BEGUN)
    store.retire(OTHER, NOW + 10, KEY)

    assert store.delete_all() == 1
    assert [store.read(key) for key in (KEY, OTHER)] == [None, None]
    assert store.update(KEY, change()).outcome == GONE


# -- connections ----------------------------------------------------------


def break_connections(engine, number):
    """The next ones break in the midst of a statement."""
    broken = []

    def close(connection, cursor, statement, parameters, context, executemany):
        if len(broken) < number:
            broken.append(statement)
            cursor.connection.close()

    event.listen(engine, "before_cursor_execute", close)


def test_an_old_connection_that_breaks_is_replaced(engine, store):
    """A pool has them after a database was restarted."""
    break_connections(engine, 1)

    assert store.create(KEY, BEGUN)


def test_where_the_next_one_breaks_too_the_database_has_gone(engine, store):
    break_connections(engine, 2)

    with pytest.raises(StoreUnavailable, match="broke"):
        store.create(KEY, BEGUN)


def test_a_child_leaves_its_parents_connections_alone(engine, store):
    """What is done after a fork; tests/stores/test_sql_forks.py does fork."""
    with engine.connect() as connection:
        inherited = connection.connection.dbapi_connection
    sql_engine._leave_inherited()

    with engine.connect() as connection:
        assert connection.connection.dbapi_connection is not inherited
    inherited.execute("SELECT 1")  # it was not closed
    inherited.close()


# -- errors ---------------------------------------------------------------


def test_an_error_shows_no_data_of_a_session_in_a_log(engine, store):
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE session_value"))

    with pytest.raises(StoreError) as caught:
        store.create(KEY, BEGUN)

    logged = "".join(traceback.format_exception(caught.value))
    assert "no such table" in logged
    assert "hunter2" not in logged
    assert KEY not in logged


def test_any_other_error_says_of_what_kind_it_is(engine, store):
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE session_value"))
        connection.execute(text("CREATE VIEW session_value AS SELECT * FROM session"))

    with pytest.raises(StoreError, match="somebody else's") as caught:
        store.read(KEY)
    assert caught.value.__cause__ is not None
    with pytest.raises(StoreError, match="OperationalError"):
        store.create(KEY, BEGUN)


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path):
    store = open_url(f"sqlite:///{tmp_path}/nowhere/sessions.db")

    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        store.read(KEY)


def test_what_an_engines_own_creator_raises_is_unavailable():
    def create():
        raise OSError("no route")

    store = SqlStore(create_engine("sqlite://", creator=create))

    with pytest.raises(StoreUnavailable):
        store.read(KEY)


def test_a_pool_that_is_used_up_is_unavailable(path):
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.01}
    engine = create_engine(f"sqlite:///{path}", **options)
    store = SqlStore(engine)
    store.create_tables()

    with engine.connect(), pytest.raises(StoreUnavailable, match="in use"):
        store.read(KEY)
    engine.dispose()
