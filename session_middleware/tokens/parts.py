"""The parts of a token, as they are spelled: base64url, times, compressed text."""

from __future__ import annotations

import zlib
from binascii import a2b_base64, b2a_base64
from functools import lru_cache

from itsdangerous import BadPayload

MAX_TEXT = 64 * 1024  # bytes of JSON, before it is compressed and after
MAX_TIME = 1 << 40  # seconds; far past what datetime holds

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
URLSAFE = bytes.maketrans(b"+/", b"-_")
STANDARD = bytes.maketrans(b"-_", b"+/")


def split_token(token: str) -> tuple[bytes, int]:
    """The payload of a token, **unverified**, and when it was issued.

    :raises itsdangerous.BadPayload: it is no token.
    """
    parts = token.encode("ascii", "replace").rsplit(b".", 2)
    if len(parts) != 3 or b"".join(parts).translate(None, ALPHABET):
        raise BadPayload("a token is three parts of base64url")
    payload, timestamp, _ = parts
    return payload, read_time(timestamp)


def inflate(compressed: bytes) -> bytes:
    """At most 64 KiB, of whatever another writer may have compressed.

    :raises ValueError: it is more, or is cut short.
    :raises zlib.error: it is not compressed.
    """
    inflater = zlib.decompressobj()
    raw = inflater.decompress(compressed, MAX_TEXT)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("more than this reader inflates, or cut short")
    return raw


def to_base64(raw: bytes) -> bytes:
    """Base64url without padding (RFC 4648 section 5)."""
    return b2a_base64(raw, newline=False).translate(URLSAFE).rstrip(b"=")


def from_base64(text: bytes) -> bytes:
    """What was so encoded.

    :raises ValueError: nothing was.
    """
    return a2b_base64(text.translate(STANDARD) + b"==")  # more padding than it needs


@lru_cache(maxsize=64)
def write_time(issued: int) -> bytes:
    """Seconds since the epoch, as a token has them."""
    return to_base64(max(issued, 0).to_bytes(8, "big").lstrip(b"\0"))


@lru_cache(maxsize=1024)
def read_time(timestamp: bytes) -> int:
    """The same the other way.

    :raises itsdangerous.BadPayload: it is no time.
    """
    try:
        issued = int.from_bytes(from_base64(timestamp), "big")
    except ValueError:
        raise BadPayload("a timestamp is base64url") from None
    if issued >= MAX_TIME:
        raise BadPayload("issued at no possible time")
    return issued
