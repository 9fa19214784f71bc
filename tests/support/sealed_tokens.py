"""Sealed tokens, written and read, also by a reader that shares nothing with ours."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import partial

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from itsdangerous import BadData

from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.tokens.sealed import SealedSerializer

from . import KEY, tokens

SALT = EncryptedCookieSessionInterface.salt
NAME = "__Host-session"
OURS = SealedSerializer([KEY], SALT, NAME)
write = partial(tokens.write, serializer=OURS)
read = partial(tokens.read, serializer=OURS)


def raw_of(token):
    return urlsafe_b64decode(token + "==")


def token_of(raw):
    return urlsafe_b64encode(raw).decode().rstrip("=")


def opens(serializer, by):
    """Whether one serializer reads what another writes."""
    try:
        serializer.verify(write({}, serializer=by))
    except BadData:
        return False
    return True


class Reference:
    """As the format is described, from HMAC, single blocks of AES, and AES-GCM."""

    def __init__(self, secret=KEY, salt=SALT, name=NAME):
        use = b"session_middleware\0\1" + len(name).to_bytes(2, "big") + name.encode()
        extracted = hmac.digest(salt.encode(), secret.encode(), "sha256")
        self.key = hmac.digest(extracted, use + b"\1", "sha256")
        self.id = hmac.digest(extracted, self.key + use + b"\2", "sha256")[:4]
        self.associated = use + self.id + salt.encode()

    def cipher(self, nonce):
        def encrypt(block):
            return Cipher(AES(self.key), ECB()).encryptor().update(block)

        first = int.from_bytes(encrypt(bytes(16)), "big")
        carry = 0b10000111 if first >> 127 else 0
        mask = ((first << 1) & ((1 << 128) - 1)) ^ carry
        blocks = [b"\0" + bytes([n]) + b"X\0" + nonce[:12] for n in (1, 2)]
        return AESGCM(
            b"".join(
                encrypt((int.from_bytes(block, "big") ^ mask).to_bytes(16, "big"))
                for block in blocks
            )
        )

    def seal(self, issued, text, nonce):
        plain = issued.to_bytes(8, "big") + text
        plain += bytes(-len(plain) % 32)
        sealed = self.cipher(nonce).encrypt(nonce[12:], plain, self.associated)
        return token_of(b"\1" + self.id + nonce + sealed)

    def open(self, token):
        raw = raw_of(token)
        nonce = raw[5:29]
        assert raw[:5] == b"\1" + self.id
        plain = self.cipher(nonce).decrypt(nonce[12:], raw[29:], self.associated)
        assert len(plain) % 32 == 0
        return int.from_bytes(plain[:8], "big"), plain[8:].rstrip(b"\0")
