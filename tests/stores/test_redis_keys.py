"""What is in Redis, and what becomes of it where others write or remember less."""

from itertools import pairwise

import pytest

from session_middleware._store_contract import (
    ADA,
    BOB,
    KEY,
    KEYS,
    LATER,
    NOW,
    OTHER,
    THIRD,
    changes,
    record,
)
from session_middleware.exceptions import StoreError, StoreUnavailable
from session_middleware.stores.base import GONE
from session_middleware.stores.redis import RedisStore

from ..support.stores.redis import client as client
from ..support.stores.redis import dying_client
from ..support.stores.redis import redis_server as redis_server

pytestmark = pytest.mark.servers

HASH = f"session:{KEY}"
INDEX = f"session:{ADA}:sessions"


@pytest.fixture
def store(client):
    return RedisStore(client)


# -- what is there --------------------------------------------------------


def test_a_session_is_one_hash_that_another_language_can_read(client, store):
    store.create(KEY, record(values={"a": "1", "m:": "2"}, owner=ADA, permanent=True))
    store.update(KEY, changes(id="one", owner_read=ADA, increments={"n": (1, "7")}))

    assert client.hgetall(HASH) == {
        "m:": f"session {NOW} {NOW + 60} {LATER + 60} 1 0 {ADA} ",
        "m:applied": "one\n",
        "v:a": "1",
        "v:m:": "2",
        "v:n": "7",
    }
    assert client.zrange(INDEX, 0, -1, withscores=True) == [(KEY, LATER + 60)]
    assert sorted(client.keys()) == [HASH, INDEX]


def test_a_mark_has_nothing_of_the_session(client, store):
    store.create(KEY, record(owner=ADA, permanent=True))
    store.retire(KEY, LATER, OTHER)

    facts = f"mark {NOW} {LATER} {LATER} 0 0  {OTHER}"
    assert client.hgetall(HASH) == {"m:": facts}
    assert client.keys() == [HASH]


def test_no_key_of_an_application_is_a_field_of_ours(store):
    names = ["m:", "m:applied", "v:", "", "used"]
    store.create(KEY, record(values=dict.fromkeys(names, "1")))
    store.update(KEY, changes(deleted={"m:": "1"}, increments={"used": (1, "1")}))

    assert store.read(KEY).values == {"m:applied": "1", "v:": "1", "": "1", "used": "2"}


def test_sixteen_updates_with_increments_are_remembered(client, store):
    store.create(KEY, record())
    done = [changes(id=f"{n:x}", increments={"n": (1, "1")}) for n in range(17)]
    for each in done:
        store.update(KEY, each)

    store.update(KEY, done[1])  # the sixteenth from the end

    assert store.read(KEY).values["n"] == "17"
    assert store.read(KEY).applied == tuple(f"{n:x}" for n in range(1, 17))


def test_a_record_that_remembers_other_updates_is_another(store):
    begun = record(applied=("one", "two"))

    assert [store.create(KEY, begun) for _ in "12"] == [True, True]
    assert not store.create(KEY, record())
    assert store.read(KEY) == begun


def test_counters_of_18_digits_are_exact(store):
    big = 10**18 - 1
    store.create(KEY, record(values={"n": str(big), "m": str(-big)}))

    store.update(KEY, changes(increments={"n": (-3, "0"), "m": (2, "0")}))
    store.update(KEY, changes(increments={"n": (1 - big, "0"), "m": (-big, "0")}))

    assert store.read(KEY).values | {"a": ""} == {
        "n": "-2",
        "m": str(2 - 2 * big),
        "a": "",
    }


# -- time -----------------------------------------------------------------


def test_redis_frees_a_session_an_hour_after_it_expired(client, store):
    """By the clock of the writer: in 2027, when these tests' sessions expire, too."""
    store.create(KEY, record(owner=ADA))
    created = client.ttl(HASH), client.ttl(INDEX)
    store.update(KEY, changes(owner_read=ADA, expires=LATER + 600))
    updated = client.ttl(HASH), client.ttl(INDEX)
    store.retire(KEY, NOW + 70, OTHER)

    assert created == pytest.approx((7200, 7200), abs=5)
    assert updated == pytest.approx((7200 + 540, 7200 + 540), abs=5)
    assert client.ttl(HASH) == pytest.approx(3600 + 10, abs=5)


def test_a_mark_that_outlives_its_session_is_kept_as_long(client, store):
    store.create(KEY, record(mark_until=LATER + 9000))
    store.delete(KEY)

    assert client.ttl(HASH) == pytest.approx(7200 + 9000, abs=5)


def test_a_session_that_was_made_persistent_by_hand_leaves_such_a_mark(client, store):
    store.create(KEY, record())
    client.persist(HASH)
    store.retire(KEY, NOW - 99_999, OTHER)

    assert store.read(KEY).successor == OTHER
    assert client.ttl(HASH) == -1


def test_an_index_forgets_what_expired_long_ago_and_keeps_the_longest(client, store):
    store.create(KEY, record(owner=ADA))
    store.create(OTHER, record(owner=ADA, expires=LATER + 86_400))
    store.create(THIRD, record(owner=ADA, used=LATER + 3601, expires=LATER + 3700))

    assert client.zrange(INDEX, 0, -1) == [THIRD, OTHER]
    assert client.ttl(INDEX) == pytest.approx(7200 + 86_400, abs=5)


def test_a_late_request_makes_no_hint_shorter(client, store):
    store.create(KEY, record(owner=ADA))
    store.update(KEY, changes(owner_read=ADA, expires=NOW + 100))

    assert client.zscore(INDEX, KEY) == LATER


# -- the index ------------------------------------------------------------


