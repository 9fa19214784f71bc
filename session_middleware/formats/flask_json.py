"""Flask's tagged JSON, byte for byte.

What JSON cannot express is a dict with one key, the tag: ``{" t": [1, 2]}`` is the
tuple ``(1, 2)``. If a dict of the app looks like that, it is written as
``{" di": {" t__": [1, 2]}}``.

Flask cannot write a set, and some values do not come back from it as they were: an int
key becomes a str, a naive datetime one in UTC, and microseconds are lost. All these are
refused here. So is an instance of a subclass that is not equal to what comes back.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from markupsafe import Markup
from werkzeug.http import http_date, parse_date

from ..exceptions import SerializationError
from ..tokens import tagged_json
from ..tokens.listed_types import as_listed, with_str_keys

MAX_DEPTH = 200  # levels; Flask's own reader needs several stack frames for each


def dumps(data: dict[str, Any]) -> str:
    """The text that Flask writes for ``data``, in its default settings.

    :raises SerializationError: with the path to a value that would not come back.
    """
    try:
        return _dumps(data)
    except RecursionError:  # the app has used up most of the stack
        return tagged_json.write_on_a_new_stack(_dumps, data)


def loads(text: str) -> Any:
    """What Flask reads in ``text``.

    :raises Exception: of any kind if Flask did not write it; it is authenticated.
    """
    try:
        return _decode(text)
    except RecursionError:
        return tagged_json.on_a_new_stack(_decode, text)


def _dumps(data: dict[str, Any]) -> str:
    try:
        text = _encode(_tag(data, 0))
    except (RuntimeError, ValueError) as error:
        raise tagged_json.explained(error, data) from None
    if "\\ud" in text:
        tagged_json.refuse_surrogate_pairs(data)
    return text


def _tag(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    return _TAGGERS.get(kind, _tag_other)(value, depth)


def _tag_other(value: Any, depth: int) -> Any:
    listed = as_listed(value, _LISTED)
    kind = type(listed)
    if kind in _PLAIN or kind in _TAGGERS:
        return _tag(listed, depth)
    raise SerializationError(
        f"a {kind.__name__} does not come back from Flask's format; store {_LISTED}"
    )


def _tag_dict(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    _check_depth(depth)
    tagged = {}
    for key, item in value.items():
        if type(key) is not str:
            return _tag_dict(with_str_keys(value), depth)
        try:
            tagged[key] = _tag(item, depth + 1)
        except SerializationError as error:
            raise error.under(key) from None
    if len(tagged) == 1:
        [(key, item)] = tagged.items()
        if key in _UNTAGGERS:
            return {" di": {f"{key}__": item}}
    return tagged


def _tag_list(value: Any, depth: int) -> list[Any]:
    _check_depth(depth)
    tagged = []
    for index, item in enumerate(value):
        try:
            tagged.append(_tag(item, depth + 1))
        except SerializationError as error:
            raise error.under(index) from None
    return tagged


def _tag_datetime(value: datetime, depth: int) -> dict[str, str]:
    """The whole seconds, in UTC: an HTTP date has nothing else."""
    try:
        text = http_date(value)
        same = value.utcoffset() == timedelta(0) and parse_date(text) == value
    except Exception:  # an app's own tzinfo may raise anything
        text, same = "", False
    if not same:
        raise SerializationError(
            "Flask's format keeps a datetime's whole seconds in UTC, of the years from "
            "100; store value.astimezone(timezone.utc).replace(microsecond=0)"
        )
    return {" d": text}


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise SerializationError(
            f"nested more than {MAX_DEPTH} levels deep, or in itself"
        )


def _untag(found: dict[str, Any]) -> Any:
    """An ``object_hook``: the value that a dict of the JSON means."""
    if len(found) != 1:
        return found
    [(key, value)] = found.items()
    untagger = _UNTAGGERS.get(key)
    return found if untagger is None else untagger(value)


def _untag_dict(value: dict[str, Any]) -> dict[str, Any]:
    [(key, item)] = value.items()
    return {key.removesuffix("__"): item}


def _untag_datetime(value: str) -> datetime:
    found = parse_date(value)
    if found is None:
        raise ValueError("not a date")
    return found


_LISTED = (
    "None, bool, int, float, str, list, tuple, dict, bytes, UUID, Markup or a datetime "
    "in UTC"
)
_PLAIN: frozenset[type] = frozenset({str, int, bool, float, type(None)})
_TAGGERS: dict[type, Callable[[Any, int], Any]] = {
    dict: _tag_dict,
    list: _tag_list,
    tuple: lambda value, depth: {" t": _tag_list(value, depth)},
    bytes: lambda value, depth: {" b": b64encode(value).decode("ascii")},
    Markup: lambda value, depth: {" m": str(value)},
    UUID: lambda value, depth: {" u": value.hex},
    datetime: _tag_datetime,
}
_UNTAGGERS: dict[str, Callable[[Any], Any]] = {
    " di": _untag_dict,
    " t": tuple,
    " b": b64decode,
    " m": Markup,
    " u": UUID,
    " d": _untag_datetime,
}

_encode = json.JSONEncoder(
    check_circular=False, sort_keys=True, separators=(",", ":")
).encode
_decode = json.JSONDecoder(object_hook=_untag).decode
