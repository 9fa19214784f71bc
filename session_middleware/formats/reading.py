"""CookieReader: what the readers of other formats share, and option checks."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from itsdangerous import BadPayload, SignatureExpired

from ..config import check_lifetime
from ..cookies import Cookie, needs_secure
from ..exceptions import ConfigurationError
from ..keys import HoldsKeys
from ..migration import Foreign

__all__ = ["CookieReader"]


class CookieReader(HoldsKeys):
    """Reads one cookie of another framework.

    :param name: of the cookie.
    :param domain: where it is deleted; ``None``: it has no Domain.
    :param path: where it is deleted.
    :param max_age: seconds from its issue; ``None``: no limit but our own.
    """

    #: The cookie that is read and then deleted. Assign another if theirs has more
    #: attributes that a deletion must repeat, such as Partitioned.
    cookie: Cookie

    def __init__(
        self, name: str, domain: str | None, path: str, max_age: float | None
    ) -> None:
        # Secure only if a prefix of the name needs it: without it, browsers obey the
        # deletion over http too. A deletion needs no HttpOnly.
        secure = isinstance(name, str) and needs_secure(name, None, False)
        self.cookie = Cookie(name, domain, path, secure)
        self._max_age = max_age

    def read(self, value: str) -> Foreign:
        """Verify a value, then decode it.

        :raises itsdangerous.BadData: it does not verify, or cannot be read.
        :raises SerializationError: it verifies, and is a pickle.
        """
        raise NotImplementedError

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def check_age(self, issued: float) -> None:
        """Refuse what is too old.

        :raises itsdangerous.SignatureExpired: the other framework would refuse it.
        """
        if self._max_age is not None and self.now() - issued > self._max_age:
            raise SignatureExpired("older than its framework allows")


def in_ascii(value: str) -> bytes:
    """The bytes of a cookie's value, which is ASCII in each of these formats."""
    try:
        return value.encode("ascii")
    except UnicodeEncodeError:
        raise BadPayload("not ASCII") from None


def in_seconds(option: str, value: timedelta | float | None) -> float | None:
    """Seconds, from a framework's option in seconds or a ``timedelta``."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            value = timedelta(seconds=value)
        except (OverflowError, ValueError):  # infinite, or NaN
            raise ConfigurationError(option, "must be seconds, or None") from None
    return None if value is None else check_lifetime(option, value).total_seconds()


def check_salt(salt: object) -> str:
    """The same, if it is a str."""
    if not isinstance(salt, str):
        raise ConfigurationError("salt", "must be a str")
    return salt


def check_digest(option: str, digest_method: Callable[..., Any]) -> Callable[..., Any]:
    """The same, if it is a :mod:`hashlib` constructor."""
    try:
        digest_method().digest()
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigurationError(
            option, "must be one of hashlib's, such as hashlib.sha256"
        ) from error
    return digest_method
