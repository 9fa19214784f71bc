"""SessionStore: what a store of sessions promises, and what it keeps.

A store knows nothing of cookies, keys or limits. It is given texts under names, and it
changes a record name by name, atomically, as the record is at that moment.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from .records import GONE as GONE
from .records import MAX_COUNT as MAX_COUNT
from .records import MAX_NAME as MAX_NAME
from .records import OTHER_OWNER as OTHER_OWNER
from .records import REMEMBERED as REMEMBERED
from .records import REPLACED as REPLACED
from .records import SAVED as SAVED
from .records import Changes as Changes
from .records import Outcome as Outcome
from .records import Record as Record
from .records import Updated as Updated
from .records import add as add
from .records import apply as apply
from .records import mark as mark
from .records import refusal as refusal

__all__ = [
    "GONE",
    "MAX_COUNT",
    "MAX_NAME",
    "OTHER_OWNER",
    "REMEMBERED",
    "REPLACED",
    "SAVED",
    "Changes",
    "Outcome",
    "Record",
    "SessionStore",
    "Updated",
    "add",
    "apply",
    "mark",
    "refusal",
]


class SessionStore(ABC):
    """Keeps records under keys of 64 hexadecimal digits.

    Each method is atomic, and may be repeated where its reply was lost: if nobody wrote
    meanwhile, the second time changes nothing more. What it has confirmed is seen by
    every later call, from any thread and any process. A store may be made and used
    before a fork, and used after it, on both sides. A ``delete`` that follows marks, a
    ``delete_expired`` and a ``delete_all`` are atomic for each record, not as a whole.

    Whether a record has expired is for the caller to say, and for the times in the
    calls: a store looks at no clock, but where it frees space by a TTL of its own, an
    hour after ``expires``.

    A store that reads a record, changes it and writes it back if nobody else has in
    between finds what to write in :func:`refusal`, :func:`apply` and :func:`mark`.

    Every verb raises :class:`~session_middleware.StoreUnavailable` if the store cannot
    be reached, and :class:`~session_middleware.StoreError` for other failures; neither
    shows an address, a password or a value.
    """

    #: Whether other processes see the same sessions.
    shared = True

    @abstractmethod
    def read(self, key: str) -> Record | None:
        """The record or mark, even one that has expired, while it is still kept."""

    @abstractmethod
    def create(self, key: str, record: Record) -> bool:
        """Keep a new record, if there is none.

        One that expired before ``record.used`` counts as none, a mark too.

        :returns: whether it is there now; True again for the identical record.
        """

    @abstractmethod
    def update(self, key: str, changes: Changes) -> Updated:
        """Apply changes, name by name, to the record as it is now.

        It never brings a record into being: gone is gone.
        """

    @abstractmethod
    def retire(self, key: str, until: int, successor: str) -> Record | None:
        """Leave a mark in a session's place.

        :param until: when the mark expires; later if the record's ``mark_until`` is,
            which the mark has too. The mark's ``used`` is ``until`` in any case.
        :param successor: the key of the session that replaces it; empty: none does.
        :returns: what was there at that moment; ``None``: nothing. A mark is returned
            and stays as it is.
        """

    @abstractmethod
    def delete(self, key: str) -> bool:
        """Delete a session; where a mark is, its successor first, and then the mark.

        The successor may be a mark as well, and is deleted in the same way. If
        ``mark_until`` is set, of a session or of a mark, a mark without a successor
        stays in its place, until then.

        :returns: whether a session was deleted.
        """

    @abstractmethod
    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        """The sessions of an owner with their keys, without a look at any other's.

        No marks; and what has expired may be among them. They may be deleted one by one
        while they are gone through.

        :param owner: 64 hexadecimal digits.
        """

    @abstractmethod
    def delete_expired(self, now: int, limit: int = 1000) -> int:
        """Delete records and marks that expired before ``now``; how many it were.

        It leaves no marks, and follows none. A store that frees space by itself does
        nothing, and gives 0.

        :param limit: how many at most.
        """

    @abstractmethod
    def delete_all(self) -> int:
        """Delete every session and mark, as :meth:`delete` does; how many sessions.

        None that was there before is there after, and none that replaced one meanwhile:
        so a mark's successor is deleted too, even where it is younger than this call.
        """

    def count(self, alive_at: int) -> int:
        """How many sessions there are, without marks; it may go through all.

        A store need not offer it: requests never count.

        :param alive_at: what expired before this second is not counted.
        """
        raise NotImplementedError
