"""The token: what is in it, how it is signed, and with which keys.

``payload . timestamp . signature``, as ``itsdangerous.URLSafeTimedSerializer``
writes it with ``key_derivation="hmac"``: each part is base64url without padding,
the payload begins with ``.`` if it is compressed, the signature is an HMAC over all
before it. The payload is the tagged JSON of ``[created, flags, data]``.

Nothing of a token is decoded before its signature is verified, and when that fails
nothing weaker is tried.
"""

from __future__ import annotations

import binascii
import hashlib
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from hmac import compare_digest
from typing import Any, NamedTuple, Protocol

from itsdangerous import BadPayload, BadSignature, TimestampSigner

from . import tagged_json

MAX_TEXT = (
    64 * 1024
)  # bytes of JSON, before compression when writing, after when reading
PERMANENT = 1  # the one flag

_MIN_COMPRESSED = 128  # bytes; shorter JSON gains nothing
_URLSAFE = bytes.maketrans(b"+/", b"-_")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
_MAX_TIME = 1 << 40  # seconds; far past what datetime holds


class Verified(NamedTuple):
    """What a token proves before anything in it is decoded.

    :param payload: the part that was signed, as it came.
    :param issued: seconds since the epoch.
    :param key: which key verified it; 0 is the one that signs.
    """

    payload: bytes
    issued: int
    key: int


class Contents(NamedTuple):
    """What is in a payload. ``created`` is in seconds since the epoch."""

    created: int
    permanent: bool
    data: dict[str, Any]
    text: str


class SessionSerializer(Protocol):
    """Turns a session into a token and back, in verbs that can stop between.

    The newest of several tokens is chosen before anything is decoded; a change is
    found by comparing text; a re-issue signs the payload it already has.
    """

    def verify(self, token: str) -> Verified:
        """Check a token's form and signature.

        :raises itsdangerous.BadPayload: it is none of ours in form.
        :raises itsdangerous.BadSignature: no key of ours signed it.
        """

    def decode(self, payload: bytes) -> Contents:
        """Read a verified payload.

        :raises itsdangerous.BadPayload: it cannot be read.
        """

    def encode(self, created: int, permanent: bool, data: dict[str, Any]) -> str:
        """The text of a session; equal sessions have equal text.

        :raises SerializationError: with the path to what cannot be stored.
        """

    def pack(self, text: str) -> bytes:
        """The payload that carries ``text``, compressed if that is shorter."""

    def sign(self, payload: bytes, issued: int) -> str:
        """The token, under the first key. ``issued``: seconds since the epoch."""


class SignedSerializer:
    """Signed and readable: the default.

    :param keys: the first signs, all verify.
    :param salt: tells these tokens from all others signed with the same key.
    :param digest_method: a :mod:`hashlib` constructor.
    """

    def __init__(
        self,
        keys: Sequence[str | bytes],
        salt: str,
        digest_method: Callable[..., Any] = hashlib.sha256,
    ) -> None:
        self._keys = [_MacKey(key, salt, digest_method) for key in keys]

    def verify(self, token: str) -> Verified:
        try:
            raw = token.encode("ascii")
        except UnicodeEncodeError:
            raise BadPayload("a token is ASCII") from None
        signed, _, signature = raw.rpartition(b".")
        payload, _, timestamp = signed.rpartition(b".")
        if not (payload and timestamp and signature) or raw.translate(None, _ALPHABET):
            raise BadPayload("a token is three parts of base64url")
        for index, key in enumerate(self._keys):
            if compare_digest(key.signature(signed), signature):
                return Verified(payload, _read_time(timestamp), index)
        raise BadSignature("no key of ours signed this")

    def decode(self, payload: bytes) -> Contents:
        try:
            return _read_contents(_unpack(payload))
        except Exception as error:  # authentic, so any failure is a newer writer's
            raise BadPayload("cannot be read", original_error=error) from error

    def encode(self, created: int, permanent: bool, data: dict[str, Any]) -> str:
        return tagged_json.dumps([created, PERMANENT if permanent else 0, data])

    def pack(self, text: str) -> bytes:
        raw = text.encode("ascii")
        if len(raw) >= _MIN_COMPRESSED:
            # A 4 KiB window and little memory: the default allocates 256 KiB a call.
            compressor = zlib.compressobj(6, zlib.DEFLATED, 12, 5)
            compressed = compressor.compress(raw) + compressor.flush()
            if len(compressed) < len(raw) - 1:
                return b"." + _base64(compressed)
        return _base64(raw)

    def sign(self, payload: bytes, issued: int) -> str:
        signed = payload + b"." + _write_time(issued)
        return (signed + b"." + self._keys[0].signature(signed)).decode("ascii")


class _MacKey:
    """An HMAC key with its two hash states prepared (RFC 2104 section 4)."""

    __slots__ = ("_inner", "_outer")

    def __init__(
        self, secret: str | bytes, salt: str, digest_method: Callable[..., Any]
    ) -> None:
        signer = TimestampSigner(
            secret, salt, key_derivation="hmac", digest_method=digest_method
        )
        key = signer.derive_key()
        block_size = digest_method().block_size
        if len(key) > block_size:
            key = digest_method(key).digest()
        key = key.ljust(block_size, b"\0")
        self._inner = digest_method(bytes(byte ^ 0x36 for byte in key))
        self._outer = digest_method(bytes(byte ^ 0x5C for byte in key))

    def signature(self, signed: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(signed)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return _base64(outer.digest())


def inspect_token(token: str) -> tuple[Contents, int]:
    """What a token says, **unverified**, and when it was issued: for the command line.

    :raises itsdangerous.BadPayload: it cannot be read.
    """
    serializer = SignedSerializer([], "")
    try:
        payload, timestamp, _ = token.encode("ascii").rsplit(b".", 2)
    except ValueError as error:
        raise BadPayload("not payload.timestamp.signature") from error
    return serializer.decode(payload), _read_time(timestamp)


def _base64(raw: bytes) -> bytes:
    return binascii.b2a_base64(raw, newline=False).translate(_URLSAFE).rstrip(b"=")


def _unbase64(text: bytes) -> bytes:
    return binascii.a2b_base64(text.translate(_STANDARD) + b"=" * (-len(text) % 4))


def _unpack(payload: bytes) -> str:
    if not payload.startswith(b"."):
        return _unbase64(payload).decode()
    inflater = zlib.decompressobj()
    raw = inflater.decompress(_unbase64(payload[1:]), MAX_TEXT)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("more than this reader inflates, or cut short")
    return raw.decode()


def _read_contents(text: str) -> Contents:
    created, flags, data = tagged_json.loads(text)
    if type(created) is not int or type(flags) is not int or type(data) is not dict:
        raise ValueError("not [created, flags, data]")
    if not 0 <= created < _MAX_TIME:
        raise ValueError("created at no possible time")
    return Contents(created, bool(flags & PERMANENT), data, text)


@lru_cache(maxsize=64)
def _write_time(issued: int) -> bytes:
    return _base64(issued.to_bytes(8, "big").lstrip(b"\0"))


@lru_cache(maxsize=1024)
def _read_time(timestamp: bytes) -> int:
    try:
        issued = int.from_bytes(_unbase64(timestamp), "big")
    except binascii.Error:
        raise BadPayload("a timestamp is base64url") from None
    if issued >= _MAX_TIME:
        raise BadPayload("issued at no possible time")
    return issued
