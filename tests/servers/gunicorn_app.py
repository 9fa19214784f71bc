"""A WSGI application that knows nothing of us and configures no logging.

Each page says whose session it saw, how many times that visitor was here, and where.
"""

from __future__ import annotations

import os
import threading
import time
from urllib.parse import parse_qs

_lock = threading.Lock()
_inside = 0  # requests that this process is answering just now


def app(environ, start_response):
    session = environ["session"]
    user = session.get("user", "nobody")
    crowd = linger() if environ["PATH_INFO"] == "/meet" else 1
    if environ["PATH_INFO"] == "/login":
        size = int(environ["CONTENT_LENGTH"])
        session.regenerate(keep=["count"])
        session["user"] = parse_qs(environ["wsgi.input"].read(size).decode())["name"][0]
    elif environ["PATH_INFO"] == "/meet":
        session["count"] = session.get("count", 0) + 1
    elif environ["PATH_INFO"] == "/logout":
        session.invalidate()
    start_response("200 OK", [("Content-Type", "text/plain")])
    scheme, count = environ["wsgi.url_scheme"], session.get("count", 0)
    return [f"{user} {count} {scheme} {os.getpid()} {crowd}".encode()]


def linger():
    """Let others in; how many there were at most."""
    global _inside
    with _lock:
        _inside += 1
    crowd = 0
    for _ in range(4):
        time.sleep(0.005)
        crowd = max(crowd, _inside)
    with _lock:
        _inside -= 1
    return crowd
