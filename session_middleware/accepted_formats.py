"""AcceptedFormats: the cookies of other formats that an operator lets in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from itsdangerous import BadData

from .config import Foreign, SessionReader
from .cookies import Cookie, read_values
from .exceptions import SerializationError

MAX_TRIED = 4  # values of one name


class AcceptedFormats:
    """The readers of ``SessionConfig.accept``.

    :param readers: tried in this order.
    :param event: reports what verifies and cannot be carried over.
    """

    def __init__(
        self, readers: Sequence[SessionReader], event: Callable[..., None]
    ) -> None:
        self._readers = readers
        self._event = event

    def __bool__(self) -> bool:
        return bool(self._readers)

    def read(self, header: str) -> Iterator[tuple[SessionReader, Foreign]]:
        """All that verify, with the reader of each, in the order of the readers."""
        for reader in self._readers:
            name = reader.cookie.name
            for value in dict.fromkeys(read_values(header, name)[:MAX_TRIED]):
                try:
                    yield reader, _check(reader.read(value))
                except BadData:
                    continue
                except SerializationError as error:
                    self.refuse(reader, error)

    def refuse(self, reader: SessionReader, error: SerializationError) -> None:
        """Report a session that our own format cannot carry."""
        self._event("malformed", cookie=reader.cookie.name, reason=error.reason)

    def deletions(self, header: str, ours: Cookie) -> list[str]:
        """The Set-Cookie values that delete the other formats' cookies which came."""
        return [
            reader.cookie.deletion()
            for reader in self._readers
            if read_values(header, reader.cookie.name)
            and _place(ours) != _place(reader.cookie)
        ]


def _check(foreign: Foreign) -> Foreign:
    """What a reader gave, with its times in whole seconds.

    :raises SerializationError: it is not what our format can carry.
    """
    try:
        data, issued, created, permanent = foreign
        issued = int(issued)
        created = None if created is None else int(created)
    except (TypeError, ValueError, OverflowError) as error:
        raise SerializationError("the reader gave no Foreign with times") from error
    if type(data) is not dict or min(issued, created or 0) < 0:
        raise SerializationError("the reader gave no dict, or a time before 1970")
    return Foreign(data, issued, created, bool(permanent))


def _place(cookie: Cookie) -> tuple[str, str | None, str]:
    return cookie.name, cookie.domain, cookie.path
