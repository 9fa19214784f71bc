"""Who keeps sessions in a store: ours and the others, each in a WSGI app of its kind.

What is timed is a whole request, from which the same app without sessions is taken.
All have what they have by default, with JSON or msgpack in the store where that is
theirs to choose, and every lock that they use; connections stay open.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from typing import Any

import beaker.middleware
import flask
import flask_session
import flask_sqlalchemy
import redis

from session_middleware import SessionMiddleware
from session_middleware.stored.ids import SessionIds

from .cases import Case, environ_of
from .contenders import KEY
from .django_site import bare_site, site
from .hosts import _NoSession
from .payloads import store_session
from .store_places import Place

Use = Callable[[Any], object]
Visit = Callable[[str], list[tuple[str, str]]]  # a Cookie header; the response's

_numbers = count(10**6)  # each value that is written is a new one
_BODY = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "2")]


def use_of(case: Case, delete: str) -> Use:
    """What the app does with its session.

    :param delete: the method by which users of a library log out.
    """
    items = [*store_session(case.size).items()]

    def fill(session: Any) -> None:
        for key, value in items:
            session[key] = value

    def change(session: Any) -> None:
        session["user_id"] = next(_numbers)

    return {
        "untouched": lambda session: None,
        "read": lambda session: session["user_id"],
        "changed": change,
        "new": fill,
        "deleted": lambda session: getattr(session, delete)(),
    }[case.name]


class Peer:
    """One library on one store."""

    name: str
    kind = "WSGI"  # those of one kind have the same app without sessions
    delete = "clear"
    environ_key = ""

    def __init__(self, place: Place) -> None:
        self.place = place

    def app(self, use: Use, case: Case) -> Any:
        return wsgi_app(use, self.environ_key)

    def visit(self, case: Case) -> Visit:
        return visit(self.app(use_of(case, self.delete), case))

    def bare(self) -> Visit:
        return visit(wsgi_app(lambda session: None, "none"))


def visit(app: Any) -> Visit:
    """Ask an app, as a server would."""
    environ = environ_of(Case("read"), "")
    last: list[Any] = [None]

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        assert status == "200 OK", status
        last[0] = headers

    def run(cookie: str) -> list[tuple[str, str]]:
        request = environ.copy()
        if cookie:
            request["HTTP_COOKIE"] = cookie
        else:
            del request["HTTP_COOKIE"]
        body = app(request, start_response)
        for _ in body:
            pass
        if hasattr(body, "close"):
            body.close()
        headers: list[tuple[str, str]] = last[0]
        return headers

    return run


def wsgi_app(use: Use, environ_key: str) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        use(environ.get(environ_key))
        start_response("200 OK", [*_BODY])
        return [b"ok"]

    return app


class Ours(Peer):
    name, environ_key, delete = "ours", "session", "invalidate"

    def app(self, use: Use, case: Case) -> Any:
        app = super().app(use, case)
        return SessionMiddleware(app, secret_key=KEY, store=self.place.store)

    def cookies(self) -> list[str]:
        """Of the sessions that were in the store before."""
        name = "__Host-session"
        sign = SessionIds([KEY], "session_middleware.store.v1:" + name).sign
        now = int(time.time())
        return [f"{name}={sign(id, now, False, now)}" for id in self.place.ids]


class Signed(Peer):
    """Ours without a store: what an untouched session is held against."""

    name, environ_key = "signed", "session"

    def app(self, use: Use, case: Case) -> Any:
        return SessionMiddleware(super().app(use, case), secret_key=KEY)


class Beaker(Peer):
    name, environ_key, delete = "Beaker", "beaker.session", "delete"

    def app(self, use: Use, case: Case) -> Any:
        options: dict[str, Any] = {
            "session.key": "session",
            "session.secret": KEY,
            "session.data_serializer": "json",
            "session.secure": True,
            "session.httponly": True,
            "session.auto": case.name in ("changed", "new"),
            "session.type": "file",
        }
        if self.place.name == "Redis":
            options |= {"session.type": "ext:redis", "session.url": self.place.url}
        else:
            path = self.place.url.removeprefix("sqlite:///")
            options["session.data_dir"] = f"{path}.beaker"
        return beaker.middleware.SessionMiddleware(super().app(use, case), options)


class FlaskSession(Peer):
    name, kind = "Flask-Session", "Flask"

    def app(self, use: Use, case: Case) -> Any:
        app = _flask_app(lambda: use(flask.session))
        if self.place.name == "Redis":
            client = redis.Redis.from_url(self.place.url)
            app.config.update(SESSION_TYPE="redis", SESSION_REDIS=client)
        else:
            app.config["SQLALCHEMY_DATABASE_URI"] = self.place.url
            client = flask_sqlalchemy.SQLAlchemy(app)
            app.config.update(
                SESSION_TYPE="sqlalchemy",
                SESSION_SQLALCHEMY=client,
                SESSION_SQLALCHEMY_TABLE="flask_session",
            )
        flask_session.Session(app)
        return app

    def bare(self) -> Visit:
        app = _flask_app(lambda: None)
        app.session_interface = _NoSession()
        return visit(app)


def _flask_app(use: Callable[[], object]) -> Any:
    app = flask.Flask("benchmarks")
    # Ours, Django's and Beaker's are not sent anew with each request either.
    app.config.update(SECRET_KEY=KEY, SESSION_REFRESH_EACH_REQUEST=False)
    app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax")

    def view() -> str:
        use()
        return "ok"

    app.add_url_rule("/account", view_func=view, endpoint="account")
    return app


class Django(Peer):
    name, kind, delete = "Django", "Django", "flush"

    def app(self, use: Use, case: Case) -> Any:
        return site(use, self.place.name)

    def bare(self) -> Visit:
        return visit(bare_site())


PEERS: dict[str, list[type[Peer]]] = {
    "Redis": [Ours, FlaskSession, Beaker, Django],
    "PostgreSQL": [Ours, FlaskSession, Django],
    "SQLite": [Ours, FlaskSession, Beaker, Django],
}
