"""Creator: gives a session its place in the store."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

from ..exceptions import StoreError
from ..stores.base import SAVED, Record
from .ids import key_of_id
from .reports import Reports
from .session import StoredSession
from .values import Texts

if TYPE_CHECKING:
    from ..server_side import ServerSideSessionInterface

#: Gives the Set-Cookie values of a session; called before anything is written.
Lines = Callable[[], list[str]]

_DRAWS = 3  # ids that are tried; none of 256 bits was ever drawn twice
_CREATIONS = 100  # after which some that expired are deleted
_DELETIONS = 200  # of them, at most


class Creator(Reports):
    """Creates records, each under an id that no other session has.

    :param rules: of these sessions.
    """

    def __init__(self, rules: ServerSideSessionInterface) -> None:
        super().__init__(rules)
        self._creations = count(1)

    def create(
        self, session: StoredSession, texts: Texts, owner: str, make_lines: Lines
    ) -> list[str]:
        """Keep a new session; gives its Set-Cookie values."""
        place, record = session.place, self._records.new(session, texts, owner)
        if session.invalidated and place.key is not None:  # as of a mark
            self._store.delete(place.key)
        if place.moves_in and place.id is not None:
            until = self._records.mark_until(session)
            record = record._replace(mark_until=until)
        lines = self.draw(session, record, make_lines)
        if lines is None:
            return self._join(session, texts, make_lines)
        if next(self._creations) % _CREATIONS == 0:
            self._clean()
        return lines

    def draw(
        self, session: StoredSession, record: Record, make_lines: Lines
    ) -> list[str] | None:
        """Create a record; ``None``: what moves in is there already.

        :raises StoreError: every id that was drawn is taken.
        """
        place = session.place
        for _ in range(_DRAWS):
            lines = make_lines()
            key = key_of_id(place.target_of(session))
            if self._is_created(session, key, record):
                place.saved = True
                return lines
            if place.new_id is None:  # its id is not drawn
                return None
            place.new_id = place.tried = None
            place.draw()
        raise StoreError("every id that was drawn is taken")

    def _is_created(self, session: StoredSession, key: str, record: Record) -> bool:
        """Whether the record is there now, made by this request or by its last try."""
        tried, session.place.tried = session.place.tried, record
        if self._store.create(key, record):
            return True
        if tried is None:
            return False
        changes = self._records.whole(session, record)
        return self._store.update(key, changes).outcome == SAVED

    def _join(
        self, session: StoredSession, texts: Texts, make_lines: Lines
    ) -> list[str]:
        """Save what another request has moved in at the same time."""
        place = session.place
        assert place.key is not None
        there = self._store.read(place.key)
        if there is None or there.successor is not None:
            return self.not_saved(session, _ENDED)
        lines = make_lines()
        if not session.modified:
            return lines
        was = self._records.read(session)
        read = there._replace(
            values=was.values, permanent=was.permanent, owner=was.owner
        )
        saved = self.update(session, read, texts, was.owner)
        return lines if saved else []

    def update(
        self, session: StoredSession, record: Record, texts: Texts, owner: str
    ) -> bool:
        """Tell the store what was done to a record; whether it is saved."""
        changes = self._records.changes(session, record, texts, owner)
        assert session.place.key is not None
        done = self._store.update(session.place.key, changes)
        if done.outcome != SAVED:
            self.refused(session, done.outcome)
            return False
        session.place.saved = bool(session.modified)
        if done.overwritten:
            self.overwritten(session, done.overwritten)
        return True

    def _clean(self) -> None:
        """Delete some of what has expired."""
        try:
            self._rules.store.delete_expired(self._records.alive_at(), _DELETIONS)
        except StoreError as error:
            self._rules.report(None, "not_cleaned", error=type(error).__name__)


_ENDED = "it was ended meanwhile"
