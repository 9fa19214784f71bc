"""Whether a request comes over plain http from this very machine.

Only there do browsers keep a session without Secure safe. A request from a loopback
host that carries any sign of a proxy came from somewhere else.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Transport = Literal["plain_http", "loopback"]
TRANSPORT_ADVICE: dict[Transport, str] = {
    "plain_http": "browsers drop a Secure cookie that comes over http. If TLS ends at "
    "a proxy, tell the server so (gunicorn's forwarded_allow_ips, waitress's "
    "trusted_proxy, werkzeug's ProxyFix); if there is no TLS at all, set "
    "cookie_secure=False",
    "loopback": "fine in development; behind a proxy set cookie_secure=True",
}

_HOST = re.compile(
    r"(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]*)?",
    re.ASCII | re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:::ffff:)?127(?:\.[0-9]{1,3}){3}|::1", re.ASCII | re.IGNORECASE
)
_LONGEST = 260  # characters of a host name with its port
_is_loopback = lru_cache(maxsize=64)(_HOST.fullmatch)
_is_here = lru_cache(maxsize=64)(_ADDRESS.fullmatch)


def is_local(environ: WSGIEnvironment) -> bool:
    """Plain http, to a loopback host, with no sign of a proxy.

    The signs are the headers ``Forwarded``, ``X-Forwarded-*``, ``X-Real-IP``, ``Via``,
    ``CF-*``, ``CDN-Loop``, ``True-Client-IP``, ``X-Scheme`` and ``Front-End-Https``:
    their presence counts, and what they say is never read, for anybody can send them.
    So are a connection from another address, or by a unix socket, and HTTP/1.0 with a
    Host, which no browser sends and nginx does, by default until 1.29.7.
    """
    if environ.get("wsgi.url_scheme") == "https":
        return False
    host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
    if len(host) > _LONGEST or not _is_loopback(host):
        return False
    if "REMOTE_ADDR" in environ and not _is_from_a_browser_here(environ):
        return False
    if (
        "HTTP_FORWARDED" in environ
        or "HTTP_VIA" in environ
        or "HTTP_X_REAL_IP" in environ
        or "HTTP_X_SCHEME" in environ
        or "HTTP_CDN_LOOP" in environ
        or "HTTP_TRUE_CLIENT_IP" in environ
        or "HTTP_FRONT_END_HTTPS" in environ
    ):
        return False
    # One search in all names is faster than one test of each.
    names = "\n".join(environ)
    return "HTTP_X_FORWARDED" not in names and "HTTP_CF_" not in names


def insecure_transport(
    environ: WSGIEnvironment, secure: bool, automatic: bool
) -> Transport | None:
    """What an operator wants to know of a cookie on plain http; ``None``: nothing.

    :param secure: whether the cookie is.
    :param automatic: whether ``cookie_secure="auto"`` decided that.
    """
    local = is_local(environ)
    if secure:
        return None if local else "plain_http"
    return "loopback" if automatic and local else None


def _is_from_a_browser_here(environ: WSGIEnvironment) -> bool:
    """Whether a connection is one that a browser on this machine makes.

    A test client makes none. Most give no address, and WebTest, which takes any and
    speaks of HTTP/1.0, leaves a mark that no visitor can.
    """
    if "paste.testing" in environ:
        return True
    if environ.get("SERVER_PROTOCOL") == "HTTP/1.0" and "HTTP_HOST" in environ:
        # wsgiref's server answers so, and curl goes on so; a proxy says Connection too.
        by_wsgiref = environ.get("SERVER_SOFTWARE", "").startswith("WSGIServer")
        if "HTTP_CONNECTION" in environ or not by_wsgiref:
            return False
    return _is_here(environ["REMOTE_ADDR"]) is not None
