"""Where a session comes from: what came in with a request, and who reads it."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class CameIn(NamedTuple):
    """What a request brought, once and for all.

    :param payload: the verified payload as it came, or empty.
    :param text: its JSON, or ``None`` if no session was opened.
    :param created: seconds since the epoch, as ``issued``.
    :param issued: ``None`` for a new session.
    :param status: how it opened.
    :param values: how many cookies of our name came.
    """

    payload: bytes
    text: str | None
    created: int
    issued: int | None
    permanent: bool
    status: str
    values: int

    def __repr__(self) -> str:
        return f"<CameIn {self.status}>"


class SessionOrigin(Protocol):
    """Where a session comes from, and what it asks there."""

    def open(self, session: Any, header: str) -> None:
        """Find the session in a Cookie header, and have it started with that."""
        ...

    def encode(self, created: int, permanent: bool, data: dict[str, Any]) -> str:
        """The text of a session, to sign and to compare."""
        ...

    def decode(self, text: str) -> dict[str, Any]:
        """The data in a text."""
        ...

    def start_again(self) -> tuple[int, bool]:
        """The creation time and permanence of a session that begins now."""
        ...

    def deadline(self, session: Any, created: int) -> int:
        """When the session ends if it is not used again, in seconds."""
        ...

    def event(self, name: str, **facts: object) -> None:
        """Report what happened."""
        ...
