from session_middleware.stores.memory import MemoryStore
from session_middleware.testing import StoreContract


class TestMemoryStore(StoreContract):
    def make_store(self):
        return MemoryStore()
