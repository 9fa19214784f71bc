"""Pyramid's ``request.session``.

In an ini file, ``pyramid.includes = session_middleware.adapters.pyramid`` with settings
that begin with ``session_middleware.``; in Python::

    config.set_session_factory(session_factory(interface))
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyramid.interfaces import ISession
from zope.interface import implementer

from ..exceptions import ConfigurationError, SessionUnavailable
from ..interface import SessionInterface
from ..middleware import CHAIN
from ..secure_cookie import SecureCookieSessionInterface
from ..session_mixin import SessionMixin
from .options import config_from_text
from .view import SessionView

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from pyramid.config import Configurator
    from pyramid.request import Request
    from pyramid.response import Response

PREFIX = "session_middleware."


def includeme(config: Configurator) -> None:
    """Set the session factory that the settings under ``session_middleware.`` describe.

    :raises ConfigurationError: naming the setting as it was written.
    """
    settings = config.get_settings() or {}
    interface = SecureCookieSessionInterface(config_from_text(settings, PREFIX))
    config.set_session_factory(session_factory(interface))


def session_factory(
    interface: SessionInterface | None = None,
) -> Callable[[Request], PyramidSession]:
    """What ``config.set_session_factory`` takes.

    With a ``SessionMiddleware`` outside, ``request.session`` is a view of its session,
    which it saves by its own rules.

    :param interface: the rules; ``None`` leaves them to that middleware.
    :raises ConfigurationError: it is something else.
    """
    if not isinstance(interface, SessionInterface | None):
        raise ConfigurationError(
            "interface", "must be a SessionInterface, or None with a middleware outside"
        )

    def factory(request: Request) -> PyramidSession:
        environ = request.environ
        if CHAIN in environ:
            return PyramidSession(_session_outside(environ))
        if interface is None:
            raise SessionUnavailable(
                "there is no session: give session_factory an interface, or wrap the "
                "application in SessionMiddleware"
            )
        return PyramidSession(_load(interface, request))

    return factory


def _load(interface: SessionInterface, request: Request) -> SessionMixin:
    """A session that is committed with the request's response."""
    environ = request.environ
    session = interface.load(environ)

    def commit(request: Request, response: Response) -> None:
        headers = response.headerlist
        sent = interface.commit(environ, session, response.status, headers)
        if sent is not headers:
            response.headerlist = sent

    request.add_response_callback(commit)
    return session


def _session_outside(environ: WSGIEnvironment) -> Any:
    """The middleware's session; on another attempt, as it came with the request."""
    session = environ[environ[CHAIN][-1].environ_key]
    attempt = environ.get("retry.attempt", 0)
    if environ.setdefault(_ATTEMPT, attempt) != attempt:
        environ[_ATTEMPT] = attempt
        session.revert()
    return session


@implementer(ISession)
class PyramidSession(SessionView):
    """A session in Pyramid's words."""

    __slots__ = ()

    @property
    def created(self) -> int:
        """When the session began, in seconds since the epoch."""
        created = self._session.created
        return int(time.time() if created is None else created.timestamp())

    def changed(self) -> None:
        """Insist that the session is sent."""
        self._session.modified = True

    def flash(self, msg: Any, queue: str = "", allow_duplicate: bool = True) -> None:
        """Add a message for the next page that asks for the queue."""
        messages = self._session.setdefault(f"_f_{queue}", [])
        if allow_duplicate or msg not in messages:
            messages.append(msg)

    def pop_flash(self, queue: str = "") -> list[Any]:
        """The messages of a queue, which is empty then."""
        messages: list[Any] = self._session.pop(f"_f_{queue}", [])
        return messages

    def peek_flash(self, queue: str = "") -> list[Any]:
        """The messages of a queue, which stay there."""
        messages: list[Any] = self._session.get(f"_f_{queue}", [])
        return messages

    def new_csrf_token(self) -> str:
        """A new token against forged requests, in place of the last."""
        token = self._session["_csrft_"] = secrets.token_hex(20)
        return token

    def get_csrf_token(self) -> str:
        """The token against forged requests, made when first asked for."""
        token: str | None = self._session.get("_csrft_")
        return self.new_csrf_token() if token is None else token


_ATTEMPT = "session_middleware.attempt"  # which one last asked for the session
