"""OwnedSessions: the sessions of one owner in a store, to be listed and ended."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple
from uuid import UUID

from ..cookies import LAST_SECOND
from ..exceptions import ConfigurationError
from ..stores.base import Record, SessionStore
from .guard import GuardedStore
from .ids import public_id_of
from .values import StoredValues


class SessionInfo(NamedTuple):
    """One session of an owner, for a page that lists them.

    :param public_id: tells it from the others and opens nothing.
    :param created: when it began, in UTC, as all times here.
    :param used: when it was last used, to ten minutes.
    :param expires_at: when it ends if it is not used again.
    :param permanent: whether its cookie outlives the browser.
    :param data: its data, as they are now; not to be changed here.
    """

    public_id: str
    created: datetime
    used: datetime
    expires_at: datetime
    permanent: bool
    data: dict[str, Any]

    def __repr__(self) -> str:
        return f"<SessionInfo {self.public_id}>"  # no value of a session in a log


class OwnedSessions:
    """The sessions of one owner, the last used first.

    :param owner: what the store knows the owner by.
    :param alive_at: what expired before this second is none of them.
    """

    def __init__(
        self, store: SessionStore | GuardedStore, owner: str, alive_at: int
    ) -> None:
        self._store = store
        self._owner = owner
        self._alive_at = alive_at

    def __iter__(self) -> Iterator[SessionInfo]:
        found = [_info(key, record) for key, record in self._records()]
        return iter(sorted(found, key=lambda info: info.used, reverse=True))

    def revoke(self, wanted: str) -> bool:
        """End the one with this public id; whether there was one."""
        keys = [key for key, _ in self._records() if public_id_of(key) == wanted]
        return any(self._store.delete(key) for key in keys)

    def revoke_all(self, kept: Container[str] = ()) -> int:
        """End all; how many it were.

        :param kept: public ids of those that stay.
        """
        keys = [key for key, _ in self._records() if public_id_of(key) not in kept]
        return sum(self._store.delete(key) for key in keys)

    def _records(self) -> Iterator[tuple[str, Record]]:
        for key, record in self._store.owned_by(self._owner):
            if record.expires >= self._alive_at:
                yield key, record


def hash_owner(salt: str, owner: object) -> str:
    """What a store knows an owner by: 64 hexadecimal digits, which show no name.

    No secret key is in it, so that whoever has the store alone can end sessions too.

    :param salt: the interface's.
    :raises ConfigurationError: it is no owner.
    """
    if isinstance(owner, bool) or not isinstance(owner, (str, int, UUID)):
        raise ConfigurationError("get_owner", "must give a str, an int, a UUID or None")
    return hashlib.sha256(
        f"{salt}owner:{owner}".encode("utf-8", "surrogatepass")
    ).hexdigest()


def _info(key: str, record: Record) -> SessionInfo:
    times = (record.created, record.used, record.expires)
    created, used, expires = map(_utc, times)
    data = dict(StoredValues(record.values, lambda key: None))
    return SessionInfo(
        public_id_of(key), created, used, expires, record.permanent, data
    )


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(seconds, LAST_SECOND), timezone.utc)
