"""Fixtures that tests of stores ask for by name."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from session_middleware.stores.memory import MemoryStore


@pytest.fixture
def rooms(monkeypatch):
    """Where stores are opened from a URL; gives the URLs."""
    opened = []

    def open_url(url):
        opened.append(url)
        return MemoryStore()

    for room in ("sqlite", "redis", "sql"):
        fake = SimpleNamespace(open_url=open_url)
        monkeypatch.setitem(sys.modules, f"session_middleware.stores.{room}", fake)
    return opened
