"""What is fuzzed: each format's reader, its golden cookie, and its framework's signer.

They are those of the format's own tests, so that a new format is a few lines here.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b64decode
from random import Random
from typing import Any

from django.core import signing
from itsdangerous import Signer

from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface
from session_middleware.formats.ours import OurCookies
from session_middleware.tokens.sealed import STEP, TIME_SIZE

from ..formats.test_beaker import TestBeaker
from ..formats.test_django import SALT, TestDjango
from ..formats.test_flask_reader import TestFlask
from ..formats.test_ours import TestOurs
from ..formats.test_pyramid import TestPyramid
from ..formats.test_starlette import TestStarlette
from ..support import KEY, START, make_interface
from .mutations import odd_data, odd_time


class Signed(TestOurs):
    """A signed cookie of ours, accepted and at home."""

    def homes(self) -> list[Any]:
        return [self.interface()]

    def text_of(self, value: str) -> str:
        return value.rpartition(".")[0]

    def content(self, rng: Random) -> Any:
        return [odd_time(rng), rng.choice([0, 1, 1, 2**70, -1]), odd_data(rng)]

    def sign_text(self, text: bytes) -> str:
        salt = "old:__Host-session"
        signer = Signer(KEY, salt, ".", "hmac", hashlib.sha256)
        return signer.sign(text).decode("latin-1")


class Sealed:
    """An encrypted cookie of ours, accepted and at home."""

    content = Signed.content

    def __init__(self) -> None:
        self._interface = make_interface(
            EncryptedCookieSessionInterface, cookie_name="old"
        )
        self._serializer = self._interface.make_serializer("old")
        # A nonce is random, so that a golden one is written down.
        self.golden = (
            "Aax8Ew66tLiBe4NUI53hRwvrwJuU_hKxkQqrjM1O6HUvgyBvauz6Ebeg3KwhG05o7IbU7cePe7"
            "091_Tu0_56yjxn-gkS34NcRZBxlYFwSELOssGTEeUNbdO2lOaFKwXVl_0fUVeJICWrUgG43w"
        )

    def homes(self) -> list[Any]:
        return [self._interface]

    def reader(self) -> Any:
        return OurCookies(self._interface)

    def sign(self, payload: bytes) -> str:
        padding = bytes(-(TIME_SIZE + len(payload)) % STEP)
        issued = min(int(time.time()), 2**63)
        return self._serializer.sign(payload + padding, issued)

    def text_of(self, value: str) -> str:
        return '[1800000000,0,{"user":"ada"}]' + "\0" * 27  # it cannot be seen

    def sign_text(self, text: bytes) -> str:
        return self._serializer.sign(text, START)


class Bare:
    """A framework's cookie, whose JSON is the data."""

    text_of = Signed.text_of

    def homes(self) -> list[Any]:
        return []

    def content(self, rng: Random) -> Any:
        return odd_data(rng)


class Flask(Bare, TestFlask):
    """Accepted, and written by our interface for Flask's cookies."""

    def homes(self) -> list[Any]:
        return [make_interface(FlaskCookieSessionInterface, absolute_lifetime=None)]

    def sign_text(self, text: bytes) -> str:
        signer = Signer(KEY, "cookie-session", ".", "hmac", hashlib.sha1)
        return signer.sign(text).decode("latin-1")


class Starlette(Bare, TestStarlette):
    def sign_text(self, text: bytes) -> str:
        return Signer(KEY).sign(text).decode("latin-1")


class Django(Bare, TestDjango):
    def text_of(self, value: str) -> str:
        return value.rpartition(":")[0]

    def sign_text(self, text: bytes) -> str:
        return signing.Signer(key=KEY, salt=SALT).sign(text.decode("latin-1"))


class Pyramid(Bare, TestPyramid):
    def content(self, rng: Random) -> Any:
        return [odd_time(rng), odd_time(rng), odd_data(rng)]

    def sign(self, payload: bytes) -> str:
        return self.sign_all(payload)

    sign_text = sign

    def text_of(self, value: str) -> str:
        return b64decode(value + "==", "-_")[64:].decode("latin-1")


class Beaker(Bare, TestBeaker):
    def content(self, rng: Random) -> Any:
        times = {"_accessed_time": odd_time(rng), "_creation_time": odd_time(rng)}
        return {**odd_data(rng), **times}

    def text_of(self, value: str) -> str:
        return value[40:]

    def sign_text(self, text: bytes) -> str:
        signature = hmac.new(KEY.encode(), text, hashlib.sha1).hexdigest()
        return signature + text.decode("latin-1")


TARGETS: dict[str, Any] = {
    "signed": Signed(),
    "sealed": Sealed(),
    "flask": Flask(),
    "starlette": Starlette(),
    "pyramid": Pyramid(),
    "django": Django(),
    "beaker": Beaker(),
}
