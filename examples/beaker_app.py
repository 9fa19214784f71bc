"""An app written for Beaker, of which one line has changed.

python examples/beaker_app.py [port]
"""

import os
import secrets
import sys
from wsgiref.simple_server import make_server

# Before: from beaker.middleware import SessionMiddleware
from session_middleware.adapters.beaker import BeakerSessionMiddleware

OPTIONS = {
    "session.type": "cookie",
    "session.validate_key": os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32),
    "session.cookie_expires": 30 * 24 * 60 * 60,
    "session.timeout": 7 * 24 * 60 * 60,
}


def app(environ, start_response):
    session = environ["beaker.session"]
    match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
        case "GET" | "HEAD", "/":
            cart = ", ".join(session.get("cart", [])) or "nothing"
            start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
            return [f"In your cart: {cart}\n".encode()]
        case "POST", "/apple" | "/pear":
            session.setdefault("cart", []).append(environ["PATH_INFO"][1:])
            session.save()
        case "POST", "/empty":
            session.delete()
        case _:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"There is no such page.\n"]
    start_response("303 See Other", [("Location", "/")])
    return []


def main():
    # Before: wrapped = SessionMiddleware(app, OPTIONS)
    wrapped = BeakerSessionMiddleware(app, OPTIONS)
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", 8000))
    try:
        server = make_server("127.0.0.1", port, wrapped)
    except OSError as error:
        sys.exit(f"port {port}: {error.strerror}; choose another one, as PORT=8001")
    with server:
        print(f"Serving on http://localhost:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
