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

from .. import tagged_json
from ..exceptions import SerializationError
from ..serializers import MAX_TEXT


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
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(compressed, MAX_TEXT)
    except zlib.error as error:
        raise BadPayload("not compressed by zlib", error) from error
    if not inflater.eof or inflater.unused_data:
        raise BadPayload("more than this reader inflates, or cut short")
    return raw


def read_dict(raw: bytes) -> dict[str, Any]:
    """The dict that is JSON in ``raw``.

    :raises SerializationError: it is a pickle.
    :raises itsdangerous.BadPayload: it is anything else.
    """
    data = read_json(raw)
    if type(data) is not dict:
        raise BadPayload("not a dict")
    return data


def read_json(raw: bytes) -> Any:
    """What is JSON in ``raw``, as :func:`read_dict`."""
    if raw.startswith(b"\x80"):  # how a pickle begins, and no text in UTF-8
        raise SerializationError(
            "it is a pickle, which runs what it reads and is never read here; have the "
            "old application write JSON for as long as its sessions last"
        )
    try:
        text = raw.decode()
        return _loads(text)
    except ValueError as error:
        raise BadPayload("not JSON", error) from error


def read_seconds(timestamp: bytes) -> int:
    """A time as itsdangerous writes it.

    :raises itsdangerous.BadData: it is none.
    """
    try:
        return bytes_to_int(base64_decode(timestamp))
    except Exception as error:
        raise BadPayload("no time", error) from error


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:  # perhaps only the app's own stack is full
        return tagged_json._on_a_new_stack(json.loads, text)
