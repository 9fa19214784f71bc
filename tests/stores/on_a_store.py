"""Interfaces that keep their sessions in a store in memory, for whole test files."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.session_base import CHANGED, UNTOUCHED
from session_middleware.stored.ids import SessionIds, key_of_id
from session_middleware.stored.session import StoredSession
from session_middleware.stores.memory import MemoryStore

from .. import support
from ..support import KEY

STORE = MemoryStore()  # every interface and thread has it, as they would have a server


class TellingSession(StoredSession):
    """Its cookie is sent with every change, as the tests of other rules expect.

    What a store's own tests say instead: a mere change sends none.
    """

    __slots__ = ()

    def conclude(self):
        outcome = super().conclude()
        self.due = outcome == CHANGED or (outcome != UNTOUCHED and self.due)
        return outcome


class StoredInterface(ServerSideSessionInterface):
    session_class = TellingSession
    unseen_lifetime = timedelta(days=30)
    max_record_size = 4096

    def __init__(self, config=None):
        super().__init__(config, STORE)


@pytest.fixture(autouse=True)
def on_a_store(monkeypatch):
    STORE.__init__()  # what moved in for one test is not to be found by another
    monkeypatch.setattr(support.Usual, "interface", StoredInterface)


def key_of(cookie, keys=(KEY,)):
    """What the store knows the session of a Cookie header by."""
    name, _, token = cookie.partition("=")
    ids = SessionIds(keys, StoredInterface.salt + name)
    return key_of_id(ids.open([token], 1 << 40).id)


def respelled(interface, cookie):
    """The same cookie; another writer has spelled what is in the store."""
    key = key_of(cookie)
    record = STORE.read(key)
    spelled = {
        name: json.dumps(json.loads(text), indent=1).replace("100.0", "1e2")
        for name, text in record.values.items()
    }
    STORE._records[key] = record._replace(values=spelled)
    return cookie
