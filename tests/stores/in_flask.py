"""``FlaskSessionInterface()`` with sessions in a store, for whole test files."""

from __future__ import annotations

import pytest

from session_middleware.adapters.flask import FlaskSessionInterface

from .on_a_store import StoredInterface


class Roomy(StoredInterface):
    max_record_size = 6000


@pytest.fixture(autouse=True)
def in_flask(monkeypatch):
    monkeypatch.setattr(FlaskSessionInterface.__init__, "__defaults__", (Roomy,))
