"""Sessions inside each other: one that is open outside is joined, or not touched.

A session is joined by its own interface alone, for its own cookie, and before its
headers have gone. Two that write one cookie are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .exceptions import ConfigurationError
from .interface import SessionInterface
from .response import CHAIN, HeldResponse
from .session_base import SessionMixin

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def enclosing(environ: WSGIEnvironment) -> Iterator[HeldResponse]:
    """The responses inside of which this request is served, the innermost first.

    Only those whose headers have not gone: another session can be joined to no other.
    """
    response: HeldResponse | None = environ.get(CHAIN)
    while response is not None:
        if not response.is_sent:
            yield response
        response = response.outer


def session_to_join(
    environ: WSGIEnvironment, interface: SessionInterface, session: SessionMixin
) -> HeldResponse | None:
    """The response outside that ``interface`` has already opened this session for.

    :param session: as the interface would open it here; another cookie is another one.
    """
    name = cookie_name(session)
    for each in enclosing(environ):
        if each.is_of(interface) and cookie_name(each.session) == name:
            return each
    return None


def open_inside(
    environ: WSGIEnvironment, interface: SessionInterface
) -> tuple[SessionMixin, HeldResponse | None]:
    """A framework's session, and the response outside that saves it, if one does.

    :raises ConfigurationError: another one outside uses its cookie.
    """
    session = interface.load(environ)
    if CHAIN in environ:
        outside = session_to_join(environ, interface, session)
        if outside is not None:
            return outside.session, outside
        for each in enclosing(environ):
            check_cookie_is_free(each, environ, session)
    return session, None


def is_joined(environ: WSGIEnvironment, session: SessionMixin) -> bool:
    """Whether a response outside saves it."""
    return any(each.session is session for each in enclosing(environ))


def check_cookie_is_free(
    outside: HeldResponse, environ: WSGIEnvironment, session: SessionMixin
) -> None:
    """Refuse a second session in the cookie of one that is open outside.

    :raises ConfigurationError: of two that write one cookie the outer one would win.
    """
    key, name = outside.environ_key, cookie_name(session)
    if name is not None and name == cookie_name(environ.get(key)):
        raise ConfigurationError(
            "cookie_name",
            f"the SessionMiddleware under {key!r} already uses the cookie {name!r}; "
            "give one of them another cookie_name",
        )


def cookie_name(session: object) -> str | None:
    """The cookie a session comes from; ``None`` for one that has none or tells none."""
    return getattr(session, "cookie_name", None)
