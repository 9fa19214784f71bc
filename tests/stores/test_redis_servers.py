"""Servers that forget scripts, are full or replicas; clients of them, and forks."""

import os
import signal
import threading

import pytest
import redis

from session_middleware import ConfigurationError
from session_middleware._store_contract import (
    ADA,
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
from session_middleware.stores.base import SAVED
from session_middleware.stores.redis import RedisStore, open_url

from ..support.stores.redis import MASTER, dying_client
from ..support.stores.redis import client as client
from ..support.stores.redis import redis_cluster as redis_cluster
from ..support.stores.redis import redis_sentinel as redis_sentinel
from ..support.stores.redis import redis_server as redis_server

pytestmark = pytest.mark.servers

INDEX = f"session:{ADA}:sessions"


@pytest.fixture
def store(client):
    return RedisStore(client)


# -- what Redis forgets, or has no room for -------------------------------


def test_scripts_that_redis_forgot_are_sent_again(client, store):
    client.script_flush()
    assert store.create(KEY, record(owner=ADA))
    client.script_flush()
    assert store.update(KEY, changes(owner_read=ADA, set={"a": ("1", "2")})) == (
        SAVED,
        (),
    )
    client.script_flush()
    assert store.retire(KEY, LATER, OTHER).values == {"a": "2"}
    client.script_flush()
    assert not store.delete(KEY)


def test_who_dies_before_a_script_is_sent_again_cannot_reach_redis(client):
    client.script_flush()
    dying = RedisStore(dying_client(client, 0))

    with pytest.raises(StoreUnavailable):
        dying.create(KEY, record(owner=ADA))


def test_scripts_are_sent_again_to_each_node_of_a_cluster(redis_cluster):
    host, port = redis_cluster.address
    with redis.RedisCluster(host, port) as client:
        client.flushall()
        store = RedisStore(client)
        for _ in "12":
            client.script_flush()
            for key in KEYS:
                assert store.create(key, record(owner=ADA))

        assert len(store.owned_by(ADA)) == len(KEYS)
        assert client.ttl(INDEX) > 0
        assert store.delete_all() == len(KEYS)


def test_on_a_cluster_no_session_is_written_before_its_hint(redis_cluster):
    """They are on two nodes, of which one could be away."""
    host, port = redis_cluster.address
    with redis.RedisCluster(host, port) as client:
        client.flushall()
        client.set(INDEX, "another hand's")
        store = RedisStore(client)
        store.create(KEY, record())  # so that Redis remembers the script
        store.delete(KEY)

        with pytest.raises(StoreError):
            store.create(KEY, record(owner=ADA))

        assert store.read(KEY) is None


def test_a_script_is_sent_once_and_then_by_its_name(client, store):
    client.script_flush()
    store.create(KEY, record())
    store.update(KEY, changes())
    client.config_resetstat()

    for key in KEYS:
        store.create(key, record())
        store.read(key)
        store.update(key, changes())

    calls = client.info("commandstats")
    assert calls["cmdstat_evalsha"]["calls"] == 2 * len(KEYS)
    assert calls["cmdstat_hgetall"]["calls"] == len(KEYS)
    assert "cmdstat_eval" not in calls


@pytest.fixture
def full(client):
    """Redis has no more room, and evicts nothing."""

    def fill():
        client.config_set("maxmemory", "1")

    client.config_set("maxmemory-policy", "noeviction")
    yield fill
    client.config_set("maxmemory", "0")


def test_where_there_is_no_room_sessions_end_and_nothing_is_half_written(
    client, store, full
):
    begun = record(values={"a": "1", "b": "2"}, mark_until=LATER)
    for key in (KEY, OTHER):
        store.create(key, begun)
    full()

    for write in (
        lambda: store.create(THIRD, record()),
        lambda: store.update(KEY, changes(set={"a": ("1", "3")}, deleted={"b": "2"})),
    ):
        with pytest.raises(StoreError, match="OutOfMemoryError"):
            write()

    assert store.read(KEY) == begun
    assert store.read(THIRD) is None
    assert store.update(KEY, changes(only=frozenset(), set={"c": (None, "3")})) == (
        SAVED,
        (),
    )
    assert store.read(KEY).values == {"c": "3"}
    assert store.delete(KEY)
    assert store.read(KEY).expires == LATER
    assert store.retire(OTHER, NOW, THIRD) == begun
    assert store.read(OTHER).successor == THIRD


def test_what_is_the_master_no_longer_is_one_that_cannot_be_reached(redis_sentinel):
    [(host, port)] = redis_sentinel.discover_slaves(MASTER)
    with redis.Redis(host, port) as client:
        store = RedisStore(client)
        with pytest.raises(StoreUnavailable, match="ReadOnlyError"):
            store.create(KEY, record())


# What a user of Redis needs to be allowed, and no more.
ACL = (
    *("+evalsha", "+eval", "+hgetall", "+zrange", "+zrem", "+scan"),
    *("+hget", "+hset", "+hdel", "+hkeys", "+hlen", "+hincrby"),
    *("+zadd", "+zremrangebyscore", "+exists", "+del", "+expire", "+ttl"),
)


@pytest.fixture
def user(redis_server, client):
    """A store for a user with these rights alone."""
    client.acl_deluser("sessions")
    command = ["ACL", "SETUSER", "sessions", "on", ">secret", "~session:*"]

    def make(*rights):
        client.execute_command(*command, *rights)
        host, port = redis_server.address
        return open_url(f"redis://sessions:secret@{host}:{port}")

    yield make
    client.acl_deluser("sessions")


def test_a_user_with_few_rights_is_enough(user):
    store = user(*ACL)
    for key in KEYS:
        store.create(key, record(owner=ADA, mark_until=LATER))
    step = {"deleted": {"b": None}, "increments": {"n": (1, "1")}}
    for _ in "12":
        change = changes(owner_read=ADA, only=frozenset("n"), **step)
        assert store.update(KEY, change) == (SAVED, ())
    store.retire(KEY, LATER, OTHER)

    assert store.delete(KEY)
    assert len(store.owned_by(ADA)) == len(KEYS) - 2
    assert store.delete_all() == len(KEYS) - 2


def test_a_user_with_no_right_gets_an_error_and_no_empty_session(user):
    store = user()

    with pytest.raises(StoreError, match="NoPermissionError") as found:
        store.read(KEY)

    assert not isinstance(found.value, StoreUnavailable)


# -- clients --------------------------------------------------------------


def of_replicas(client):
    client.read_from_replicas = True


def of_some_nodes(client):
    client.load_balancing_strategy = "round robin"  # redis-py has it since 5.3


def of_a_cache(client):
    client.nodes_manager._cache = object()  # Redis has that since 7.4


@pytest.mark.parametrize("make", [of_replicas, of_some_nodes, of_a_cache])
def test_a_cluster_client_that_may_show_what_was_is_refused(redis_cluster, make):
    host, port = redis_cluster.address
    with redis.RedisCluster(host, port) as client:
        RedisStore(client)
        make(client)

        with pytest.raises(ConfigurationError, match=r"must not (read|cache)"):
            RedisStore(client)
        client.nodes_manager._cache = None


def test_a_pipeline_of_a_cluster_is_no_client(redis_cluster):
    host, port = redis_cluster.address
    with (
        redis.RedisCluster(host, port) as client,
        pytest.raises(ConfigurationError, match=r"must be a redis\.Redis"),
    ):
        RedisStore(client.pipeline())


# -- processes and threads ------------------------------------------------


def in_child(work):
    """What the child of a fork gets from ``work``; it is ended if it hangs."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            signal.alarm(20)
            os.write(writing, repr(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as answer:
        return answer.read()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("kind", ["redis", "cluster", "url"])
def test_a_store_is_used_before_and_after_a_fork(request, kind):
    server = request.getfixturevalue(
        f"redis_{'cluster' if kind == 'cluster' else 'server'}"
    )
    host, port = server.address
    make = {
        "redis": lambda: RedisStore(redis.Redis(host, port)),
        "cluster": lambda: RedisStore(redis.RedisCluster(host, port)),
        "url": lambda: open_url(f"redis://{host}:{port}"),
    }
    store = make[kind]()
    store._client.flushall()
    store.create(KEY, record(values={"n": "0"}))

    def count(rounds=200):
        step = {"increments": {"n": (1, "0")}}
        return {store.update(KEY, changes(**step)).outcome for _ in range(rounds)}

    beside = threading.Thread(target=count)
    if kind == "cluster":  # of which redis-py has a lock that a fork may copy
        beside.run()
    else:
        beside.start()
    children = [in_child(count) for _ in "12"]
    if kind != "cluster":
        beside.join()

    assert children == [repr({SAVED})] * 2
    assert store.read(KEY).values == {"n": "600"}
    store._client.close()
