"""The tags of what JSON cannot express: one for each type, and how each is read."""

from __future__ import annotations

import binascii
import json.encoder
import math
from base64 import b64decode
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn
from uuid import UUID

from markupsafe import Markup

from ..exceptions import SerializationError
from .listed_types import (
    HostValue,
    are_exact,
    as_listed,
    check_members,
    with_str_keys,
)

MAX_DEPTH = 64
HOST = " j"  # the tag of a HostValue, whose JSON only its host can read

_PLAIN: frozenset[type] = frozenset({str, int, bool, type(None)})


def tag_value(value: Any, depth: int) -> Any:
    """``value`` in JSON's own types. It takes one stack frame for each level."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    tagger = _TAGGERS.get(kind)
    if tagger is None:
        return tag_value(as_listed(value), depth)
    return tagger(value, depth)


def _tag_other(value: Any, depth: int, key: object) -> Any:
    try:
        return tag_value(as_listed(value), depth)
    except SerializationError as error:
        raise error.under(key) from None


def tag_dict(value: dict[Any, Any], depth: int) -> Any:
    """A dict in JSON's own types."""
    if depth >= MAX_DEPTH:
        _refuse_depth()
    tagged = {}
    for key, item in value.items():
        if type(key) is not str:
            return tag_dict(with_str_keys(value), depth)
        if type(item) not in _PLAIN:
            try:
                item = _TAGGERS[type(item)](item, depth + 1)
            except KeyError:
                item = _tag_other(item, depth + 1, key)
            except SerializationError as error:
                raise error.under(key) from None
        tagged[key] = item
    if len(tagged) == 1:
        [(key, item)] = tagged.items()
        if key.startswith(" "):
            return {" e": [key, item]}
    return tagged


def _tag_list(value: Any, depth: int) -> list[Any]:
    if depth >= MAX_DEPTH:
        _refuse_depth()
    tagged = []
    for index, item in enumerate(value):
        if type(item) not in _PLAIN:
            try:
                item = _TAGGERS[type(item)](item, depth + 1)
            except KeyError:
                item = _tag_other(item, depth + 1, index)
            except SerializationError as error:
                raise error.under(index) from None
        tagged.append(item)
    return tagged


def _tag_set(tag: str, value: Any, depth: int) -> dict[str, Any]:
    if depth >= MAX_DEPTH:
        _refuse_depth()
    items = [tag_value(item, depth + 1) for item in value]
    if not are_exact(value):
        check_members(value)
    return {tag: sorted(items, key=encode)}


def _tag_float(value: float, depth: int) -> float:
    if not math.isfinite(value):
        raise SerializationError("JSON has no NaN and no infinity; store None or a str")
    return value


def _tag_decimal(value: Decimal, depth: int) -> dict[str, str]:
    if not value.is_finite():
        raise SerializationError("a Decimal must be finite; store None or a str")
    return {" n": str(value)}


def _tag_datetime(tag: str, value: datetime | time) -> dict[str, Any]:
    try:
        offset = timedelta(0) if value.tzinfo is None else value.utcoffset()
        fixed = offset is not None and not offset.microseconds
        text = value.isoformat() if fixed else ""
    except Exception:  # an app's own tzinfo may raise anything
        text = ""
    if not text:
        raise SerializationError(
            f"this {type(value).__name__}'s zone has no fixed offset in seconds; "
            "store a datetime, or one with datetime.timezone"
        )
    naive_fold = value.fold and value.tzinfo is None
    return {tag: [text, 1] if naive_fold else text}


def _refuse_depth() -> NoReturn:
    raise SerializationError(f"nested more than {MAX_DEPTH} levels deep, or in itself")


_TAGGERS: dict[type, Callable[[Any, int], Any]] = {
    dict: tag_dict,
    list: _tag_list,
    float: _tag_float,
    tuple: lambda value, depth: {" t": _tag_list(value, depth)},
    set: lambda value, depth: _tag_set(" s", value, depth),
    frozenset: lambda value, depth: _tag_set(" f", value, depth),
    bytes: lambda value, depth: {
        " b": binascii.b2a_base64(value, newline=False).decode()
    },
    datetime: lambda value, depth: _tag_datetime(" d", value),
    date: lambda value, depth: {" y": value.isoformat()},
    time: lambda value, depth: _tag_datetime(" h", value),
    timedelta: lambda value, depth: {
        " i": [value.days, value.seconds, value.microseconds]
    },
    UUID: lambda value, depth: {" u": value.hex},
    Decimal: _tag_decimal,
    Markup: lambda value, depth: {" m": str(value)},
    HostValue: lambda value, depth: {HOST: value.json},
}


def untag(found: dict[str, Any]) -> Any:
    """An ``object_hook``: the value that a dict of the JSON means."""
    if len(found) != 1:
        return found
    [(key, value)] = found.items()
    return _UNTAGGERS[key](value) if key.startswith(" ") else found


def _untag_datetime(kind: type[datetime | time], value: Any) -> Any:
    if isinstance(value, list):
        text, fold = value
        return kind.fromisoformat(text).replace(fold=fold)
    return kind.fromisoformat(value)


def _untag_escape(value: Any) -> dict[str, Any]:
    key, item = _only(list, value)
    return {_only(str, key): item}


def _untag_decimal(value: Any) -> Decimal:
    number = Decimal(_only(str, value))
    if not number.is_finite():
        raise ValueError("a Decimal must be finite")
    return number


def _only(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"a tag of {type(value).__name__}, not {kind.__name__}")
    return value


_UNTAGGERS: dict[str, Callable[[Any], Any]] = {
    " e": _untag_escape,
    " t": lambda value: tuple(_only(list, value)),
    " s": lambda value: set(_only(list, value)),
    " f": lambda value: frozenset(_only(list, value)),
    " b": lambda value: b64decode(_only(str, value), validate=True),
    " d": partial(_untag_datetime, datetime),
    " y": date.fromisoformat,
    " h": partial(_untag_datetime, time),
    " i": lambda value: timedelta(*_only(list, value)),
    " u": UUID,
    " n": _untag_decimal,
    " m": lambda value: Markup(_only(str, value)),  # noqa: S704, it was one
    HOST: lambda value: HostValue(_only(str, value)),
}


def encode(value: Any) -> str:
    """The JSON of a tagged value."""
    return "".join(c_encode(value, 0))


# JSONEncoder.encode makes one anew for every call. This one does not look for cycles,
# which the limit on depth finds, has no default and no indent, and refuses NaN.
c_encode: Any = json.encoder.c_make_encoder(  # type: ignore[attr-defined]
    None,
    None,
    json.encoder.encode_basestring_ascii,
    None,
    ":",
    ",",
    False,
    False,
    False,
)
