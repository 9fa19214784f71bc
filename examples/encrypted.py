"""Guess a number that is in your own cookie: encrypted, or it would be no game.

    python examples/encrypted.py [port]

It needs the extra: ``pip install session-middleware[encrypted]``. A game outlives the
process if SECRET_KEY is set; ``python -m session_middleware keygen`` makes a key.
"""

import contextlib
import os
import secrets
import sys
from socketserver import ThreadingMixIn
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIServer, make_server

from session_middleware import SessionConfig, SessionMiddleware
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Guess</title>
<p id="hint">{hint}</p>
<p>Guesses: <b id="guesses">{guesses}</b></p>
<form><label>1 to 100 <input name="guess" type="number"></label></form>
</html>
"""


def app(environ, start_response):
    session = environ["session"]
    if "number" not in session:
        session.update(number=secrets.randbelow(100) + 1, guesses=0)
    hint = "I have a number"
    [guess] = parse_qs(environ["QUERY_STRING"]).get("guess", [""])[:1]
    if guess.isdecimal():
        session["guesses"] += 1
        hint = answer(int(guess[:9]), session["number"])
    page = PAGE.format(hint=hint, guesses=session["guesses"])
    if hint == "Found":
        session.invalidate()  # the next one has a new number
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [page.encode()]


def answer(guess, number):
    return "Found" if guess == number else "Higher" if guess < number else "Lower"


class Server(ThreadingMixIn, WSGIServer):
    """Browsers open connections in advance, which one thread would wait for."""

    daemon_threads = True


def main():
    config = SessionConfig(
        secret_key=os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32)
    )
    wrapped = SessionMiddleware(app, EncryptedCookieSessionInterface(config))
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
