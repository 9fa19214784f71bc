"""Beaker's words for a session in a store."""

from __future__ import annotations

import pytest

from session_middleware import SessionUnavailable
from session_middleware.adapters.beaker import (
    BeakerSession,
    NullBeakerSession,
    SelfSavingBeakerSession,
)
from session_middleware.adapters.beaker_stored import (
    SelfSavingStoredBeakerSession,
    StoredBeakerSession,
)

from ..adapters import beaker_visits, test_beaker_words
from ..adapters.test_beaker_ids import *  # noqa: F403
from ..adapters.test_beaker_saving import *  # noqa: F403
from ..adapters.test_beaker_words import *  # noqa: F403
from .on_a_store import StoredInterface, TellingSession, on_a_store  # noqa: F401


class Saving(StoredBeakerSession, TellingSession):
    __slots__ = ()


class SelfSaving(SelfSavingStoredBeakerSession, TellingSession):
    __slots__ = ()


class Interface(StoredInterface):
    session_class = Saving
    null_session_class = NullBeakerSession


@pytest.fixture(autouse=True)
def _in_a_store(monkeypatch):
    kinds = {BeakerSession: Saving, SelfSavingBeakerSession: SelfSaving}
    monkeypatch.setattr(beaker_visits.Usual, "interface", Interface)
    monkeypatch.setattr(beaker_visits.Usual, "kinds", kinds)


class TestWithoutMeaning(test_beaker_words.TestWithoutMeaning):
    @pytest.mark.parametrize("word", ["lock", "unlock"])
    def test_a_lock_is_refused(self, word):
        def use(session):
            with pytest.raises(SessionUnavailable, match="each keeps what it changed"):
                getattr(session, word)()

        assert beaker_visits.ask(beaker_visits.make(), use).body == b"None"


class TestMiddleware(test_beaker_words.TestMiddleware):
    # Its class has another name here.
    test_get_session_finds_it_where_beaker_puts_it = None
