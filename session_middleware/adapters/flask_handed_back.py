"""Who changes a session after its Flask request has finished: the app, or a test.

A test may make the request by hand, without a client and without a server::

    with app.test_request_context("/"):
        app.full_dispatch_request()
        flask.get_flashed_messages()

No visitor gets that response, so there is nothing to warn of. Flask's own sessions do
not warn either.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import TYPE_CHECKING

from ..handed_back import PRESERVE, WatchedBody, hand_over, watched
from ..session_base import SessionMixin

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug import Response


def watch(environ: WSGIEnvironment, session: SessionMixin, response: Response) -> None:
    """Warn of changes from now on, but not of those by the test of a client."""
    if PRESERVE in environ:
        hand_over(environ, session)
        if response.is_streamed:
            response.response = WatchedBody(session, response.response)
        response.close = watched(session, response.close)  # type: ignore[method-assign]
    elif response.is_streamed and session.accessed:
        response.call_on_close(session.check_late)


def is_by_hand(environ: WSGIEnvironment) -> bool:
    """Whether the request was made by hand: by no server and by no test client.

    Both of those give an address, except for some servers on a unix socket, such as
    gevent's own. There, Flask or its response is on the stack. To search the stack
    takes time, and is done only for late changes.
    """
    if "REMOTE_ADDR" in environ:
        return False
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if module in _RESPONSE or (module, frame.f_code.co_name) == _APP:
            return False
        frame = frame.f_back
    return True


_APP = ("flask.app", "wsgi_app")
_RESPONSE = ("werkzeug.wrappers.response", "werkzeug.wsgi")  # make and close bodies
