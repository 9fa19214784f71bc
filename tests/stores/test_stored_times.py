"""The times of a session in a store, as the app is told them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from session_middleware.stores.memory import MemoryStore

from ..support import START, Clock, make_interface
from ..support.visits import respond, stored, touch
from .moving.sites import in_a_store, sessions_in

BEGUN = datetime.fromtimestamp(START, timezone.utc)


@pytest.mark.parametrize("seconds", [0, 1, 59, 61, 300])
def test_the_last_use_and_the_end_are_told_to_the_second(seconds):
    """Up to a minute was added, which is granted to the clocks of other machines."""
    clock, store = Clock(), MemoryStore()
    site = make_interface(in_a_store(store), clock)
    cookie = stored(site, n=1)
    respond(site, touch, cookie)
    clock.forward(seconds=seconds)
    told = []

    respond(site, lambda s: told.extend((s.issued, s.expires_at)), cookie)

    [record] = sessions_in(store)
    assert told == [BEGUN, BEGUN + timedelta(days=14)]
    assert record.expires == told[1].timestamp()


def test_a_use_by_a_machine_whose_clock_is_fast_is_now():
    clock, store = Clock(), MemoryStore()
    cookie = stored(make_interface(in_a_store(store), clock), n=1)
    slow = make_interface(in_a_store(store), Clock(START - 30))

    assert (
        respond(slow, lambda s: s.issued.timestamp() - START, cookie).body == b"-30.0"
    )


def test_a_new_one_has_no_time_of_use():
    site = make_interface(in_a_store(MemoryStore()))

    assert respond(site, lambda s: s.issued).body == b"None"
