"""SecureCookieSessionInterface: the whole session in a signed cookie."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .config import SessionConfig
from .cookie_settings import overrides
from .cookies import MAX_AGE, Cookie, is_token
from .exceptions import ConfigurationError, SessionTooLarge
from .headers import HeaderList
from .interface import SessionInterface
from .session import SecureCookieSession
from .session_cookie import SessionCookie, largest_keys
from .tokens.signed import SessionSerializer, SignedSerializer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class SecureCookieSessionInterface(SessionInterface):
    """Keeps the session in one cookie, signed and readable.

    No server and no database: any number of machines share it by sharing the key.
    """

    #: Before the cookie's name, it tells these tokens from any others under the key.
    #: It ends in what no name has in it, such as ``:``.
    salt = "session_middleware.v1:"
    #: A :mod:`hashlib` constructor.
    digest_method: Callable[..., Any] = staticmethod(hashlib.sha256)

    def __init__(self, config: SessionConfig | None = None) -> None:
        super().__init__(config)
        _check_signing(self.salt, self.digest_method)
        if not overrides(self, SecureCookieSessionInterface, "make_serializer"):
            _check_separated(self.salt)
        self._asks_saving = overrides(
            self, SecureCookieSessionInterface, "save_session"
        )
        self._asks_serializer = overrides(
            self, SecureCookieSessionInterface, "get_signing_serializer"
        )
        if self.config.secret_key is None and not self._asks_serializer:
            warnings.warn(
                "sessions are disabled: SessionConfig has secret_key=None, so they "
                "read as empty and refuse to be written",
                stacklevel=2,
            )
        self._large_noted = False
        self._serializer_for = lru_cache(maxsize=256)(self.make_serializer)
        self._origin_for: Callable[..., SessionCookie | None] = lru_cache(maxsize=256)(
            self._make_origin
        )
        self._fixed = self._fixed_origins()
        self._over_https = self._fixed[max(self._fixed)] if self._fixed else None

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

    def open_session(self, environ: WSGIEnvironment) -> SecureCookieSession | None:
        if self._fixed is None:
            return self._open_by_asking(environ)
        if environ.get("wsgi.url_scheme") == "https":
            origin = self._over_https
        else:
            origin = self._fixed[self.get_cookie_secure(environ)]
        if origin is None:
            return None
        return self.session_class(origin, environ.get("HTTP_COOKIE", ""))

    def save_session(
        self,
        environ: WSGIEnvironment,
        session: SecureCookieSession,
        headers: HeaderList,
    ) -> None:
        origin = session._origin
        assert isinstance(origin, SessionCookie)
        if session or not session.modified:
            lines = self._sending(environ, session, origin)
            if lines and session.came.status == "migrated":
                lines += origin.left_behind(session.header)
        else:
            lines = _deleting(session, origin) + origin.left_behind(session.header)
        if lines:
            headers += [("Set-Cookie", line) for line in lines]
            self.note_transport(environ, origin.cookie.secure)

    def _sending(
        self,
        environ: WSGIEnvironment,
        session: SecureCookieSession,
        origin: SessionCookie,
    ) -> list[str]:
        """The line that stores the session, unless it is too large."""
        try:
            value = self._value(session, origin)
        except SessionTooLarge as error:
            self.event(
                "too_large", size=error.size, limit=error.limit, largest=error.largest
            )
            if session.modified:  # a mere re-issue is nothing the app did
                return self._mend(environ, session, origin, error)
            return []
        return [self._line(environ, session, origin, value)]

    def _mend(
        self,
        environ: WSGIEnvironment,
        session: SecureCookieSession,
        origin: SessionCookie,
        error: SessionTooLarge,
    ) -> list[str]:
        """What to send after :meth:`handle_too_large` has returned."""
        session.unsettle()  # what it takes out is not late
        self.handle_too_large(environ, session, error)
        session.settle()
        if not session.modified:
            return []
        if not session:
            return _deleting(session, origin)
        try:
            value = self._value(session, origin)
        except SessionTooLarge:
            return []
        return [self._line(environ, session, origin, value)]

    def _value(self, session: SecureCookieSession, origin: SessionCookie) -> str:
        """The session's token.

        :raises SessionTooLarge: no browser would keep it.
        """
        value = origin.token(session)
        size = len(origin.cookie.name) + len(value)
        if size > self.max_cookie_size:
            raise SessionTooLarge(size, self.max_cookie_size, largest_keys(session))
        if size >= _LARGE and not self._large_noted:
            self._large_noted = True
            self.event("large", size=size, advice=_ROOM)
        return value

    def _line(
        self,
        environ: WSGIEnvironment,
        session: SecureCookieSession,
        origin: SessionCookie,
        value: str,
    ) -> str:
        """The Set-Cookie value, kept for as long as the session may live."""
        expires = self.get_expiration_time(environ, session)
        if expires is None:
            return origin.cookie.line(value)
        now = self.now()
        age = min(_max_age(expires, now), origin.longest_age(session, now))
        return origin.cookie.line(value, age, now)

    # -- where it comes from: decided at construction if nothing is overridden

    def _fixed_origins(self) -> dict[bool, SessionCookie | None] | None:
        """By the one question that is left, Secure; ``None``: ask every time."""
        if self.asks_cookie or self._asks_serializer or self.asks_environ:
            return None
        return {
            cookie.secure: self._origin_for(cookie, self._serializer_for(cookie.name))
            for cookie in map(self.ask_cookie, (HTTPS, LOCALHOST))
        }

    def _open_by_asking(self, environ: WSGIEnvironment) -> SecureCookieSession | None:
        origin = self._ask_origin(environ)
        if origin is None:
            return None
        session = self.session_class(origin, environ.get("HTTP_COOKIE", ""))
        if self.asks_environ:
            # A copy: the session will be in the environ, and no cycle is to hold both.
            session._request = dict(environ)
        return session

    def _ask_origin(self, environ: WSGIEnvironment) -> SessionCookie | None:
        cookie = self.ask_cookie(environ)
        if self._asks_serializer:
            serializer = self.get_signing_serializer(environ)
            if serializer.__hash__ is None:
                raise ConfigurationError("get_signing_serializer", "must be hashable")
            return self._origin_for(cookie, serializer)
        return self._origin_for(cookie, self._serializer_for(cookie.name))

    def _make_origin(
        self, cookie: Cookie, serializer: SessionSerializer | None
    ) -> SessionCookie | None:
        if serializer is None:
            return None
        if not all(callable(getattr(serializer, verb, None)) for verb in _VERBS):
            raise ConfigurationError(
                "get_signing_serializer", f"must give what can {', '.join(_VERBS)}"
            )
        return SessionCookie(cookie, serializer, self)


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


def _deleting(session: SecureCookieSession, origin: SessionCookie) -> list[str]:
    """The line that deletes the cookie which came.

    Where several came, deleting one would bring another back: an empty session,
    newer than all of them and kept as long as a browser keeps any, takes its place.
    """
    if not session.came.values:
        return []
    if session.came.values == 1:
        return [origin.cookie.deletion()]
    return [origin.cookie.line(origin.empty_token(session), MAX_AGE, origin.seconds())]


def _max_age(expires: object, now: float) -> int:
    if not isinstance(expires, datetime) or expires.utcoffset() is None:
        raise ConfigurationError(
            "get_expiration_time", "must give an aware datetime, or None"
        )
    age = round(expires.timestamp() - now)
    if age < 1:
        raise ConfigurationError("get_expiration_time", "must give a time to come")
    return age


_LARGE = 3000  # bytes of name and value; uWSGI refuses a little more by default
_ROOM = (
    "browsers keep up to 4096 bytes, but nginx's proxy_buffer_size and uWSGI's "
    "buffer-size are too small for that by default: set them to 8k and to 16384, or "
    "store less"
)
_VERBS = ("verify", "decode", "encode", "pack", "sign")
#: The two kinds of requests that a cookie may differ for, where nothing is overridden.
HTTPS: WSGIEnvironment = {"wsgi.url_scheme": "https"}
LOCALHOST: WSGIEnvironment = {"wsgi.url_scheme": "http", "HTTP_HOST": "localhost"}
