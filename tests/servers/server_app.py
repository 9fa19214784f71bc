"""A WSGI application with a page of every kind, for real servers to serve.

``app`` is bare; ``wrapped`` has sessions, and re-issues them on every use under
``/eager``. ``python -m tests.servers.server_app`` serves ``wrapped`` with wsgiref, and
with ``werkzeug`` behind it with werkzeug's server for developers.
"""

from __future__ import annotations

import logging
import os
import secrets
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIServer, make_server

import werkzeug.serving

from session_middleware import SessionMiddleware
from session_middleware.testing import make_cookie

DOWNLOAD = Path(__file__)
PLAIN = ("Content-Type", "text/plain")
PUBLIC = ("Cache-Control", "public, max-age=60")

logging.basicConfig(level=logging.INFO)


def app(environ, start_response):
    name = environ["PATH_INFO"].rpartition("/")[2]
    query = parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    return PAGES.get(name, missing)(environ, start_response, query)


def answer(start_response, text, status="200 OK", *headers):
    """One block that says ``text``, and is never the same twice."""
    start_response(status, [PLAIN, *headers])
    return [f"{text} {secrets.token_hex(8)}".encode()]


def untouched(environ, start_response, query):
    return answer(start_response, "for all")


def read(environ, start_response, query):
    return answer(start_response, who(environ))


def public(environ, start_response, query):
    return answer(start_response, who(environ), "200 OK", PUBLIC)


def count(environ, start_response, query):
    return answer(start_response, f"{who(environ)} {counted(environ)}")


def public_count(environ, start_response, query):
    text = f"{who(environ)} {counted(environ)}"
    return answer(start_response, text, "200 OK", PUBLIC)


def missing(environ, start_response, query):
    text = f"{who(environ)} {counted(environ)}"
    return answer(start_response, text, "404 Not Found")


def moved(environ, start_response, query):
    location = ("Location", f"/read?from={who(environ)}")
    text = f"{who(environ)} {counted(environ)}"
    return answer(start_response, text, "301 Moved Permanently", location)


def login(environ, start_response, query):
    size = int(environ["CONTENT_LENGTH"])
    form = parse_qs(environ["wsgi.input"].read(size).decode())
    session = environ["session"]
    session.regenerate()
    session["user"] = form["name"][0]
    session.permanent = "remember" in form
    return answer(start_response, who(environ))


def logout(environ, start_response, query):
    text = who(environ)
    environ["session"].invalidate()
    return answer(start_response, text)


def stream(environ, start_response, query) -> Iterator[bytes]:
    start_response("200 OK", [PLAIN])
    text = f"{who(environ)} {counted(environ)} "
    yield b""
    yield text.encode()
    yield b"and" * 40_000
    yield b" done"


def download(environ, start_response, query):
    environ["session"]["downloads"] = environ["session"].get("downloads", 0) + 1
    headers = [("Content-Type", "application/octet-stream")]
    if "sized" in query:
        headers.append(("Content-Length", str(DOWNLOAD.stat().st_size)))
    start_response("200 OK", headers)
    return environ["wsgi.file_wrapper"](DOWNLOAD.open("rb"), 512)


def downloads(environ, start_response, query):
    return answer(start_response, str(environ["session"].get("downloads", 0)))


def fill(environ, start_response, query):
    """Set a cookie whose name and value have so many bytes over https."""
    [size] = map(int, query)
    drawn, letters = secrets.token_urlsafe(size), size * 9 // 10

    def length(text):
        return len(make_cookie(_patient, {"text": text}, url="https://app.example"))

    while length(drawn[: letters + 1]) <= size:
        letters += 1
    environ["session"]["text"] = drawn[:letters]
    return answer(start_response, "filled")


def filled(environ, start_response, query):
    return answer(start_response, "yes" if "text" in environ["session"] else "no")


def who(environ):
    return environ["session"].get("user", "nobody")


def counted(environ):
    environ["session"]["count"] = environ["session"].get("count", 0) + 1
    return environ["session"]["count"]


PAGES = {
    "untouched": untouched,
    "read": read,
    "public": public,
    "count": count,
    "public-count": public_count,
    "moved": moved,
    "login": login,
    "logout": logout,
    "stream": stream,
    "download": download,
    "downloads": downloads,
    "fill": fill,
    "filled": filled,
}

KEY = os.environ.get("SECRET_KEY", "a key that only the tests have, and all of them")
_patient = SessionMiddleware(app, secret_key=KEY)
_eager = SessionMiddleware(app, secret_key=KEY, refresh_after=timedelta(0))


def wrapped(environ, start_response):
    eager = environ["PATH_INFO"].startswith("/eager/")
    return (_eager if eager else _patient)(environ, start_response)


class Server(WSGIServer):
    request_queue_size = 64


def make():
    if sys.argv[1:] == ["werkzeug"]:
        return werkzeug.serving.make_server("127.0.0.1", 0, wrapped)
    return make_server("127.0.0.1", 0, wrapped, server_class=Server)


if __name__ == "__main__":
    with make() as server:
        print(f"Serving on http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()
