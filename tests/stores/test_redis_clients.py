"""Which clients and URLs a store in Redis takes; nothing is connected to."""

import runpy
import sys

import pytest
import redis
import redis.asyncio
from redis.sentinel import Sentinel

from session_middleware import ConfigurationError
from session_middleware.stores.redis import RedisStore, open_url


def client_of(store):
    return store._client.connection_pool.connection_kwargs


# -- clients --------------------------------------------------------------


def caching():
    with redis.Redis(protocol=3) as client:
        client.connection_pool.cache = object()  # as cache_config= makes one
        return client


REFUSED = {
    "an asyncio client": (redis.asyncio.Redis, "redis.asyncio"),
    "a URL": (lambda: "redis://localhost", "redis.Redis"),
    "None": (lambda: None, "redis.Redis"),
    "a class": (lambda: redis.Redis, "redis.Redis"),
    "a pool": (redis.ConnectionPool, "redis.Redis"),
    "a pipeline": (lambda: redis.Redis().pipeline(), "redis.Redis"),
    "a Sentinel": (lambda: Sentinel([("localhost", 1)]), r"master_for\(name\)"),
    "a replica": (lambda: Sentinel([("localhost", 1)]).slave_for("x"), "master_for"),
    "a cache": (caching, "cache_config"),
}


@pytest.mark.parametrize(("make", "way_out"), REFUSED.values(), ids=REFUSED)
def test_what_could_not_keep_a_stores_promises_is_refused_at_once(make, way_out):
    with pytest.raises(ConfigurationError, match=f"^client: must .*{way_out}"):
        RedisStore(make())


def test_one_connection_for_all_threads_is_refused():
    """It would be shared with the children of a fork."""
    client = redis.Redis()
    client.connection = object()  # as single_connection_client=True makes one

    with pytest.raises(ConfigurationError, match="single_connection_client"):
        RedisStore(client)
    client.connection = None


def test_the_master_of_a_sentinel_is_taken():
    RedisStore(Sentinel([("localhost", 1)]).master_for("sessions"))


@pytest.mark.parametrize("prefix", ["", "a b", "sessions\n", "é", None, b"session:"])
def test_a_prefix_is_printable(prefix):
    with pytest.raises(ConfigurationError, match="must be printable ASCII"):
        RedisStore(redis.Redis(), prefix)


# -- URLs -----------------------------------------------------------------

URLS = {
    "redis://": {},
    "redis://localhost": {"host": "localhost"},
    "redis://localhost/": {"host": "localhost"},
    "redis://example.org:7000/3": {"host": "example.org", "port": 7000, "db": 3},
    "redis://u:p%2F%40@[::1]:7/0": {"host": "::1", "username": "u", "password": "p/@"},
    "rediss://localhost/0": {"host": "localhost"},
    "rediss://h?ssl_cert_reqs=none": {"host": "h", "ssl_cert_reqs": "none"},
    "unix:///run/redis.sock?db=2": {"path": "/run/redis.sock", "db": 2},
    "unix://u:p@/run/redis.sock": {"path": "/run/redis.sock", "password": "p"},
    "valkey://example.org/1": {"host": "example.org", "db": 1},
    "valkeys://example.org/1": {"host": "example.org", "db": 1},
    "redis://h?socket_timeout=9&client_name=x": {"client_name": "x"},
}


@pytest.mark.parametrize(("url", "facts"), URLS.items(), ids=URLS)
def test_a_url_leads_where_it_says_and_nothing_is_connected(url, facts):
    found = client_of(open_url(url))

    assert found.items() >= facts.items()


@pytest.mark.parametrize("url", ["redis://h", "rediss://h", "unix:///run/redis.sock"])
def test_a_store_of_a_url_waits_no_longer_than_it_says_and_tries_once(url):
    store = open_url(url)
    pool = store._client.connection_pool
    connection = pool.connection_class(**pool.connection_kwargs)

    assert (connection.socket_connect_timeout, connection.socket_timeout) == (1, 2)
    assert connection.retry._retries == 0


@pytest.mark.parametrize("scheme", ["rediss", "valkeys"])
def test_an_s_at_the_end_is_for_tls(scheme):
    pool = open_url(f"{scheme}://example.org")._client.connection_pool

    assert issubclass(pool.connection_class, redis.SSLConnection)


SECRET = "s3cret"
WRONG = [
    "",
    SECRET,
    f"http://{SECRET}",
    f"REDIS:{SECRET}",
    f"redis:/{SECRET}@localhost",
    f"redis+sentinel://{SECRET}@localhost",
    f"redis://:{SECRET}/@localhost/0",
    f"redis://:12/{SECRET}@localhost/0",
    f"redis://:12#{SECRET}@localhost/0",
    f"redis://:12?{SECRET}@localhost/0",
    f"redis://:{SECRET}@localhost:port/0",
    f"redis://:{SECRET}@localhost:99999/0",
    f"redis://:{SECRET}@localhost/name",
    f"redis://:{SECRET}@localhost/0/1",
    f"redis://:{SECRET}@localhost?db=name",
    f"redis://:{SECRET}@localhost?passwrod={SECRET}",
    f"redis://:{SECRET}@localhost?ssl_cert_reqs=none",
    f"rediss://:{SECRET}@localhost?ssl_cert_reqs={SECRET}",
    f"redis://:{SECRET}@[localhost",
    f"unix://{SECRET}",
    f"unix://:{SECRET}@",
    f"redis://:{SECRET}@localhost?protocol=5",
    b"redis://localhost",
    None,
]


@pytest.mark.parametrize("url", WRONG, ids=repr)
def test_a_wrong_url_is_refused_at_once_and_not_shown(url):
    with pytest.raises(ConfigurationError, match="must be as redis://") as found:
        open_url(url)

    assert SECRET not in str(found.value)
    assert found.value.__cause__ is None
    assert found.value.__suppress_context__


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_without_the_library_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(ConfigurationError, match=r"pip install .*\[redis\]"):
        runpy.run_module("session_middleware.stores.redis_client")
