"""A visit counter with login and logout, on the standard library's server.

    python examples/quickstart.py [port]

The port is 8000 unless it is given, there or in PORT.
Sessions last longer than the process if SECRET_KEY is set; make a key with
``python -m session_middleware keygen``.
"""

import contextlib
import html
import os
import secrets
import sys
from socketserver import ThreadingMixIn
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIServer, make_server

from session_middleware import SessionMiddleware

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Quickstart</title>
<p id="who">{who}</p>
<p>Visits: <b id="visits">{visits}</b></p>
{form}
</html>
"""
LOGIN = """<form method="post" action="/login">
<label>Name <input name="name" required></label>
<label><input name="remember" type="checkbox"> Remember me</label>
<button>Log in</button>
</form>"""
LOGOUT = '<form method="post" action="/logout"><button>Log out</button></form>'


def app(environ, start_response):
    session = environ["session"]
    match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
        case "GET" | "HEAD", "/":
            session["visits"] = session.get("visits", 0) + 1
            start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
            return [page(session).encode()]
        case "POST", "/login":
            form = read_form(environ)
            session.regenerate()  # always at login: a new identity
            session["user"] = form.get("name", "nobody")[:80]  # check a password here
            session.permanent = "remember" in form  # or it ends with the browser
        case "POST", "/logout":
            session.invalidate()
        case _:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"There is no such page.\n"]
    start_response("303 See Other", [("Location", "/")])
    return []


def page(session):
    user = session.get("user")
    return PAGE.format(
        who="Nobody is logged in" if user is None else f"Hello, {html.escape(user)}",
        visits=session["visits"],
        form=LOGIN if user is None else LOGOUT,
    )


def read_form(environ):
    length = environ.get("CONTENT_LENGTH") or "0"
    size = min(int(length), 4096) if length.isdecimal() else 0
    fields = parse_qs(environ["wsgi.input"].read(size).decode("latin-1"))
    return {name: values[0] for name, values in fields.items()}


class Server(ThreadingMixIn, WSGIServer):
    """Browsers open connections in advance, which one thread would wait for."""

    daemon_threads = True


def main():
    key = os.environ.get("SECRET_KEY")
    if not key:
        key = secrets.token_urlsafe(32)
        print("SECRET_KEY is not set; a random key serves until this process ends")
    wrapped = SessionMiddleware(app, secret_key=key)
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", 8000))
    try:
        server = make_server("127.0.0.1", port, wrapped, server_class=Server)
    except OSError as error:
        sys.exit(f"port {port}: {error.strerror}; choose another one, as PORT=8001")
    with server:
        print(f"Serving on http://localhost:{server.server_port}/", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
