"""The types that a session keeps, and instances of subclasses that are equal to one.

What comes back is equal to what went in: an instance of a subclass is written as its
nearest listed base if it is equal to that, and refused if it is not. What has
``__html__`` is written as Markup, as Flask does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from numbers import Integral
from typing import Any
from uuid import UUID

from markupsafe import Markup

from ..exceptions import SerializationError

LISTED = (
    "None, bool, int, float, str, list, tuple, dict, bytes, datetime, date, time, "
    "timedelta, UUID, Decimal, set, frozenset or Markup"
)


class HostValue:
    """A value that only one host can read, such as Flask; unread everywhere else.

    :param json: the host's own text of it.
    """

    __slots__ = ("json",)

    def __init__(self, json: str) -> None:
        self.json = json

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HostValue) and self.json == other.json

    def __hash__(self) -> int:
        return hash(self.json)

    def __repr__(self) -> str:
        return "<a value that only its host can read>"


def as_listed(value: Any, listed: str = LISTED) -> Any:
    """The value of exactly a listed type that ``value`` comes back as.

    :param listed: the types that the format has, for the message.
    :raises SerializationError: no value of these types is equal to it.
    """
    kind = type(value)
    if kind in EXACT:
        return value
    base = next((each for each in kind.__mro__ if each in _REBUILD), None)
    try:
        if base not in _BEFORE_HTML and callable(getattr(value, "__html__", None)):
            return Markup(_plain(str(value.__html__())))  # noqa: S704, it says so
        if base is not None:
            rebuilt = _REBUILD[base](base, value)
            same = rebuilt == value and value == rebuilt
            if (same and _has_all(base, rebuilt, value)) or rebuilt != rebuilt:  # NaN
                return rebuilt
        reason = _advice(kind, base, listed)
    except RecursionError:  # perhaps the app has used up most of the stack
        raise
    except Exception as error:  # its class may do anything
        reason = f"its own methods raise {type(error).__name__}; store {listed}"
    name = f"{kind.__module__}.{kind.__qualname__}"
    raise SerializationError(f"a {name} cannot be stored exactly; {reason}")


def _has_all(base: type, rebuilt: Any, value: Any) -> bool:
    """Whether a rebuilt container has all items that the old one lists.

    Some classes keep their items elsewhere or in another form: werkzeug's
    ``request.values``, whose own dict is empty, and its MultiDicts.
    """
    if base is dict:
        return bool(dict(value.items()) == rebuilt)
    if base in (list, tuple, set, frozenset):
        return bool(base(iter(value)) == rebuilt)
    return True


def with_str_keys(value: dict[Any, Any]) -> dict[str, Any]:
    """``value`` with keys of exactly ``str``, equal to the keys that it has.

    :raises SerializationError: a key is not a str, or two of them have the same text.
    """
    keyed: dict[str, Any] = {}
    for key, item in value.items():
        text = key if type(key) is str else _key(key)
        if text in keyed:
            raise SerializationError("is the text of two keys; keep one", (text,))
        keyed[text] = item
    return keyed


def _key(key: Any) -> str:
    kind = type(key)
    if not issubclass(kind, str):
        raise SerializationError(  # without the key, whose repr may fail
            f"has a key of type {kind.__name__}; JSON has only str keys"
        )
    text = _plain(key)
    if _holds(lambda: text == key and key == text and hash(key) == hash(text)):
        return text
    raise SerializationError(
        f"is a key of type {kind.__name__} that is not equal to its str; use the str",
        (text,),
    )


def are_exact(members: Any) -> bool:
    """Whether nothing in a set is of a subclass, however deep."""
    return LEAVES.issuperset(map(type, members)) or all(map(_is_exact, members))


def _is_exact(member: Any) -> bool:
    kind = type(member)
    return kind in LEAVES or (kind in (tuple, frozenset) and are_exact(member))


def check_members(members: Any) -> None:
    """Refuse a set if a member would not come back as an equal one.

    :raises SerializationError: it would not, as when its class has its own hash.
    """
    if not _holds(lambda: set(map(_deeply_listed, members)) == members):
        raise SerializationError("has a member that does not come back as an equal one")


def _deeply_listed(member: Any) -> Any:
    listed = as_listed(member)
    kind = type(listed)
    if kind in (tuple, frozenset):
        return kind(map(_deeply_listed, listed))
    return listed


def _holds(condition: Callable[[], Any]) -> bool:
    """Whether it is true; False if a method of an app's class raises in it."""
    try:
        return bool(condition())
    except RecursionError:
        raise
    except Exception:
        return False


def _advice(kind: type, base: type | None, listed: str) -> str:
    if base is not None:
        name = base.__name__
        return f"it is not equal to the {name} it would come back as: store {name}(...)"
    for family, instead in _INSTEAD:
        if issubclass(kind, family):
            return f"store {instead}"
    if is_dataclass(kind):
        return "store dataclasses.asdict(...)"
    return f"store {listed}, or what is equal to one of them"


def _plain(text: str) -> str:
    return str.__str__(text)  # not str(text), which a subclass may override


# With the base's own methods, which the subclass may have overridden.
_REBUILD: dict[type, Callable[[Any, Any], Any]] = {
    int: lambda kind, value: kind.__int__(value),
    float: lambda kind, value: kind.__float__(value),
    str: lambda kind, value: kind.__str__(value),
    list: lambda kind, value: kind.copy(value),
    tuple: lambda kind, value: kind.__getitem__(value, slice(None)),
    dict: lambda kind, value: kind.copy(value),
    bytes: lambda kind, value: kind.__getitem__(value, slice(None)),
    # combine() keeps the fold.
    datetime: lambda kind, value: kind.combine(kind.date(value), kind.timetz(value)),
    date: lambda kind, value: kind.fromordinal(kind.toordinal(value)),
    time: lambda kind, value: kind(*kind.__reduce_ex__(value, 4)[1]),
    timedelta: lambda kind, value: kind.__pos__(value),
    UUID: lambda kind, value: kind(int=value.int),
    Decimal: lambda kind, value: kind(value),
    set: lambda kind, value: kind(value),
    frozenset: lambda kind, value: kind(value),
    Markup: lambda kind, value: kind(_plain(value)),
}
EXACT = frozenset({bool, type(None), HostValue, *_REBUILD})
#: Those that hold no other values.
LEAVES = EXACT - {list, tuple, dict, set, frozenset}
# A subclass of these is written as its base even if it has __html__, as in Flask.
_BEFORE_HTML = frozenset({dict, tuple, list, bytes, set, frozenset})
_INSTEAD: list[tuple[Any, str]] = [
    (Enum, "its value"),
    (Integral, "int(...)"),
    ((bytearray, memoryview), "bytes(...)"),
    (Mapping, "dict(...)"),
    (Set, "set(...)"),
    (Sequence, "list(...)"),
]
