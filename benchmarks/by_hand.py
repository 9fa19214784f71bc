"""A session written into the app by hand: the least that a whole request needs.

Finding the cookie, splitting it, comparing the signature, both time limits, a plain
dict, ``Vary`` and ``Set-Cookie`` are here, all in one function around the floor's
work and with public functions only. There is no session object, no interface to
override, no late commit, no second key and no typed value. What ours costs over this
is the price of those; what this costs over the floor nobody can avoid.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from binascii import a2b_base64, b2a_base64
from hmac import compare_digest
from time import time
from typing import Any

_URLSAFE = bytes.maketrans(b"+/", b"-_")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_NAME = "__Host-session"
_SUFFIX = "; Secure; HttpOnly; Path=/; SameSite=Lax"
_IDLE, _ABSOLUTE = 14 * 86400, 30 * 86400

_scan = json.JSONDecoder().scan_once
_encode = json.JSONEncoder(separators=(",", ":")).encode
_new_inner = hashlib.sha256(bytes(0x36 ^ byte for byte in range(64))).copy
_new_outer = hashlib.sha256(bytes(0x5C ^ byte for byte in range(64))).copy


def read_by_hand(header: str, headers: list[Any]) -> tuple[dict[str, Any], int]:
    """The session in a Cookie header and when it was created."""
    headers.append(("Vary", "Cookie"))
    start = header.find(_NAME)
    if start < 0 or (start and header[start - 2 : start] != "; "):
        return {}, 0
    end = header.find(";", start)
    token = header[start + len(_NAME) + 1 : end if end >= 0 else len(header)]
    signed, _, signature = token.encode("ascii").rpartition(b".")
    inner = _new_inner()
    inner.update(signed)
    outer = _new_outer()
    outer.update(inner.digest())
    expected = b2a_base64(outer.digest(), newline=False).translate(_URLSAFE)[:43]
    if not compare_digest(expected, signature):
        return {}, 0
    payload, _, timestamp = signed.rpartition(b".")
    issued = int.from_bytes(a2b_base64(timestamp.translate(_STANDARD) + b"=="), "big")
    if payload[0] == 0x2E:
        raw = a2b_base64(payload[1:].translate(_STANDARD) + b"==")
        raw = zlib.decompressobj().decompress(raw, 65536)
    else:
        raw = a2b_base64(payload.translate(_STANDARD) + b"==")
    (created, _, data), _ = _scan(raw.decode(), 0)
    now = time()
    if now - issued > _IDLE or now - created > _ABSOLUTE:
        return {}, 0
    return data, created


def write_by_hand(data: dict[str, Any], created: int, headers: list[Any]) -> None:
    """Send a session."""
    text = _encode([created, 0, data]).encode()
    if len(text) >= 128:
        compressor = zlib.compressobj(6, zlib.DEFLATED, 12, 5)
        raw = compressor.compress(text) + compressor.flush()
        payload = b"." + b2a_base64(raw, newline=False).translate(_URLSAFE).rstrip(b"=")
    else:
        payload = b2a_base64(text, newline=False).translate(_URLSAFE).rstrip(b"=")
    timestamp = b2a_base64(int(time()).to_bytes(4, "big"), newline=False)
    signed = payload + b"." + timestamp.translate(_URLSAFE).rstrip(b"=")
    inner = _new_inner()
    inner.update(signed)
    outer = _new_outer()
    outer.update(inner.digest())
    signature = b2a_base64(outer.digest(), newline=False).translate(_URLSAFE)[:43]
    token = (signed + b"." + signature).decode("ascii")
    if len(token) > 4096 - len(_NAME):
        raise ValueError
    headers.append(("Set-Cookie", f"{_NAME}={token}{_SUFFIX}"))
    headers.append(("Cache-Control", "private"))
