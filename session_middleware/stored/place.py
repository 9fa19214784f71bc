"""Place: where a session is in its store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..stores.base import Record
from .ids import draw, key_of_id

if TYPE_CHECKING:
    from .session import StoredSession


class Place:
    """Where one request's session is in the store, or will be.

    :param id: what its cookie holds; ``None``: one is drawn when it is needed.
    :param record: what was read there; ``None``: there is no session.
    :param is_mark: whether a mark is there, of a session that another replaced.
    :param cookie_issued: when the cookie was signed, in seconds since the epoch.
    :param reader: of the other format that it moves in from.
    """

    __slots__ = (
        "change_id",
        "cookie_is_due",
        "cookie_issued",
        "due",
        "id",
        "is_mark",
        "new_id",
        "reader",
        "record",
        "saved",
        "tried",
    )

    new_id: str | None  # that it gets, if it gets a new one
    tried: Record | None  # what was to be created, the first time

    def __init__(
        self,
        id: str | None = None,
        record: Record | None = None,
        *,
        is_mark: bool = False,
        cookie_issued: int | None = None,
        reader: Any = None,
    ) -> None:
        self.id = id
        self.record = record
        self.is_mark = is_mark
        self.cookie_issued = cookie_issued
        self.reader = reader
        self.cookie_is_due = False  # whether the cookie says other than the record
        self.due = False  # whether the store is to be told that it is used
        self.saved = False  # whether this request has changed what is in the store
        self.new_id = None
        self.tried = None
        self.change_id = draw()[:16]

    def __repr__(self) -> str:
        return "<Place>"  # no id in a traceback

    @property
    def key(self) -> str | None:
        """What the store knows the session by; ``None``: it knows none."""
        return None if self.id is None else key_of_id(self.id)

    @property
    def moves_in(self) -> bool:
        """Whether another format's cookie led here, and to no mark."""
        return self.reader is not None and not self.is_mark

    def draw(self) -> str:
        """The new id; the same however often this request tries to save it."""
        if self.new_id is None:
            self.new_id = draw()
        return self.new_id

    def target_of(self, session: StoredSession) -> str:
        """The id under which its session is to be kept."""
        if self.id is None or self.is_mark or session.gets_new_id or self.new_id:
            return self.draw()
        return self.id if self.record or self.moves_in else self.draw()
