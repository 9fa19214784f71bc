"""Flask's settings, as a configuration of ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from operator import itemgetter
from typing import Any

import flask
from flask.sessions import SessionInterface as Base

from ..config import SessionConfig
from ..cookies import needs_secure

Settings = tuple[Any, ...]


def config_of(
    secret_key: Any, fallbacks: Any, cookie: Settings, lifetime: timedelta
) -> SessionConfig:
    """Our configuration for Flask's options, which we read as werkzeug does."""
    name, domain, path, root, secure, httponly, site, partitioned = cookie
    samesite: Any = site.title() if isinstance(site, str) else site
    return SessionConfig(
        secret_key=secret_key,
        secret_key_fallbacks=fallbacks,
        allow_weak_secret=True,
        cookie_name=name,
        cookie_domain=domain.partition(":")[0] if domain else None,
        cookie_path=path or root,
        cookie_secure=bool(secure or needs_secure(name, samesite, partitioned)),
        cookie_httponly=bool(httponly),
        cookie_samesite=samesite,
        cookie_partitioned=bool(partitioned),
        permanent_lifetime=lifetime,
        absolute_lifetime=None,
    )


def configured(app: flask.Flask) -> Settings:
    """The cookie's options as Flask's own methods give them, in a third of the time."""
    return _get_cookie_options(app.config)


_get_cookie_options: Callable[[Any], Settings] = itemgetter(
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_DOMAIN",
    "SESSION_COOKIE_PATH",
    "APPLICATION_ROOT",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_PARTITIONED",
)
COOKIE_METHODS = [name for name in dir(Base) if name.startswith("get_cookie_")]


def named(option: str) -> str:
    """An option as Flask's configuration has it; others keep their names."""
    prefixed = f"SESSION_{option.upper()}" if option.startswith("cookie_") else option
    return _NAMES.get(option, prefixed)


_NAMES = {
    "secret_key": "SECRET_KEY",
    "secret_key_fallbacks": "SECRET_KEY_FALLBACKS",
    "permanent_lifetime": "PERMANENT_SESSION_LIFETIME",
}
