"""The Pyramid adapter: our sessions as ``request.session``.

In an ini file, ``pyramid.includes = session_middleware.adapters.pyramid`` with settings
that begin with ``session_middleware.``; in Python::

    config.set_session_factory(session_factory(interface))
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from pyramid.interfaces import ISession
from pyramid.threadlocal import manager
from werkzeug.wsgi import ClosingIterator
from zope.interface import implementer

from ..csrf import get_csrf_token, new_csrf_token
from ..exceptions import SessionUnavailable
from ..flash import flash, peek_flash, pop_flash
from ..interface import SessionInterface
from ..nesting import enclosing, open_inside
from ..response import HeldResponse
from ..session_base import SessionMixin
from .options import interface_from_text
from .rules import check_rules
from .view import SessionView

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from pyramid.config import Configurator
    from pyramid.request import Request
    from pyramid.response import Response

__all__ = ["PyramidSession", "includeme", "session_factory"]

PREFIX = "session_middleware."


def includeme(config: Configurator) -> None:
    """Set the session factory that the settings under ``session_middleware.`` describe.

    :raises ConfigurationError: naming the setting as it was written.
    """
    settings = config.get_settings() or {}
    interface = interface_from_text(settings, PREFIX)
    registry: Any = config.registry
    registry["session_middleware"] = _ForTests(interface)
    config.set_session_factory(session_factory(interface))


def session_factory(
    interface: SessionInterface | None = None,
) -> Callable[[Request], PyramidSession]:
    """A session factory, for ``config.set_session_factory``.

    The session is saved when the response is ready, before any of it is sent. If it is
    first used after that, by a streamed body, a ``NewResponse`` subscriber or a
    finished callback, it is not saved, and a change in it is reported as lost.

    Inside a ``SessionMiddleware`` with the same interface, ``request.session`` is a
    view of the middleware's session, which the middleware saves.

    :param interface: the rules; ``None`` takes the session of whatever
        ``SessionMiddleware`` is around the app.
    :raises ConfigurationError: ``interface`` is something else.
    """
    if interface is not None:
        check_rules(interface, "; or None with a SessionMiddleware outside")

    # A closure, since templates reach the factory: no attribute leads to the keys.
    def factory(request: Request) -> PyramidSession:
        return _open(request, interface)

    return factory


def _open(request: Request, interface: SessionInterface | None) -> PyramidSession:
    """Open the request's session, and see to it that it is saved."""
    environ = request.environ
    if interface is None:
        return PyramidSession(_joined(request, _outside(environ)))
    session, outside = open_inside(environ, interface)
    if outside is not None:
        return PyramidSession(_joined(request, outside))
    if _is_done(request):
        session.conclude()
    else:
        _Commit(interface, session).join(request)
    return PyramidSession(session)


def _is_done(request: Request) -> bool:
    """Whether the router has finished with it, as when a streamed body runs.

    The request has both lists of callbacks then, since the router has looked at them,
    and both are empty, since it has called all in them. A request that is on Pyramid's
    stack may be in the router a second time.
    """
    known = vars(request)
    for name in ("response_callbacks", "finished_callbacks"):
        if name not in known or known[name]:
            return False
    return all(each["request"] is not request for each in manager.stack)


class _ForTests:
    """The interface, in the registry for tests; private, since templates reach that."""

    __slots__ = ("_interface",)

    def __init__(self, interface: SessionInterface) -> None:
        self._interface = interface


