"""SealedSerializer: encrypted tokens, which nobody can read without the key.

They are base64url without padding (RFC 4648 section 5), in the canonical spelling
alone::

    +---------+--------+----------+----------------------------------+----------+
    | version | key id | nonce    | sealed                           | tag      |
    | 1 byte  | 4      | 24       | a multiple of 32                 | 16       |
    +---------+--------+----------+--------+---------------+---------+----------+
                                  | issued | text          | padding |
                                  | 8      |               | 0 to 31 |
                                  +--------+---------------+---------+

``issued`` is in seconds since the epoch, big-endian; the text is the signed token's,
the tagged JSON of ``[created, flags, data]``; the padding is zero bytes, which no JSON
ends with. Nothing is compressed: the length would tell whether text that a visitor
chose repeats the text next to it (CRIME, CVE-2012-4929).

It is sealed by XAES-256-GCM (https://c2sp.org/XAES-256-GCM), whose nonce is long enough
to be random: 2**80 tokens of one key have two alike with a chance of 2**-32. That is
AES-256-GCM under a key derived from half of the nonce (NIST SP 800-108r1).

The key that seals a cookie's tokens is derived from a secret key by HKDF-SHA-256 (RFC
5869). It is for one use, and the associated data repeats that::

    use              "session_middleware", 0, version, length of name (2 bytes), name
    key, key id      HKDF(secret key, salt=salt, info=use): 32 and 4 bytes
    associated data  use, key id, salt
"""

from __future__ import annotations

import os
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from itsdangerous import BadPayload

from ..keys import HoldsKeys
from .signed import NotOurs, SignedSerializer, Verified

__all__ = ["SealedSerializer"]

VERSION = 1
KEY_ID_SIZE = 4  # bytes, as all sizes here
KEY_SIZE = 32
NONCE_SIZE = 24
TAG_SIZE = 16
TIME_SIZE = 8
STEP = 32  # what is sealed is a multiple of this
CIPHER_SIZE = 2560  # what one cipher takes in memory
MAX_REMEMBERED = 640 * 1024  # for the ciphers of opened tokens, in the whole process

_KEY_ID = slice(1, 1 + KEY_ID_SIZE)
_NONCE = slice(_KEY_ID.stop, _KEY_ID.stop + NONCE_SIZE)
_SEALED = slice(_NONCE.stop, None)  # and its tag
_OVERHEAD = _NONCE.stop + TAG_SIZE
_HALF = NONCE_SIZE // 2
_PAD = b"\0"
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# The last characters, by the length modulo 4, that have no bits which decoding ignores.
_LAST = (_DIGITS, "", _DIGITS[::16], _DIGITS[::4])
_LABEL = b"session_middleware\0"


def xaes_256_gcm(prepared: CMAC, nonce: bytes) -> AESGCM:
    """The cipher of one message, which takes the rest of the nonce, ``nonce[12:]``.

    Its key is derived in counter mode with CMAC as the pseudorandom function (NIST SP
    800-108r1 section 4.1), from a counter of two bytes, the label ``X``, a zero byte
    and the context, the first half of the nonce. What that section writes as a new
    ``PRF(key, ...)`` for each block is here a copy of one that has taken no input yet:
    the key schedule is the same for all, and so is the outcome.

    :param prepared: :func:`prepare` of a key; it is copied, and never updated.
    :param nonce: 24 bytes.
    """
    context = b"X\0" + nonce[:_HALF]
    first, second = prepared.copy(), prepared.copy()
    first.update(b"\0\1" + context)
    second.update(b"\0\2" + context)
    return AESGCM(first.finalize() + second.finalize())


def prepare(key: bytes) -> CMAC:
    """What :func:`xaes_256_gcm` takes for a key of 32 bytes."""
    return CMAC(AES(key))


def new_nonce() -> bytes:
    """Random bytes from the system: forks and machines need not share a counter."""
    return os.urandom(NONCE_SIZE)


