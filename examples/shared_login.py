"""A Flask app and a Bottle app behind one server, which share one login.

    python examples/shared_login.py [port]

Flask keeps its own sessions, unchanged; Bottle reads and writes the same cookie.
"""

import contextlib
import os
import secrets
import sys
from datetime import timedelta

import bottle
import flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from session_middleware import SessionConfig, SessionMiddleware
from session_middleware.formats.flask import FlaskCookieSessionInterface

KEY = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32)

shop = flask.Flask(__name__)
shop.secret_key = KEY  # served over https, set SESSION_COOKIE_SECURE = True as well


@shop.get("/")
def index():
    text = f"Flask knows {flask.session.get('user', 'nobody')}\n"
    return text, {"Content-Type": "text/plain; charset=utf-8"}


@shop.post("/login")
def login():
    flask.session["user"] = flask.request.form["name"][:80]  # check a password here
    return flask.redirect("/blog/", 303)


config = SessionConfig(
    secret_key=KEY,
    permanent_lifetime=timedelta(days=31),  # Flask's
    absolute_lifetime=None,  # Flask's cookies cannot say when a session began
)
blog = SessionMiddleware(bottle.Bottle(), FlaskCookieSessionInterface(config))


@blog.get("/")
def posts():
    bottle.response.content_type = "text/plain; charset=utf-8"
    return f"Bottle knows {bottle.request.environ['session'].get('user', 'nobody')}\n"


@blog.post("/logout")
def logout():
    bottle.request.environ["session"].invalidate()
    bottle.redirect("/", 303)


app = DispatcherMiddleware(shop, {"/blog": blog})


if __name__ == "__main__":
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", 8000))
    server = make_server("127.0.0.1", port, app, threaded=True)
    print(f"Serving on http://localhost:{server.server_port}/", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()
