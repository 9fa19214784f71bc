"""A new identity that is taken back, of which somebody has asked for the id."""

from __future__ import annotations

import pytest

from session_middleware.stored.session import StoredSession

from ..support import Clock, make_interface
from ..support.visits import respond
from .on_a_store import StoredInterface, on_a_store  # noqa: F401 -- a fixture


class Plain(StoredInterface):
    session_class = StoredSession


def revert(session):
    session.revert()
    session["n"] = 2


def no_change(session):
    session["n"] = 2
    session.modified = False


@pytest.mark.parametrize(("take_back", "n"), [(revert, 2), (no_change, 1)])
@pytest.mark.parametrize("days", [0, 5], ids=["fresh", "due"])
def test_the_session_goes_on_under_its_own_id(take_back, n, days):
    """Its next cookie had an id that nothing was kept under: a logout."""
    clock = Clock()
    interface = make_interface(Plain, clock)
    cookie = respond(interface, lambda s: s.update(n=1)).cookie
    before = respond(interface, lambda s: s.public_id, cookie=cookie).body
    clock.forward(days=days)

    def use(session):
        session.regenerate()
        assert session.public_id.encode() != before
        take_back(session)
        return session.public_id

    answer = respond(interface, use, cookie=cookie)
    after = answer.cookie if answer.set_cookies else cookie

    assert answer.body == before
    assert respond(interface, dict, cookie=after).body == f"{{'n': {n}}}".encode()
    assert respond(interface, lambda s: s.public_id, cookie=after).body == before
