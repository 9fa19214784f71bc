"""gunicorn's configuration, with keys from a file, and an application to serve by it.

The file has one key a line, the newest first. A worker reads it as it starts, so that
a new one takes effect with a reload, or worker by worker.
"""

from __future__ import annotations

import os
from pathlib import Path

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface

INTERFACES = {
    "signed": SecureCookieSessionInterface,
    "encrypted": EncryptedCookieSessionInterface,
}


def make_interface(kind, newest, *older):
    config = SessionConfig(secret_key=newest, secret_key_fallbacks=older)
    return INTERFACES[kind](config)


def post_worker_init(worker):
    keys = Path(os.environ["KEY_FILE"]).read_text().split("\n")
    sessions = make_interface(os.environ["KIND"], *keys)
    worker.wsgi = SessionMiddleware(worker.wsgi, sessions)


def app(environ, start_response):
    """Counts the visits, or only reads how many there were; and says where."""
    session = environ["session"]
    if environ["PATH_INFO"] == "/count":
        session["count"] = session.get("count", 0) + 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{session.get('count', 0)} {os.getpid()}".encode()]
