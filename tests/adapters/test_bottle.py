from __future__ import annotations

import bottle

from session_middleware.adapters.bottle import SessionPlugin

from .host import HostBehaviour


class TestBottle(HostBehaviour):
    def wrap(self, interface, view, status=200):
        app = bottle.Bottle()
        app.install(SessionPlugin(interface))

        @app.route("/")
        def index(session):
            bottle.response.status = status
            return view(session)

        return app
