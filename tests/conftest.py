"""What every test begins with."""

from __future__ import annotations

import gc

import pytest

from session_middleware.testing import forget_events


@pytest.fixture(autouse=True)
def _nothing_said_yet():
    """Ten lines a minute are for the whole process, and so for all tests together."""
    forget_events()


@pytest.fixture
def _no_collector():
    """Nothing is freed but what nothing refers to."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
