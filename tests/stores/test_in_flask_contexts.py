"""Every place in Flask that has a session has one of a store."""

from __future__ import annotations

from ..adapters.test_flask_contexts import *  # noqa: F403
from .in_flask import in_flask  # noqa: F401 -- a fixture
from .on_a_store import on_a_store  # noqa: F401 -- a fixture
