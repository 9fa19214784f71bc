"""SQLiteStore: what it promises beyond the contract."""

from __future__ import annotations

import tempfile
from pathlib import Path

from session_middleware.stores.sqlite import SQLiteStore
from session_middleware.testing import StoreContract


class TestSQLiteStore(StoreContract):
    def make_store(self):
        self.directory = tempfile.TemporaryDirectory()
        return SQLiteStore(Path(self.directory.name, "sessions.db"))

    def close_store(self, store):
        store.close()
        self.directory.cleanup()
