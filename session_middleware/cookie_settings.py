"""CookieSettings: what the cookie of a request is like.

Answered from the configuration, or by a subclass for each request.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from .config import SessionConfig
from .cookies import Cookie, automatic_name, needs_secure
from .exceptions import ConfigurationError
from .localhost import is_local

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class CookieSettings:
    """The part of an interface that is about its cookie.

    :param config: the settings.
    """

    def __init__(self, config: SessionConfig) -> None:
        self.config = config
        self._make_cookie = lru_cache(maxsize=256, typed=True)(Cookie)
        self._asks_name = overrides(self, CookieSettings, "get_cookie_name")
        #: Whether a subclass answers any of them for each request.
        self.asks_cookie = overrides(self, CookieSettings, *_METHODS)
        samesite, partitioned = config.cookie_samesite, config.cookie_partitioned
        self._always_secure = needs_secure(config.cookie_name, samesite, partitioned)
        self._asks_attributes = overrides(
            self, CookieSettings, "get_cookie_samesite", "get_cookie_partitioned"
        )
        self._decides_secure = config.cookie_secure == "auto" and not overrides(
            self, CookieSettings, "get_cookie_secure"
        )

    def get_cookie_name(self, environ: WSGIEnvironment) -> str:
        """The cookie's name. Called once, before the app."""
        if self.config.cookie_name is not None:
            return self.config.cookie_name
        return automatic_name(
            self.get_cookie_domain(environ),
            self.get_cookie_path(environ),
            self.get_cookie_secure(environ),
        )

    def get_cookie_domain(self, environ: WSGIEnvironment) -> str | None:
        """The Domain attribute; ``None`` keeps the cookie to the one host."""
        return self.config.cookie_domain

    def get_cookie_path(self, environ: WSGIEnvironment) -> str:
        """The Path attribute; a page outside of this path gets no cookie."""
        return self.config.cookie_path

    def get_cookie_secure(self, environ: WSGIEnvironment) -> bool:
        """Whether the cookie is Secure, for https alone. Called once, before the app.

        With ``cookie_secure="auto"`` it is, except on plain http to a loopback host
        with no sign of a proxy.
        """
        secure = self.config.cookie_secure
        if secure != "auto":
            return secure
        if self._always_secure or not is_local(environ):
            return True
        return self._asks_attributes and needs_secure(
            None,
            self.get_cookie_samesite(environ),
            self.get_cookie_partitioned(environ),
        )

    def get_cookie_httponly(self, environ: WSGIEnvironment) -> bool:
        """Whether the cookie is hidden from scripts."""
        return self.config.cookie_httponly

    def get_cookie_samesite(self, environ: WSGIEnvironment) -> str | None:
        """The SameSite attribute; ``None`` writes none."""
        return self.config.cookie_samesite

    def get_cookie_partitioned(self, environ: WSGIEnvironment) -> bool:
        """Whether the cookie is Partitioned: one for each site that embeds this one."""
        return self.config.cookie_partitioned

    def ask_cookie(self, environ: WSGIEnvironment) -> Cookie:
        """The cookie of this request; each method is called once at most.

        :raises ConfigurationError: an answer is not one a browser would take.
        """
        domain, path = self.get_cookie_domain(environ), self.get_cookie_path(environ)
        secure = self.get_cookie_secure(environ)
        if self.config.cookie_name is None and not self._asks_name:
            name = automatic_name(domain, path, secure)
        else:
            name = self.get_cookie_name(environ)
            if self._decides_secure and isinstance(name, str):  # by its prefix, too
                secure = secure or needs_secure(name, None, False)
        answers = (
            self.get_cookie_httponly(environ),
            self.get_cookie_samesite(environ),
            self.get_cookie_partitioned(environ),
        )
        try:
            return self._make_cookie(name, domain, path, secure, *answers)
        except TypeError as error:  # not hashable, so no attribute of a cookie
            raise ConfigurationError("get_cookie_*", str(error)) from error


def overrides(instance: object, base: type, *methods: str) -> bool:
    """Whether the class of ``instance`` has its own version of a method."""
    kind = type(instance)
    return any(getattr(kind, name) is not getattr(base, name) for name in methods)


_METHODS = (
    "get_cookie_name",
    "get_cookie_domain",
    "get_cookie_path",
    "get_cookie_secure",
    "get_cookie_httponly",
    "get_cookie_samesite",
    "get_cookie_partitioned",
)
