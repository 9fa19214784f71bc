"""A site that moves: what it was, its store, and its workers."""

from __future__ import annotations

import pytest

from session_middleware.stores.memory import MemoryStore

from ...support import KEY, Clock, make_interface
from .sites import SITES, in_a_store, of_flask


@pytest.fixture(name="clock")
def _clock(monkeypatch):
    """Time as the frameworks, their readers and ours see it; it stands still."""
    clock = Clock()
    monkeypatch.setattr("time.time", lambda: clock.now)
    return clock


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture(params=SITES.values(), ids=list(SITES))
def legacy(request, clock):
    return request.param(clock)


@pytest.fixture
def flask_site(clock):
    return of_flask(clock)


@pytest.fixture
def open_site(store, clock):
    """A worker of the site that has moved, with these keys."""

    def open_site(legacy, *keys, **members):
        newest, *older = keys or [KEY]
        return make_interface(
            in_a_store(store, **members),
            clock,
            secret_key=newest,
            secret_key_fallbacks=older,
            accept=[legacy.reader],
        )

    return open_site
