"""What has become of a session of another format that moved in.

Requests at once with one old cookie are to make one record. So its id is derived from
what is in the cookie, if that is somebody's: the cookies of visitors of whom nothing is
known may all be the same, and those visitors must not meet in one session.
"""

from __future__ import annotations

import json

from ..migration import MovedIn
from ..stores.base import Record
from .guard import GuardedStore
from .ids import key_of_id
from .records import LONGEST_CHAIN


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
