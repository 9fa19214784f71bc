"""Falcon's words: ``req.context.session``, from a middleware component.

::

    app = falcon.App(middleware=[SessionComponent(interface), ...])

It belongs first in the list, so that the others find a session, and so that what they
do to a response is done when it is saved.
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


class SessionComponent:
    """Sessions for a Falcon app, in ``req.context.session``.

    Saved when the responder and the error handlers are done, and before a stream's
    first block.

    :param interface: the rules.
    :raises ConfigurationError: it is none.
    """

    def __init__(self, interface: SessionInterface) -> None:
        self._interface = check_rules(interface)

    def process_request(self, req: Request, resp: Response) -> None:
        """Falcon calls it before routing."""
        req.context.session, _ = open_inside(req.env, self._interface)

    def process_response(
        self, req: Request, resp: Response, resource: object, req_succeeded: bool
    ) -> None:
        """Falcon calls it when the response is ready, an error's too.

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
            resp.render_body()  # what cannot be rendered becomes a 500: save nothing
            headers = resp._wsgi_headers()
        status = code_to_http_status(resp.status)
        try:
            sent = self._interface.commit(req.env, session, status, headers)
        except Exception:  # an error handler goes on with this response
            resp.append_header("Vary", "Cookie")
            raise
        if sent is not headers:
            # Falcon keeps cookies apart, those of set_cookie() in a place of their own.
            cookies = [pair for pair in sent if pair[0].lower() == "set-cookie"]
            resp._headers.clear()  # set_headers() takes nothing away
            resp.set_headers([pair for pair in sent if pair not in cookies])
            resp._extra_headers, resp._cookies = cookies, None
