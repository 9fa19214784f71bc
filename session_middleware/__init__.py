"""Sessions for any WSGI application."""

from .config import SessionConfig as SessionConfig
from .cookies import Cookie as Cookie
from .exceptions import ConfigurationError as ConfigurationError
from .exceptions import LateSessionChange as LateSessionChange
from .exceptions import SerializationError as SerializationError
from .exceptions import SessionError as SessionError
from .exceptions import SessionTooLarge as SessionTooLarge
from .exceptions import SessionUnavailable as SessionUnavailable
from .exceptions import StoreError as StoreError
from .exceptions import StoreUnavailable as StoreUnavailable
from .exceptions import UnknownOption as UnknownOption
from .interface import SessionInterface as SessionInterface
from .middleware import SessionMiddleware as SessionMiddleware
from .middleware import get_session as get_session
from .migration import Foreign as Foreign
from .migration import SessionReader as SessionReader
from .open_interface import SessionOptions as SessionOptions
from .secure_cookie import SecureCookieSessionInterface as SecureCookieSessionInterface
from .session import SecureCookieSession as SecureCookieSession
from .session_base import NullSession as NullSession
from .session_base import SessionMixin as SessionMixin
from .tokens.signed import SessionSerializer as SessionSerializer
from .tokens.signed import SignedSerializer as SignedSerializer

__all__ = [
    "ConfigurationError",
    "Cookie",
    "Foreign",
    "LateSessionChange",
    "NullSession",
    "SecureCookieSession",
    "SecureCookieSessionInterface",
    "SerializationError",
    "SessionConfig",
    "SessionError",
    "SessionInterface",
    "SessionMiddleware",
    "SessionMixin",
    "SessionOptions",
    "SessionReader",
    "SessionSerializer",
    "SessionTooLarge",
    "SessionUnavailable",
    "SignedSerializer",
    "StoreError",
    "StoreUnavailable",
    "UnknownOption",
    "get_session",
]
