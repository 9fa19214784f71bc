"""The middleware itself is a host like any other, for an app of plain WSGI."""

from __future__ import annotations

from session_middleware import SessionMiddleware

from .host import HostBehaviour


class TestPlainWSGI(HostBehaviour):
    def wrap(self, interface, view, status=200):
        def app(environ, start_response):
            answer = view(environ["session"])
            start_response(f"{status} Said", [("Content-Type", "text/plain")])
            return [answer.encode()] if isinstance(answer, str) else answer

        return SessionMiddleware(app, interface)
