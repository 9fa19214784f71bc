"""Who is measured, and how each is asked for one request.

Every contender is measured against a bare request of its own kind: the same objects
made, the same app called, no session. What is left is what the session costs.

* Ours, Beaker and the empty wrapper: around one WSGI app.
* Flask: ``open_session`` and ``save_session`` of its interface, called on a werkzeug
  Request and Response that the bare request makes too; no Flask app runs.
* Starlette: around one ASGI app, whose coroutine is stepped by hand; no event loop.
* Pyramid: the session factory called on a real pyramid Request, and the response
  callbacks on a real Response, both of which the bare request makes too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import beaker.middleware
import flask
import flask.sessions
import pyramid.request
import pyramid.response
import pyramid.session
import starlette.middleware.sessions
import werkzeug.wrappers
from beaker.exceptions import BeakerException
from werkzeug.test import create_environ

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)

from .payloads import SESSIONS

KEY = "a benchmark's own key, which is long enough to be one"
FOREIGN = ["_ga=GA1.1.1583920471.1731650211", "theme=dark"]
MANY_FOREIGN = [
    f"_tracker_{n}=v1.{n * 7919}.{n * 104729:x}.{n * 1299709:x}" for n in range(30)
]

logging.getLogger("session_middleware").addHandler(logging.NullHandler())


class Case(NamedTuple):
    """What is done with a session of which size, in which surroundings."""

    name: str
    size: str = "small"
    surroundings: str = ""  # "", "30 foreign cookies" or "http://localhost"

    def __str__(self) -> str:
        return ", ".join(filter(None, self))


class Request(NamedTuple):
    """``run`` is what is timed; ``set_cookies`` is what the last run sent."""

    run: Callable[[], object]
    set_cookies: Callable[[], list[str]] = list


class Unsupported(Exception):
    """This contender has no such case; the message says why."""


# -- what the app does with its session ---------------------------------------


def _nothing(session: Any) -> None:
    pass


def _read(session: Any) -> None:
    session["user_id"]


def _try_to_read(session: Any) -> None:
    session.get("user_id")


def _change(session: Any) -> None:
    session["user_id"] = 43


def _use(case: Case) -> Callable[[Any], object]:
    if case.name == "new":
        items = list(SESSIONS[case.size].items())

        def fill(session: Any) -> None:
            for key, value in items:
                session[key] = value

        return fill
    return {
        "untouched": _nothing,
        "read": _read,
        "changed": _change,
        "tampered": _try_to_read,
        "refresh": _read,
    }[case.name]


# -- the contenders -----------------------------------------------------------


class Contender:
    """One library. A subclass makes its requests."""

    name: str
    #: Cases beyond a change, a new session and a re-issue that send a cookie.
    sends_also: tuple[str, ...] = ()

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        """One request with a session, given a Cookie header."""
        raise NotImplementedError

    def bare(self, case: Case, cookie: str) -> Request:
        """The same without."""
        raise NotImplementedError

    def cookie(self, case: Case) -> str:
        """``name=value`` of this contender's own cookie for a case."""
        made = case._replace(name="new")
        use = _use(made)
        request = self.request(made, use, _header(case, None))
        request.run()
        [line] = request.set_cookies()
        pair = line.partition(";")[0].strip()
        if case.name == "tampered":
            place = len(pair) - 12
            other = "A" if pair[place] != "A" else "B"
            pair = pair[:place] + other + pair[place + 1 :]
        return pair

    def prepare(self, case: Case) -> tuple[Request, Request]:
        """The request of a case and its bare one, both shown to do their work."""
        cookie = _header(case, None if case.name == "new" else self.cookie(case))
        request = self.request(case, _use(case), cookie)
        self._check(case, request, cookie)
        return request, self.bare(case, cookie)

    def _check(self, case: Case, request: Request, cookie: str) -> None:
        data = SESSIONS[case.size]
        if case.name in ("untouched", "read", "changed", "refresh"):
            assert self._opened(case, cookie) == data, f"{self.name}: not accepted"
        if case.name == "tampered":
            assert self._opened(case, cookie) == {}, f"{self.name}: accepted it"
        request.run()
        sent = request.set_cookies()
        expected = int(case.name in (*self.sends_also, "changed", "new", "refresh"))
        assert len(sent) == expected, f"{self.name}, {case}: sent {sent}"
        if case.name in ("changed", "new"):
            again = _header(case, sent[0].partition(";")[0].strip())
            user_id = 43 if case.name == "changed" else data["user_id"]
            assert self._opened(case, again) == {**data, "user_id": user_id}

    def _opened(self, case: Case, cookie: str) -> dict[str, Any]:
        """What the app finds in the session."""
        found: dict[str, Any] = {}

        def look(session: Any) -> None:
            for key in SESSIONS[case.size]:
                if key in session:
                    found[key] = session[key]

        self.request(case._replace(name="read"), look, cookie).run()
        return found


