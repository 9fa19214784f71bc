"""A store that notes what it was asked, and an interface that keeps sessions there."""

from __future__ import annotations

from session_middleware.exceptions import StoreUnavailable
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stored.ids import SessionIds, key_of_id
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, Clock, make_interface


class NotingStore(MemoryStore):
    """``asked`` has the verbs in order; while ``away``, each of them fails."""

    shared = True

    def __init__(self):
        super().__init__()
        self.asked = []
        self.away = False
        self.fails_once = set()  # verbs that do their work and lose the reply

    def _noted(verb):
        def ask(self, *arguments):
            self.asked.append(verb)
            if self.away:
                raise StoreUnavailable("away")
            answer = getattr(MemoryStore, verb)(self, *arguments)
            if verb in self.fails_once:
                self.fails_once.remove(verb)
                raise StoreUnavailable("the reply was lost")
            return answer

        return ask

    read, create, update = _noted("read"), _noted("create"), _noted("update")
    retire, delete = _noted("retire"), _noted("delete")

    def asked_since(self):
        """What it was asked since the last time that this was called."""
        asked, self.asked = self.asked, []
        return asked


class Shop:
    """An interface with its store and its clock, for one test."""

    def __init__(self, *, owner_key=None, base=ServerSideSessionInterface, **options):
        self.store = store = options.pop("store", None) or NotingStore()
        self.clock = options.pop("clock", None) or Clock()

        class Stored(base):
            def __init__(self, config):
                super().__init__(config, store, owner_key=owner_key)

        self.interface = make_interface(Stored, self.clock, **options)

    @property
    def events(self):
        return self.interface.events

    def key(self, cookie, keys=(KEY,)):
        """What the store knows the session of a Cookie header by."""
        name, _, token = cookie.partition("=")
        ids = SessionIds(keys, self.interface.salt + name)
        return key_of_id(ids.open([token], 1 << 40).id)

    def record(self, cookie):
        """What the store has for it."""
        return MemoryStore.read(self.store, self.key(cookie))

    def live(self):
        """How many sessions the store has."""
        records = self.store._records.values()
        return sum(record.successor is None for record in records)
