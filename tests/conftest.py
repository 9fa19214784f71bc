"""What every test begins with."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

from session_middleware.testing import forget_events

from .support.examples import register_profiles

register_profiles()
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish():
    """What was collected stays; no search for garbage need look through it again."""
    gc.collect()
    gc.freeze()


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
