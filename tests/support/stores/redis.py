"""Redis on free loopback ports: alone, behind Sentinel, and as a Cluster."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import redis
from redis.sentinel import Sentinel

from ...servers.servers import Running, Server, free_port, need, start, wait_for

READY = "Ready to accept connections"
MASTER = "sessions"  # by which Sentinel knows it


def node(home: Path, *options: str, port: int | None = None) -> Running:
    """One Redis, whose files are in ``home``."""
    port = port or free_port()
    command = [need("redis-server"), "--bind", "127.0.0.1", "--port", str(port)]
    quiet = ["--save", "", "--dir", str(home), "--repl-diskless-sync-delay", "0"]
    return start([*command, *quiet, *options], READY, port=port, scheme="redis")


def client_of(server: Server, **options: Any) -> redis.Redis:
    """A client that waits for no longer than a test would."""
    host, port = server.address
    return redis.Redis(host, port, **{"socket_timeout": 10, **options})


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """One Redis that writes nothing to disk."""
    with TemporaryDirectory() as home, node(Path(home)) as server:
        yield server


@pytest.fixture
def client(redis_server: Server) -> Iterator[redis.Redis]:
    """Of one Redis that is empty."""
    with client_of(redis_server, decode_responses=True) as client:
        client.flushall()
        yield client


class Dying(redis.Redis):
    """A client whose process has only so many commands to live."""

    commands = 0

    def execute_command(self, *command, **options):
        if not self.commands:
            raise redis.ConnectionError("killed")
        self.commands -= 1
        return super().execute_command(*command, **options)


def dying_client(client: redis.Redis, commands: int) -> redis.Redis:
    """One for so many commands; pipelines are none."""
    dying = Dying(connection_pool=client.connection_pool)
    dying.commands = commands
    return dying


# -- behind Sentinel ------------------------------------------------------

SENTINEL = """\
bind 127.0.0.1
port {port}
sentinel monitor {name} 127.0.0.1 {master} 1
sentinel down-after-milliseconds {name} 1000
sentinel failover-timeout {name} 5000
"""


@contextlib.contextmanager
def sentinel() -> Iterator[tuple[Sentinel, list[Server]]]:
    """A Sentinel over a master and its replica, and those two."""
    with contextlib.ExitStack() as stack:
        homes = [Path(stack.enter_context(TemporaryDirectory())) for _ in "123"]
        master = stack.enter_context(node(homes[0]))
        port = str(master.address[1])
        replica = stack.enter_context(node(homes[1], "--replicaof", "127.0.0.1", port))
        watching = free_port()
        config = homes[2] / "sentinel.conf"
        config.write_text(SENTINEL.format(port=watching, name=MASTER, master=port))
        command = [need("redis-sentinel"), str(config)]
        stack.enter_context(start(command, r"\+monitor master", port=watching))
        client = Sentinel([("127.0.0.1", watching)], socket_timeout=2)
        stack.callback(client.sentinels[0].close)
        wait_for(lambda: client.discover_slaves(MASTER), "Sentinel's look at a replica")
        yield client, [master, replica]


@pytest.fixture(scope="session")
def redis_sentinel() -> Iterator[Sentinel]:
    with sentinel() as (client, _):
        yield client


# -- a Cluster ------------------------------------------------------------


@contextlib.contextmanager
def cluster(replicas: int = 0) -> Iterator[list[Server]]:
    """The nodes of a Cluster of three masters, with so many replicas of each."""
    with contextlib.ExitStack() as stack:
        nodes = []
        for _ in range(3 * (replicas + 1)):
            home = Path(stack.enter_context(TemporaryDirectory()))
            bus = ("--cluster-port", str(free_port()))
            options = ("--cluster-enabled", "yes", "--cluster-node-timeout", "1000")
            nodes.append(stack.enter_context(node(home, *options, *bus)))
        places = [f"127.0.0.1:{each.address[1]}" for each in nodes]
        create = [need("redis-cli"), "--cluster", "create", *places, "--cluster-yes"]
        subprocess.run(
            [*create, "--cluster-replicas", str(replicas)],
            check=True,
            capture_output=True,
            timeout=60,
        )
        for each in nodes:
            wait_for(lambda each=each: _is_whole(each), "a Cluster's agreement")
        yield nodes


def _is_whole(server: Server) -> bool:
    with client_of(server) as client:
        return client.execute_command("CLUSTER INFO")["cluster_state"] == "ok"


@pytest.fixture(scope="session")
def redis_cluster() -> Iterator[Server]:
    """One node of a Cluster of three masters."""
    with cluster() as nodes:
        yield nodes[0]
