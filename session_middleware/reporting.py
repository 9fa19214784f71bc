"""Reporting: the events of an interface, which say what happened."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING

from .config import SessionConfig
from .cookie_settings import CookieSettings
from .events import LOG
from .exceptions import SessionTooLarge
from .localhost import TRANSPORT_ADVICE, insecure_transport

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class Reporting(CookieSettings):
    """The part of an interface that sends events.

    :param config: the settings.
    """

    def __init__(self, config: SessionConfig) -> None:
        super().__init__(config)
        self._reported: set[tuple[str, object]] = set()
        #: Whether an override of :meth:`event` wants to know the request.
        self.event_takes_environ = has_environ(self, "event")

    def event(self, name: str, **facts: object) -> None:
        """Log one line. Never given a secret, a cookie or a value.

        An override that has a parameter ``environ`` too is given the request's.
        """
        LOG.write(name, facts)

    # -- called by the rooms that know what happened ----------------------

    def report(
        self, environ: WSGIEnvironment | None, name: str, **facts: object
    ) -> None:
        """Send an event about this request."""
        if self.event_takes_environ:
            facts["environ"] = environ
        self.event(name, **facts)

    def report_once(self, environ: WSGIEnvironment, name: str, **facts: object) -> None:
        """Send an event of which an interface sends one of each kind."""
        once = name, facts.get("kind")
        if once not in self._reported:
            self._reported.add(once)
            self.report(environ, name, **facts)

    def report_large(self, environ: WSGIEnvironment, size: int) -> None:
        """The event ``large``, of a cookie that a server may be too small for."""
        self.report_once(environ, "large", size=size, advice=_ROOM)

    def report_too_large(
        self, environ: WSGIEnvironment, error: SessionTooLarge
    ) -> None:
        """The event ``too_large``, of what is not sent."""
        size, limit, largest = error.size, error.limit, error.largest
        facts: dict[str, object] = {"size": size, "limit": limit, "largest": largest}
        if error.json_limit is not None:
            facts["advice"] = _COUNTED.format(error.json_limit)
        self.report(environ, "too_large", **facts)

    def report_transport(self, environ: WSGIEnvironment, secure: bool) -> None:
        """The event ``insecure_transport``, of a cookie sent over plain http."""
        kind = insecure_transport(environ, secure, self.config.cookie_secure == "auto")
        if kind is not None:
            developing = not (secure or environ.get("wsgi.multiprocess"))
            level = logging.INFO if developing else logging.WARNING
            facts = {"level": level, "kind": kind, "advice": TRANSPORT_ADVICE[kind]}
            self.report_once(environ, "insecure_transport", **facts)


LARGE = 3000  # bytes of name and value; uWSGI refuses a little more by default
_ROOM = (
    "browsers keep up to 4096 bytes, but nginx's proxy_buffer_size and uWSGI's "
    "buffer-size are too small for that by default: set them to 8k and to 16384, or "
    "store less"
)
_COUNTED = (
    "size is of the JSON, and limit of the cookie; of more than {} bytes of JSON no "
    "cookie is made"
)


def has_environ(interface: object, method: str) -> bool:
    """Whether a method of an interface has a parameter of that name."""
    parameters = inspect.signature(getattr(type(interface), method)).parameters
    return "environ" in parameters
