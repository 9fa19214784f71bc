"""The encrypted cookie, beside the signed one's peers and the floor of its scheme.

The floor is what no such token can do without: two derivations of a message key and two
calls of AES-GCM, on the same bytes. Ours adds base64, the nonce and the checks.

Whoever comes back to the same process with the same cookie finds its message key
remembered; "unseen" is without that.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFCMAC, CounterLocation, Mode

from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.tokens import sealed
from session_middleware.tokens.sealed import SealedSerializer

from .cases import Case
from .contenders import KEY, Ours
from .payloads import SESSIONS

USES = [Case("read"), Case("changed"), Case("refresh")]
OF_FLASK = 0.24  # of Flask's signed one, at most


class Strangers(EncryptedCookieSessionInterface):
    """Remembers no token's message key."""

    def load(self, environ: Any) -> Any:
        sealed._opened.clear()
        return super().load(environ)


ENCRYPTED = Ours("encrypted", EncryptedCookieSessionInterface)
AS_STRANGERS = Ours("encrypted, unseen", Strangers)


class Probes(NamedTuple):
    """What is timed for one size: each seals and opens once."""

    floor: Callable[[], object]
    ours: Callable[[], object]


def probes_of(size: str) -> Probes:
    """For a session of this size."""
    serializer = SealedSerializer(
        [KEY], EncryptedCookieSessionInterface.salt, "session"
    )
    payload = serializer.pack(serializer.encode(0, False, SESSIONS[size]))
    token = serializer.sign(payload, 0)

    def ours() -> None:
        serializer.sign(payload, 0)
        serializer.verify(token)

    return Probes(_floor(bytes(sealed.TIME_SIZE) + payload), ours)


def _floor(plain: bytes) -> Callable[[], object]:
    key, nonce, associated = os.urandom(32), os.urandom(24), bytes(70)
    fixed = b"X\0" + nonce[:12]
    place, rest = CounterLocation.BeforeFixed, nonce[12:]

    def cipher() -> AESGCM:
        derivation = KBKDFCMAC(
            AES, Mode.CounterMode, 32, 2, None, place, None, None, fixed
        )
        return AESGCM(derivation.derive(key))

    sealed = cipher().encrypt(rest, plain, associated)

    def floor() -> None:
        cipher().encrypt(rest, plain, associated)
        cipher().decrypt(rest, sealed, associated)

    return floor
