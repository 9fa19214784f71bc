"""What gunicorn serves: the same app with and without a session.

``/`` does what the contender's name says, ``/new`` logs in, ``/check`` answers who it
is.
"""

from __future__ import annotations

import os
from typing import Any

from .contenders import KEY
from .payloads import SMALL


def make_app(name: str) -> Any:
    """The app of one of the names in ``servers.CONTENDERS``."""
    library, _, use = name.partition(", ")
    if library == "ours":
        from session_middleware import SessionMiddleware

        return SessionMiddleware(_wsgi_app("session", use), secret_key=KEY)
    if library == "Beaker":
        return _beaker_app(use)
    if library == "Flask's interface":
        return _flask_interface_app(use)
    if library == "a Flask app":
        return _flask_app(use)
    if library.startswith("ours on"):
        return _stored_app(library, use)
    if library in ("Flask-Session on Redis", "a Flask app without sessions"):
        return _flask_session_app(library, use)
    return _wsgi_app("", "untouched")


def _do(session: Any, path: str, use: str) -> bytes:
    """What is done with a session, and what is answered."""
    if path == "/":
        if use == "read":
            session["user_id"]
        elif use == "changed":
            session["user_id"] = 43
        elif use == "counted":
            session["hits"] = session.get("hits", 0) + 1
    elif path == "/new" and session is not None:
        session.update(SMALL)
    elif path == "/check":
        return str(session["user_id"]).encode()
    return b"ok"


def _wsgi_app(environ_key: str, use: str) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = _do(environ.get(environ_key), environ["PATH_INFO"], use)
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]

    return app


def _stored_app(library: str, use: str) -> Any:
    from session_middleware import SessionMiddleware

    store = os.environ["BENCHMARK_" + library.rpartition(" ")[2].upper()]
    app = _wsgi_app("session", use)
    return SessionMiddleware(app, secret_key=KEY, store=store)


def _flask_session_app(library: str, use: str) -> Any:
    import redis
    from flask_session import Session

    from .hosts import _NoSession

    app = _flask_app(use)
    client = redis.Redis.from_url(os.environ["BENCHMARK_REDIS"])
    app.config.update(SESSION_TYPE="redis", SESSION_REDIS=client)
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False  # as ours are not sent anew
    if library == "Flask-Session on Redis":
        Session(app)
    else:
        app.session_interface = _NoSession()
    return app


def _beaker_app(use: str) -> Any:
    from beaker.middleware import SessionMiddleware

    options = {
        "session.type": "cookie",
        "session.key": "session",
        "session.validate_key": KEY,
        "session.data_serializer": "json",
        "session.secure": True,
        "session.httponly": True,
        "session.auto": True,
    }
    return SessionMiddleware(_wsgi_app("beaker.session", use), options)


def _flask(name: str) -> Any:
    from flask import Flask

    app = Flask(name)
    app.config.update(
        SECRET_KEY=KEY, SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax"
    )
    return app


def _flask_interface_app(use: str) -> Any:
    """Flask's session without Flask, as a WSGI app might use it."""
    from flask.sessions import SecureCookieSessionInterface
    from werkzeug.wrappers import Request, Response

    config, interface = _flask(__name__), SecureCookieSessionInterface()

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        session = interface.open_session(config, Request(environ))
        assert session is not None
        response = Response(_do(session, environ["PATH_INFO"], use))
        interface.save_session(config, session, response)
        return response(environ, start_response)

    return app


def _flask_app(use: str) -> Any:
    from flask import session

    app = _flask(__name__)

    @app.get("/<path:path>")
    @app.get("/", defaults={"path": ""})
    def view(path: str) -> bytes:
        return _do(session if use else None, "/" + path, use)

    return app
