"""A shopping list as a JSON API in Falcon, with login and logout.

python examples/falcon_app.py [port]
"""

import os
import secrets
import sys
from wsgiref.simple_server import make_server

import falcon

from session_middleware import SecureCookieSessionInterface, SessionConfig
from session_middleware.adapters.falcon import SessionComponent


def field(req, name):
    """What came under this name, from a form or as JSON."""
    media = req.get_media({})
    return str(media.get(name, ""))[:60] if isinstance(media, dict) else ""


class List:
    def on_get(self, req, resp):
        session = req.context.session
        resp.media = {name: session.get(name) for name in ("user", "items")}

    def on_post(self, req, resp):
        items = req.context.session.setdefault("items", [])
        items.append(field(req, "item"))  # a change inside a list is noticed
        del items[:-10]
        resp.media = {"items": items}


class Login:
    def on_post(self, req, resp):
        session = req.context.session
        session.regenerate()  # always at login: a new identity
        session["user"] = field(req, "name")  # check a password here
        raise falcon.HTTPSeeOther("/")


class Logout:
    def on_post(self, req, resp):
        req.context.session.invalidate()
        raise falcon.HTTPSeeOther("/")


def make_app(secret_key):
    interface = SecureCookieSessionInterface(SessionConfig(secret_key=secret_key))
    app = falcon.App(middleware=[SessionComponent(interface)])
    app.add_route("/", List())
    app.add_route("/login", Login())
    app.add_route("/logout", Logout())
    return app


if __name__ == "__main__":
    app = make_app(os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32))
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", 8000))
    try:
        server = make_server("127.0.0.1", port, app)
    except OSError as error:
        sys.exit(f"port {port}: {error.strerror}; choose another one, as PORT=8001")
    with server:
        print(f"Serving on http://localhost:{server.server_port}/", flush=True)
        server.serve_forever()
