"""What every test begins with."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

from session_middleware.testing import forget_events

from .support.examples import register_profiles

register_profiles()
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_ignore_collect(collection_path, config):
    """``-m servers`` need not import the files that have no such test."""
    if config.option.markexpr != "servers" or collection_path.suffix != ".py":
        return None
    named = {Path(each.partition("::")[0]).resolve() for each in config.args}
    if collection_path in named or "mark.servers" in collection_path.read_text("utf-8"):
        return None
    return True


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
    gc.freeze()  # and ``gc.collect()`` looks only through what the test makes
    gc.disable()
    yield
    gc.enable()