class _Commit:
    """A response callback: saves the session after all other callbacks."""

    __slots__ = ("_interface", "_session")

    def __init__(self, interface: SessionInterface, session: SessionMixin) -> None:
        self._interface = interface
        self._session = session

    def join(self, request: Request) -> None:
        """Wait for the response; its callbacks may have been called already."""
        if not vars(request).get("response_callbacks", True):
            request.add_finished_callback(self.give_up)
        request.add_response_callback(self)

    def give_up(self, request: Request) -> None:
        """A finished callback: report what is lost if it was not called before."""
        session = self._session
        waiting: Any = request.response_callbacks
        if self in waiting:
            session.conclude()
            if session.modified:
                keys = session.changed_keys()
                facts = {"keys": keys, "advice": _CHANGE_EARLIER}
                self._interface.report(request.environ, "not_saved", **facts)

    def __call__(self, request: Request, response: Response) -> None:
        waiting: Any = request.response_callbacks
        if waiting and waiting[-1] is not self:  # a later one may use the session too
            request.add_response_callback(self.commit)
        else:
            self.commit(request, response)

    def commit(self, request: Request, response: Response) -> None:
        session, headers = self._session, response.headerlist
        error = getattr(request, "exception", None)  # which no stand-in needs to have
        if _is_repeated(request, error):  # this response is not sent
            session.conclude()
            return
        environ, status = request.environ, response.status
        if session.accessed:
            status = _status_to_send(environ, response)
        sent = self._interface.commit(environ, session, status, headers)
        if sent is not headers:
            response.headerlist = sent
        if session.accessed and isinstance(response.app_iter, GeneratorType):
            length = response.content_length  # WebOb drops it with the old body
            response.app_iter = ClosingIterator(response.app_iter, session.check_late)
            response.content_length = length


_CHANGE_EARLIER = "change a session before the NewResponse event"


def _outside(environ: WSGIEnvironment) -> HeldResponse:
    """The response of the nearest middleware around the app."""
    for each in enclosing(environ):
        return each
    raise SessionUnavailable(
        "there is no session, or its response has been sent: give session_factory an "
        "interface, or wrap the application in SessionMiddleware and use its session "
        "before the response is sent"
    )


def _status_to_send(environ: WSGIEnvironment, response: Response) -> str:
    """The response's status, or the 304 that WebOb will make of it as it sends it."""
    statuses: list[str] = [response.status]
    if getattr(response, "conditional_response", False):
        # Without Range: a 206 follows the same rules as a 200, and to make one here
        # would use up or close the body.
        whole = {key: each for key, each in environ.items() if key != "HTTP_RANGE"}
        conditional: Any = response.conditional_response_app
        conditional(whole, lambda *started: statuses.append(started[0]))
    return statuses[-1]


def _joined(request: Request, outside: HeldResponse) -> Any:
    """The middleware's session; pyramid_retry's failed attempts do not change it.

    Without the middleware, each attempt is a request with a session of its own.
    """
    session: Any = outside.session

    def take_back(request: Request) -> None:
        error = sys.exc_info()[1] or request.exception  # still raised, or handled
        if _is_repeated(request, error):
            session.revert()

    if hasattr(session, "revert"):
        request.add_finished_callback(take_back)
    return session


def _is_repeated(request: Request, error: BaseException | None) -> bool:
    """Whether pyramid_retry makes another attempt of it, after this error."""
    if error is None or "retry.attempt" not in request.environ:
        return False
    # Imported here: where there are attempts, it is installed.
    from pyramid_retry import is_error_retryable

    return bool(is_error_retryable(request, error))


@implementer(ISession)
class PyramidSession(SessionView):
    """A session as Pyramid's ``ISession``."""

    __slots__ = ()

    @property
    def created(self) -> int:
        """When the session began, in seconds since the epoch."""
        created = getattr(self._session, "created", None) or time.time()
        return int(created.timestamp() if isinstance(created, datetime) else created)

    def changed(self) -> None:
        """Have the session sent, even if no change is found in it."""
        self._session.modified = True

    def flash(self, msg: Any, queue: str = "", allow_duplicate: bool = True) -> None:
        """Add a message for the next page that shows the queue."""
        if allow_duplicate or msg not in self.peek_flash(queue):
            flash(self._session, msg, queue)

    def pop_flash(self, queue: str = "") -> list[Any]:
        """Take all messages out of a queue."""
        return pop_flash(self._session, queue)

    def peek_flash(self, queue: str = "") -> list[Any]:
        """The messages of a queue, which stay in it."""
        return peek_flash(self._session, queue)

    def new_csrf_token(self) -> str:
        """A new token against forged requests, in place of the last."""
        return new_csrf_token(self._session)

    def get_csrf_token(self) -> str:
        """The token against forged requests, made when it is first needed."""
        return get_csrf_token(self._session)
