"""CookieSessionInterface: opens and saves the sessions that a cookie leads to."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .backend import Backend
from .config import SessionConfig
from .cookie_settings import overrides
from .cookies import Cookie
from .headers import HeaderList
from .interface import SessionInterface
from .session import Session
from .session_base import SessionMixin

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["CookieSessionInterface", "warn_if_disabled"]

#: The two kinds of requests that a cookie may differ for, where nothing is overridden.
HTTPS: WSGIEnvironment = {"wsgi.url_scheme": "https"}
LOCALHOST: WSGIEnvironment = {"wsgi.url_scheme": "http", "HTTP_HOST": "localhost"}


class CookieSessionInterface(SessionInterface):
    """Asks the backend of a request's cookie; a subclass makes the backends.

    :param config: the settings.
    """

    def __init__(self, config: SessionConfig | None = None) -> None:
        super().__init__(config)
        base = CookieSessionInterface
        self._asks_saving = overrides(self, base, "save_session")
        self._backend_for: Callable[[Cookie], Backend | None] = lru_cache(maxsize=256)(
            self.make_backend
        )
        self._fixed: dict[bool, Backend | None] | None = None  # by Secure
        self._over_https: Backend | None = None  # where load() needs to ask nobody
        if not self.asks_backend():
            cookies = map(self.ask_cookie, (HTTPS, LOCALHOST))
            self._fixed = {each.secure: self._backend_for(each) for each in cookies}
            if not overrides(self, base, "open_session"):
                self._over_https = self._fixed[max(self._fixed)]

    # -- written by subclasses --------------------------------------------

    def make_backend(self, cookie: Cookie) -> Backend | None:
        """Where the sessions of a cookie are kept; called once for each cookie.

        :returns: ``None`` if there can be no session, as without a key.
        """
        raise NotImplementedError

    def asks_backend(self) -> bool:
        """Whether the backend may be another one for each request."""
        return self.asks_cookie or self.asks_environ

    def get_backend(self, environ: WSGIEnvironment) -> Backend | None:
        """Where this request's session is kept, if requests may differ in that."""
        return self._backend_for(self.ask_cookie(environ))

    def _prepare(self) -> None:
        """Make the backends now, if one of them may refuse what is to be accepted."""
        if self.config.accept and not self.asks_cookie:
            for request in (HTTPS, LOCALHOST):
                self._backend_for(self.ask_cookie(request))

    # -- called by a host -------------------------------------------------

    def load(self, environ: WSGIEnvironment) -> SessionMixin:
        backend = self._over_https
        if backend is None or environ.get("wsgi.url_scheme") != "https":
            return super().load(environ)
        return self.session_class(backend, environ.get("HTTP_COOKIE", ""))

    def open_session(self, environ: WSGIEnvironment) -> Session | None:
        if self._fixed is None:
            backend = self.get_backend(environ)
        else:
            backend = self._fixed[self.get_cookie_secure(environ)]
        if backend is None:
            return None
        session = self.session_class(backend, environ.get("HTTP_COOKIE", ""))
        if self.asks_environ:
            # A copy: the session will be in the environ, and no cycle is to hold both.
            session._request = dict(environ)
        return session

    def save_session(
        self, environ: WSGIEnvironment, session: Any, headers: HeaderList
    ) -> None:
        backend: Backend = session._backend  # its maker is this interface
        lines = backend.save(environ, session)
        for line in lines:
            headers.append(("Set-Cookie", line))
        if lines and environ.get("wsgi.url_scheme") != "https":
            self.report_transport(environ, backend.cookie.secure)


def warn_if_disabled(config: SessionConfig) -> None:
    """Warn, where an interface is made, that it has no key and sessions are disabled.

    :param config: the interface's.
    """
    if config.secret_key is None:
        warnings.warn(
            "sessions are disabled: SessionConfig has secret_key=None, so they read as "
            "empty and refuse to be written",
            stacklevel=3,
        )
