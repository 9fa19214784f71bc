"""Pyramid's attempts and late responses, with sessions in a store."""

from __future__ import annotations

from ..adapters.test_pyramid_attempts import *  # noqa: F403
from ..adapters.test_pyramid_conditional import *  # noqa: F403
from ..adapters.test_pyramid_late import *  # noqa: F403
from ..adapters.test_pyramid_requests import *  # noqa: F403
from .on_a_store import on_a_store  # noqa: F401 -- a fixture
