"""examples/memcached_store.py, a store that was written from the docstrings alone."""

from __future__ import annotations

import os
import socket
from functools import partial

import pytest

from examples.memcached_store import MemcachedStore
from session_middleware.exceptions import StoreError, StoreUnavailable
from session_middleware.stores.base import GONE, Changes, Record
from session_middleware.testing import StoreContract

from ..servers.servers import free_port
from ..support.stores.memcached import memcached
from .machine import check_any_order

pytestmark = pytest.mark.servers

KEY = "1" * 64


@pytest.fixture(scope="module")
def address():
    with memcached() as running:
        yield running.address


def empty(address):
    """A store whose items nobody else has."""
    return MemcachedStore(address, prefix=f"{os.urandom(8).hex()}:")


class TestMemcachedStore(StoreContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, address):
        cls.address = address

    def make_store(self):
        return empty(self.address)

    def close_store(self, store):
        store.close()


def test_in_any_order_of_its_verbs_it_does_what_the_model_does(address):
    check_any_order(partial(empty, address), MemcachedStore.close)


def test_one_that_is_too_large_is_an_error_without_a_word_of_it(address):
    store = empty(address)
    record = Record({"secret": "x" * 2**21}, 1, 1, 2**31)

    with pytest.raises(StoreError) as caught:
        store.create(KEY, record)

    assert "xxx" not in f"{caught.value}"
    assert KEY not in f"{caught.value}"
    assert store.read(KEY) is None
    store.close()


def test_one_that_is_not_there_is_unavailable_and_its_address_not_told():
    store = MemcachedStore(("127.0.0.1", free_port()))

    with pytest.raises(StoreUnavailable) as caught:
        store.read(KEY)

    assert "127.0.0.1" not in f"{caught.value}"


def test_one_that_does_not_answer_is_waited_for_two_seconds_at_most():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        store = MemcachedStore(silent.getsockname())

        with pytest.raises(StoreUnavailable):
            store.read(KEY)
        store.close()


def test_after_a_restart_it_goes_on_with_nothing():
    """What was there is gone, and a later request opens no session of another's."""
    with memcached() as running:
        store = empty(running.address)
        store.create(KEY, Record({"a": "1"}, 1, 1, 2**31 - 1))
    with pytest.raises(StoreUnavailable):
        store.read(KEY)
    with memcached(running.address[1]):
        assert store.read(KEY) is None
        changes = Changes("1", alive_at=1, used=2, expires=3)
        assert store.update(KEY, changes).outcome == GONE
        store.close()
