"""StarletteCookies: reads Starlette's session cookies, which are FastAPI's too.

``payload . timestamp . signature`` of an ``itsdangerous.TimestampSigner`` in its
default settings: HMAC-SHA-1, and as payload the base64 of JSON.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import timedelta

from itsdangerous import BadPayload, Signer, TimestampSigner

from ..exceptions import ConfigurationError
from ..keys import framework_key
from ..migration import Foreign
from .payload import check_time, read_dict, read_seconds
from .reading import CookieReader, in_ascii, in_seconds

__all__ = ["StarletteCookies"]


class StarletteCookies(CookieReader):
    """Reads the cookies of Starlette's ``SessionMiddleware``, for ``accept``.

    :param secret_key: as given to it; if that was a ``Secret``, ``str()`` of it.
    :param cookie_name: as given to it, and so are ``cookie_domain`` and
        ``cookie_path``: the cookie is deleted there when its session has moved in.
    :param max_age: as given to it, in seconds if it is a number.
    :raises ConfigurationError: naming the option.
    """

    def __init__(
        self,
        secret_key: str,
        *,
        cookie_name: str = "session",
        cookie_domain: str | None = None,
        cookie_path: str = "/",
        max_age: timedelta | float | None = timedelta(days=14),
    ) -> None:
        super().__init__(
            cookie_name, cookie_domain, cookie_path, in_seconds("max_age", max_age)
        )
        if not isinstance(secret_key, str):
            raise ConfigurationError(
                "secret_key", "must be a str: Starlette signs with str(secret_key)"
            )
        self._signer = TimestampSigner(framework_key("secret_key", secret_key))
        self._permanent = max_age is not None

    def read(self, value: str) -> Foreign:
        # Not TimestampSigner.unsign(), which would not ask our clock.
        signed = Signer.unsign(self._signer, in_ascii(value))
        payload, _, timestamp = signed.rpartition(b".")
        issued = check_time(read_seconds(timestamp))
        self.check_age(issued)
        try:
            raw = b64decode(payload)
        except binascii.Error as error:
            raise BadPayload("not base64", error) from error
        return Foreign(read_dict(raw), issued, None, self._permanent)
