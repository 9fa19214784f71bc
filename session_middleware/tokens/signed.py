"""The token: what is in it, how it is signed, and with which keys.

``payload . timestamp . signature``, as ``itsdangerous.URLSafeTimedSerializer``
writes it with ``key_derivation="hmac"``: each part is base64url without padding,
the payload begins with ``.`` if it is compressed, the signature is an HMAC over all
before it. The payload is the tagged JSON of ``[created, flags, data]``.

Nothing of a token is decoded before its signature is verified, and when that fails
nothing weaker is tried.
"""

from __future__ import annotations

import hashlib
import zlib
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Sequence
from hmac import compare_digest
from typing import Any, Protocol

from itsdangerous import BadPayload, BadSignature, TimestampSigner

from ..keys import HoldsKeys
from .parts import (
    ALPHABET,
    MAX_TIME,
    STANDARD,
    URLSAFE,
    inflate,
    read_time,
    split_token,
    to_base64,
    write_time,
)
from .tagged_json import dumps, loads, scan

__all__ = ["Contents", "SessionSerializer", "SignedSerializer", "Verified"]

PERMANENT = 1  # the one flag

_MIN_COMPRESSED = 128  # bytes; shorter JSON gains nothing
_DOT, _BRACKET = b".["


#: What a token proves before anything in it is decoded: the payload as it came, the
#: time it was issued in seconds since the epoch, and which key verified it; 0 signs.
Verified = tuple[bytes, int, int]

#: What is in a payload: the creation time in seconds since the epoch, whether it is
#: permanent, its data, and its text.
Contents = tuple[int, bool, dict[str, Any], str]


class SessionSerializer(Protocol):
    """Turns a session into a token and back, in verbs that can stop between.

    The newest of several tokens is chosen before anything is decoded; a change is
    found by comparing text; a re-issue signs the payload it already has.

    One whose tokens do not say when a session began says ``says_created = False``.
    Nothing is decoded before :meth:`verify` has let it pass.
    """

    def verify(self, token: str) -> Verified:
        """Check a token's form and signature.

        :returns: the payload as it came, when it was issued, in seconds since the
            epoch, and which key verified it, from 0.
        :raises itsdangerous.BadPayload: it is none of ours in form.
        :raises itsdangerous.BadSignature: no key of ours signed it.
        """
        ...

    def decode(self, payload: bytes) -> Contents:
        """Read a verified payload.

        :returns: when the session began, in seconds since the epoch, whether it is
            permanent, its data, and its text.
        :raises itsdangerous.BadPayload: it cannot be read.
        """
        ...

    def encode(self, created: int, permanent: bool, data: dict[str, Any]) -> str:
        """The text of a session; equal sessions have equal text.

        :param created: when it began, in seconds since the epoch.
        :raises SerializationError: with the path to what cannot be stored.
        """
        ...

    def pack(self, text: str) -> bytes:
        """The payload that carries ``text``, compressed if that is shorter."""
        ...

    def sign(self, payload: bytes, issued: int) -> str:
        """The token, under the first key.

        :param payload: what :meth:`pack` or :meth:`verify` gives.
        :param issued: in seconds since the epoch.
        """
        ...


