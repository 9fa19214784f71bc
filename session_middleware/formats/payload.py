"""Reading a payload that was verified: inflate it, and read its JSON and its times.

It is authentic, but another application wrote it and may have put anything in. So
inflating is bounded, a pickle is refused, and what cannot be read is a ``BadPayload``.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from itsdangerous import BadPayload
from itsdangerous.encoding import base64_decode, bytes_to_int

from ..exceptions import SerializationError
from ..tokens import parts, tagged_json


def unpack(payload: bytes) -> bytes:
    """Decode base64url, and inflate it if it begins with a dot.

    :raises itsdangerous.BadData: it cannot be decoded or inflated.
    """
    if payload.startswith(b"."):
        return inflate(base64_decode(payload[1:]))
    return base64_decode(payload)


def inflate(compressed: bytes) -> bytes:
    """Inflate to at most 64 KiB.

    :raises itsdangerous.BadPayload: it is more than that, or not a zlib stream.
    """
    try:
        return parts.inflate(compressed)
    except zlib.error as error:
        raise BadPayload("not compressed by zlib", error) from error
    except ValueError as error:
        raise BadPayload(str(error), error) from error


def read_dict(raw: bytes) -> dict[str, Any]:
    """Read JSON that must be a dict.

    :raises SerializationError: it is a pickle.
    :raises itsdangerous.BadPayload: it is anything else.
    """
    return check_dict(read_json(raw))


def check_dict(data: object) -> dict[str, Any]:
    """The same, if it is a dict.

    :raises itsdangerous.BadPayload: it is not.
    """
    if isinstance(data, dict):
        return data
    raise BadPayload("not a dict")


def read_json(raw: bytes) -> Any:
    """Read JSON of any kind; raises the same errors as :func:`read_dict`."""
    refuse_pickle(raw)
    try:
        return _loads(raw.decode())
    except ValueError as error:
        raise BadPayload("not JSON", error) from error


def refuse_pickle(raw: bytes) -> None:
    """Refuse a pickle, without reading anything in it.

    :raises SerializationError: it is one.
    """
    if raw.startswith(b"\x80"):  # how a pickle begins, and neither JSON nor zlib
        raise SerializationError(
            "it is a pickle, which can run code and is never read here; have the old "
            "application write JSON for as long as its sessions last"
        )


def read_seconds(timestamp: bytes) -> int:
    """A time in seconds, as itsdangerous writes it.

    :raises itsdangerous.BadData: it is not one.
    """
    try:
        return bytes_to_int(base64_decode(timestamp))
    except Exception as error:
        raise BadPayload("not a time", error) from error


def check_time(value: object) -> int:
    """A time in seconds since the epoch, rounded down.

    :raises itsdangerous.BadPayload: it is not one.
    """
    if isinstance(value, (int, float)) and 0 <= value < parts.MAX_TIME:
        return int(value)
    raise BadPayload("not a time")


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:  # perhaps only the app's own stack is full
        return tagged_json.on_a_new_stack(json.loads, text)
