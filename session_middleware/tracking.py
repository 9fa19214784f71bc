"""TrackedMapping: a mapping that opens itself on first touch and notices changes.

It is a mapping and not a ``dict``, since C code reads a dict's memory without
asking and would see an unopened one as empty; ``json.dumps(session)`` is a loud
``TypeError`` and ``json.dumps(dict(session))`` is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .exceptions import SerializationError, cut
from .session_base import Loaded, OfOneRequest, SessionBackend, SessionMixin

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["largest_keys"]

_SAME = frozenset({str, int, bool, bytes, type(None)})  # equal means the same
IMMUTABLE = _SAME | {float}  # cannot change once handed out; all else might hold a list

# How much was done to a session; each includes those before it.
UNCHANGED, WRITTEN, FORCED, INVALIDATED = range(4)


class TrackedMapping(OfOneRequest, SessionMixin):
    """The mapping half of a session, which knows whether its data changed.

    Whatever was written or handed out is compared, as text, with what was opened.
    """

    __slots__ = (
        "_backend",
        "_baseline",
        "_change",
        "_created",
        "_data",
        "_handed_out",
        "_permanent",
        "_text",
        "loaded",
        "only",
        "regenerated",
    )

    #: What the request's cookies led to.
    loaded: Loaded
    #: Whether it has a new identity since: by ``regenerate()`` or ``invalidate()``.
    regenerated: bool
    #: The keys that may stay of all that is kept by now; ``None``: every one.
    only: frozenset[str] | None

    _backend: SessionBackend
    _data: dict[str, Any] | None  # None until the first touch
    _created: int  # seconds since the epoch
    _permanent: bool
    _baseline: Any  # the text to compare with; None: no session came
    _text: Any  # the text as it is now; None: it cannot be stored
    _change: int  # one of the four above
    _handed_out: bool  # whether the app holds something that can change inside

    def _open(self) -> dict[str, Any]:
        """The data, opened now if this is the first touch."""
        data = self._data
        return self._backend.open(self) if data is None else data

    def _note_change(self, key: str) -> None:
        """Called after a change; ``*`` stands for all keys."""
        raise NotImplementedError

    def __getitem__(self, key: str) -> Any:
        data = self._data
        if data is None:
            data = self._backend.open(self)
        value = data[key]
        if type(value) not in IMMUTABLE:
            self._handed_out = True
        return value

    def get(self, key: str, default: Any = None) -> Any:
        data = self._data
        if data is None:
            data = self._backend.open(self)
        value = data.get(key, default)
        if type(value) not in IMMUTABLE and key in data:  # a default is not ours
            self._handed_out = True
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        data = self._data
        if data is None:
            data = self._backend.open(self)
        if type(value) in _SAME:
            old = data.get(key, data)  # a dict is the same as none of these
            if type(old) is type(value) and old == value:
                return
        data[key] = value
        if type(value) not in IMMUTABLE:
            self._handed_out = True  # whoever handed it in has it too
        self._note_change(key)

    def __delitem__(self, key: str) -> None:
        del self._open()[key]
        self._note_change(key)

    def clear(self) -> None:
        """Forget everything."""
        self._open().clear()
        self.only = frozenset()
        self._note_change("*")

    def __bool__(self) -> bool:
        return bool(self._open())

    def __contains__(self, key: object) -> bool:
        return key in self._open()

    def __iter__(self) -> Iterator[str]:
        return iter(self._open())

    def __len__(self) -> int:
        return len(self._open())

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TrackedMapping):
            other = other._open()
        return self._open() == other if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __ior__(self, other: Any) -> Self:  # type: ignore[misc, override]
        self.update(other)
        return self

    def __repr__(self) -> str:
        return repr(self._open())

    # -- what changed -----------------------------------------------------

    def changed_keys(self) -> list[str]:
        """The keys whose values differ from what the request's cookie held."""
        old = {} if self._baseline is None else self._backend.decode(self._baseline)
        new = self._open()
        return [
            key
            for key in {**old, **new}
            if self._text_of(old, key) != self._text_of(new, key)
        ]

    def _is_changed(self, data: dict[str, Any]) -> bool:
        """Whether the data are to be saved."""
        if self.loaded.text is None and not data:
            return self._change >= FORCED  # what opened empty is not emptied so
        try:  # _encode(), without its frame
            self._text = self._written(self._created, self._permanent, data)
        except SerializationError:
            self._text = None
        if self._change:
            return (
                self._change >= FORCED
                or self._text is None
                or self._text != self._baseline
            )
        same: bool = self._text == self._baseline
        return not same and not self._is_respelled(data)

    def _is_respelled(self, data: dict[str, Any]) -> bool:
        """Whether the text alone differs, since another writer has spelled it."""
        if self._baseline is None:
            return False
        came = self._backend.decode(self._baseline)
        text = self._encode(came)
        if text is not None:
            same: bool = text == self._text
            return same
        try:  # what came could not be stored here, nor can what is there now
            return self._text is None and came == data
        except Exception:  # of a class that is the app's, as nothing is that came
            return False

    def _encode(self, data: dict[str, Any]) -> Any:
        """The text of these data; ``None`` if they cannot be stored."""
        try:
            return self._written(self._created, self._permanent, data)
        except SerializationError:
            return None

    def _text_of(self, data: dict[str, Any], key: str) -> Any:
        """What tells 1 from True, and asks no object whether it is equal."""
        try:
            return self._written(0, False, {key: data[key]}) if key in data else ""
        except SerializationError:
            return None

    def _written(self, created: int, permanent: bool, data: dict[str, Any]) -> Any:
        """The text of these data, as its host stores them.

        :raises SerializationError: with the path to what cannot be stored.
        """
        return self._backend.encode(created, permanent, data)


def largest_keys(mapping: TrackedMapping) -> list[tuple[str, int]]:
    """The five keys that take the most text, with their sizes in bytes.

    For a :class:`~session_middleware.SessionTooLarge`. A name is cut at 80 characters.

    :param mapping: a session.
    """
    sizes = [(cut(_name(key)), _size(mapping, key)) for key in mapping]
    return sorted(sizes, key=lambda pair: -pair[1])[:5]


def _name(key: Any) -> str:
    """In Flask a key may be an int; of an enum the value is what is written."""
    return str.__str__(key) if isinstance(key, str) else repr(key)


def _size(mapping: TrackedMapping, key: str) -> int:
    """What one key and its value add to the text, whatever the backend makes of it."""
    return len(mapping._written(0, False, {key: mapping[key]})) - len(
        mapping._written(0, False, {})
    )
