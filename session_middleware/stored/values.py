"""StoredValues: a session's data, each value of which is decoded when it is asked for.

What a request costs grows with what it uses: values that nobody asked for are not
decoded, and not encoded again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

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


class _Text(tuple[str]):
    """The text of a value that nobody has asked for yet."""

    __slots__ = ()


class StoredValues(dict[str, Any]):
    """A dict of values; one that cannot be decoded is absent, and stays as it is.

    :param values: name to text.
    :param report: called with the name of a value that cannot be decoded.
    """

    __slots__ = (
        "_decoded",
        "_names",
        "_report",
        "_restore",
        "_unreadable",
        "_write",
    )

    _write: Callable[[dict[str, Any]], Texts] | None
    _restore: Callable[[Any], Any] | None

    def __init__(
        self, values: Mapping[str, str], report: Callable[[str], object]
    ) -> None:
        self._report = report
        self._write = self._restore = None
        self._decoded: dict[str, tuple[Any, str]] = {}  # by key: a value, and its text
        self._names: dict[str, str] = {}  # by key, where they differ
        self._unreadable: dict[str, str] = {}  # name to text
        if "\\" in "".join(values):
            values = self._with_keys(values)
        texts = map(_Text, zip(values.values(), strict=True))
        dict.update(self, zip(values, texts, strict=True))

    def _with_keys(self, values: Mapping[str, str]) -> dict[str, str]:
        """The texts by key instead of by name."""
        texts = {}
        for name, text in values.items():
            try:
                key = key_of(name)
            except ValueError:
                self._unreadable[name] = text
                continue
            texts[key] = text
            if key != name:
                self._names[key] = name
        return texts

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
        return self._decode(key, value[0]) if type(value) is _Text else value

    def get(self, key: str, default: Any = None) -> Any:
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: Any) -> bool:
        if not dict.__contains__(self, key):
            return False
        value = dict.__getitem__(self, key)
        return type(value) is not _Text or self.get(key, self) is not self

    def __bool__(self) -> bool:
        for value in dict.values(self):
            if type(value) is not _Text:  # it can be read, for it was
                return True
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
        texts, names = {**self._unreadable}, self._names
        for key, value in [*dict.items(self)]:
            decoded = value if type(value) is _Text else self._unchanged(key, value)
            if decoded is not None:
                name = names[key] if key in names else key  # noqa: SIM401 -- pyright
                texts[name] = decoded[-1]
            elif self._write is None:
                texts[name_of(key)] = text_of(key, value)
            else:
                texts.update(self._write({key: value}).values)
        return Texts(permanent, texts)

    def _unchanged(self, key: str, value: Any) -> tuple[Any, str] | None:
        """A value as it was decoded and its text, if it is the same still."""
        decoded = self._decoded.get(key)
        if decoded is None or decoded[0] is not value:  # it was assigned
            return None
        if type(value) in IMMUTABLE:
            return decoded
        write = text_of if self._write is None else self._text_by_host
        text = write(key, value)
        if text == decoded[1]:
            return decoded
        # Another writer may have spelled it otherwise.
        return decoded if text == text_of(key, loads(decoded[1])) else None

    def _text_by_host(self, key: str, value: Any) -> str:
        assert self._write is not None
        return self._write({key: value}).values[self._names.get(key, key)]

    def _decode(self, key: str, text: str) -> Any:
        try:
            value = value_of(text)
            if self._restore is not None:
                value = self._restore(value)
        except (RecursionError, MemoryError):  # the process's, not the text's
            raise
        except Exception:
            dict.__delitem__(self, key)
            self._unreadable[self._names.get(key, key)] = text
            self._report(key)
            raise KeyError(key) from None
        self._decoded[key] = value, text
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
