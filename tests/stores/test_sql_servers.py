"""SqlStore on the servers that it is made for."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, inspect

from session_middleware.stores.sql import SqlStore, open_url
from session_middleware.testing import StoreContract

from ..support.stores.mariadb import mariadb_url as mariadb_url
from ..support.stores.postgresql import postgresql_url as postgresql_url

pytestmark = pytest.mark.servers


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
