"""What has become of a session of another format that moved in.

Requests at once with one old cookie are to make one record. So its id is derived from
what is in the cookie, if that is somebody's: the cookies of visitors of whom nothing is
known may all be the same, and those visitors must not meet in one session.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from ..exceptions import ConfigurationError
from ..migration import MovedIn, SessionReader
from ..stores.base import Record
from .guard import GuardedStore
from .ids import SessionIds, key_of_id
from .records import LONGEST_CHAIN


class Kept(NamedTuple):
    """Where sessions are kept, and under which ids."""

    store: GuardedStore
    ids: SessionIds


def check_reader(reader: SessionReader, ours: Kept) -> None:
    """Refuse another store whose cookies open as those of ours, which finds nothing.

    The other one would never be asked.

    :raises ConfigurationError: all who have a session there would be logged out.
    """
    theirs: object = getattr(reader, "kept", None)
    if not isinstance(theirs, Kept) or not theirs.ids.shares_tokens(ours.ids):
        return
    same = theirs.store.store is ours.store.store
    if not (same and type(theirs.store) is type(ours.store)):  # sealed or not
        raise ConfigurationError("accept", _TAKEN_FOR_OURS)


def content_of(moved: MovedIn) -> str:
    """What is in another format's cookie, however its token is spelled."""
    times = (moved.created, moved.issued, moved.permanent)
    values = sorted(moved.text.values.items())
    return json.dumps([moved.reader.cookie.name, *times, values])


def find_moved(
    store: GuardedStore, ids: list[str], alive_at: int
) -> tuple[str, Record | None]:
    """Where a session has moved in, or is to; and the record or mark that is there.

    A mark under one of the ids is the end of all: two workers with different keys may
    have made a record each.

    :param ids: one for each secret key, the newest first.
    """
    found = [(id, store.read(key_of_id(id))) for id in ids]
    ended, alive = [], []
    for id, record in found:
        if record is not None and record.successor is not None:
            ended.append((id, record))
        elif record is not None and record.expires >= alive_at:
            alive.append((id, record))
    return next(iter([*ended, *alive, (ids[0], None)]))


def is_answering(mark: Record, now: int) -> bool:
    """Whether late requests are still told of what has replaced their session.

    Only for a moment. A browser that never got the new cookie, since its user clicked
    twice or the answer was lost, could not even log in again.
    """
    return mark.used >= now


def has_successor(store: GuardedStore, mark: Record, alive_at: int) -> bool:
    """Whether a session lives on that has replaced the one of this mark."""
    record: Record | None = mark
    for _ in range(LONGEST_CHAIN):
        if record is None or record.expires < alive_at or record.successor == "":
            return False
        if record.successor is None:
            return True
        record = store.read(record.successor)
    return False


_TAKEN_FOR_OURS = (
    "has another store with this one's key and cookie name: its cookies would be "
    "looked for in this store and not be found, and their users be logged out. Give "
    "this interface another cookie_name; without one it is __Host-session, and session "
    "on http://localhost"
)
