"""Flask apps with our sessions."""

from __future__ import annotations

import flask

from session_middleware.adapters.flask import FlaskSessionInterface

from ..support import KEY, call


def make_app(interface=None, **config):
    """A Flask app without routes, on an interface of ours."""
    app = flask.Flask(__name__)
    app.config.update({"SECRET_KEY": KEY, **config})
    make = () if interface is None else (lambda config: interface,)
    app.session_interface = FlaskSessionInterface(*make)
    return app


def answer(use, cookie=None, interface=None, path="/", **config):
    """One request whose view does ``use(flask.session)``, in an app of this config."""
    app = make_app(interface, **config)
    app.add_url_rule("/", view_func=lambda: str(use(flask.session)))
    return call(app, path, cookie=cookie)
