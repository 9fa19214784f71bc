"""RedisStore: sessions in Redis or Valkey, alone, behind Sentinel or in a Cluster."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..exceptions import ConfigurationError, StoreError
from .base import Changes, Record, SessionStore, Updated
from .redis_client import (
    Call,
    ask,
    ask_all,
    check_client,
    client_at,
    hash_at,
    hashes_at,
    names,
    run,
    run_after,
)
from .redis_records import change_of_hash, name_of, new_hash, record_of
from .redis_scripts import ADD_HINT, CREATE, DELETE, KEPT, RETIRE, UPDATE, Script

if TYPE_CHECKING:
    from redis import Redis, RedisCluster

__all__ = ["RedisStore"]

_SIXTY_FOUR = "[0-9a-f]" * 64


class RedisStore(SessionStore):
    """Keeps sessions in Redis 6.2 or later, or in Valkey.

    A logout is as final as the server is durable: after a crash, with ``appendfsync
    always``; after a failover, where it had reached the replica. ``maxmemory-policy``
    has to be ``noeviction``, or what others need room for ends sessions.

    On a Cluster a write of somebody's session is two round trips, elsewhere one; and
    fork before threads use it, for its client has a lock that would be copied as held.

    :param client: a ``redis.Redis``, a ``redis.RedisCluster``, or what
        ``Sentinel(...).master_for(name)`` gives. Its time limits, retries, TLS and
        pools are yours to choose.
    :param prefix: what all keys begin with. On a Cluster, ``{...}`` in it would keep
        all sessions on one node.
    """

    def __init__(self, client: Redis | RedisCluster, prefix: str = "session:") -> None:
        check_client(client)
        if not (isinstance(prefix, str) and re.fullmatch("[!-~]+", prefix)):
            raise ConfigurationError(
                "prefix", "must be printable ASCII without a blank, as 'session:'"
            )
        self._client: Any = client
        self._prefix = prefix

    def read(self, key: str) -> Record | None:
        """The record or mark; what another hand put there is none."""
        return record_of(hash_at(self._client, self._name(key)))

    def create(self, key: str, record: Record) -> bool:
        call = self._call(CREATE, key, *new_hash(record))
        times = (record.expires, record.used)
        return bool(self._write(record.owner, key, times, call))

    def update(self, key: str, changes: Changes) -> Updated:
        owner = changes.owner_read if changes.owner is None else changes.owner
        call = self._call(UPDATE, key, *change_of_hash(changes, owner))
        times = (changes.expires, changes.used)
        outcome, *fields = self._write(owner, key, times, call)
        return Updated(outcome.decode(), tuple(map(name_of, fields)))

    def retire(self, key: str, until: int, successor: str) -> Record | None:
        found = run(self._client, self._call(RETIRE, key, until, successor)) or []
        was = record_of(dict(zip(found[::2], found[1::2], strict=True)))
        if was is not None:
            self._remove_hints([(was.owner.encode(), key)])
        return was

    def delete(self, key: str) -> bool:
        """Delete a session; where a mark is, its successor first, and then the mark.

        Whoever dies in between leaves the mark, which leads the next one there.
        """
        deleted, marks = False, dict[str, str]()
        while key and key not in marks:
            kind, owner, successor = run(self._client, self._call(DELETE, key))
            if kind == b"session":
                deleted = True
                self._remove_hints([(owner, key)])
            marks[key] = successor.decode()
            key = marks[key]
        for mark, successor in reversed(marks.items()):
            if successor:
                run(self._client, self._call(DELETE, mark, successor))
        return deleted

    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        hints = ask(self._client, ("ZRANGE", self._index(owner), 0, -1))
        keys = [hint.decode("latin-1") for hint in hints]
        found = hashes_at(self._client, map(self._name, keys))
        records = zip(keys, map(record_of, found), strict=True)
        return [(key, was) for key, was in records if was and was.owner == owner]

    def delete_expired(self, now: int, limit: int = 1000) -> int:
        """Nothing: Redis does so itself, an hour after a session expired."""
        return 0

    def delete_all(self) -> int:
        """Delete every session that is there from beginning to end."""
        found = self._names()
        deleted = 0
        while batch := [name[len(self._prefix) :] for name in islice(found, 1000)]:
            deleted += self._delete_batch(batch)
        return deleted

    def count(self, alive_at: int) -> int:
        """As Redis finds them: while it grows or shrinks, some perhaps twice."""
        found = self._names()
        counted = 0
        while batch := [("HGET", name, "m:") for name in islice(found, 1000)]:
            for facts in ask_all(self._client, batch):
                record = record_of({b"m:": facts or b""})
                if record is not None and record.successor is None:
                    counted += record.expires >= alive_at
        return counted

    def _names(self) -> Iterator[str]:
        """Of all hashes that are there from beginning to end."""
        pattern = re.sub(r"([*?[\]\\^])", r"\\\1", self._prefix) + _SIXTY_FOUR
        return names(self._client, pattern)

    def _delete_batch(self, keys: Sequence[str]) -> int:
        calls = [self._call(DELETE, key).by_text() for key in keys]
        answers = list(zip(keys, ask_all(self._client, calls), strict=True))
        ended = [(told[1], key) for key, told in answers if told[0] == b"session"]
        self._remove_hints(ended)
        marks = [key for key, (_, _, successor) in answers if successor]
        return len(ended) + sum(map(self.delete, marks))

    def _name(self, key: str) -> str:
        return self._prefix + key

    def _call(self, script: Script, key: str, *arguments: str | int) -> Call:
        return Call(script, self._name(key), arguments)

    # -- an owner's index: hints where to look for sessions, in a slot of its own

    def _index(self, owner: str) -> str:
        return f"{self._prefix}{owner}:sessions"

    def _write(self, owner: str, key: str, times: tuple[int, int], call: Call) -> Any:
        """What a script answers that writes a session, once a hint leads to it.

        :param times: when it expires, and now.
        """
        if not owner:
            return run(self._client, call)
        expires, now = times
        hint = (key, expires, now - KEPT, expires - now + KEPT)
        return run_after(self._client, Call(ADD_HINT, self._index(owner), hint), call)

    def _remove_hints(self, ended: Iterable[tuple[bytes, str]]) -> None:
        """After sessions ended; if that fails, their hints leave by their time."""
        hints = [("ZREM", self._index(o.decode()), key) for o, key in ended if o]
        if hints:
            with contextlib.suppress(StoreError):
                ask_all(self._client, hints)


def open_url(url: str) -> RedisStore:
    """A store at ``redis://``, ``rediss://``, ``unix://`` or ``valkey(s)://``.

    It connects within a second, answers within two, and tries nothing again. After a
    ``?`` there may be options of redis-py.
    """
    return RedisStore(client_at(url))
