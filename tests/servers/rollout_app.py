"""gunicorn's configuration, with sessions that go from a cookie into a store.

A file says how they are kept. A worker reads it as it starts, so that a new way takes
effect with a reload, or worker by worker.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)
from session_middleware.formats.ours import OurCookies
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.sqlite import SQLiteStore

KEY = "the key of these tests, in the cookie and with the store"
SIGNED, SIGNED_AND_READS, STORED_AND_READS, STORED = (
    "signed",
    "signed, and reads the store",
    "in the store, and reads what was signed",
    "in the store",
)


def signed(*accept):
    config = SessionConfig(secret_key=KEY, accept=accept)
    return SecureCookieSessionInterface(config)


def in_the_store(path, *accept):
    config = SessionConfig(secret_key=KEY, accept=accept)
    return ServerSideSessionInterface(config, SQLiteStore(path), owner_key="user")


def make_interface(way, path):
    if way == SIGNED_AND_READS:
        return signed(OurCookies(in_the_store(path)))
    if way == STORED_AND_READS:
        return in_the_store(path, OurCookies(signed()))
    return signed() if way == SIGNED else in_the_store(path)


def post_worker_init(worker):
    file = Path(os.environ["KEY_FILE"])
    sessions = make_interface(file.read_text(), file.with_name("sessions.db"))
    worker.wsgi = SessionMiddleware(worker.wsgi, sessions)


def app(environ, start_response):
    """Counts the visits, or only reads how many there were; and says where."""
    session = environ["session"]
    if environ["PATH_INFO"] == "/logout":
        session.invalidate()
        start_response("200 OK", [])
        return []
    session.setdefault("user", secrets.token_hex(8))
    if environ["PATH_INFO"] == "/count":
        session["count"] = session.get("count", 0) + 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{session.get('count', 0)} {os.getpid()}".encode()]
