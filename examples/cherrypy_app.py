"""A visit counter with login and logout in CherryPy, on its own server.

python examples/cherrypy_app.py [port]
"""

import os
import secrets
import socket
import sys

import cherrypy

from session_middleware import SecureCookieSessionInterface, SessionConfig
from session_middleware.adapters.cherrypy import SessionTool


class Root:
    @cherrypy.expose
    def index(self):
        session = cherrypy.request.session
        session["visits"] = session.get("visits", 0) + 1
        cherrypy.response.headers["Content-Type"] = "text/plain"
        return f"{session.get('user', 'nobody')}: {session['visits']}\n"

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    def login(self, name="nobody"):
        cherrypy.request.session.regenerate()
        cherrypy.request.session["user"] = name[:80]  # check a password here
        raise cherrypy.HTTPRedirect("/", 303)

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    def logout(self):
        cherrypy.request.session.invalidate()
        raise cherrypy.HTTPRedirect("/", 303)


def main():
    key = os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32)
    interface = SecureCookieSessionInterface(SessionConfig(secret_key=key))
    cherrypy.tools.signed_session = SessionTool(interface)
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", 8000))
    try:  # of a busy port CherryPy says nothing in production
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        sys.exit(f"port {port}: {error.strerror}; choose another one, as PORT=8001")
    cherrypy.config.update({"environment": "production", "server.socket_port": port})
    cherrypy.tree.mount(Root(), "/", {"/": {"tools.signed_session.on": True}})
    cherrypy.engine.signals.subscribe()
    cherrypy.engine.start()
    _, port = cherrypy.server.bound_addr
    print(f"Serving on http://localhost:{port}/", flush=True)
    cherrypy.engine.block()


if __name__ == "__main__":
    main()
