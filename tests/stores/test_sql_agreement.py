"""SqlStore and MemoryStore agree, whatever is done to both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from session_middleware.stores.base import Changes, Record
from session_middleware.stores.memory import MemoryStore
from session_middleware.stores.sql import SqlStore

from ..support.examples import examples

KEYS = ["1" * 64, "2" * 64, "3" * 64]
NAMES = ["a", "A", "a ", " a", "n"]
TEXTS = ["1", "41", '"x"', "-7", "null"]
keys, names, texts = map(st.sampled_from, (KEYS, NAMES, TEXTS))
owners = st.sampled_from(["", "a" * 64, "b" * 64])
times = st.integers(100, 109)
ids = st.sampled_from(["one", "two", "three"])

records = st.builds(
    Record,
    values=st.dictionaries(names, texts, max_size=4),
    created=times,
    used=times,
    expires=times,
    permanent=st.booleans(),
    owner=owners,
    successor=st.none(),
    mark_until=st.sampled_from([0, 0, 105]),
    applied=st.just(()),
)
changes = st.builds(
    Changes,
    id=ids,
    alive_at=st.integers(90, 105),
    used=times,
    expires=times,
    owner_read=owners,
    owner=st.none() | owners,
    permanent=st.none() | st.booleans(),
    shortened=st.booleans(),
    set=st.dictionaries(names, st.tuples(st.none() | texts, texts), max_size=2),
    deleted=st.dictionaries(names, st.none() | texts, max_size=2),
    increments=st.dictionaries(
        names, st.tuples(st.integers(-9, 9), st.just("7")), max_size=2
    ),
    only=st.none() | st.frozensets(names, max_size=2),
)
verbs = st.one_of(
    st.tuples(st.just("create"), keys, records),
    st.tuples(st.just("update"), keys, changes),
    st.tuples(st.just("update"), keys, changes),
    st.tuples(st.just("retire"), keys, times, st.just("") | keys),
    st.tuples(st.just("delete"), keys),
    st.tuples(st.just("delete_expired"), times),
    st.tuples(st.just("delete_all")),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("agreement") / "sessions.db"
    engine = create_engine(f"sqlite:///{path}")
    store = SqlStore(engine)
    store.create_tables()
    yield store
    engine.dispose()


@examples(300)
@given(steps=st.lists(verbs, min_size=1, max_size=12))
def test_every_verb_does_what_it_does_in_memory(store, steps):
    agree(store, steps)


def agree(store, steps):
    """Do the same to this store, emptied, and to one in memory."""
    with store._transactions.engine.begin() as connection:
        for table in reversed(store.metadata.sorted_tables):
            connection.execute(table.delete())
    model = MemoryStore()
    for verb, *what in steps:
        assert getattr(store, verb)(*what) == getattr(model, verb)(*what)
        for key in KEYS:
            assert store.read(key) == model.read(key)
        for owner in ("a" * 64, "b" * 64):
            assert dict(store.owned_by(owner)) == dict(model.owned_by(owner))
