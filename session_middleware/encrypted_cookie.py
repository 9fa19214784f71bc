"""EncryptedCookieSessionInterface: the whole session in a cookie that nobody can read.

It needs the extra ``encrypted``. What is in a token: see :mod:`.tokens.sealed`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .config import SessionConfig
from .exceptions import ConfigurationError
from .keys import KEYGEN, MIN_KEY, Key
from .secure_cookie import SecureCookieSessionInterface
from .tokens.signed import SessionSerializer

if TYPE_CHECKING:
    from .tokens.sealed import SealedSerializer


class EncryptedCookieSessionInterface(SecureCookieSessionInterface):
    """Keeps the session in one cookie, sealed: neither read nor changed by others.

    Rules, options and events are those of the signed cookie. A signed one is refused,
    as an encrypted one is there; to move from one to the other, see
    :class:`.formats.ours.OurCookies`.

    :param config: every key has at least 32 bytes, ``allow_weak_secret`` or not.
    :raises ConfigurationError: also if ``cryptography`` is not installed.
    """

    #: Tells these tokens from any others under the same key and cookie name.
    salt = "session_middleware.encrypted"

    def __init__(self, config: SessionConfig | None = None) -> None:
        self._sealed_serializer = load_serializer()
        if isinstance(config, SessionConfig):
            _check_keys(config)
        super().__init__(config)

    def make_serializer(self, cookie_name: str) -> SessionSerializer | None:
        """What seals and opens the token of one cookie; asked once for each name."""
        config = self.config
        if config.secret_key is None:
            return None
        keys = [config.secret_key, *config.secret_key_fallbacks]
        return self._sealed_serializer(keys, self.salt, cookie_name)


def load_serializer() -> type[SealedSerializer]:
    """Asked for as late as this, so that what is missing is said with the way out."""
    try:
        from .tokens.sealed import SealedSerializer
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "EncryptedCookieSessionInterface",
            "needs the package cryptography, which is not installed; "
            "pip install session-middleware[encrypted]",
        ) from error
    return SealedSerializer


def _check_keys(config: SessionConfig) -> None:
    """A key that is guessed opens every cookie, also one that was kept for years."""
    if config.secret_key is not None:
        _check_size("secret_key", config.secret_key)
    for key in config.secret_key_fallbacks:
        _check_size("secret_key_fallbacks", key)


def _check_size(option: str, key: Key) -> None:
    size = len(key.encode() if isinstance(key, str) else key)
    if size < MIN_KEY:
        raise ConfigurationError(
            option,
            f"has {size} bytes; to encrypt takes at least {MIN_KEY}, which "
            f"allow_weak_secret does not change. {KEYGEN}",
        )
