"""Writer: what a request leaves in the store.

The store is told what changed, name by name, and never what the session is. So nothing
is lost that another request wrote, and nothing comes back that another request ended.
"""

from __future__ import annotations

from ..stores.base import GONE, REPLACED, SAVED, Record
from .changes import merge
from .creating import Creator, Lines
from .ids import key_of_id
from .records import GRACE, LONGEST_CHAIN
from .session import StoredSession
from .values import Texts


class Writer(Creator):
    """Saves and ends sessions."""

    def keep(self, session: StoredSession, make_lines: Lines) -> list[str]:
        """Save a session; gives the Set-Cookie values, if any is to be sent.

        :param make_lines: gives them; called before anything is written.
        :raises SessionTooLarge: nothing was written.
        :raises StoreError: the store did not say that it is saved.
        """
        texts: Texts = session.text()
        self._records.check_size(session, texts)
        owner = self._rules.owner_of(session)
        place, changed = session.place, session.modified
        record, place.is_replaced = place.record, False
        if record is None:
            if place.is_mark and not (session.gets_new_id or owner):
                return self.refused(session, REPLACED)
            replaced = session.gets_new_id or (changed and owner != place.owner)
            if replaced and place.moves_in and place.id is not None:
                return self._replace(session, texts, owner, make_lines)
            return self.create(session, texts, owner, make_lines)
        if changed and (session.regenerated or owner != record.owner):
            return self._replace(session, texts, owner, make_lines)
        is_due = session.due or texts.permanent != record.permanent
        lines = make_lines() if is_due else []
        if not (changed or place.due) or self.update(session, record, texts, owner):
            return lines
        return []

    def touch(self, session: StoredSession) -> None:
        """Tell the store that a session was used."""
        place = session.place
        if place.record is not None and place.due:
            owner = self._rules.owner_of(session)
            self.update(session, place.record, session.loaded.text, owner)

    def end(self, session: StoredSession) -> bool:
        """Keep it no longer; whether its cookie is to be deleted."""
        place = session.place
        key = place.key
        if key is None:
            return True
        place.saved = True
        if place.moves_in and place.record is None:
            mark = self._records.ended(session)
            return self._store.create(key, mark) or self._store.delete(key) or True
        if session.only is not None or place.record is None:  # emptied on purpose
            self._store.delete(key)
            return True
        was = self._store.retire(key, self._records.now() + GRACE, "")
        if was is not None and was.successor is not None:
            self.refused(session, REPLACED)
            return False
        return True

    def end_late(self, session: StoredSession) -> None:
        """Keep it no longer, though its cookie stays where it is."""
        for id in (session.place.id, session.place.new_id):
            if id is not None:
                self._store.delete(key_of_id(id))

    def _replace(
        self, session: StoredSession, texts: Texts, owner: str, make_lines: Lines
    ) -> list[str]:
        """Save it under a new id; the old one opens nothing from then on."""
        place, record = session.place, self._records.new(session, texts, owner)
        place.is_replaced = True
        lines = self.draw(session, record, make_lines)
        assert lines is not None
        assert place.new_id is not None
        new_key = key_of_id(place.new_id)
        was = self._retire(session, owner, new_key)
        if was is None:
            self._store.delete(new_key)
        if was is None or not self._merge(session, record, was, new_key):
            place.saved = False
            return []
        return lines

    def _retire(
        self, session: StoredSession, owner: str, new_key: str
    ) -> Record | None:
        """Leave a mark for the old session.

        Where another request has replaced it meanwhile, that one stays. But a change of
        the owner, as a logout is one, and ``invalidate()`` end that one too, of which
        nothing is taken over: it may not be whole yet.

        :returns: what the old one was; ``None``: it is gone, replaced, or another's.
        """
        key, read = session.place.key, self._records.read(session)
        ends_all = session.invalidated or owner != read.owner
        assert key is not None
        if session.place.record is None:  # it moves in
            mark = self._records.ended(session, new_key)
            if self._store.create(key, mark):
                return read
        for _ in range(LONGEST_CHAIN):
            if not key:
                break
            was = self._store.retire(key, self._records.now() + GRACE, new_key)
            if was is None or was.expires < self._records.alive_at():
                break
            if was.successor is None:
                return was if key == session.place.key else read
            if was.successor == new_key:  # this request's own, whose reply was lost
                return read
            key = was.successor
            there = self._store.read(key) if key else None
            if there is None or there.successor is not None:
                continue
            if there.owner != read.owner or not ends_all:
                self.refused(session, REPLACED)
                return None
        self.refused(session, GONE)
        return None

    def _merge(
        self, session: StoredSession, record: Record, was: Record, new_key: str
    ) -> bool:
        """Do to the new session what others did to the old one while this one ran.

        Asked even if that is nothing: another request may have ended the new one, and
        its cookie would displace what that one has sent.

        :returns: whether the new session is there.
        """
        theirs = was.values if session.stays is None else record.values
        read = self._records.read(session).values
        steps = self._records.steps(session)
        done, overwritten = merge(read, record.values, theirs, steps)
        more = self._records.more(session, record, done)
        outcome = self._store.update(new_key, more).outcome
        if outcome != SAVED:
            self.refused(session, outcome)
            return False
        self.overwritten(session, overwritten)
        return True
