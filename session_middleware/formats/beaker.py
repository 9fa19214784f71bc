"""BeakerCookies: reads Beaker's session cookies.

A signature in hexadecimal, HMAC-SHA-1, and base64 of compressed JSON. Beaker pickles
unless ``session.data_serializer = json`` says otherwise; a pickle is never read here.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode
from datetime import datetime, timedelta

from itsdangerous import BadPayload, BadSignature

from ..keys import Key, framework_key
from ..migration import Foreign
from .payload import check_time, inflate, read_dict, refuse_pickle
from .reading import CookieReader, in_ascii, in_seconds

__all__ = ["BeakerCookies"]

_SIGNATURE = 40  # hexadecimal digits
_BEAKERS_OWN = (
    *("_id", "_domain", "_path", "_accessed_time", "_creation_time"),
    "_expires",  # up to Beaker 1.13
)


class BeakerCookies(CookieReader):
    """Reads the cookies of Beaker's ``session.type = cookie``, for ``accept``.

    They must be signed JSON: not pickled, and not encrypted by ``session.encrypt_key``.

    :param validate_key: as given to Beaker, like the other parameters. The cookie is
        deleted at ``cookie_domain`` and ``cookie_path`` when its session has moved in.
    :param timeout: in seconds if it is a number.
    :param cookie_expires: ``True``: a session that is read is not permanent; else it
        is.
    :raises ConfigurationError: naming the option.
    """

    def __init__(
        self,
        validate_key: Key,
        *,
        cookie_name: str = "beaker.session.id",
        cookie_domain: str | None = None,
        cookie_path: str = "/",
        timeout: timedelta | float | None = None,
        cookie_expires: bool | int | timedelta | datetime = True,
    ) -> None:
        super().__init__(
            cookie_name, cookie_domain, cookie_path, in_seconds("timeout", timeout)
        )
        key = framework_key("validate_key", validate_key)
        self._hmac = hmac.new(key, digestmod=hashlib.sha1)
        self._permanent = cookie_expires is not True

    def read(self, value: str) -> Foreign:
        raw = in_ascii(value)
        signature, payload = raw[:_SIGNATURE], raw[_SIGNATURE:]
        expected = self._hmac.copy()
        expected.update(payload)
        if not hmac.compare_digest(expected.hexdigest().encode(), signature):
            raise BadSignature("not signed by this validate_key")
        data = _read(payload)
        issued = check_time(data.get("_accessed_time"))
        self.check_age(issued)
        created = check_time(data.get("_creation_time"))
        for key in _BEAKERS_OWN:
            data.pop(key, None)
        return Foreign(data, issued, created, self._permanent)


def _read(payload: bytes) -> dict[str, object]:
    try:
        packed = b64decode(payload)
    except binascii.Error as error:
        raise BadPayload("not base64", error) from error
    refuse_pickle(packed)
    return read_dict(inflate(packed))
