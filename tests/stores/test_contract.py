"""The contract of a store finds what is wrong with one: each of its tests does.

The wrong stores are in ``wrong/``, each with its fault and the tests that find it.
"""

from __future__ import annotations

from typing import ClassVar

import pytest

from session_middleware.exceptions import StoreUnavailable
from session_middleware.stores.base import SessionStore
from session_middleware.stores.memory import MemoryStore
from session_middleware.testing import StoreContract

from .wrong import ends, races, records, updates
from .wrong.faults import CAUGHT, StoreInPieces

ROOMS = [records, updates, ends, races]
TESTS = {name for name in dir(StoreContract) if name.startswith("test_")}


def run(store, test):
    """One test of the contract, with a store of this class."""

    class Contract(StoreContract):
        patience = 0.5

        def make_store(self):
            return store()

    contract = Contract()
    contract.setup_method()
    try:
        getattr(contract, test)()
    finally:
        contract.teardown_method()


def run_often(store, test):
    """Some are not caught each time: who comes first in a race is open."""
    for _ in range(20):
        run(store, test)


@pytest.mark.parametrize(
    ("store", "test"),
    CAUGHT,
    ids=[f"{store.__name__}-{test}" for store, test in CAUGHT],
)
def test_a_wrong_store_fails_the_contract(store, test):
    with pytest.raises((AssertionError, RuntimeError)):
        run_often(store, test)


@pytest.mark.parametrize("test", sorted(TESTS))
def test_a_right_store_made_of_the_same_pieces_passes(test):
    run(StoreInPieces, test)


@pytest.mark.parametrize("test", sorted(TESTS))
def test_no_test_of_the_contract_passes_every_store(test):
    assert test in {name for _, name in CAUGHT}


def test_every_wrong_store_names_a_test_that_there_is():
    assert {name for _, name in CAUGHT} <= TESTS
    assert {store.__module__ for store, _ in CAUGHT} == {r.__name__ for r in ROOMS}


def test_a_store_may_be_busy_for_a_moment_where_processes_write():
    class Busy(StoreInPieces):
        asked: ClassVar = set()

        def update(self, key, changes):
            if changes.id not in self.asked:
                self.asked.add(changes.id)
                raise StoreUnavailable("others write")
            return super().update(key, changes)

    run(Busy, "test_a_store_in_use_as_a_process_forks_is_of_use_on_both_sides")


def test_a_store_that_does_not_count_keeps_its_promises():
    class Uncounted(MemoryStore):
        count = SessionStore.count

    run(Uncounted, "test_count_is_of_sessions_that_have_not_expired")
