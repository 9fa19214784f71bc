"""PyramidCookies: reads Pyramid's signed session cookies.

``base64(signature + payload)`` as WebOb's ``SignedSerializer`` writes it, with the JSON
of ``[renewed, created, data]`` as payload.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from itsdangerous import BadPayload, BadSignature
from webob.cookies import SignedSerializer  # type: ignore[import-untyped]

from ..keys import Key, framework_key
from ..migration import Foreign
from .payload import check_dict, check_time, read_json
from .reading import CookieReader, check_digest, check_salt, in_ascii, in_seconds

__all__ = ["PyramidCookies"]


class PyramidCookies(CookieReader):
    """Reads the cookies of Pyramid's ``SignedCookieSessionFactory``, for ``accept``.

    :param secret: as given to it, like the other parameters. The cookie is deleted at
        ``cookie_domain`` and ``cookie_path`` when its session has moved in.
    :param timeout: in seconds if it is a number.
    :param max_age: ``None``: a session that is read is not permanent; else it is.
    :raises ConfigurationError: naming the option.
    """

    def __init__(
        self,
        secret: Key,
        *,
        hashalg: str = "sha512",
        salt: str = "pyramid.session.",
        cookie_name: str = "session",
        cookie_domain: str | None = None,
        cookie_path: str = "/",
        timeout: timedelta | float | None = 1200,
        max_age: int | None = None,
    ) -> None:
        super().__init__(
            cookie_name, cookie_domain, cookie_path, in_seconds("timeout", timeout)
        )
        framework_key("secret", secret)
        check_digest("hashalg", lambda: hashlib.new(hashalg))
        verified: Any = _Verified()
        self._signed = SignedSerializer(secret, check_salt(salt), hashalg, verified)
        self._permanent = max_age is not None

    def read(self, value: str) -> Foreign:
        try:
            payload = self._signed.loads(in_ascii(value))
        except ValueError as error:
            raise BadSignature("not signed as Pyramid signs") from error
        content = read_json(payload)
        try:
            renewed, created, data = content
        except (TypeError, ValueError) as error:
            raise BadPayload("not [renewed, created, data]", error) from error
        issued = check_time(renewed)
        self.check_age(issued)
        return Foreign(check_dict(data), issued, check_time(created), self._permanent)


class _Verified:
    """A serializer that decodes nothing: we decode what was verified ourselves."""

    def loads(self, payload: bytes) -> bytes:
        return payload