class WSGIContender(Contender):
    """One that wraps a WSGI app and puts its session into the environ."""

    environ_key = "session"

    def wrap(self, app: Any, case: Case) -> Any:
        raise NotImplementedError

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        app = self.wrap(_app(use, self.environ_key), case)
        return _wsgi_request(app, case, cookie)

    def bare(self, case: Case, cookie: str) -> Request:
        return _wsgi_request(_app(_nothing, self.environ_key), case, cookie)


class Ours(WSGIContender):
    name = "ours"

    def wrap(self, app: Any, case: Case) -> Any:
        return SessionMiddleware(app, secret_key=KEY)

    def cookie(self, case: Case) -> str:
        if case.name == "refresh":
            return _OursLongAgo().cookie(case)
        return super().cookie(case)


class _OursLongAgo(WSGIContender):
    """Issues sessions that are due for a re-issue today."""

    name = "ours"

    def wrap(self, app: Any, case: Case) -> Any:
        return SessionMiddleware(app, _FiveDaysAgo(SessionConfig(secret_key=KEY)))


class _FiveDaysAgo(SecureCookieSessionInterface):
    def now(self) -> float:
        return time.time() - 5 * 86400


class Beaker(WSGIContender):
    name = "Beaker"
    sends_also = ("read", "tampered")
    environ_key = "beaker.session"

    def wrap(self, app: Any, case: Case) -> Any:
        options = {
            "session.type": "cookie",
            "session.key": "session",
            "session.validate_key": KEY,
            "session.data_serializer": "json",
            "session.secure": True,
            "session.httponly": True,
            "session.auto": case.name in ("changed", "new"),
        }
        return beaker.middleware.SessionMiddleware(app, options)

    def prepare(self, case: Case) -> tuple[Request, Request]:
        try:
            return super().prepare(case)
        except BeakerException:
            raise Unsupported("refuses it as too long") from None


class Wrapper(WSGIContender):
    """A function that passes its two arguments on."""

    name = "empty wrapper"

    def wrap(self, app: Any, case: Case) -> Any:
        def wrapper(environ: Any, start_response: Any) -> Any:
            return app(environ, start_response)

        return wrapper

    def prepare(self, case: Case) -> tuple[Request, Request]:
        cookie = _header(case, "session=anything")
        return self.request(case, _nothing, cookie), self.bare(case, cookie)


class Flask(Contender):
    name = "Flask"

    def __init__(self) -> None:
        self.app = flask.Flask("benchmarks")
        self.app.config.update(
            SECRET_KEY=KEY, SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="Lax"
        )
        self.interface = flask.sessions.SecureCookieSessionInterface()

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        app, interface = self.app, self.interface
        environ = _environ(case, cookie)
        last: list[Any] = [None]

        def run() -> None:
            request = werkzeug.wrappers.Request(environ.copy())
            response = last[0] = werkzeug.wrappers.Response(b"ok")
            session = interface.open_session(app, request)
            use(session)
            interface.save_session(app, session, response)

        return Request(run, lambda: last[0].headers.getlist("Set-Cookie"))

    def bare(self, case: Case, cookie: str) -> Request:
        environ = _environ(case, cookie)
        last: list[Any] = [None]

        def run() -> None:
            werkzeug.wrappers.Request(environ.copy())
            last[0] = werkzeug.wrappers.Response(b"ok")
            _nothing(None)

        return Request(run)

    def cookie(self, case: Case) -> str:
        if case.name != "refresh":
            return super().cookie(case)
        # Its refresh is that of a permanent session, on every request.
        signer = self.interface.get_signing_serializer(self.app)
        return "session=" + signer.dumps({**SESSIONS[case.size], "_permanent": True})


