"""How many functions of ours one request of a session in a store calls.

``pytest -s tests/stores/test_stored_calls.py`` prints them, in their order.
"""

from __future__ import annotations

from itertools import count

import pytest

from session_middleware.stores.memory import MemoryStore

from ..core.test_calls import read, steps_of, untouched

numbers = count(43)


def change(session):
    session["user_id"] = next(numbers)


USES = {"untouched": (untouched, 14), "read": (read, 43), "changed": (change, 94)}


@pytest.mark.parametrize(("use", "most"), USES.values(), ids=USES)
def test_a_request_takes_few_steps(use, most):
    data = {"user_id": 42, "name": "Ada", "lang": "en"}

    steps = steps_of(use, data, store=MemoryStore())

    assert len(steps) <= most
