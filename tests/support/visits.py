"""Requests that use a session in one way, and what their answers do to the cookie."""

from __future__ import annotations

from session_middleware import SecureCookieSessionInterface, SessionMiddleware

from . import app_of, call


def start(environ, start_response):
    """An app without a use for its session."""
    start_response("200 OK", [])
    return [b"plain"]


def plain_app(view, status=200):
    """A WSGI app that answers with what ``view(session)`` gives: a str, or a body."""

    def app(environ, start_response):
        answer = view(environ["session"])
        start_response(f"{status} Said", [("Content-Type", "text/plain")])
        return [answer.encode()] if isinstance(answer, str) else answer

    return app


def count(session):
    session["visits"] = session.get("visits", 0) + 1
    return session["visits"]


class Visitor:
    """Brings the cookie that it was given last.

    :param interface: of the app that it visits.
    """

    def __init__(self, interface):
        self.interface = interface
        self.cookie = None

    def visit(self, use, **response):
        """One request whose app does ``use(session)``."""
        answer = respond(self.interface, use, self.cookie, **response)
        if answer.set_cookies:
            self.cookie = answer.cookie
        return answer

    def look(self, use):
        """What ``use(session)`` gives in the next request."""
        found = []
        self.visit(lambda s: found.append(use(s)))
        return found[0]


def stored(interface, **data):
    """The Cookie header of a session that holds ``data``."""
    app = SessionMiddleware(app_of(lambda s: s.update(data or {"n": 1})), interface)
    return call(app).cookie


def respond(interface, use, cookie=None, **response):
    request = {
        key: response.pop(key)
        for key in ("method", "base_url", "environ")
        if key in response
    }
    app = SessionMiddleware(app_of(use, **response), interface)
    return call(app, cookie=cookie, **request)


def names(interface):
    return [name for name, _ in interface.events]


def touch(session):
    return len(session)


def change(session):
    session["n"] = 2


def drop(session):
    session.clear()


def log_out(session):
    session.invalidate()


def log_in_anew(session):
    session.invalidate()
    session["n"] = 3


def kind(answer):
    """What the Set-Cookie lines of an answer do, in one word."""
    if not answer.set_cookies:
        return "nothing"
    [line] = answer.set_cookies
    return "deletion" if "Max-Age=0" in line else "cookie"


def overriding(base=SecureCookieSessionInterface, /, **members):
    """A subclass with these methods and attributes."""
    return type("Overriding", (base,), members)


def answers(value):
    return lambda self, *args: value
