"""The names under which a store keeps a session's values: printable ASCII."""

from __future__ import annotations

import json
from functools import lru_cache

from ..exceptions import SerializationError
from ..stores.base import MAX_NAME
from ..tokens.listed_types import with_str_keys
from ..tokens.tagged_json import dumps

_EMPTY = "\\"  # stands for the empty key, and is no end of any other


def name_of(key: str) -> str:
    """The name of a key, which is the key itself if that is printable ASCII.

    :raises SerializationError: it is no str, or too long.
    """
    if type(key) is not str:
        [key] = with_str_keys({key: None})
    return _name_of(key)


@lru_cache(maxsize=1024)
def _name_of(key: str) -> str:
    name = dumps([key])[2:-2] or _EMPTY
    if len(name) > MAX_NAME:
        raise SerializationError(
            f"a key in a store has {MAX_NAME} characters at most, counting six for "
            "each that is not ASCII",
            (key,),
        )
    return name


def key_of(name: str) -> str:
    """The key that a name stands for.

    :raises ValueError: none does, or it is spelled otherwise.
    """
    if "\\" not in name:
        return name
    key: str = "" if name == _EMPTY else json.loads(f'"{name}"')
    if _name_of(key) != name:
        raise ValueError("another spelling of a name")
    return key
