"""How many functions of ours one request of a session in a store calls.

``pytest -s tests/stores/test_stored_calls.py`` prints them, in their order.
"""

from __future__ import annotations

from itertools import count

import pytest

from session_middleware import SessionMiddleware
from session_middleware.stores.memory import MemoryStore

from ..core.test_calls import calls_of, read, untouched
from ..support import KEY, call

numbers = count(43)


def change(session):
    session["user_id"] = next(numbers)


USES = {"untouched": (untouched, 14), "read": (read, 43), "changed": (change, 94)}


@pytest.mark.parametrize(("use", "most"), USES.values(), ids=USES)
def test_a_request_takes_few_steps(use, most):
    def app(environ, start_response):
        chosen[0](environ["session"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    chosen = [lambda session: session.update(user_id=42, name="Ada", lang="en")]
    wrapped = SessionMiddleware(app, secret_key=KEY, store=MemoryStore())
    cookie = call(wrapped).cookie
    chosen[0] = use
    call(wrapped, cookie=cookie)  # what is decided once

    steps = calls_of(wrapped, cookie)

    print(f"\n{use.__name__}: {len(steps)} calls\n  " + "\n  ".join(steps))
    assert len(steps) <= most
