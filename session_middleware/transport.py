"""Whether a request comes over plain http from this very machine.

Only there do browsers keep a session without Secure safe. A request from a loopback
host that carries any sign of a proxy came from somewhere else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_LOOPBACK = re.compile(
    r"(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]*)?",
    re.ASCII | re.IGNORECASE,
)
_LONGEST = 260  # characters of a host name with its port
_is_loopback = lru_cache(maxsize=64)(_LOOPBACK.fullmatch)


def is_local(environ: WSGIEnvironment) -> bool:
    """Plain http, to a loopback host, with no sign of a proxy.

    The signs are ``Forwarded``, ``X-Forwarded-*``, ``X-Real-IP`` and ``Via``: their
    presence counts, and what they say is never read, for anybody can send them.
    """
    if environ.get("wsgi.url_scheme") == "https":
        return False
    host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
    if len(host) > _LONGEST or not _is_loopback(host):
        return False
    if "HTTP_FORWARDED" in environ or "HTTP_VIA" in environ:
        return False
    # One search in all names is faster than one test of each.
    return "HTTP_X_REAL_IP" not in environ and "HTTP_X_FORWARDED" not in "\n".join(
        environ
    )
