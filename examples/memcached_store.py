"""A store of sessions in memcached, as you may write one for a database of your own.

    SessionMiddleware(app, secret_key=KEY, store=MemcachedStore(("localhost", 11211)))

A session is one item, which is read, changed and written back if nobody else has in
between (``gets`` and ``cas``). Two kinds of lists, which are items too, say which
sessions there are, and which of them are an owner's.

memcached is a cache, and this is what it cannot promise:

* It forgets. A restart ends all sessions, and where memory is short it evicts those
  that were not used for long, and lists as well: what an evicted list had is not found
  by ``owned_by`` and ``delete_all``, so it is not ended with the others. Give it more
  memory than it needs (``-m``), and watch ``evictions`` in its ``stats``.
* It has no password here. Whoever reaches its port reads and writes every session.
* One server has one memory. Of several, as for a proxy, each session must always be
  asked of the same one; a session is not copied to another before that one fails.
* An item has at most 1 MiB (``-I``), and so has a session, with its names and with a
  backslash for each quote. A list has 12,000 sessions in 1 MiB: an owner's list so
  many, and the 256 lists of all together three million.
* It counts seconds up to the year 2038.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from pymemcache.client.base import PooledClient
from pymemcache.exceptions import MemcacheError, MemcacheUnexpectedCloseError

from session_middleware.exceptions import StoreError, StoreUnavailable
from session_middleware.stores import base
from session_middleware.stores.base import Changes, Record, SessionStore, Updated

HOUR, DAY = 3600, 86400
LISTS = [f"{number:02x}" for number in range(256)]  # by how a key begins


class MemcachedStore(SessionStore):
    """Keeps sessions in one memcached.

    :param address: host and port, or the path of a unix socket.
    :param prefix: what the keys of all items begin with.
    """

    def __init__(self, address: tuple[str, int] | str, prefix: str = "session:"):
        self._address, self._prefix = address, prefix
        self._clients: dict[int, PooledClient] = {}

    def close(self) -> None:
        """Close the connections of this process; it may go on, with others."""
        for client in filter(None, [self._clients.pop(os.getpid(), None)]):
            client.close()

    def read(self, key: str) -> Record | None:
        return _record(self._ask("get", f"{self._prefix}{key}"))

    def create(self, key: str, record: Record) -> bool:
        def begin(there: Record | None) -> Record:
            free = there is None or there.expires < record.used
            return record if free else there

        return self._change(key, begin)[1] == record

    def update(self, key: str, changes: Changes) -> Updated:
        done = Updated(base.GONE)

        def change(record: Record | None) -> Record | None:
            nonlocal done
            refused = base.refusal(record, changes)
            if refused is None:
                record, overwritten = base.apply(record, changes)
                done = Updated(base.SAVED, overwritten)
            else:
                done = Updated(refused)
            return record

        self._change(key, change)
        return done

    def retire(self, key: str, until: int, successor: str) -> Record | None:
        def replace(record: Record | None) -> Record | None:
            if record is None or record.successor is not None:
                return record
            return base.mark(record, until, successor)

        return self._change(key, replace)[0]

    def delete(self, key: str) -> bool:
        record, _ = self._change(key, lambda record: _left(record, follow=True))
        if record is None or not record.successor:
            return record is not None and record.successor is None
        deleted = self.delete(record.successor)
        self._change(key, _left)
        return deleted

    def owned_by(self, owner: str) -> Iterator[tuple[str, Record]]:
        for key in self._listed([f"owner:{owner}"]):
            record = self.read(key)
            if record is not None and record.owner == owner:
                yield key, record

    def delete_expired(self, now: int, limit: int = 1000) -> int:
        return 0  # memcached does, by the time that each item was given

    def delete_all(self) -> int:
        return sum(self.delete(key) for key in self._listed(LISTS))

    def _change(
        self, key: str, change: Callable[[Record | None], Record | None]
    ) -> tuple[Record | None, Record | None]:
        """Put in a record's place what becomes of it; both of them.

        A session is listed before it is there: a list may have too many, never too few.
        What is deleted leaves an empty item for a second, since ``delete`` would take
        whatever has come there in between.
        """
        before = after = None

        def written(item: bytes | None) -> tuple[bytes, int] | None:
            nonlocal before, after
            before = _record(item)
            after = change(before)
            if after == before:
                return None
            if after is None:
                return b"null", 1
            self._list(key[:2], key, after.expires)
            if after.owner:
                self._list(f"owner:{after.owner}", key, after.expires)
            return json.dumps(after).encode(), after.expires + HOUR

        self._write(f"{self._prefix}{key}", written)
        return before, after

    def _list(self, name: str, key: str, expires: int) -> None:
        """Have a session in a list, which is written anew once a day at most."""

        def written(item: bytes | None) -> tuple[bytes, int] | None:
            listed = json.loads(item or "{}")
            if listed.get(key, 0) >= expires + HOUR:
                return None
            now = time.time()
            listed = {each: until for each, until in listed.items() if until > now}
            listed[key] = expires + DAY
            return json.dumps(listed).encode(), max(listed.values())

        self._write(f"{self._prefix}list:{name}", written)

    def _listed(self, names: list[str]) -> list[str]:
        items = self._ask("get_many", [f"{self._prefix}list:{name}" for name in names])
        return [key for item in items.values() for key in json.loads(item)]

    def _write(
        self, name: str, written: Callable[[bytes | None], tuple[bytes, int] | None]
    ) -> None:
        """Write what a function makes of an item, and again if another was quicker."""
        done = False
        while not done:
            item, version = self._ask("gets", name)
            new = written(item)
            if new is None:
                return
            command, versions = ("cas", [version]) if version else ("add", [])
            text, expire = new
            done = self._ask(command, name, text, *versions, min(expire, 2**31 - 1))

    def _ask(self, command: str, *arguments: Any) -> Any:
        """One command, on a connection that is this thread's and process's alone."""
        client = self._clients.get(os.getpid())
        if client is None:  # a fork's parent keeps its own
            options = {"connect_timeout": 1, "timeout": 2, "default_noreply": False}
            client = PooledClient(self._address, **options)
            client = self._clients.setdefault(os.getpid(), client)
        try:
            return getattr(client, command)(*arguments)
        except (OSError, MemcacheUnexpectedCloseError) as error:
            raise StoreUnavailable("memcached cannot be reached, or is late") from error
        except MemcacheError as error:
            raise StoreError("memcached refused: is a session too large?") from error


def _record(item: bytes | None) -> Record | None:
    """The record in an item; ``None`` in an empty one, and where there is none."""
    if item is None or item == b"null":
        return None
    *fields, applied = json.loads(item)
    return Record(*fields, tuple(applied))


def _left(record: Record | None, follow: bool = False) -> Record | None:
    """What a delete leaves; first of all a mark that leads on, if it is to follow."""
    if record is None or (follow and record.successor):
        return record
    return base.mark(record, 0, "") if record.mark_until else None
