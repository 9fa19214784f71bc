"""A WSGI application that answers with the headers its path asks for.

It stands behind real caches. A request with ``X-User`` puts that name into its session
and onto its page, which is never the same twice; one without it touches no session.
"""

from __future__ import annotations

import base64
import json
import secrets

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)

KEY = "a key that only the tests have, and all of them"
ALL = "everybody"
# What is unchanged is found out before the session is touched, as by a middleware of
# the app's, or after, so that a 304 carries its cookie.
EARLY, LATE = "early", "late"

interface = SecureCookieSessionInterface(
    SessionConfig(secret_key=KEY, cookie_secure=True)
)


def path_of(headers, checks=LATE, series=""):
    """What asks for these headers. Not a query: Apache keeps few pages with one.

    :param series: sets pages apart that else are the same.
    """
    text = base64.urlsafe_b64encode(json.dumps(headers).encode()).decode()
    return f"/{checks}/{series}/{text}"


def app(environ, start_response):
    _, checks, _, text = environ["PATH_INFO"].split("/")
    headers = [tuple(pair) for pair in json.loads(base64.urlsafe_b64decode(text))]
    unchanged = is_unchanged(environ, dict(headers))
    user = environ.get("HTTP_X_USER")
    if user and not (unchanged and checks == EARLY):
        environ["session"].update(user=user, change=secrets.token_hex(8))
    if unchanged:
        start_response("304 Not Modified", headers)
        return []
    start_response("200 OK", [("Content-Type", "text/plain"), *headers])
    return [f"{user or ALL} {secrets.token_hex(8)}".encode()]


def is_unchanged(environ, headers):
    return any(
        name in headers and environ.get(condition) == headers[name]
        for name, condition in (
            ("ETag", "HTTP_IF_NONE_MATCH"),
            ("Last-Modified", "HTTP_IF_MODIFIED_SINCE"),
        )
    )


wrapped = SessionMiddleware(app, interface)
