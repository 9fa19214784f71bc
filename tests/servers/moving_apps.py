"""Sites before and after they move: from Flask to Bottle, from ours to ours.

gunicorn calls one of these functions for its application, by a name such as
``tests.servers.moving_apps:in_bottle()``.
"""

from __future__ import annotations

import html
import logging

import bottle
import flask

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)
from session_middleware.adapters.bottle import SessionPlugin
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.flask import FlaskCookies
from session_middleware.formats.ours import OurCookies

FLASK_KEY = "dev"  # as short as many are
OLD_KEY = "the key of these tests before the move, and only then"
KEY = "the key of these tests after the move, and no other"
INTERFACES = {
    "signed": SecureCookieSessionInterface,
    "encrypted": EncryptedCookieSessionInterface,
}
PAGE = """<!doctype html>
<title>{title}</title>
<p id="who">{who}</p>
<p id="visits">{visits}</p>
<form method="post" action="/login">
<input name="name"><input name="remember" type="checkbox"><button>Log in</button>
</form>
<form method="post" action="/logout"><button>Log out</button></form>
"""


def page(title, session):
    session["visits"] = session.get("visits", 0) + 1
    who = html.escape(session.get("user", "nobody"))
    return PAGE.format(title=title, who=who, visits=session["visits"])


def in_flask():
    app = flask.Flask(__name__)
    app.secret_key = FLASK_KEY

    @app.get("/")
    def index():
        return page("Flask", flask.session)

    @app.post("/login")
    def login():
        flask.session["user"] = flask.request.form["name"]
        flask.session.permanent = "remember" in flask.request.form
        return flask.redirect("/", 303)

    return app


def in_bottle():
    """The same with encrypted sessions, and whoever is logged in stays so."""
    logging.basicConfig(level=logging.INFO)
    config = SessionConfig(secret_key=KEY, accept=[FlaskCookies(FLASK_KEY)])
    app = bottle.Bottle()
    app.install(SessionPlugin(EncryptedCookieSessionInterface(config)))

    @app.get("/")
    def index(session):
        return page("Bottle", session)

    @app.post("/logout")
    def logout(session):
        session.invalidate()
        bottle.redirect("/", 303)

    return app


def before(kind, **cookie):
    """Bare, with sessions of ours."""
    return SessionMiddleware(bare, make_before(kind, **cookie))


def after(kind, accepted, **cookie):
    """The same with others, which accept those that ``before`` gave."""
    logging.basicConfig(level=logging.INFO)
    reader = OurCookies(make_before(accepted, **cookie))
    config = SessionConfig(secret_key=KEY, accept=[reader])
    return SessionMiddleware(bare, INTERFACES[kind](config))


def make_before(kind, **cookie):
    return INTERFACES[kind](SessionConfig(secret_key=OLD_KEY, **cookie))


def bare(environ, start_response):
    session = environ["session"]
    if environ["PATH_INFO"] == "/logout":
        session.invalidate()
    else:
        session["visits"] = session.get("visits", 0) + 1
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(session.get("visits", 0)).encode()]
