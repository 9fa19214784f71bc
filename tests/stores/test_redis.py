"""Sessions in Redis: every promise of a store, and what only Redis can do to it."""

import pytest
import redis

from session_middleware.stores.redis import RedisStore
from session_middleware.testing import StoreContract

from ..support.stores.redis import MASTER, client_of
from ..support.stores.redis import redis_cluster as redis_cluster
from ..support.stores.redis import redis_sentinel as redis_sentinel
from ..support.stores.redis import redis_server as redis_server

pytestmark = pytest.mark.servers


class RedisContract(StoreContract):
    """On an empty Redis that :meth:`connect` leads to."""

    def connect(self):
        raise NotImplementedError

    def make_store(self):
        self.client = self.connect()
        self.client.flushall()
        return RedisStore(self.client)

    def close_store(self, store):
        self.client.close()


class TestRedis(RedisContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, redis_server):
        cls.server = redis_server

    def connect(self, **options):
        return client_of(self.server, **options)


class TestRedisWithTheOldProtocol(TestRedis):
    def connect(self):
        return super().connect(protocol=2)


class TestRedisWithDecodedResponses(TestRedis):
    def connect(self):
        return super().connect(protocol=3, decode_responses=True)


class TestRedisBehindSentinel(RedisContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, redis_sentinel):
        cls.sentinel = redis_sentinel

    def connect(self):
        return self.sentinel.master_for(MASTER, socket_timeout=10)


class TestRedisCluster(RedisContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, redis_cluster):
        cls.server = redis_cluster

    def connect(self, **options):
        host, port = self.server.address
        return redis.RedisCluster(host, port, socket_timeout=10, **options)


class TestRedisClusterWithDecodedResponses(TestRedisCluster):
    def connect(self):
        return super().connect(decode_responses=True)
