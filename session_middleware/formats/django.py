"""DjangoCookies: reads Django's signed session cookies.

``payload : timestamp : signature`` of the backend ``signed_cookies`` with the JSON
serializer: HMAC-SHA-256, the payload in base64url and compressed if it begins with a
dot, the timestamp in base 62.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from itsdangerous import BadPayload, Signer

from ..keys import Key, check_keys, framework_key
from ..migration import Foreign
from .payload import check_time, read_dict, unpack
from .reading import CookieReader, check_digest, in_ascii, in_seconds

__all__ = ["DjangoCookies"]

SALT = "django.contrib.sessions.backends.signed_cookies"
_BASE_62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class DjangoCookies(CookieReader):
    """Reads the cookies of Django's ``signed_cookies`` backend, for ``accept``.

    The data are Django's own: the key ``_auth_user_id`` says who is logged in.

    :param secret_key: Django's ``SECRET_KEY``.
    :param secret_key_fallbacks: Django's ``SECRET_KEY_FALLBACKS``.
    :param algorithm: of the signature; Django before 3.1 had ``"sha1"``.
    :param cookie_name: ``SESSION_COOKIE_NAME``; ``cookie_domain`` and ``cookie_path``
        are Django's too: the cookie is deleted there when its session has moved in.
    :param session_cookie_age: ``SESSION_COOKIE_AGE``, in seconds if it is a number.
    :param expire_at_browser_close: ``SESSION_EXPIRE_AT_BROWSER_CLOSE``.
    :raises ConfigurationError: naming the option.
    """

    def __init__(
        self,
        secret_key: Key,
        *,
        secret_key_fallbacks: Sequence[Key] = (),
        algorithm: str = "sha256",
        cookie_name: str = "sessionid",
        cookie_domain: str | None = None,
        cookie_path: str = "/",
        session_cookie_age: timedelta | float | None = timedelta(days=14),
        expire_at_browser_close: bool = False,
    ) -> None:
        age = in_seconds("session_cookie_age", session_cookie_age)
        super().__init__(cookie_name, cookie_domain, cookie_path, age)
        keys = check_keys(secret_key, secret_key_fallbacks, framework_key)
        digest = check_digest("algorithm", lambda raw=b"": hashlib.new(algorithm, raw))
        self._signer = Signer(keys, SALT, ":", "django-concat", digest)
        self._permanent = not expire_at_browser_close

    def read(self, value: str) -> Foreign:
        signed = self._signer.unsign(in_ascii(value))
        payload, _, timestamp = signed.rpartition(b":")
        issued = check_time(_read_base_62(timestamp.decode("ascii")))
        self.check_age(issued)
        data = read_dict(unpack(payload))
        expiry = data.get("_session_expiry")  # the argument of set_expiry()
        permanent = self._permanent if expiry is None else expiry != 0
        return Foreign(data, issued, None, permanent)


def _read_base_62(digits: str) -> int:
    if not set(digits).issubset(_BASE_62):
        raise BadPayload("the time is not in base 62")
    value = 0
    for digit in digits:
        value = value * len(_BASE_62) + _BASE_62.index(digit)
    return value
