from __future__ import annotations

import falcon

from session_middleware.adapters.falcon import SessionComponent

from .host import HostBehaviour


class TestFalcon(HostBehaviour):
    streams_commit_late = False

    def wrap(self, interface, view, status=200):
        class Resource:
            def on_get(self, req, resp):
                resp.status = status
                answer = view(req.context.session)
                if isinstance(answer, str):
                    resp.text = answer
                else:
                    resp.stream = answer

        app = falcon.App(middleware=[SessionComponent(interface)])
        app.add_route("/", Resource())
        return app
