"""RedisStore and MemoryStore do the same, whatever the verbs and their order."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from session_middleware._store_contract import ADA, BOB, KEYS, NOW
from session_middleware.stores.base import Changes, Record
from session_middleware.stores.memory import MemoryStore
from session_middleware.stores.redis import RedisStore

from ..support.examples import examples
from ..support.stores.redis import client_of
from ..support.stores.redis import redis_server as redis_server

pytestmark = pytest.mark.servers

keys = st.sampled_from(KEYS[:3])
successors = st.sampled_from(["", *KEYS[:3]])
owners = st.sampled_from(["", "", ADA, BOB])
times = st.integers(NOW, NOW + 1000)  # no hour passes, after which Redis frees it
names = st.sampled_from(["a", "b", "m:", "v:a", "A ", "\\u00e9"])
counts = st.integers(1 - 10**18, 10**18 - 1)
texts = st.one_of(
    st.sampled_from(['"x"', "1.5", "-0", "007", "0", "null", "1" * 19]),
    st.integers(-3, 3).map(str),
    counts.map(str),
)
read = st.none() | texts
ids = st.sampled_from([f"{number:016x}" for number in range(20)])


@st.composite
def records(draw):
    successor = draw(st.none() | st.none() | successors)
    return Record(
        draw(st.dictionaries(names, texts, max_size=4)),
        draw(times),
        draw(times),
        draw(times),
        draw(st.booleans()),
        draw(owners) if successor is None else "",
        successor,
        draw(st.sampled_from([0, 0, 0, NOW, NOW + 500, NOW + 2000])),
        tuple(draw(st.lists(ids, max_size=2))),
    )


@st.composite
def changes(draw):
    changed = draw(st.lists(names, unique=True, max_size=5))
    kinds = [(name, draw(st.sampled_from("sdi"))) for name in changed]
    steps = st.integers(-3, 3) | counts
    return Changes(
        draw(ids),
        draw(st.just(NOW) | times),
        draw(times),
        draw(times),
        draw(st.sampled_from(["", "", ADA])),
        draw(st.none() | owners),
        draw(st.none() | st.booleans()),
        draw(st.booleans()),
        {name: (draw(read), draw(texts)) for name, kind in kinds if kind == "s"},
        {name: draw(read) for name, kind in kinds if kind == "d"},
        {name: (draw(steps), draw(texts)) for name, kind in kinds if kind == "i"},
        draw(st.none() | st.none() | st.frozensets(names, max_size=3)),
    )


verbs = st.one_of(
    st.tuples(st.just("create"), keys, records()),
    st.tuples(st.just("update"), keys, changes()),
    st.tuples(st.just("update"), keys, changes()),
    st.tuples(st.just("update"), keys, changes()),
    st.tuples(st.just("retire"), keys, times, successors),
    st.tuples(st.just("delete"), keys),
    st.tuples(st.just("delete_all")),
)


@pytest.fixture(scope="module")
def client(redis_server):
    with client_of(redis_server) as client:
        yield client


def state(store):
    owned = [sorted(store.owned_by(owner)) for owner in (ADA, BOB)]
    return [store.read(key) for key in KEYS[:3]], owned


@examples(500, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(verbs, min_size=5, max_size=40))
def test_any_verbs_do_the_same_in_redis_and_in_memory(client, done):
    client.flushall()
    stores = [RedisStore(client), MemoryStore()]
    for verb, *arguments in done:
        ours, model = [getattr(store, verb)(*arguments) for store in stores]
        assert ours == model
        assert state(stores[0]) == state(stores[1])
