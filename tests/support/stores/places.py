"""Places for sessions that several processes share: the URL of each kind of store."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .postgresql import postgresql
from .redis import cluster, node

Place = Callable[[], contextlib.AbstractContextManager[str]]


@contextlib.contextmanager
def in_a_file() -> Iterator[str]:
    with TemporaryDirectory() as home:
        yield f"sqlite:///{home}/sessions.db"


@contextlib.contextmanager
def in_redis() -> Iterator[str]:
    with TemporaryDirectory() as home, node(Path(home)) as server:
        yield server.url


@contextlib.contextmanager
def in_a_cluster() -> Iterator[str]:
    """For an application that makes the client: no store's URL names a Cluster."""
    with cluster() as nodes:
        yield nodes[0].url.replace("redis", "cluster", 1)


@contextlib.contextmanager
def in_postgresql() -> Iterator[str]:
    with postgresql() as server, server.running():
        yield server.url


PLACES: dict[str, Place] = {
    "sqlite": in_a_file,
    "redis": in_redis,
    "postgresql": in_postgresql,
}
EVERYWHERE: dict[str, Place] = {**PLACES, "cluster": in_a_cluster}
