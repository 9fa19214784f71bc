"""The floor: the work that no signed cookie can do without, written out by hand.

On the way in: one HMAC-SHA-256 from prepared key states, its base64, the payload's
base64, one inflate if it is compressed, one run of the C JSON scanner. On the way
out: one run of the C JSON encoder, one deflate if the token is compressed, base64,
one HMAC. Nothing is split, compared, checked, tagged, dated or put into a header.

A change is one way in and one way out; a new session one way out; a re-issue one way
in and one HMAC, for it can send the payload that came; a tampered cookie one HMAC.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from json.encoder import c_make_encoder, encode_basestring_ascii
from typing import Any

from .payloads import SESSIONS

_URLSAFE = bytes.maketrans(b"+/", b"-_")
_STANDARD = bytes.maketrans(b"-_", b"+/")

_scan = json.JSONDecoder().scan_once
_encode = c_make_encoder(
    None, None, encode_basestring_ascii, None, ":", ",", False, False, False
)
_new_inner = hashlib.sha256(bytes(0x36 ^ byte for byte in range(64))).copy
_new_outer = hashlib.sha256(bytes(0x5C ^ byte for byte in range(64))).copy


def floor_of(token: str) -> dict[str, Callable[[], object]]:
    """What each case must do at least, on the bytes of one of our tokens."""
    signed = token.rpartition(".")[0].encode()
    payload = signed.rpartition(b".")[0]
    if payload.startswith(b"."):
        read, write = _compressed(signed, payload[1:])
    else:
        read, write = _plain(signed, payload)
    (_, _, data), _ = read()
    assert data in SESSIONS.values(), "this floor does not do the work"

    def sign() -> bytes:
        inner = _new_inner()
        inner.update(signed)
        outer = _new_outer()
        outer.update(inner.digest())
        return b2a_base64(outer.digest(), newline=False).translate(_URLSAFE)

    def change() -> None:
        read()
        write()

    def refresh() -> None:
        read()
        sign()

    return {
        "read": read,
        "changed": change,
        "new": write,
        "tampered": sign,
        "refresh": refresh,
    }


def _plain(
    signed: bytes, payload: bytes
) -> tuple[Callable[[], Any], Callable[[], object]]:
    value = json.loads(_padded(payload))

    def read() -> Any:
        inner = _new_inner()
        inner.update(signed)
        outer = _new_outer()
        outer.update(inner.digest())
        b2a_base64(outer.digest(), newline=False).translate(_URLSAFE)
        return _scan(a2b_base64(payload.translate(_STANDARD) + b"==").decode(), 0)

    def write() -> object:
        text = "".join(_encode(value, 0)).encode()
        b2a_base64(text, newline=False).translate(_URLSAFE)
        inner = _new_inner()
        inner.update(signed)
        outer = _new_outer()
        outer.update(inner.digest())
        return b2a_base64(outer.digest(), newline=False).translate(_URLSAFE)

    return read, write


def _compressed(
    signed: bytes, payload: bytes
) -> tuple[Callable[[], Any], Callable[[], object]]:
    value = json.loads(zlib.decompress(_padded(payload)))

    def read() -> Any:
        inner = _new_inner()
        inner.update(signed)
        outer = _new_outer()
        outer.update(inner.digest())
        b2a_base64(outer.digest(), newline=False).translate(_URLSAFE)
        raw = zlib.decompress(a2b_base64(payload.translate(_STANDARD) + b"=="))
        return _scan(raw.decode(), 0)

    def write() -> object:
        text = "".join(_encode(value, 0)).encode()
        compressor = zlib.compressobj(6, zlib.DEFLATED, 12, 5)
        raw = compressor.compress(text) + compressor.flush()
        b2a_base64(raw, newline=False).translate(_URLSAFE)
        inner = _new_inner()
        inner.update(signed)
        outer = _new_outer()
        outer.update(inner.digest())
        return b2a_base64(outer.digest(), newline=False).translate(_URLSAFE)

    return read, write


def _padded(payload: bytes) -> bytes:
    return a2b_base64(payload.translate(_STANDARD) + b"==")
