"""JSON that keeps types.

What JSON cannot express is a dict with one key, the tag, which begins with a space:
``{" t": [1, 2]}`` is the tuple ``(1, 2)``. If a dict of the app looks like that, it is
written as ``{" e": [key, value]}``, whether the tag is known or not. So no data can
forge a tag, and an unknown tag means a newer writer.

Equal data gives equal text: sets are written sorted, dicts in their own order.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from contextvars import copy_context
from threading import Thread
from typing import Any, NoReturn, TypeVar

from ..exceptions import SerializationError
from .listed_types import EXACT, LEAVES, as_listed
from .tags import c_encode, tag_dict, tag_value, untag

_T = TypeVar("_T")

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def dumps(value: Any) -> str:
    """ASCII text that :func:`loads` turns back into ``value``, types included.

    :raises SerializationError: with the path to what cannot be written exactly.
    """
    try:
        return _dumps(value)
    except RecursionError:
        return write_on_a_new_stack(_dumps, value)


def loads(text: str) -> Any:
    """What :func:`dumps` wrote.

    :raises Exception: of any kind for anything else; the text is authenticated, so
        callers need not know which. A RecursionError says that the caller's own stack
        is full.
    """
    try:
        value, end = scan(text, 0)
    except StopIteration:
        raise ValueError("not JSON") from None
    except RecursionError:
        value, end = on_a_new_stack(lambda text: scan(text, 0), text)
    if end != len(text):
        raise ValueError("data after the end")
    return value


def _dumps(value: Any) -> str:
    try:
        tagged = tag_dict(value, 0) if type(value) is dict else tag_value(value, 0)
        text = "".join(c_encode(tagged, 0))  # encode(), inlined for speed
    except (RuntimeError, ValueError) as error:
        raise explained(error, value) from None
    if "\\" in text and "\\ud" in text:  # one letter is found in no time
        refuse_surrogate_pairs(value)
    return text


def explained(error: Exception, value: Any) -> Exception:
    """The error that the app gets for one that stopped the writing of ``value``."""
    if isinstance(error, RecursionError):
        return error
    if isinstance(error, RuntimeError):  # "changed size during iteration"
        return SerializationError(
            "was changed while it was written, as by a method of a value in it"
        )
    # Python's limit on the digits of an int, and nothing else.
    paths = (path for leaf, path in _leaves(value) if _is_too_long(leaf))
    return SerializationError(
        "an int of too many digits to be read back; store it as a str", next(paths, ())
    )


def write_on_a_new_stack(write: Callable[[Any], str], value: Any) -> str:
    """``write(value)``, by :func:`on_a_new_stack`.

    :raises SerializationError: with the path to a value that no stack is enough for.
    """
    try:
        return on_a_new_stack(write, value)
    except ValueError:
        raise SerializationError(
            "a value's own methods call themselves without end",
            _path_to_endless(write, value),
        ) from None


def _path_to_endless(write: Callable[[Any], str], value: Any) -> tuple[object, ...]:
    """The path to the first value that cannot be written on any stack."""
    for key, item in _children(value):
        try:
            on_a_new_stack(write, item)
        except ValueError:
            return (key, *_path_to_endless(write, item))
        except SerializationError:  # refused for another reason
            continue
    return ()


def _children(value: Any) -> list[tuple[object, Any]]:
    """The items of a dict, list or tuple, with their keys or indices."""
    kind = type(value)
    if kind is dict:
        items = [*value.items()]  # not value[key], which would call the key's methods
        return [(str.__str__(key), item) for key, item in items if _is_text(key)]
    return [*enumerate(value)] if kind is list or kind is tuple else []


def on_a_new_stack(function: Callable[[Any], _T], argument: Any) -> _T:
    """``function(argument)`` in a thread, where the whole stack is free.

    If the app has used up most of its own stack, a RecursionError says nothing about
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

    # In the app's context, where a lazy translation finds the language.
    thread = Thread(target=copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join()
    for error in errors:
        raise error
    return results[0]


def refuse_surrogate_pairs(value: Any) -> None:
    """Refuse two surrogates in a row, which would come back as one character."""
    for leaf, path in _leaves(value):
        if isinstance(leaf, str) and _PAIR.search(leaf):
            raise SerializationError(
                "a str must not hold a surrogate pair; decode it", path
            )


def _is_text(key: Any) -> bool:
    return issubclass(type(key), str)


def _is_too_long(leaf: Any) -> bool:
    try:
        return isinstance(leaf, int) and not repr(leaf)
    except ValueError:
        return True


def _leaves(
    value: Any, path: tuple[object, ...] = ()
) -> Iterator[tuple[Any, tuple[object, ...]]]:
    """Every key and every value in ``value`` that is not a container, with its path."""
    kind = type(value)
    if kind in LEAVES:
        yield value, path
        return
    if kind not in EXACT:
        value = as_listed(value)
    if isinstance(value, dict):
        for key, item in value.items():
            if type(key) is not str:
                key = str.__str__(key)
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


def _read_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):  # 1e400
        raise ValueError("a float that is too large")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder: Any = json.JSONDecoder(
    object_hook=untag, parse_float=_read_float, parse_constant=_refuse_constant
)
#: What :func:`loads` does, but for its checks: the value, and where its text ends.
scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once