def test_a_hint_that_was_lost_comes_back_with_the_next_write(client, store):
    store.create(KEY, record(owner=ADA))
    client.delete(INDEX)

    store.update(KEY, changes(owner_read=ADA))

    assert [key for key, _ in store.owned_by(ADA)] == [KEY]


@pytest.fixture
def written(client):
    """The commands that wrote, in their order, by Redis's own log."""

    def commands():
        log = [str(entry["command"]) for entry in reversed(client.slowlog_get(128))]
        names = [each.strip("b'").partition(" ")[0] for each in log]
        return [name for name in names if name in ("ZADD", "HSET", "DEL", "ZREM")]

    before = client.config_get("slowlog-log-slower-than")
    client.config_set("slowlog-log-slower-than", 0)
    client.slowlog_reset()
    yield commands
    client.config_set(*before.popitem())


def test_a_hint_comes_before_its_session_and_leaves_after_it(client, store, written):
    client.script_flush()
    for _ in "12":  # first scripts are sent, and then they are called by their names
        store.create(KEY, record(values={}, owner=ADA))
        store.update(KEY, changes(owner_read=ADA))
        store.delete(KEY)

    assert written() == 2 * ["ZADD", "HSET", "ZADD", "HSET", "DEL", "ZREM"]


def test_hints_without_a_session_are_not_believed(client, store):
    store.create(KEY, record(owner=BOB))
    client.zadd(INDEX, {KEY: LATER, OTHER: LATER})

    assert store.owned_by(ADA) == []


def test_an_index_that_is_none_lets_nothing_be_written_in_silence(client, store):
    client.set(INDEX, "another hand's")

    with pytest.raises(StoreError):
        store.create(KEY, record(owner=ADA))


def test_a_session_that_ends_is_ended_though_its_hint_stays(client, store):
    store.create(KEY, record(owner=ADA))
    client.set(INDEX, "another hand's")

    assert store.delete(KEY)
    assert store.read(KEY) is None


# -- other hands ----------------------------------------------------------

FOREIGN = {
    "a string": lambda client: client.set(HASH, "x"),
    "a list": lambda client: client.lpush(HASH, "x"),
    "another's hash": lambda client: client.hset(HASH, "v:a", "1"),
    "nonsense": lambda client: client.hset(HASH, "m:", "nonsense"),
    "another kind": lambda client: client.hset(HASH, "m:", "sessiom 1 1 1 0 0  "),
    "another version": lambda client: client.hset(HASH, "m:", "session 1 1 1 0 0   2"),
    "bytes": lambda client: client.hset(HASH, "m:", b"\xff\x00"),
}


@pytest.mark.parametrize("put", FOREIGN.values(), ids=FOREIGN)
def test_what_another_hand_put_there_is_no_session_and_stays(client, store, put):
    put(client)
    before = client.dump(HASH)

    assert store.read(KEY) is None
    assert not store.create(KEY, record())
    assert store.update(KEY, changes(set={"a": (None, "1")})) == (GONE, ())
    assert store.retire(KEY, LATER, OTHER) is None
    assert not store.delete(KEY)
    assert store.delete_all() == 0
    assert client.dump(HASH) == before


def test_values_that_another_hand_wrote_are_read_as_they_are(client, store):
    """They are no JSON, which whoever decodes them says."""
    store.create(KEY, record())
    client.hset(HASH, mapping={"v:a": b"\xff", b"v:\xe9": "1", "other": "2"})

    assert store.read(KEY).values == {"a": "\xff", "\xe9": "1"}
    assert store.retire(KEY, LATER, "").values == {"a": "\xff", "\xe9": "1"}


@pytest.mark.parametrize("prefix", ["session:", "a*[b]?\\^:", "{one-slot}"])
def test_delete_all_takes_sessions_under_its_prefix_and_nothing_else(client, prefix):
    store = RedisStore(client, prefix)
    mine = {f"{prefix}{KEY[1:]}", f"{prefix}x", f"x{prefix}{KEY}", KEY, "ab:" + KEY}
    for name in mine:
        client.set(name, "1")
    neighbour = RedisStore(client, f"{prefix}more:")
    neighbour.create(KEY, record(owner=ADA))
    for key in KEYS:
        store.create(key, record(owner=ADA))

    assert store.delete_all() == len(KEYS)

    assert neighbour.read(KEY) == record(owner=ADA)
    assert len(client.keys()) == len(mine) + 2


def test_delete_all_of_many_more_than_go_in_one_round_trip(store):
    keys = [f"{number:064x}" for number in range(2500)]
    for key in keys:
        store.create(key, record(owner=ADA if key[-1] in "02468" else ""))
    for key, successor in pairwise(keys[:9]):
        store.retire(key, LATER, successor)

    assert store.delete_all() == len(keys) - 8
    assert store._client.keys() == []


def test_delete_of_marks_in_a_circle_ends(client, store):
    for key in (KEY, OTHER):
        store.create(key, record())
    store.retire(KEY, LATER, OTHER)
    store.retire(OTHER, LATER, KEY)

    assert not store.delete(KEY)
    assert client.keys() == []


@pytest.mark.parametrize("commands", range(5))
def test_who_dies_while_deleting_leaves_the_mark_that_leads_to_the_rest(
    client, store, commands
):
    store.delete_all()
    store.delete(KEY)  # so that Redis remembers the script
    for key in (KEY, OTHER, THIRD):
        store.create(key, record())
    store.retire(KEY, LATER, OTHER)
    store.retire(OTHER, LATER, THIRD)
    dying = dying_client(client, commands)
    with pytest.raises(StoreUnavailable):
        RedisStore(dying).delete(KEY)

    assert store.read(KEY) is not None
    store.delete(KEY)

    assert client.keys() == []
