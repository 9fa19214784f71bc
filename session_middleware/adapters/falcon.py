"""The Falcon adapter: ``req.context.session``, by a middleware component.

::

    app = falcon.App(middleware=[SessionComponent(interface), ...])

Put it first in the list: then the other components find the session, and it is saved
after they have changed the response.
"""

from __future__ import annotations

from collections.abc import Iterator

from falcon import Request, Response, code_to_http_status
from werkzeug.wsgi import ClosingIterator

from ..headers import HeaderList
from ..interface import SessionInterface
from ..nesting import is_joined, open_inside
from ..session_base import SessionMixin
from .rules import check_rules

__all__ = ["SessionComponent"]


class SessionComponent:
    """Sessions for a Falcon app, in ``req.context.session``.

    They are saved after the responder and the error handlers, and before a stream's
    first block.

    :param interface: the rules.
    :raises ConfigurationError: ``interface`` is not a ``SessionInterface``.
    """

    def __init__(self, interface: SessionInterface) -> None:
        self._interface = check_rules(interface)

    def process_request(self, req: Request, resp: Response) -> None:
        """Falcon calls it before routing."""
        req.context.session, _ = open_inside(req.env, self._interface)

    def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Falcon calls it when the response is ready, after an error too.

        :raises SerializationError: a value cannot be stored.
        :raises SessionTooLarge: no browser would keep the cookie.
        """
        session: SessionMixin | None = getattr(req.context, "session", None)
        if session is None:  # a component before this one ended the request
            return
        if is_joined(req.env, session):
            return
        self._commit(req, resp, session)
        stream = resp.stream
        if isinstance(stream, Iterator) and not hasattr(stream, "read"):
            resp.stream = ClosingIterator(stream, session.check_late)

    def _commit(self, req: Request, resp: Response, session: SessionMixin) -> None:
        headers: HeaderList = []
        if session.accessed:
            resp.render_body()  # if it raises, the response is a 500: save nothing
            headers = resp._wsgi_headers()
        status = code_to_http_status(resp.status)
        try:
            sent = self._interface.commit(req.env, session, status, headers)
        except Exception as error:  # an error handler will use this response
            session.give_up(error)
            session.conclude()  # Falcon saves none for its page: a change is late
            resp.append_header("Vary", "Cookie")
            raise
        if sent is not headers:
            # Falcon has one place for cookies, and another for those of set_cookie().
            cookies = [pair for pair in sent if pair[0].lower() == "set-cookie"]
            resp._headers.clear()  # set_headers() removes nothing
            resp.set_headers([pair for pair in sent if pair not in cookies])
            resp._extra_headers, resp._cookies = cookies, None
