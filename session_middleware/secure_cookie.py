"""SecureCookieSessionInterface: the whole session in a signed cookie."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData, BadPayload, BadSignature

from .backend import Backend
from .config import SessionConfig
from .cookie_interface import CookieSessionInterface
from .cookie_settings import overrides
from .cookies import Cookie, is_token
from .exceptions import ConfigurationError, SessionTooLarge
from .interface import SessionInterface
from .session import Session
from .session_base import Loaded
from .tokens.signed import MAX_TEXT, SessionSerializer, SignedSerializer, Verified
from .tracking import largest_keys

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_CANDIDATES = 4  # different values of our name that are tried


class SignedCookie(Backend):
    """The cookie itself: its value is the whole session.

    :param serializer: signs and reads the cookie's value.
    """

    value_from = "get_signing_serializer"

    def __init__(
        self, cookie: Cookie, interface: SessionInterface, serializer: SessionSerializer
    ) -> None:
        super().__init__(cookie, interface)
        self.serializer = serializer
        self.encode = serializer.encode  # type: ignore[method-assign]
        self._verify = serializer.verify
        self._decode = serializer.decode
        self._says_created = getattr(serializer, "says_created", True)

    def find(self, values: list[str], now: int) -> tuple[Loaded, dict[str, Any]]:
        token = values[0] if len(values) == 1 else self._newest(values, now)
        payload, issued, key = self._verify(token)
        created, permanent, data, text = self._decode(payload)
        kept: bytes | None = payload
        if key and created > now:  # as whoever has a key that leaked may say
            created, kept = now, None
            text = self.encode(created, permanent, data)
        status = "old_key" if key else "ok"
        found = (status, created, issued, permanent, text, len(values), kept)
        return _record(Loaded, found), data

    def write(self, session: Session) -> str:
        """The session's token; a mere re-issue keeps the payload that came."""
        loaded, changed = session.loaded, session.modified
        payload = None if changed or loaded.status == "migrated" else loaded.kept
        if payload is None:
            text = (None if changed else loaded.text) or session.text()
            if len(text) > MAX_TEXT:
                raise SessionTooLarge(len(text), MAX_TEXT, largest_keys(session))
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
            return self._decode(self.serializer.pack(text))[2]
        except BadData:  # what is too large to be sent
            return {}

    # -- several cookies of one name --------------------------------------

    def _newest(self, values: list[str], now: int) -> str:
        """The newest that verifies; of equals the later made, then the greater.

        One that is issued in the future is chosen only if there is no other.
        """
        found = self._verify_all(values)
        if len(found) > 1:
            self._interface.report(
                None, "ambiguous", cookie=self._name, valid=len(found)
            )
        latest = now + self._interface.clock_skew
        times = {value: verified[1] for value, verified in found.items()}
        newest = max(times.values(), key=lambda issued: (issued <= latest, issued))
        ties = [value for value, issued in times.items() if issued == newest]
        if len(ties) > 1:
            ties.sort(key=lambda value: (self._decode(found[value][0])[0], value))
        return ties[-1]

    def _verify_all(self, values: list[str]) -> dict[str, Verified]:
        """All that verify, if no more than four different ones are well-formed."""
        found: dict[str, Verified] = {}
        refused = 0
        for value in dict.fromkeys(values):
            try:
                found[value] = self._verify(value)
            except BadPayload:
                continue
            except BadSignature:
                refused += 1
            if len(found) + refused > MAX_CANDIDATES:
                raise BadPayload(f"more than {MAX_CANDIDATES} different values")
        if found:
            return found
        raise (
            BadSignature("none verifies") if refused else BadPayload("none is a token")
        )


class SecureCookieSessionInterface(CookieSessionInterface):
    """Keeps the session in one cookie, signed and readable.

    No server and no database: any number of machines share it by sharing the key.
    """

    #: Before the cookie's name, it tells these tokens from any others under the key.
    #: It ends in what no name has in it, such as ``:``.
    salt = "session_middleware.v1:"
    #: A :mod:`hashlib` constructor.
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
        if self.config.secret_key is None and not self._asks_serializer:
            warnings.warn(
                "sessions are disabled: SessionConfig has secret_key=None, so they "
                "read as empty and refuse to be written",
                stacklevel=2,
            )

    def get_signing_serializer(
        self, environ: WSGIEnvironment
    ) -> SessionSerializer | None:
        """What signs and reads the token; ``None``: there can be no session."""
        return self._serializer_for(self.get_cookie_name(environ))

    def make_serializer(self, cookie_name: str) -> SessionSerializer | None:
        """What signs and reads the token of one cookie; asked once for each name."""
        config = self.config
        if config.secret_key is None:
            return None
        _check_separated(self.salt)
        keys = [config.secret_key, *config.secret_key_fallbacks]
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


# A third of the time that Loaded(...) takes.
_record: Callable[..., Loaded] = tuple.__new__
_VERBS = ("verify", "decode", "encode", "pack", "sign")
