"""SqlStore on SQLite, which needs no server; what is every engine's is tested here."""

from __future__ import annotations

import tempfile

from sqlalchemy import create_engine, event

from session_middleware.stores.sql import SqlStore
from session_middleware.testing import StoreContract


class OnSqlite(StoreContract):
    """With a file, and an engine of any kind."""

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
