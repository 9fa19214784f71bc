"""Falcon apps with the component."""

from __future__ import annotations

import falcon

from session_middleware.adapters.falcon import SessionComponent

from ..support import call, make_interface


class Resource:
    """Answers by calling ``responder(req, resp)``."""

    def __init__(self, responder):
        self.responder = responder

    def on_get(self, req, resp):
        self.responder(req, resp)

    on_head = on_get


def make_app(responder, *components, interface=None, **options):
    """The components come after ours in the list."""
    ours = SessionComponent(interface or make_interface())
    app = falcon.App(middleware=[ours, *components], **options)
    app.add_route("/", Resource(responder))
    app.add_route("/content", Resource(show))
    return app


def show(req, resp):
    resp.text = repr(dict(req.context.session))


def change(req, resp):
    req.context.session["n"] = 1


def content(app, cookie):
    """What a later request finds in its session."""
    return call(app, "/content", cookie=cookie).body.decode()
