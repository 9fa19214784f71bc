"""StoredValues: a session's data, each value of which is decoded when it is asked for.

What a request costs grows with what it uses: values that nobody asked for are not
decoded, and not encoded again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from ..exceptions import SerializationError
from ..tokens.tagged_json import dumps, loads
from ..tracking import IMMUTABLE
from .names import key_of, name_of

MAX_DEPTH = 200  # of JSON: 64 levels of an app's, three for each at most
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


class Texts:
    """A session as a store keeps it: the text of each value, under its name.

    :param permanent: whether its cookie outlives the browser.
    """

    __slots__ = ("permanent", "values")

    def __init__(self, permanent: bool, values: Mapping[str, str]) -> None:
        self.permanent = permanent
        self.values = values

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Texts):
            return NotImplemented
        return self.permanent == other.permanent and self.values == other.values

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return sum(map(len, self.values)) + sum(map(len, self.values.values()))

    def __contains__(self, part: str) -> bool:
        return any(part in text for text in self.values.values())


class _Text:
    """A value that nobody has asked for yet."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class _Decoded(NamedTuple):
    """A value as it was decoded, and the text that it was decoded from."""

    value: Any
    text: str


class StoredValues(dict[str, Any]):
    """A dict of values; one that cannot be decoded is absent, and stays as it is.

    :param values: name to text.
    :param report: called with the name of a value that cannot be decoded.
    """

    __slots__ = ("_decoded", "_report", "_restore", "_unreadable", "_write")

    _write: Callable[[dict[str, Any]], Texts]
    _restore: Callable[[Any], Any] | None

    def __init__(
        self, values: Mapping[str, str], report: Callable[[str], object]
    ) -> None:
        self._report = report
        self.adopt(partial(texts_of, False))
        self._decoded: dict[str, _Decoded] = {}
        self._unreadable: dict[str, str] = {}  # name to text
        for name, text in values.items():
            try:
                dict.__setitem__(self, key_of(name), _Text(text))
            except ValueError:
                self._unreadable[name] = text

    def adopt(
        self,
        write: Callable[[dict[str, Any]], Texts],
        restore: Callable[[Any], Any] | None = None,
    ) -> None:
        """Have each value written, and what is read restored, by a host's own rules.

        :param write: gives the texts of a dict that has one value.
        """
        self._write = write
        self._restore = restore

    def __getitem__(self, key: str) -> Any:
        value = dict.__getitem__(self, key)
        return self._decode(key, value.text) if type(value) is _Text else value

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        try:
            self[key]  # type: ignore[index]  # which a dict refuses by itself
        except KeyError:
            return False
        return True

    def __bool__(self) -> bool:
        return any(key in self for key in [*dict.keys(self)])

    def __len__(self) -> int:
        return dict.__len__(self._all())

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self._all())

    def keys(self) -> Any:
        return dict.keys(self._all())

    def values(self) -> Any:
        return dict.values(self._all())

    def items(self) -> Any:
        return dict.items(self._all())

    def __eq__(self, other: object) -> bool:
        return dict.__eq__(self._all(), other)

    __hash__ = None

    def __repr__(self) -> str:
        return dict.__repr__(self._all())

    def clear(self) -> None:
        dict.clear(self)
        self._unreadable.clear()

    def texts(self, permanent: bool) -> Texts:
        """What a store is to keep; the very text it has, of whatever is the same.

        :raises SerializationError: with the path to what cannot be stored.
        """
        texts = dict(self._unreadable)
        for key, value in [*dict.items(self)]:
            if type(value) is _Text:
                texts[name_of(key)] = value.text
            else:
                texts.update(self._texts(key, value))
        return Texts(permanent, texts)

    def _texts(self, key: str, value: Any) -> Mapping[str, str]:
        """The name and the text of one value."""
        decoded = self._decoded.get(key)
        if decoded is None or decoded.value is not value:  # it was assigned
            return self._write({key: value}).values
        name = name_of(key)
        if type(value) in IMMUTABLE:
            return {name: decoded.text}
        text = self._write({key: value}).values[name]
        if text != decoded.text and text == text_of(key, loads(decoded.text)):
            text = decoded.text  # another writer has spelled it otherwise
        return {name: text}

    def _decode(self, key: str, text: str) -> Any:
        try:
            value = value_of(text)
            if self._restore is not None:
                value = self._restore(value)
        except (RecursionError, MemoryError):  # the process's, not the text's
            raise
        except Exception:
            dict.__delitem__(self, key)
            self._unreadable[name_of(key)] = text
            self._report(key)
            raise KeyError(key) from None
        self._decoded[key] = _Decoded(value, text)
        dict.__setitem__(self, key, value)
        return value

    def _all(self) -> StoredValues:
        """All that can be decoded."""
        for key, value in [*dict.items(self)]:
            if type(value) is _Text:
                self.get(key)
        return self


def texts_of(permanent: bool, data: dict[str, Any]) -> Texts:
    """What a store is to keep.

    :raises SerializationError: with the path to what cannot be stored.
    """
    if isinstance(data, StoredValues):
        return data.texts(permanent)
    values = {name_of(key): text_of(key, value) for key, value in data.items()}
    return Texts(permanent, values)


def text_of(key: str, value: Any) -> str:
    """The text of one value.

    :raises SerializationError: with the path to what cannot be stored.
    """
    try:
        return dumps([value])[1:-1]
    except SerializationError as error:
        raise SerializationError(error.reason, (key, *error.path[1:])) from None


def value_of(text: str) -> Any:
    """The value in a text, which nobody has signed.

    :raises Exception: of any kind for what is none.
    """
    if text.count("[") + text.count("{") > MAX_DEPTH:
        depth = 0
        for each in _STRING.sub("", text):
            depth += (each in "[{") - (each in "]}")
            if depth > MAX_DEPTH:
                raise ValueError("nested too deeply")
    return loads(text)
