"""LazyMapping: a mapping that opens itself on first touch and notes its changes.

It is a mapping and not a ``dict``, since C code reads a dict's memory without
asking and would see an unopened one as empty; ``json.dumps(session)`` is a loud
``TypeError`` and ``json.dumps(dict(session))`` is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .session_base import OfOneRequest, SessionMixin

if TYPE_CHECKING:
    from typing_extensions import Self

_SAME = frozenset({str, int, bool, bytes, type(None)})  # equal means the same
_FIXED = _SAME | {float}  # cannot change once handed out; all else might hold a list


class LazyMapping(OfOneRequest, SessionMixin):
    """The mapping half of a session. A subclass opens it and says what a change means.

    Whatever it is asked, the answer comes from :meth:`_open`.
    """

    __slots__ = ("_data", "_handed_out")

    _data: dict[str, Any] | None  # None until the first touch
    _handed_out: bool  # whether the app holds something that can change inside

    def _open(self) -> dict[str, Any]:
        """The data, opened now if this is the first touch."""
        raise NotImplementedError

    def _note_change(self, key: str) -> None:
        """Called after a change; ``*`` stands for all keys."""
        raise NotImplementedError

    def __getitem__(self, key: str) -> Any:
        data = self._data
        if data is None:
            data = self._open()
        value = data[key]
        if type(value) not in _FIXED:
            self._handed_out = True
        return value

    def get(self, key: str, default: Any = None) -> Any:
        data = self._data
        if data is None:
            data = self._open()
        value = data.get(key, default)
        if type(value) not in _FIXED and key in data:  # a default is not ours
            self._handed_out = True
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        data = self._data
        if data is None:
            data = self._open()
        if type(value) in _SAME and key in data:
            old = data[key]
            if type(old) is type(value) and old == value:
                return
        data[key] = value
        if type(value) not in _FIXED:
            self._handed_out = True  # whoever handed it in has it too
        self._note_change(key)

    def __delitem__(self, key: str) -> None:
        del self._open()[key]
        self._note_change(key)

    def clear(self) -> None:
        """Forget everything."""
        self._open().clear()
        self._note_change("*")

    def __bool__(self) -> bool:
        return bool(self._open() if self._data is None else self._data)

    def __contains__(self, key: object) -> bool:
        return key in self._open()

    def __iter__(self) -> Iterator[str]:
        return iter(self._open())

    def __len__(self) -> int:
        return len(self._open())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyMapping):
            other = other._open()
        return self._open() == other if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc, override]
        self.update(other)
        return self

    def __repr__(self) -> str:
        return repr(self._open())
