"""JSON that keeps types.

What JSON has no word for is a dict with one key that begins with a space:
``{" t": [1, 2]}`` is the tuple ``(1, 2)``. A dict of the app's that looks like one
is written as ``{" e": [key, value]}``, whether the tag is known or not, so no data
can forge a tag and an unknown tag means a newer writer.

Equal data gives equal text: sets are written sorted, dicts in their own order.
"""

from __future__ import annotations

import binascii
import json
import json.encoder
import math
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from markupsafe import Markup

from .exceptions import SerializationError

MAX_DEPTH = 64

_T = TypeVar("_T")

_PLAIN: frozenset[type] = frozenset({str, int, bool, type(None)})
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def dumps(value: Any) -> str:
    """ASCII text that :func:`loads` turns back into ``value``, types included.

    :raises SerializationError: with the path to what cannot be written exactly.
    """
    try:
        return _dumps(value)
    except RecursionError:
        return _on_a_new_stack(_dumps, value)


def loads(text: str) -> Any:
    """What :func:`dumps` wrote.

    :raises Exception: of any kind for anything else; the text is authenticated, so
        there is nothing to tell apart. A RecursionError is the caller's own: its
        stack has no room left.
    """
    try:
        value, end = _scan(text, 0)
    except StopIteration:
        raise ValueError("not JSON") from None
    except RecursionError:
        value, end = _on_a_new_stack(lambda text: _scan(text, 0), text)
    if end != len(text):
        raise ValueError("data after the end")
    return value


def _dumps(value: Any) -> str:
    try:
        text: str = _encode(_tag(value, 0))
    except ValueError:  # Python's limit on the digits of an int, and nothing else
        paths = (path for leaf, path in _leaves(value) if _is_too_long(leaf))
        raise SerializationError(
            "an int of too many digits to be read back; store it as a str",
            next(paths, ()),
        ) from None
    if "\\ud" in text:
        _refuse_surrogate_pairs(value)
    return text


def _on_a_new_stack(function: Callable[[Any], _T], argument: Any) -> _T:
    """``function(argument)`` in a thread, where all of the stack is free.

    Where the app has used up most of its own, a RecursionError says nothing about
    the argument, and a good session would be lost.
    """
    results: list[_T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(function(argument))
        except RecursionError:
            errors.append(ValueError("nested too deeply"))
        except Exception as error:
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    for error in errors:
        raise error
    return results[0]


def _tag(value: Any, depth: int) -> Any:
    """``value`` in JSON's own types. One frame a level, in any stack."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    tagger = _TAGGERS.get(kind)
    if tagger is None:
        raise SerializationError(_refusal(kind))
    return tagger(value, depth)


def _tag_dict(value: dict[Any, Any], depth: int) -> Any:
    _check_depth(depth)
    tagged = {}
    for key, item in value.items():
        if type(key) is not str:
            raise SerializationError(  # without the key, whose repr may fail
                f"has a key of type {type(key).__name__}; JSON has only str keys"
            )
        if type(item) not in _PLAIN:
            try:
                item = _TAGGERS[type(item)](item, depth + 1)
            except KeyError:
                raise SerializationError(_refusal(type(item)), (key,)) from None
            except SerializationError as error:
                raise error.under(key) from None
        tagged[key] = item
    if len(tagged) == 1:
        [(key, item)] = tagged.items()
        if key.startswith(" "):
            return {" e": [key, item]}
    return tagged


def _tag_list(value: Any, depth: int) -> list[Any]:
    _check_depth(depth)
    tagged = []
    for index, item in enumerate(value):
        if type(item) not in _PLAIN:
            try:
                item = _TAGGERS[type(item)](item, depth + 1)
            except KeyError:
                raise SerializationError(_refusal(type(item)), (index,)) from None
            except SerializationError as error:
                raise error.under(index) from None
        tagged.append(item)
    return tagged


def _tag_set(tag: str, value: Any, depth: int) -> dict[str, Any]:
    _check_depth(depth)
    items = [_tag(item, depth + 1) for item in value]
    return {tag: sorted(items, key=_encode)}


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


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise SerializationError(
            f"nested more than {MAX_DEPTH} levels deep, or in itself"
        )


def _refusal(kind: type) -> str:
    return (
        f"a {kind.__module__}.{kind.__qualname__} cannot be stored exactly; store "
        "None, bool, int, float, str, list, tuple, dict, bytes, datetime, date, time, "
        "timedelta, UUID, Decimal, set, frozenset or Markup, and no subclass"
    )


def _refuse_surrogate_pairs(value: Any) -> None:
    """Two surrogates in a row would come back as one character."""
    for leaf, path in _leaves(value):
        if isinstance(leaf, str) and _PAIR.search(leaf):
            raise SerializationError(
                "a str must not hold a surrogate pair; decode it", path
            )


def _is_too_long(leaf: Any) -> bool:
    try:
        return isinstance(leaf, int) and not repr(leaf)
    except ValueError:
        return True


def _leaves(
    value: Any, path: tuple[object, ...] = ()
) -> Iterator[tuple[Any, tuple[object, ...]]]:
    """Everything in ``value`` that is no container, keys too, and the way to it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, (*path, key)
            yield from _leaves(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    elif isinstance(value, (set, frozenset)):
        for item in value:
            yield from _leaves(item, path)
    else:
        yield value, path


_TAGGERS: dict[type, Callable[[Any, int], Any]] = {
    dict: _tag_dict,
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
}


def _untag(found: dict[str, Any]) -> Any:
    """An ``object_hook``: what a dict of the JSON stands for."""
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


def _read_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):  # 1e400
        raise ValueError("a float that is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_UNTAGGERS: dict[str, Callable[[Any], Any]] = {
    " e": _untag_escape,
    " t": lambda value: tuple(_only(list, value)),
    " s": lambda value: set(_only(list, value)),
    " f": lambda value: frozenset(_only(list, value)),
    " b": lambda value: b64decode(_only(str, value), validate=True),
    " d": lambda value: _untag_datetime(datetime, value),
    " y": date.fromisoformat,
    " h": lambda value: _untag_datetime(time, value),
    " i": lambda value: timedelta(*_only(list, value)),
    " u": UUID,
    " n": _untag_decimal,
    " m": lambda value: Markup(_only(str, value)),  # noqa: S704, it was one
}


def _encode(value: Any) -> str:
    return "".join(_c_encode(value, 0))


# What JSONEncoder.encode makes anew for every call. Without a check for cycles, which
# the limit on depth finds; without a default and an indent; NaN is refused.
_c_encode: Any = json.encoder.c_make_encoder(  # type: ignore[attr-defined]
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
_decoder: Any = json.JSONDecoder(
    object_hook=_untag, parse_float=_read_float, parse_constant=_refuse_constant
)
# JSONDecoder.raw_decode without its Python frame.
_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once
