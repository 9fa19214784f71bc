"""The CherryPy adapter: ``cherrypy.request.session``, where its tool is on.

::

    interface = SecureCookieSessionInterface(SessionConfig(secret_key=...))
    cherrypy.tools.signed_session = SessionTool(interface)
    cherrypy.quickstart(Root(), "/", {"/": {"tools.signed_session.on": True}})
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

import cherrypy
from cherrypy.lib.caching import tee_output
from werkzeug.wsgi import ClosingIterator

from ..headers import HeaderList
from ..interface import SessionInterface
from ..nesting import is_joined, open_inside
from ..session_base import SessionMixin
from .rules import check_rules

__all__ = ["SessionTool"]

_serving: Any = cherrypy.serving  # holds the current request and its response


class SessionTool(cherrypy.Tool):  # type: ignore[misc]  # CherryPy has no types
    """A tool that puts the session in ``cherrypy.request.session`` and saves it.

    It is there for every hook from ``on_start_resource`` on, for the page handler and
    for error pages, and an ``InternalRedirect`` to a path with the same tool keeps it.
    It is saved when the response or the error page has been finalized, and where
    ``response.stream`` is on, with the stream's first block. ``tools.caching`` stores
    no response that used it.

    :param interface: the rules.
    :raises ConfigurationError: ``interface`` is not a ``SessionInterface``.
    """

    def __init__(self, interface: SessionInterface) -> None:
        self._interface = check_rules(interface)
        super().__init__("on_start_resource", self._begin, priority=0)

    def _begin(self) -> None:
        """Put the session in ``cherrypy.request.session``, to be saved later."""
        request = _serving.request
        environ = request.wsgi_environ
        key = f"cherrypy.tools.{self._name}"
        if key not in environ:  # an InternalRedirect copies the environ
            environ[key], _ = open_inside(environ, self._interface)
        request.session = session = environ[key]
        # Not a hook: an error page's headers are made after the last hook has run.
        _serving.response.finalize = partial(self._finalize, session)
        request.hooks.attach("before_finalize", _watch_cache, priority=0)
        request.hooks.attach("on_end_request", session.check_late)

    def _finalize(self, session: SessionMixin) -> None:
        """Make the list of headers, as ``finalize()`` does, and save the session."""
        response = _serving.response
        if response.stream:
            response.body = _begun(response.body)
        type(response).finalize(response)
        environ, status = _serving.request.wsgi_environ, response.status
        if is_joined(environ, session):
            return
        if not session.accessed:
            session.conclude()
            return
        headers = _decoded(response.header_list)
        try:
            headers = self._interface.commit(environ, session, status, headers)
        except Exception as error:  # CherryPy finalizes an error page too
            session.give_up(error)
            raise
        response.header_list = _encoded(headers)
        _copy_caching_headers(headers)


def _copy_caching_headers(headers: HeaderList) -> None:
    """Put them into ``response.headers`` too, where later hooks look."""
    for name in ("Vary", "Cache-Control"):
        values = [value for each, value in headers if each.lower() == name.lower()]
        if values:
            _serving.response.headers[name] = ", ".join(values)


def _watch_cache() -> None:
    """Have ``tools.caching`` store no response that used the session.

    It does not look at ``private`` or Set-Cookie, and at ``Vary`` only in the first
    response that it stores of a resource. Its hook, ``tee_output``, is attached by now.
    """
    for hook in _serving.request.hooks["before_finalize"]:
        if hook.callback is tee_output:
            hook.callback = _tee_unless_used


def _tee_unless_used() -> None:
    response = _serving.response
    response.body = _stopped_if_used(_serving.request.session, response.body)
    tee_output()
    response.body = _to_the_stop(response.body)


def _stopped_if_used(session: SessionMixin, body: Iterable[bytes]) -> Iterator[bytes]:
    """The same blocks, and an error in place of their end if the session was used.

    ``tee_output`` stores a response when its blocks have come to an end.
    """
    yield from body
    if session.accessed:
        raise _Used


def _to_the_stop(body: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from body
    except _Used:
        # As CherryPy does for an empty body: other requests may wait for this one to
        # be stored.
        cache: Any = vars(cherrypy)["_cache"]
        cache.delete()


class _Used(Exception):
    """The session was used while the response was made."""


def _decoded(headers: list[tuple[bytes, bytes]]) -> HeaderList:
    return [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in headers
    ]


def _encoded(headers: HeaderList) -> list[tuple[bytes, bytes]]:
    return [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers
    ]


def _begun(body: Iterable[bytes]) -> Iterator[bytes]:
    """The same blocks, of which the first has been made."""
    blocks = iter(body)
    first = list(islice(blocks, 1))
    return ClosingIterator(chain(first, blocks), getattr(blocks, "close", None))
