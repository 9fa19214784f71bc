"""CherryPy applications with our session tool."""

from __future__ import annotations

import cherrypy

from session_middleware.adapters.cherrypy import SessionTool

from ..support import call

cherrypy.log.screen = False  # it would print each request


def make_app(interface, root, script_name="", **config):
    """An application with the tool on for all its paths."""
    cherrypy.tools.signed_session = SessionTool(interface)
    on = {"tools.signed_session.on": True}
    return cherrypy.Application(root, script_name, {"/": {**on, **config}})


class Root:
    """Pages that leave the session alone, write and read; a test adds its own."""

    @cherrypy.expose
    def index(self):
        return "nothing"

    @cherrypy.expose
    def write(self):
        cherrypy.request.session["name"] = "Ada"
        return "written"

    @cherrypy.expose
    def show(self):
        return repr(dict(cherrypy.request.session))


def content(interface, cookie):
    """What a later request finds in its session."""
    return call(make_app(interface, Root()), "/show", cookie=cookie).body.decode()
