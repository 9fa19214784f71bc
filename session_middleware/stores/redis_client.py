"""A client of redis-py: which one is fit for a store, and what its errors mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from ..exceptions import ConfigurationError, StoreError, StoreUnavailable
from .redis_scripts import Script

try:
    import redis
    from redis.backoff import NoBackoff
    from redis.client import Pipeline
    from redis.cluster import ClusterPipeline
    from redis.exceptions import (
        AuthenticationError,
        AuthorizationError,
        ClusterError,
        NoScriptError,
        ReadOnlyError,
        RedisClusterException,
        TryAgainError,
    )
    from redis.retry import Retry
except ImportError as error:
    raise ConfigurationError(
        "store", 'Redis needs a library: pip install "session-middleware[redis]"'
    ) from error

Argument = str | int
Command = tuple[Argument, ...]

# Valkey speaks the same language, and its users write its name.
_SCHEMES = {
    "redis": "redis",
    "rediss": "rediss",
    "unix": "unix",
    "valkey": "redis",
    "valkeys": "rediss",
}
_UNREACHED = (
    redis.ConnectionError,
    redis.TimeoutError,
    ClusterError,
    RedisClusterException,
    ReadOnlyError,  # it was the master when it was last asked
    TryAgainError,
    OSError,
)
_REFUSED = (AuthenticationError, AuthorizationError)  # ConnectionErrors to redis-py


def client_at(url: str) -> redis.Redis:
    """A client that connects within a second, answers in two, and tries nothing again.

    :raises ConfigurationError: no such URL, without a word of it.
    """
    try:
        client = redis.Redis.from_url(
            _known(url),
            max_connections=2**31,  # one for each thread that asks at once
            protocol=2,
            socket_connect_timeout=1,
            socket_timeout=2,
            retry=Retry(NoBackoff(), 0),
        )
        pool = client.connection_pool
        pool.connection_class(**pool.connection_kwargs)  # it knows the URL's options
    except Exception:
        raise ConfigurationError(
            "store",
            "must be as redis://user:password@host:6379/0, rediss:// for TLS, or "
            "unix:///path?db=0; in a password / ? # @ are %2F %3F %23 %40, and after "
            "the ? there are options of redis-py. Or give a RedisStore(client)",
        ) from None
    return client


def _known(url: str) -> str:
    """A URL as the client library has it.

    That would look away from what it does not know, as where a password ends too soon.
    """
    parts = urlsplit(url)
    path = "/.+" if parts.scheme == "unix" else "(/[0-9]*)?"
    if not re.fullmatch(path, parts.path) or parts.fragment:
        raise ValueError
    parse_qsl(parts.query, strict_parsing=bool(parts.query))
    return url.replace(parts.scheme, _SCHEMES[parts.scheme], 1)


def check_client(client: object) -> None:
    """Refuse what could not keep the promises of a store.

    :raises ConfigurationError: it is no client, or would not show what was written.
    """
    if any(
        kind.__module__.startswith("redis.asyncio") for kind in type(client).__mro__
    ):
        raise _unfit("must not be one of redis.asyncio")
    kinds, pipelines = (redis.Redis, redis.RedisCluster), (Pipeline, ClusterPipeline)
    if not isinstance(client, kinds) or isinstance(client, pipelines):
        raise _unfit(
            "must be a redis.Redis or a redis.RedisCluster; with Sentinel, what "
            "Sentinel(...).master_for(name) gives"
        )
    facts = vars(client)
    pool: dict[str, Any] = vars(facts.get("connection_pool") or facts["nodes_manager"])
    if facts.get("read_from_replicas") or facts.get("load_balancing_strategy"):
        raise _unfit(
            "must not read from replicas, which have yesterday's sessions: leave out "
            "read_from_replicas and load_balancing_strategy"
        )
    if not pool.get("is_master", True):
        raise _unfit("must be of the master: master_for(name), not slave_for(name)")
    if pool.get("cache") or pool.get("_cache"):
        raise _unfit("must not cache: leave out cache and cache_config")
    if facts.get("connection"):
        raise _unfit(
            "must not share one connection: leave out single_connection_client"
        )


def _unfit(reason: str) -> ConfigurationError:
    return ConfigurationError("client", reason)


class Call(NamedTuple):
    """A script on one key, so that a Cluster knows where to run it."""

    script: Script
    key: str
    arguments: Iterable[Argument] = ()

    def by_name(self) -> Command:
        """For a server that remembers the script."""
        return ("EVALSHA", self.script.sha, 1, self.key, *self.arguments)

    def by_text(self) -> Command:
        """For any server."""
        return ("EVAL", self.script.text, 1, self.key, *self.arguments)


def ask(client: Any, command: Command) -> Any:
    """What Redis answers, in bytes, whatever the client's ``decode_responses`` says.

    :raises StoreUnavailable: it cannot be reached.
    :raises StoreError: anything else.
    """
    with _store_errors:
        return client.execute_command(*command, NEVER_DECODE=True)


def ask_all(client: Any, commands: Iterable[Command]) -> list[Any]:
    """What Redis answers to many, in one round trip to each server."""
    with _store_errors:
        return [_checked(each) for each in _answers(client, commands)]


def run(client: Any, call: Call) -> Any:
    """What a script answers, whose text is sent only where it is not remembered."""
    with _store_errors:
        try:
            return client.execute_command(*call.by_name(), NEVER_DECODE=True)
        except NoScriptError:
            return client.execute_command(*call.by_text(), NEVER_DECODE=True)


def run_after(client: Any, before: Call, call: Call) -> Any:
    """What the second of two scripts answers: in one round trip, if not on a Cluster.

    The first is sent as text, or the second might be the only one that is run.
    """
    if isinstance(client, redis.RedisCluster):
        run(client, before)
        return run(client, call)
    with _store_errors:
        done, answer = _answers(client, [before.by_text(), call.by_name()])
        _checked(done)
        if not isinstance(answer, NoScriptError):
            return _checked(answer)
    return run(client, call)


def _answers(client: Any, commands: Iterable[Command]) -> list[Any]:
    with client.pipeline(transaction=False) as pipeline:
        for each in commands:
            pipeline.execute_command(*each, NEVER_DECODE=True)
        answers: list[Any] = pipeline.execute(raise_on_error=False)
        return answers


def _checked(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


def hashes_at(client: Any, names: Iterable[str]) -> list[dict[bytes, bytes]]:
    """Whole hashes; an empty one where there is none."""
    with _store_errors:
        found = _answers(client, [("HGETALL", name) for name in names])
        return [{} if _is_no_hash(each) else _checked(each) for each in found]


def hash_at(client: Any, name: str) -> dict[bytes, bytes]:
    """The same of one."""
    with _store_errors:
        try:
            found = client.execute_command("HGETALL", name, NEVER_DECODE=True)
        except redis.ResponseError as error:
            found = error
        return {} if _is_no_hash(found) else _checked(found)


def _is_no_hash(answer: Any) -> bool:
    return isinstance(answer, Exception) and str(answer).startswith("WRONGTYPE")


def names(client: Any, pattern: str) -> Iterator[str]:
    """The names that match, on all masters; some perhaps twice."""
    with _store_errors:
        for name in client.scan_iter(match=pattern, count=1000):
            yield name if isinstance(name, str) else name.decode()


class _StoreErrors:
    """Makes what the client library raises in a block an error of a store."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if isinstance(error, Exception):
            raise _store_error(error) from error


_store_errors = _StoreErrors()


def _store_error(error: Exception) -> StoreError:
    kind = type(error).__name__
    if isinstance(error, _UNREACHED) and not isinstance(error, _REFUSED):
        return StoreUnavailable(
            f"Redis cannot be reached, or does not answer in time ({kind})"
        )
    return StoreError(f"Redis did not do what it was asked to ({kind})")
