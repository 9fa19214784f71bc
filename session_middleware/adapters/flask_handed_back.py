"""A finished request of Flask's: whether what changes its session now is the app.

Or it is a test that made the request by hand, without a client and without a server::

    with app.test_request_context("/"):
        app.full_dispatch_request()
        flask.get_flashed_messages()

No response leads from there to a visitor, and Flask's own sessions say nothing.
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
    """Say what changes too late from now on, and leave a client's test in peace."""
    if PRESERVE in environ:
        hand_over(environ, session)
        if response.is_streamed:
            response.response = WatchedBody(session, response.response)
        response.close = watched(session, response.close)  # type: ignore[method-assign]
    elif response.is_streamed and session.accessed:
        response.call_on_close(session.check_late)


def is_by_hand(environ: WSGIEnvironment) -> bool:
    """Whether what runs now was called by no server, and by no client of a test's.

    Both of them give an address. Some servers on a unix socket do not, such as gevent's
    own; then Flask or its response has called what changes the session. To look for
    them takes time, and is done only for what is late.
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
