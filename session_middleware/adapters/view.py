"""SessionView: a session with further methods, for a framework that has its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..session_base import OfOneRequest

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SessionView"]


class SessionView(OfOneRequest):
    """Passes everything on to a session; a subclass adds methods.

    :param session: the session that this one reads and changes.
    """

    __slots__ = ("_session",)

    _session: Any

    def __init__(self, session: Any) -> None:
        object.__setattr__(self, "_session", session)

    def __getattr__(self, name: str) -> Any:
        if name == "_session":  # not set yet, as while a copy is made
            raise AttributeError(name)
        return getattr(self._session, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._session, name, value)

    def __getitem__(self, key: str) -> Any:
        return self._session[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._session[key] = value

    def __delitem__(self, key: str) -> None:
        del self._session[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._session)

    def __len__(self) -> int:
        return len(self._session)

    def __contains__(self, key: object) -> bool:
        return key in self._session

    def get(self, key: str, default: Any = None) -> Any:
        return self._session.get(key, default)

    def clear(self) -> None:
        self._session.clear()

    def __or__(self, other: Any) -> dict[str, Any]:
        merged: dict[str, Any] = self._session | other
        return merged

    def __ror__(self, other: Any) -> dict[str, Any]:
        merged: dict[str, Any] = other | self._session
        return merged

    def __ior__(self, other: Any) -> Self:
        self._session.update(other)
        return self

    def __repr__(self) -> str:
        return repr(self._session)