class SignedSerializer(HoldsKeys):
    """Tokens that are signed and can be read by anybody: the default.

    :param keys: the first signs, all verify.
    :param salt: tells these tokens from all others signed with the same key.
    :param digest_method: of the HMAC (RFC 2104); a constructor of ``hashlib``.
    """

    #: Whether a token says when its session began, and not only when it was issued.
    says_created = True

    def __init__(
        self,
        keys: Sequence[str | bytes],
        salt: str,
        digest_method: Callable[..., Any] = hashlib.sha256,
    ) -> None:
        self._sign, *self._fallbacks = (
            _signature(key, salt, digest_method) for key in keys
        )

    def verify(self, token: str) -> Verified:
        try:
            raw = token.encode("ascii")
        except UnicodeEncodeError:
            raise BadPayload("a token is ASCII") from None
        signed, _, signature = raw.rpartition(b".")
        payload, _, timestamp = signed.rpartition(b".")
        if not (payload and signature) or raw.translate(None, ALPHABET):
            raise BadPayload("a token is three parts of base64url")
        key = 0
        if not compare_digest(self._sign(signed), signature):
            key = self._find_fallback(signed, signature)
        return payload, read_time(timestamp), key

    def _find_fallback(self, signed: bytes, signature: bytes) -> int:
        for index, sign in enumerate(self._fallbacks, start=1):
            if compare_digest(sign(signed), signature):
                return index
        raise NotOurs

    def decode(self, payload: bytes) -> Contents:
        """Read a payload: base64url, compressed or not, or what is sealed.

        That is text as it is, which begins with a bracket, and its padding.
        """
        try:
            first = payload[0]
            if first == _BRACKET:
                text = payload.rstrip(b"\0").decode()
            elif first == _DOT:
                raw = a2b_base64(payload[1:].translate(STANDARD) + b"==")
                text = inflate(raw).decode()
            else:
                text = a2b_base64(payload.translate(STANDARD) + b"==").decode()
            try:  # loads(), without its frame
                (created, flags, data), end = scan(text, 0)
            except RecursionError:
                (created, flags, data), end = loads(text), len(text)
            if end != len(text):
                raise ValueError("data after the end")
            if type(created) is not int or not 0 <= created < MAX_TIME:
                raise ValueError("created at no possible time")
            if type(flags) is not int or type(data) is not dict:
                raise ValueError("not [created, flags, data]")
            return created, flags & PERMANENT != 0, data, text
        except (RecursionError, MemoryError):  # the process's, not the payload's
            raise
        except Exception as error:  # authentic, so any failure is a newer writer's
            raise BadPayload("cannot be read", original_error=error) from error

    def encode(self, created: int, permanent: bool, data: dict[str, Any]) -> str:
        flags = PERMANENT if permanent else 0
        return f"[{created},{flags},{dumps(data)}]"

    def pack(self, text: str) -> bytes:
        raw = text.encode()  # another writer's JSON need not be ASCII
        if len(raw) >= _MIN_COMPRESSED:
            # A 4 KiB window and little memory: the default allocates 256 KiB a call.
            compressor = zlib.compressobj(6, zlib.DEFLATED, 12, 5)
            compressed = compressor.compress(raw) + compressor.flush()
            if len(compressed) < len(raw) - 1:
                return b"." + to_base64(compressed)
        return to_base64(raw)

    def sign(self, payload: bytes, issued: int) -> str:
        signed = payload + b"." + write_time(issued)
        return (signed + b"." + self._sign(signed)).decode("ascii")


def _signature(
    secret: str | bytes, salt: str, digest_method: Callable[..., Any]
) -> Callable[[bytes], bytes]:
    """A function that signs, with the key's two hash states prepared (RFC 2104)."""
    signer = TimestampSigner(
        secret, salt, key_derivation="hmac", digest_method=digest_method
    )
    # A digest, which is never longer than a block of the same hash.
    key = signer.derive_key().ljust(digest_method().block_size, b"\0")
    new_inner = digest_method(bytes(byte ^ 0x36 for byte in key)).copy
    new_outer = digest_method(bytes(byte ^ 0x5C for byte in key)).copy

    def sign(signed: bytes) -> bytes:
        inner = new_inner()
        inner.update(signed)
        outer = new_outer()
        outer.update(inner.digest())
        signature = b2a_base64(outer.digest(), newline=False)
        return signature.translate(URLSAFE).rstrip(b"=")

    return sign


class NotOurs(BadSignature):
    """Of a token that no key of ours made.

    Anybody can send one, and BadSignature's own ``__init__`` would take a third of the
    time of the signature.
    """

    __init__: Any = Exception.__init__
    message = "no key of ours made this"
    payload = None


def inspect_token(token: str) -> tuple[Contents, int]:
    """What a token says, **unverified**, and when it was issued: for the command line.

    :raises itsdangerous.BadPayload: it cannot be read.
    """
    payload, issued = split_token(token)
    return SignedSerializer([b""], "").decode(payload), issued
