"""Place: where a session is in its store."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..migration import MovedIn, SessionReader
from ..stores.base import Record
from .ids import draw, key_of_id

if TYPE_CHECKING:
    from .session import StoredSession


class Place:
    """Where one request's session is in the store, or will be.

    :param id: what its cookie holds; ``None``: one is drawn when it is needed.
    """

    #: What was read there; ``None``: there is no session.
    record: Record | None = None
    #: Whether a mark is there, of a session that another replaced.
    is_mark = False
    #: When the cookie was signed, in seconds since the epoch; ``None``: none came.
    cookie_issued: int | None = None
    #: Whether the cookie says other than the record.
    cookie_is_due = False
    #: The session of another format that it moves in from.
    moved: MovedIn | None = None
    #: The owner of that, as it was in the other format.
    owner = ""
    #: Whether the store is to be told that it is used.
    due = False
    #: Whether it is saved under another id this time.
    is_replaced = False
    #: Whether this request has changed what is in the store.
    saved = False
    #: The id that it gets, if it gets a new one.
    new_id: str | None = None
    #: What was to be created, the first time.
    tried: Record | None = None

    def __init__(self, id: str | None = None) -> None:
        self.be_at(id)

    def be_at(self, id: str | None) -> None:
        """Have an id, before anything is asked of the store."""
        self.id = id
        #: What the store knows the session by; ``None``: it knows none.
        self.key = None if id is None else key_of_id(id)

    def __repr__(self) -> str:
        return "<Place>"  # no id in a traceback

    @cached_property
    def change_id(self) -> str:
        """Of what this request changes, however often it tries."""
        return draw()[:16]

    @property
    def reader(self) -> SessionReader | None:
        """Of the other format's cookie that led here."""
        return self.moved and self.moved.reader

    @property
    def moves_in(self) -> bool:
        """Whether another format's cookie led here, and to no mark."""
        return self.moved is not None and not self.is_mark

    def draw(self) -> str:
        """The new id; the same however often this request tries to save it."""
        if self.new_id is None:
            self.new_id = draw()
        return self.new_id

    def target_of(self, session: StoredSession) -> str:
        """The id under which its session is to be kept."""
        if self.id is None or self.is_mark or session.gets_new_id or self.is_replaced:
            return self.draw()
        return self.id if self.record or self.moves_in else self.draw()
