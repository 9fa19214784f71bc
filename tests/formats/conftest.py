"""Time for the tests of other frameworks' cookies."""

from __future__ import annotations

import pytest

from ..support import Clock


@pytest.fixture
def clock(monkeypatch):
    """Time as the frameworks, their readers and ours see it; it stands still."""
    clock = Clock()
    monkeypatch.setattr("time.time", lambda: clock.now)
    return clock
