"""What is in a payload that was verified: compressed or not, JSON, a time.

Authentic is not harmless: another writer may have put anything in it, so inflating is
bounded, a pickle is refused, and whatever cannot be read is a ``BadPayload``.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from itsdangerous import BadPayload
from itsdangerous.encoding import base64_decode, bytes_to_int

from ..exceptions import SerializationError
from ..tokens import signed, tagged_json


def unpack(payload: bytes) -> bytes:
    """base64url, of what is compressed if it begins with a dot.

    :raises itsdangerous.BadData: it is neither.
    """
    if payload.startswith(b"."):
        return inflate(base64_decode(payload[1:]))
    return base64_decode(payload)


def inflate(compressed: bytes) -> bytes:
    """At most 64 KiB.

    :raises itsdangerous.BadPayload: it is more, or no zlib stream.
    """
    try:
        return signed.inflate(compressed)
    except zlib.error as error:
        raise BadPayload("not compressed by zlib", error) from error
    except ValueError as error:
        raise BadPayload(str(error), error) from error


def read_dict(raw: bytes) -> dict[str, Any]:
    """The dict that is JSON in ``raw``.

    :raises SerializationError: it is a pickle.
    :raises itsdangerous.BadPayload: it is anything else.
    """
    return check_dict(read_json(raw))


def check_dict(data: object) -> dict[str, Any]:
    """The data of a session.

    :raises itsdangerous.BadPayload: it is none.
    """
    if isinstance(data, dict):
        return data
    raise BadPayload("not a dict")


def read_json(raw: bytes) -> Any:
    """What is JSON in ``raw``, as :func:`read_dict`."""
    refuse_pickle(raw)
    try:
        return _loads(raw.decode())
    except ValueError as error:
        raise BadPayload("not JSON", error) from error


def refuse_pickle(raw: bytes) -> None:
    """Say of a pickle that it is one.

    :raises SerializationError: it is; nothing in it was looked at.
    """
    if raw.startswith(b"\x80"):  # how a pickle begins, and neither JSON nor zlib
        raise SerializationError(
            "it is a pickle, which runs what it reads and is never read here; have the "
            "old application write JSON for as long as its sessions last"
        )


def read_seconds(timestamp: bytes) -> int:
    """A time as itsdangerous writes it.

    :raises itsdangerous.BadData: it is none.
    """
    try:
        return bytes_to_int(base64_decode(timestamp))
    except Exception as error:
        raise BadPayload("no time", error) from error


def check_time(value: object) -> int:
    """A number of seconds since the epoch, in whole ones.

    :raises itsdangerous.BadPayload: it is none.
    """
    if isinstance(value, (int, float)) and 0 <= value < signed.MAX_TIME:
        return int(value)
    raise BadPayload("no time")


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:  # perhaps only the app's own stack is full
        return tagged_json.on_a_new_stack(json.loads, text)