class SealedSerializer(SignedSerializer):
    """Seals tokens with the same text as a signed one's, and opens them.

    The cipher is XAES-256-GCM, with keys that HKDF-SHA-256 (RFC 5869) derives.

    :param keys: of at least 32 bytes; the first seals, all open.
    :param salt: keeps these tokens apart from all others sealed with the same key.
    :param cookie_name: a token opens under no other.
    """

    def __init__(
        self, keys: Sequence[str | bytes], salt: str, cookie_name: str
    ) -> None:
        sealing = [_SealingKey(key, salt, cookie_name) for key in keys]
        self._seal = sealing[0].seal
        # Two keys may have the same id, by a chance of 2**-32: then both are tried.
        self._keys: dict[bytes, list[tuple[int, _SealingKey]]] = {}
        for index, key in enumerate(sealing):
            self._keys.setdefault(key.id, []).append((index, key))

    def verify(self, token: str) -> Verified:
        raw = _from_base64(token)
        for index, key in self._keys.get(raw[_KEY_ID], ()):
            try:
                opened = key.open(raw)
            except InvalidTag:
                continue
            return opened[TIME_SIZE:], int.from_bytes(opened[:TIME_SIZE], "big"), index
        raise NotOurs

    def pack(self, text: str) -> bytes:
        raw = text.encode()
        return raw + _PAD * (-(TIME_SIZE + len(raw)) % STEP)

    def sign(self, payload: bytes, issued: int) -> str:
        return _to_base64(self._seal(_write_time(issued) + payload))


class _SealingKey(HoldsKeys):
    """The key of one cookie's tokens, derived from a secret key."""

    __slots__ = ("_associated", "_head", "_key", "_prepared", "id")

    def __init__(self, secret: str | bytes, salt: str, cookie_name: str) -> None:
        name = cookie_name.encode()
        use = _LABEL + bytes([VERSION]) + len(name).to_bytes(2, "big") + name
        derivation = HKDF(SHA256(), KEY_SIZE + KEY_ID_SIZE, salt.encode(), use)
        raw = secret.encode() if isinstance(secret, str) else secret
        derived = derivation.derive(raw)
        self._key, self.id = derived[:KEY_SIZE], derived[KEY_SIZE:]
        self._prepared = prepare(self._key)
        self._head = bytes([VERSION]) + self.id
        self._associated = use + self.id + salt.encode()

    def seal(self, plain: bytes) -> bytes:
        nonce = new_nonce()
        cipher = xaes_256_gcm(self._prepared, nonce)
        sealed = cipher.encrypt(nonce[_HALF:], plain, self._associated)
        return self._head + nonce + sealed

    def open(self, raw: bytes) -> bytes:
        """The plaintext of a token.

        :raises cryptography.exceptions.InvalidTag: another key sealed it, or it was
            changed.
        """
        nonce = raw[_NONCE]
        known = self._key, nonce[:_HALF]
        cipher = _opened.get(known)
        if cipher is not None:
            return cipher.decrypt(nonce[_HALF:], raw[_SEALED], self._associated)
        cipher = xaes_256_gcm(self._prepared, nonce)
        plain = cipher.decrypt(nonce[_HALF:], raw[_SEALED], self._associated)
        if len(_opened) >= MAX_REMEMBERED // CIPHER_SIZE:
            _opened.clear()  # in one step: other threads may be reading it
        _opened[known] = cipher
        return plain


# The ciphers of opened tokens, by key and half nonce. A browser sends one token again
# and again, and deriving its cipher is half of the time that opening it takes. Only
# authentic tokens get in here. Sealing needs a new nonce, and so a new cipher.
_opened: dict[tuple[bytes, bytes], AESGCM] = {}


@lru_cache(maxsize=64)
def _write_time(issued: int) -> bytes:
    return max(issued, 0).to_bytes(TIME_SIZE, "big")


def _to_base64(raw: bytes) -> str:
    text = b2a_base64(raw, newline=False).decode("ascii")
    return text.replace("+", "-").replace("/", "_").rstrip("=")


def _from_base64(token: str) -> bytes:
    """The bytes of a token in the right form and the canonical spelling.

    :raises itsdangerous.BadPayload: it is in another form or spelling.
    """
    try:
        raw = a2b_base64(token.replace("-", "+").replace("_", "/") + "==")
    except ValueError:
        raise BadPayload("a sealed token is base64url") from None
    size = len(raw) - _OVERHEAD
    if size < STEP or size % STEP or raw[0] != VERSION:
        raise BadPayload("not a sealed token, or of another version")
    # Decoding skips characters that are not base64, and then there are fewer bytes.
    if len(token) != (len(raw) * 4 + 2) // 3 or "+" in token or "/" in token:
        raise BadPayload("a sealed token is base64url without padding")
    if token[-1] not in _LAST[len(token) % 4]:
        raise BadPayload("not the canonical spelling of a sealed token")
    return raw
