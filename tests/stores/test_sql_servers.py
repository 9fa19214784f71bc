"""SqlStore on the servers that it is made for."""

from __future__ import annotations

import pymysql
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, inspect, make_url, text

from session_middleware.exceptions import StoreError
from session_middleware.stores.base import SAVED, Changes, Record
from session_middleware.stores.sql import SqlStore, open_url
from session_middleware.testing import StoreContract

from ..support.examples import examples
from ..support.stores.mariadb import mariadb_url as mariadb_url
from ..support.stores.postgresql import postgresql_url as postgresql_url
from .test_sql_agreement import agree, verbs

pytestmark = pytest.mark.servers

NOW = 1_800_000_000
KEY = "1" * 64
BEGUN = Record({"a": "1"}, NOW, NOW, NOW + 3600)


class OnAServer(StoreContract):
    """With an engine as anybody makes it, and tables that are empty."""

    def make_store(self):
        self.engine = create_engine(self.url)
        store = SqlStore(self.engine)
        store.create_tables()
        self.empty()
        return store

    def empty(self):
        with self.engine.begin() as connection:
            for table in reversed(SqlStore.metadata.sorted_tables):
                connection.execute(table.delete())

    def close_store(self, store):
        self.engine.dispose()


class Opened(OnAServer):
    """By its URL: with timeouts, and tables that the first test's store creates."""

    def make_store(self):
        self.engine = create_engine(self.url)
        if inspect(self.engine).has_table("session"):
            self.empty()
        return open_url(self.url)

    def close_store(self, store):
        super().close_store(store)
        store._transactions.engine.dispose()


@pytest.fixture(scope="class")
def on_postgresql(request, postgresql_url):
    place(request.cls, postgresql_url)


@pytest.fixture(scope="class")
def on_mariadb(request, mariadb_url):
    place(request.cls, mariadb_url)


def place(tests, url):
    """Run a class's tests there, the first one without tables."""
    tests.url = url
    engine = create_engine(url)
    SqlStore.metadata.drop_all(engine)
    engine.dispose()


@pytest.mark.usefixtures("on_postgresql")
class TestEngineOfPostgresql(OnAServer):
    pass


@pytest.mark.usefixtures("on_postgresql")
class TestUrlOfPostgresql(Opened):
    pass


@pytest.mark.usefixtures("on_mariadb")
class TestEngineOfMariadb(OnAServer):
    pass


@pytest.mark.usefixtures("on_mariadb")
class TestUrlOfMariadb(Opened):
    pass


@pytest.fixture(params=["postgresql", "mariadb"])
def store(request):
    """One whose tables are empty, on each server."""
    url = request.getfixturevalue(f"{request.param}_url")
    engine = create_engine(url)
    SqlStore.metadata.drop_all(engine)
    engine.dispose()
    store = open_url(url)
    yield store
    store._transactions.engine.dispose()


@examples(150)
@given(steps=st.lists(verbs, min_size=1, max_size=12))
def check_agreement(store, steps):
    agree(store, steps)


def test_every_verb_does_what_it_does_in_memory(store):
    store.create_tables()
    check_agreement(store)


def test_the_tables_may_be_in_another_schema(postgresql_url):
    """Where an application has a table called session already."""
    engine = create_engine(postgresql_url)
    SqlStore.metadata.drop_all(engine)
    with engine.begin() as connection:
        theirs = "CREATE TABLE session (id int, owner text, expires int)"
        connection.execute(text(theirs))
        connection.execute(text("CREATE SCHEMA sessions"))
    with pytest.raises(StoreError, match="schema_translate_map"):
        SqlStore(engine).create_tables()

    translated = engine.execution_options(schema_translate_map={None: "sessions"})
    store = SqlStore(translated)
    store.create_tables()

    assert store.create(KEY, BEGUN)
    assert store.read(KEY) == BEGUN
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA sessions CASCADE"))
        connection.execute(text("DROP TABLE session"))
    engine.dispose()


def test_a_driver_that_counts_changed_rows_alone_loses_no_session(mariadb_url):
    """Of a touch within the same second MySQL may say that it changed nothing."""
    url = make_url(mariadb_url)
    options = {"user": url.username, "password": url.password, "port": url.port}
    engine = create_engine(
        "mysql+pymysql://",
        creator=lambda: pymysql.connect(
            host=url.host, database=url.database, **options
        ),
    )
    store = SqlStore(engine)
    store.create_tables()
    store.delete(KEY)
    store.create(KEY, BEGUN)
    touch = Changes("one", NOW, NOW, NOW + 3600)

    assert [store.update(KEY, touch).outcome for _ in "12"] == [SAVED] * 2
    assert store.retire(KEY, NOW + 10, "") == BEGUN
    engine.dispose()