class Starlette(Contender):
    name = "Starlette"

    def prepare(self, case: Case) -> tuple[Request, Request]:
        if case.name == "refresh":
            raise Unsupported("has none")
        return super().prepare(case)

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        app = starlette.middleware.sessions.SessionMiddleware(
            _asgi_app(use), secret_key=KEY, https_only=True
        )
        return _asgi_request(app, cookie)

    def bare(self, case: Case, cookie: str) -> Request:
        return _asgi_request(_asgi_app(_nothing), cookie)


class Pyramid(Contender):
    name = "Pyramid"

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        environ = _environ(case, cookie)
        opens = case.name != "untouched"  # request.session makes it when first asked
        factory = pyramid.session.SignedCookieSessionFactory(
            KEY,
            secure=True,
            httponly=True,
            # Its default, 0, sends a cookie whenever a session is read that is a
            # second old; these are younger.
            reissue_time=-1 if case.name == "refresh" else None,
        )
        last: list[Any] = [None]

        def run() -> None:
            request = pyramid.request.Request(environ.copy())
            response = last[0] = pyramid.response.Response(b"ok")
            use(factory(request) if opens else None)
            if request.response_callbacks:
                request._process_response_callbacks(response)

        return Request(run, lambda: last[0].headers.getall("Set-Cookie"))

    def bare(self, case: Case, cookie: str) -> Request:
        environ = _environ(case, cookie)
        last: list[Any] = [None]

        def run() -> None:
            request = pyramid.request.Request(environ.copy())
            last[0] = pyramid.response.Response(b"ok")
            _nothing(None)
            if request.response_callbacks:
                raise AssertionError

        return Request(run)

    def prepare(self, case: Case) -> tuple[Request, Request]:
        try:
            return super().prepare(case)
        except ValueError:
            raise Unsupported("refuses it as too long") from None


PEERS: list[Contender] = [Flask(), Starlette(), Pyramid(), Beaker()]


# -- bare requests ------------------------------------------------------------


def _header(case: Case, pair: str | None) -> str:
    foreign = MANY_FOREIGN if case.surroundings == "30 foreign cookies" else FOREIGN
    return "; ".join([*foreign, pair] if pair else foreign)


def _environ(case: Case, cookie: str) -> dict[str, Any]:
    local = case.surroundings == "http://localhost"
    base_url = "http://localhost:8000/" if local else "https://app.example/"
    headers = {
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Encoding": "gzip, deflate, br",
        "Accept-Language": "en-GB,en;q=0.7",
        "Cookie": cookie,
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0",
    }
    return create_environ("/account", base_url, headers=headers)


def _app(use: Callable[[Any], object], environ_key: str) -> Any:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        use(environ.get(environ_key))
        start_response(
            "200 OK",
            [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", "2")],
        )
        return [b"ok"]

    return app


def _wsgi_request(app: Any, case: Case, cookie: str) -> Request:
    environ = _environ(case, cookie)
    last: list[Any] = [None]

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        last[0] = headers

    def run() -> None:
        app(environ.copy(), start_response)

    def set_cookies() -> list[str]:
        return [value for name, value in last[0] if name.lower() == "set-cookie"]

    return Request(run, set_cookies)


def _asgi_app(use: Callable[[Any], object]) -> Any:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        use(scope.get("session"))
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    return app


def _asgi_request(app: Any, cookie: str) -> Request:
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "https",
        "path": "/account",
        "query_string": b"",
        "headers": [
            (b"host", b"app.example"),
            (b"accept-encoding", b"gzip, deflate, br"),
            (b"cookie", cookie.encode()),
        ],
    }
    last: list[Any] = [None]

    async def receive() -> None:
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        if "headers" in message:
            last[0] = message["headers"]

    def run() -> None:
        try:
            app(scope.copy(), receive, send).send(None)
        except StopIteration:
            return
        raise AssertionError("waits for an event loop")

    def set_cookies() -> list[str]:
        return [value.decode() for name, value in last[0] if name == b"set-cookie"]

    return Request(run, set_cookies)
