"""EncryptedCookieSessionInterface: the whole session in a cookie that nobody can read.

It needs the extra ``encrypted``. What is in a token: see :mod:`.tokens.sealed`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .config import SessionConfig
from .exceptions import ConfigurationError
from .keys import NEEDS_CRYPTOGRAPHY, check_key_to_encrypt, check_keys
from .secure_cookie import SecureCookieSessionInterface
from .tokens.signed import SessionSerializer

if TYPE_CHECKING:
    from .tokens.sealed import SealedSerializer

__all__ = ["EncryptedCookieSessionInterface"]


class EncryptedCookieSessionInterface(SecureCookieSessionInterface):
    """Keeps the session in one cookie, sealed: neither read nor changed by others.

    Rules, options and events are those of the signed cookie. A signed one is refused,
    as an encrypted one is there; to move from one to the other, see
    :class:`.formats.ours.OurCookies`.

    :param config: every key has at least 32 bytes, ``allow_weak_secret`` or not.
    :raises ConfigurationError: naming the option that is wrong; also if
        ``cryptography`` is not installed.
    """

    #: Tells these tokens from any others under the same key and cookie name.
    salt = "session_middleware.encrypted"

    def __init__(self, config: SessionConfig | None = None) -> None:
        self._sealed_serializer = load_serializer()
        if isinstance(config, SessionConfig):
            fallbacks = config.secret_key_fallbacks
            check_keys(config.secret_key, fallbacks, check_key_to_encrypt)
        super().__init__(config)

    def make_serializer(self, cookie_name: str) -> SessionSerializer | None:
        """What seals and opens the token of one cookie; called once for each name."""
        keys = self.config.secret_keys
        if not keys:
            return None
        return self._sealed_serializer(keys, self.salt, cookie_name)


def load_serializer() -> type[SealedSerializer]:
    """Import it only now, to say what to install where it is missing."""
    try:
        from .tokens.sealed import SealedSerializer
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "EncryptedCookieSessionInterface", NEEDS_CRYPTOGRAPHY
        ) from error
    return SealedSerializer
