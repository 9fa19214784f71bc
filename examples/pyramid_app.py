"""A visit counter with login and logout in Pyramid.

python examples/pyramid_app.py [port]
"""

import os
import secrets
import sys
from wsgiref.simple_server import make_server

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response


def index(request):
    session = request.session
    session["visits"] = session.get("visits", 0) + 1
    user = session.get("user", "nobody")
    said = "".join(f"{message}\n" for message in session.pop_flash())
    text = f"{said}{user}: {session['visits']}\n"
    return Response(text, content_type="text/plain")


def login(request):
    request.session.regenerate()
    request.session["user"] = request.POST.get("name", "nobody")[:80]  # check it here
    request.session.flash("Welcome!")
    return HTTPSeeOther("/")


def logout(request):
    request.session.invalidate()
    return HTTPSeeOther("/")


def make_app(secret_key):
    settings = {"session_middleware.secret_key": secret_key}  # or in an ini file
    with Configurator(settings=settings) as config:
        config.include("session_middleware.adapters.pyramid")
        config.add_route("index", "/")
        config.add_route("login", "/login", request_method="POST")
        config.add_route("logout", "/logout", request_method="POST")
        config.add_view(index, route_name="index")
        config.add_view(login, route_name="login")
        config.add_view(logout, route_name="logout")
        return config.make_wsgi_app()


if __name__ == "__main__":
    app = make_app(os.environ.get("SECRET_KEY") or secrets.token_urlsafe(32))
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PORT", 8000))
    try:
        server = make_server("127.0.0.1", port, app)
    except OSError as error:
        sys.exit(f"port {port}: {error.strerror}; choose another one, as PORT=8001")
    with server:
        print(f"Serving on http://localhost:{server.server_port}/", flush=True)
        server.serve_forever()
