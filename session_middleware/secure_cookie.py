"""SecureCookieSessionInterface: the whole session in a signed cookie."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData

from .backend import Backend
from .candidates import newest
from .config import SessionConfig
from .cookie_interface import CookieSessionInterface, warn_if_disabled
from .cookie_settings import overrides
from .cookies import Cookie, is_token
from .exceptions import ConfigurationError, SessionTooLarge
from .interface import SessionInterface
from .session import Session
from .session_base import Loaded, new_loaded
from .tokens.parts import MAX_TEXT
from .tokens.signed import SessionSerializer, SignedSerializer
from .tracking import largest_keys

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class SignedCookie(Backend):
    """The cookie itself: its value is the whole session.

    :param serializer: signs and reads the cookie's value.
    """

    value_from = "get_signing_serializer"
    encode: Any  # the serializer's, with no call between

    def __init__(
        self, cookie: Cookie, interface: SessionInterface, serializer: SessionSerializer
    ) -> None:
        super().__init__(cookie, interface)
        self.serializer = serializer
        if type(serializer) is SignedSerializer:
            self._checked = str  # nothing to check: its tokens are base64url
        self.encode = serializer.encode
        self._says_created = getattr(serializer, "says_created", True)

    def find(self, values: list[str], now: int) -> tuple[Loaded, dict[str, Any]]:
        token = values[0] if len(values) == 1 else self._newest(values, now)
        payload, issued, key = self.serializer.verify(token)
        created, permanent, data, text = self.serializer.decode(payload)
        kept: bytes | None = payload
        if key and created > now:  # as whoever has a key that leaked may say
            created, kept = now, None
            text = self.encode(created, permanent, data)
        status = "old_key" if key else "ok"
        found = (status, created, issued, permanent, text, len(values), kept)
        return new_loaded(Loaded, found), data

    def write(self, session: Session) -> str:
        """The session's token; a mere re-issue keeps the payload that came."""
        loaded, text = session.loaded, session.text()
        as_it_came = text is loaded.text and loaded.status != "migrated"
        payload: bytes | None = loaded.kept if as_it_came else None
        if payload is None:
            if len(text) > MAX_TEXT:
                limit, largest = self._interface.max_cookie_size, largest_keys(session)
                raise SessionTooLarge(len(text), limit, largest, MAX_TEXT)
            payload = self.serializer.pack(text)
        # Where a token says no other beginning, a time to come would be one.
        issued = self.issue_time(session) if self._says_created else self.seconds()
        return self.serializer.sign(payload, issued)

    def erase(self, session: Session) -> str:
        text = self.encode(self.seconds(), self.permanent, {})
        payload = self.serializer.pack(text)
        return self.serializer.sign(payload, self.issue_time(session))

    def decode(self, text: str) -> dict[str, Any]:
        try:
            return self.serializer.decode(self.serializer.pack(text))[2]
        except BadData:  # what is too large to be sent
            return {}

    def _newest(self, values: list[str], now: int) -> str:
        latest, decode = now + self._interface.clock_skew, self.serializer.decode
        token, valid = newest(
            values, latest, self.serializer.verify, lambda payload: decode(payload)[0]
        )
        if valid > 1:
            facts = {"cookie": self._name, "valid": valid}
            self._interface.report(None, "ambiguous", **facts)
        return token


class SecureCookieSessionInterface(CookieSessionInterface):
    """Keeps the session in one cookie, signed and readable.

    No server and no database: any number of machines share it by sharing the key.

    :param config: the settings.
    :raises ConfigurationError: naming the option or the class attribute that is wrong.
    """

    #: Before the cookie's name, it tells these tokens from any others under the key.
    #: It ends in what no name has in it, such as ``:``.
    salt = "session_middleware.v1:"
    #: Of the HMAC; a constructor of ``hashlib``.
    digest_method: Callable[..., Any] = staticmethod(hashlib.sha256)

    def __init__(self, config: SessionConfig | None = None) -> None:
        base = SecureCookieSessionInterface
        _check_signing(self.salt, self.digest_method)
        if not overrides(self, base, "make_serializer"):
            _check_separated(self.salt)
        self._asks_serializer = overrides(self, base, "get_signing_serializer")
        self._serializer_for = lru_cache(maxsize=256)(self.make_serializer)
        self._kept_in: Callable[..., Backend | None] = lru_cache(maxsize=256)(
            self._make_backend
        )
        super().__init__(config)
        if not self._asks_serializer:
            warn_if_disabled(self.config)

    def get_signing_serializer(
        self, environ: WSGIEnvironment
    ) -> SessionSerializer | None:
        """What signs and reads the token; ``None``: there can be no session.

        Called for each request if it is overridden; give the same object for the same
        key, since what is derived from it is kept.
        """
        return self._serializer_for(self.get_cookie_name(environ))

    def make_serializer(self, cookie_name: str) -> SessionSerializer | None:
        """What signs and reads the token of one cookie; called once for each name.

        :returns: ``None`` without a key.
        """
        keys = self.config.secret_keys
        if not keys:
            return None
        _check_separated(self.salt)
        return SignedSerializer(keys, self.salt + cookie_name, self.digest_method)

    def make_backend(self, cookie: Cookie) -> Backend | None:
        return self._kept_in(cookie, self._serializer_for(cookie.name))

    def asks_backend(self) -> bool:
        return self._asks_serializer or super().asks_backend()

    def get_backend(self, environ: WSGIEnvironment) -> Backend | None:
        if not self._asks_serializer:
            return super().get_backend(environ)
        cookie = self.ask_cookie(environ)
        serializer = self.get_signing_serializer(environ)
        if serializer.__hash__ is None:
            raise ConfigurationError("get_signing_serializer", "must be hashable")
        return self._kept_in(cookie, serializer)

    def _make_backend(
        self, cookie: Cookie, serializer: SessionSerializer | None
    ) -> Backend | None:
        if serializer is None:
            return None
        if not all(callable(getattr(serializer, verb, None)) for verb in _VERBS):
            raise ConfigurationError(
                "get_signing_serializer", f"must give what can {', '.join(_VERBS)}"
            )
        return SignedCookie(cookie, self, serializer)


def _check_signing(salt: object, digest_method: Any) -> None:
    if not isinstance(salt, str):
        raise ConfigurationError("salt", "must be a str")
    try:
        digest_method().digest()
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            "digest_method", "must be a hashlib constructor, as hashlib.sha256"
        ) from error


def _check_separated(salt: str) -> None:
    """Salt and name together belong to one salt and one name."""
    if not salt or is_token(salt[-1]):
        raise ConfigurationError(
            "salt",
            "must end in a character that no cookie's name has, as 'tenant:' does, or "
            "its tokens open under other salts and names",
        )


_VERBS = ("verify", "decode", "encode", "pack", "sign")
