"""Our sessions as ``app.session_interface``, by Flask's own rules."""

from __future__ import annotations

import flask
import pytest

from session_middleware.adapters.flask import FlaskSessionInterface

from ..support import KEY, make_interface
from .host import HostBehaviour


def make_app(interface=None, **config):
    """A Flask app without routes, on an interface of ours."""
    app = flask.Flask(__name__)
    app.config.update(SECRET_KEY=KEY, **config)
    make = () if interface is None else (lambda config: interface,)
    app.session_interface = FlaskSessionInterface(*make)
    return app


class TestFlask(HostBehaviour):
    saves_on_500 = True
    saves_when_raised = True
    streams_commit_late = False

    def wrap(self, interface, view, status=200):
        app = make_app(interface)

        @app.route("/")
        def index():
            body = view(flask.session)
            if not isinstance(body, str):
                body = flask.stream_with_context(body)
            return body, status

        return app
