"""Moving in from Starlette and FastAPI."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest
from itsdangerous import BadData, Signer, TimestampSigner
from starlette.datastructures import Secret
from starlette.middleware.sessions import SessionMiddleware

from session_middleware.formats.starlette import StarletteCookies

from ..support import KEY
from .reader import ReaderBehaviour


async def set_cookies(data, key):
    """The Set-Cookie values of a real response of Starlette's."""
    sent = []

    async def app(scope, receive, send):
        scope["session"].update(data)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.extend(message["headers"])

    scope = {"type": "http", "headers": []}
    await SessionMiddleware(app, key)(scope, None, send)
    return [value.decode() for name, value in sent if name.lower() == b"set-cookie"]


class TestStarlette(ReaderBehaviour):
    golden = "eyJ1c2VyIjogImFkYSJ9.a0nSAA.abq3DQi-eV2p8BEdcbl9CPOTU6g"
    created = None
    permanent = True
    max_age = 14 * 24 * 60 * 60
    refused = (("max_age", 0), ("max_age", "x"), ("max_age", 10**30), ("max_age", True))

    def reader(self, key=KEY, **options):
        return StarletteCookies(key, **options)

    def write(self, data, key=KEY):
        [line] = asyncio.run(set_cookies(data, key))
        return line.partition("=")[2].partition(";")[0]

    def sign(self, payload):
        return TimestampSigner(KEY).sign(b64encode(payload)).decode()

    @pytest.mark.parametrize(
        "signed",
        ["", "e30=", "e30=.", "e30.a0nSAA", "e30=.AAAAAAAAAAAA", "e30=.~"],
        ids=["nothing", "no time", "empty", "padding", "9 bytes", "no base64"],
    )
    def test_what_was_signed_and_is_none_of_starlettes_is_bad_data(self, signed):
        with pytest.raises(BadData):
            self.reader().read(
                Signer(KEY, TimestampSigner(KEY).salt).sign(signed).decode()
            )

    def test_a_secret_of_starlettes_is_taken_as_its_str(self):
        value = self.write({"n": 1}, Secret(KEY))

        assert self.reader(str(Secret(KEY))).read(value).data == {"n": 1}

    def test_a_cookie_that_ended_with_the_browser_still_does(self):
        assert self.reader(max_age=None).read(self.golden).permanent is False
