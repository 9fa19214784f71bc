"""Records: what the store is given for a session, by the interface's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..exceptions import SessionTooLarge
from ..stores.base import Changes, Record
from ..tracking import largest_keys
from .changes import Difference, difference
from .names import name_of
from .session import StoredSession
from .values import Texts

if TYPE_CHECKING:
    from ..server_side import ServerSideSessionInterface

GRACE = 10  # seconds for which the mark of a replaced session answers late requests
LONGEST_CHAIN = 8  # marks that are followed: sessions that replaced each other at once


class Records:
    """Makes records and changes of sessions.

    :param rules: has the limits.
    """

    def __init__(self, rules: ServerSideSessionInterface) -> None:
        self._rules = rules

    def now(self) -> int:
        """Seconds since the epoch."""
        return int(self._rules.now())

    def alive_at(self) -> int:
        """A record that expired before this second is gone."""
        return self.now() - self._rules.clock_skew

    def new(self, session: StoredSession, texts: Texts, owner: str) -> Record:
        """The record of a session that gets an id."""
        now = self.now()
        created = now
        if session.gets_new_id or session.place.record is None:
            created = session.begun
        ends = self._rules.limits_of(session).ends(created, now)
        unseen = now + self._rules.unseen_seconds
        # A browser that moves in has shown that it keeps cookies.
        expires = ends if session.place.moves_in else min(ends, unseen)
        return Record(texts.values, created, now, expires, texts.permanent, owner)

    def read(self, session: StoredSession) -> Record:
        """The record as this request read it; of what moves in, as it would be."""
        if session.place.record is not None:
            return session.place.record
        _, created, issued, permanent, texts, _, _ = session.loaded
        owner = session.place.owner
        return Record(texts.values, created, issued or created, 0, permanent, owner)

    def changes(
        self, session: StoredSession, record: Record, texts: Texts, owner: str
    ) -> Changes:
        """What this request did to the record that it read."""
        now = self.now()
        used = max(now, record.used)
        limits = self._rules.fixed_limits or self._rules.limits_of(session)
        expires = limits.ends(record.created, used)
        done = difference(record.values, texts.values, self.steps(session))
        only, deleted = None, done.deleted
        if session.stays is not None:
            only = frozenset(map(name_of, session.stays))
            deleted = {name: done.deleted[name] for name in only & deleted.keys()}
            told = {*only, *done.set, *done.increments}
            put_back = texts.values.keys() - told  # set anew to what it was
            for name in put_back:
                done.set[name] = record.values.get(name), texts.values[name]
        return Changes(
            session.place.change_id if done.increments else "",
            now - self._rules.clock_skew,
            used,
            expires,
            owner_read=record.owner,
            owner=None if owner == record.owner else owner,
            permanent=None if texts.permanent == record.permanent else texts.permanent,
            shortened=expires < record.expires,
            set=done.set,
            deleted=deleted,
            increments=done.increments,
            only=only,
        )

    def whole(self, session: StoredSession, record: Record) -> Changes:
        """All of a record, in the place of whatever is there."""
        done = difference({}, record.values, {})
        return self.more(session, record, done)._replace(only=frozenset())

    def more(self, session: StoredSession, record: Record, done: Difference) -> Changes:
        """What is to be done to a record that this request has created."""
        return Changes(
            session.place.change_id,
            0,
            record.used,
            record.expires,
            owner_read=record.owner,
            set=done.set,
            deleted=done.deleted,
        )

    def ended(self, session: StoredSession, successor: str = "") -> Record:
        """The mark where a session of another format moved in, and goes at once."""
        until = self.mark_until(session)
        now = self.now()
        used = now + GRACE
        return Record({}, now, used, until, successor=successor, mark_until=until)

    def mark_until(self, session: StoredSession) -> int:
        """Until when the cookie of another format would open a session again."""
        loaded = session.loaded
        issued = self.now() if loaded.issued is None else loaded.issued
        limits = self._rules.limits_of(session)
        return limits.ends(loaded.created, issued) + limits.skew

    def steps(self, session: StoredSession) -> dict[str, int]:
        """What is to be added to counters, by their names."""
        steps = session.steps() if self._rules.guarded.adds else {}
        return {name_of(key): by for key, by in steps.items()} if steps else steps

    def check_size(self, session: StoredSession, texts: Texts) -> None:
        """Refuse what is more than the store is to keep.

        :raises SessionTooLarge: with the largest keys.
        """
        size, limit = len(texts), self._rules.max_record_size
        if size > limit:
            raise SessionTooLarge(size, limit, largest_keys(session))
