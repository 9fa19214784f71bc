"""RedisStore: sessions in Redis or Valkey, alone, behind Sentinel or in a Cluster."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ..exceptions import ConfigurationError, StoreError
from .base import Changes, Record, SessionStore, Updated
from .redis_client import check_client, client_at, command, hash_at, names, run
from .redis_records import change_of_hash, name_of, new_hash, record_of
from .redis_scripts import ADD_HINT, CREATE, DELETE, KEPT, RETIRE, UPDATE

if TYPE_CHECKING:
    from redis import Redis, RedisCluster

_SIXTY_FOUR = "[0-9a-f]" * 64


class RedisStore(SessionStore):
    """Keeps sessions in Redis 6.2 or later, or in Valkey.

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
        self._add_hint(record.owner, key, record.expires, record.used)
        return bool(run(self._client, CREATE, self._name(key), *new_hash(record)))

    def update(self, key: str, changes: Changes) -> Updated:
        owner = changes.owner_read if changes.owner is None else changes.owner
        self._add_hint(owner, key, changes.expires, changes.used)
        arguments = change_of_hash(changes, owner)
        outcome, *fields = run(self._client, UPDATE, self._name(key), *arguments)
        return Updated(outcome.decode(), tuple(map(name_of, fields)))

    def retire(self, key: str, until: int, successor: str) -> Record | None:
        found = run(self._client, RETIRE, self._name(key), until, successor) or []
        was = record_of(dict(zip(found[::2], found[1::2], strict=True)))
        if was is not None:
            self._remove_hint(was.owner, key)
        return was

    def delete(self, key: str) -> bool:
        """Delete a session; where a mark is, its successor first, and then the mark.

        Whoever dies in between leaves the mark, which leads the next one there.
        """
        deleted, marks = False, dict[str, str]()
        while key and key not in marks:
            kind, owner, successor = self._delete(key)
            self._remove_hint(owner, key)
            deleted = deleted or kind == "session"
            marks[key] = successor
            key = successor
        for mark, successor in reversed(marks.items()):
            if successor:
                self._delete(mark, successor)
        return deleted

    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        hints = command(self._client, "ZRANGE", self._index(owner), 0, -1)
        found = [(key, self.read(key)) for key in (hint.decode() for hint in hints)]
        return [(key, was) for key, was in found if was and was.owner == owner]

    def delete_expired(self, now: int, limit: int = 1000) -> int:
        """Nothing: Redis does so itself, an hour after a session expired."""
        return 0

    def delete_all(self) -> int:
        """Delete every session that is there from beginning to end."""
        pattern = re.sub(r"([*?[\]\\^])", r"\\\1", self._prefix) + _SIXTY_FOUR
        found = names(self._client, pattern)
        return sum(self.delete(name[len(self._prefix) :]) for name in found)

    def _name(self, key: str) -> str:
        return self._prefix + key

    def _delete(self, key: str, deleted: str = "") -> list[str]:
        told = run(self._client, DELETE, self._name(key), deleted)
        return [each.decode() for each in told]

    # -- an owner's index: hints where to look for sessions, in a slot of its own

    def _index(self, owner: str) -> str:
        return f"{self._prefix}{owner}:sessions"

    def _add_hint(self, owner: str, key: str, expires: int, now: int) -> None:
        """Before the session is written, so that there is none without a hint."""
        if owner:
            times = (expires, now - KEPT, expires - now + KEPT)
            run(self._client, ADD_HINT, self._index(owner), key, *times)

    def _remove_hint(self, owner: str, key: str) -> None:
        """After the session is deleted; if that fails, the hint leaves by its time."""
        if owner:
            with contextlib.suppress(StoreError):
                command(self._client, "ZREM", self._index(owner), key)


def open_url(url: str) -> RedisStore:
    """A store at ``redis://``, ``rediss://``, ``unix://`` or ``valkey(s)://``.

    It connects within a second, answers within two, and tries nothing again. After a
    ``?`` there may be options of redis-py.
    """
    return RedisStore(client_at(url))
