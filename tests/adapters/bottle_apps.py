"""Bottle apps with the plugin."""

from __future__ import annotations

import bottle
from bottle import request

from session_middleware.adapters.bottle import SessionPlugin

from ..support import call, make_interface


def make_plugin(**options):
    return SessionPlugin(make_interface(), **options)


def strict_app():
    """An app without a plugin, which lets every error out."""
    app = bottle.Bottle()
    app.config["catchall"] = False
    return app


def make_app(interface=None, **options):
    app = bottle.Bottle()
    app.install(SessionPlugin(interface or make_interface(), **options))
    app.route("/content", callback=lambda: repr(dict(request.session)))
    return app


def body(app, path="/"):
    return call(app, path).body.decode()


def content(app, cookie):
    """What a later request finds in its session."""
    return call(app, "/content", cookie=cookie).body.decode()
