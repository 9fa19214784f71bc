"""What is fuzzed: each format's reader, its golden cookie, and its framework's signer.

They are those of the format's own tests, so that a new format is one line here.
"""

from __future__ import annotations

from typing import Any

from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.ours import OurCookies
from session_middleware.sealed_token import STEP, TIME_SIZE

from ..formats.test_beaker import TestBeaker
from ..formats.test_django import TestDjango
from ..formats.test_flask_reader import TestFlask
from ..formats.test_ours import TestOurs
from ..formats.test_pyramid import TestPyramid
from ..formats.test_starlette import TestStarlette
from ..support import START, make_interface


class Sealed:
    """An encrypted cookie of ours."""

    def __init__(self) -> None:
        interface = make_interface(EncryptedCookieSessionInterface, cookie_name="old")
        self._serializer = interface.make_serializer("old")
        self._reader = OurCookies(interface)
        self.golden = self.sign(b'[1800000000,0,{"user":"ada"}]')

    def reader(self) -> Any:
        return self._reader

    def sign(self, payload: bytes) -> str:
        padding = bytes(-(TIME_SIZE + len(payload)) % STEP)
        return self._serializer.sign(payload + padding, START)


TARGETS: dict[str, Any] = {
    "signed": TestOurs(),
    "sealed": Sealed(),
    "flask": TestFlask(),
    "starlette": TestStarlette(),
    "pyramid": TestPyramid(),
    "django": TestDjango(),
    "beaker": TestBeaker(),
}
