"""Flask's session cookies: shared with a Flask app, or read to move here from one.

``payload . timestamp . signature``, as our own: HMAC-SHA-1, the salt
``cookie-session`` whatever the cookie's name, and as payload the tagged JSON of the
data, with ``session.permanent`` as its key ``_permanent``. Flask itself is not needed.
"""

from __future__ import annotations

import hashlib
import warnings
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from itsdangerous import BadPayload
from itsdangerous.encoding import base64_encode

from ..config import SessionConfig
from ..exceptions import SerializationError
from ..keys import Key, check_keys, framework_key
from ..migration import Foreign
from ..secure_cookie import SecureCookieSessionInterface
from ..tokens.signed import Contents, SessionSerializer, SignedSerializer, Verified
from . import flask_json
from .payload import read_seconds, unpack
from .reading import CookieReader, check_digest, check_salt, in_seconds

__all__ = ["FlaskCookieSessionInterface", "FlaskCookies", "FlaskSerializer"]

SALT = "cookie-session"
PERMANENT = "_permanent"


class FlaskSerializer(SignedSerializer):
    """The serializer of Flask's tokens.

    They have no creation time, so the issue time is taken for it: the payload that
    ``verify()`` gives ends in a dot and that time. What ``pack()`` gives ends in
    the dot.
    """

    says_created = False

    def verify(self, token: str) -> Verified:
        _, issued, key = super().verify(token)
        return token.rpartition(".")[0].encode(), issued, key

    def decode(self, payload: bytes) -> Contents:
        body, _, timestamp = payload.rpartition(b".")
        try:
            data = flask_json.loads(unpack(body).decode())
            permanent = bool(data.pop(PERMANENT, False))
            # Encoded again: Flask's JSON may be set to write keys in another order.
            text = self.encode(0, permanent, data)
        except (RecursionError, MemoryError):  # not the payload's fault
            raise
        except Exception as error:
            raise BadPayload("cannot be read", original_error=error) from error
        return read_seconds(timestamp), permanent, data, text

    def encode(self, created: int, permanent: bool, data: dict[str, Any]) -> str:
        if PERMANENT in data:
            raise SerializationError(
                "is where Flask's format keeps session.permanent; set that instead",
                (PERMANENT,),
            )
        return flask_json.dumps({**data, PERMANENT: True} if permanent else data)

    def pack(self, text: str) -> bytes:
        raw = text.encode()
        compressed = zlib.compress(raw)  # at Flask's level, which gives the same bytes
        if len(compressed) < len(raw) - 1:
            return b"." + base64_encode(compressed) + b"."
        return base64_encode(raw) + b"."

    def sign(self, payload: bytes, issued: int) -> str:
        return super().sign(payload.rpartition(b".")[0], issued)


class FlaskCookieSessionInterface(SecureCookieSessionInterface):
    """Reads and writes Flask's own cookies, so that a Flask app shares its login.

    Both need the same key, cookie name, Domain and Path. What Flask would not give
    back as it was, such as a set or a naive datetime, is a ``SerializationError``.
    ``session.permanent`` is the key ``_permanent`` of the cookie and not one of the
    session's. A session's creation time is that of its last issue.

    :param config: the settings; the cookie's name is ``session`` by default. An
        ``absolute_lifetime`` cannot be enforced: anything but ``None`` warns.
    """

    salt = SALT
    digest_method: Callable[..., Any] = staticmethod(hashlib.sha1)

    def __init__(self, config: SessionConfig | None = None) -> None:
        super().__init__(_for_flask(config))

    def make_serializer(self, cookie_name: str) -> SessionSerializer | None:
        keys = self.config.secret_keys
        if not keys:
            return None
        return FlaskSerializer(keys, self.salt, self.digest_method)


def _for_flask(config: SessionConfig | None) -> SessionConfig | None:
    if not isinstance(config, SessionConfig):
        return config
    if config.absolute_lifetime is not None:
        warnings.warn(
            "absolute_lifetime is not enforced: Flask's cookies do not say when a "
            "session began. Set absolute_lifetime=None, and rely on permanent_lifetime",
            stacklevel=3,
        )
    name = "session" if config.cookie_name is None else config.cookie_name
    return replace(config, cookie_name=name, absolute_lifetime=None)


class FlaskCookies(CookieReader):
    """Reads Flask's cookies for ``SessionConfig.accept``.

    :param secret_key: the app's, and so are ``secret_key_fallbacks``.
    :param salt: of the app's session interface, and so is ``digest_method``.
    :param cookie_name: the app's, and so are ``cookie_domain`` and ``cookie_path``:
        the cookie is deleted there when its session has moved in.
    :param permanent_session_lifetime: the app's, in seconds if it is a number;
        ``None``: only the limits of the configuration.
    :raises ConfigurationError: naming the option.
    """

    def __init__(
        self,
        secret_key: Key,
        *,
        secret_key_fallbacks: Sequence[Key] = (),
        salt: str = SALT,
        digest_method: Callable[..., Any] = hashlib.sha1,
        cookie_name: str = "session",
        cookie_domain: str | None = None,
        cookie_path: str = "/",
        permanent_session_lifetime: timedelta | float | None = timedelta(days=31),
    ) -> None:
        lifetime = in_seconds("permanent_session_lifetime", permanent_session_lifetime)
        super().__init__(cookie_name, cookie_domain, cookie_path, lifetime)
        keys = check_keys(secret_key, secret_key_fallbacks, framework_key)
        digest = check_digest("digest_method", digest_method)
        self._serializer = FlaskSerializer(keys, check_salt(salt), digest)

    def read(self, value: str) -> Foreign:
        payload, issued, _ = self._serializer.verify(value)
        self.check_age(issued)
        _, permanent, data, _ = self._serializer.decode(payload)
        return Foreign(data, issued, None, permanent)
