"""How one request is made of a contender: ours, and what it is held against.

Every contender is measured against a bare request of its own kind: the same objects
made, the same app called, no session. What is left is what the session costs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)

from .by_hand import read_by_hand, write_by_hand
from .cases import Case, environ_of, header_of, nothing, use_of
from .payloads import SESSIONS

KEY = "a benchmark's own key, which is long enough to be one"

logging.getLogger("session_middleware").addHandler(logging.NullHandler())


class Request(NamedTuple):
    """``run`` is what is timed; ``set_cookies`` is what the last run sent."""

    run: Callable[[], object]
    set_cookies: Callable[[], list[str]] = list


class Unsupported(Exception):
    """This contender has no such case; the message says why."""


class Contender:
    """One library. A subclass makes its requests."""

    name: str
    #: Those of one kind have the same bare request.
    kind: str
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
        use = use_of(made)
        request = self.request(made, use, header_of(case, None))
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
        cookie = header_of(case, None if case.name == "new" else self.cookie(case))
        request = self.request(case, use_of(case), cookie)
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
            again = header_of(case, sent[0].partition(";")[0].strip())
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

    kind = "WSGI"
    environ_key = "session"

    def wrap(self, app: Any, case: Case) -> Any:
        raise NotImplementedError

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        app = self.wrap(_app(use, self.environ_key), case)
        return _wsgi_request(app, case, cookie)

    def bare(self, case: Case, cookie: str) -> Request:
        return _wsgi_request(_app(nothing, self.environ_key), case, cookie)


class Ours(WSGIContender):
    def __init__(
        self,
        name: str = "ours",
        interface: type[SecureCookieSessionInterface] = SecureCookieSessionInterface,
    ) -> None:
        self.name = name
        self.interface = interface

    def wrap(self, app: Any, case: Case) -> Any:
        return SessionMiddleware(app, self.interface(SessionConfig(secret_key=KEY)))

    def cookie(self, case: Case) -> str:
        if case.name == "refresh" and not issubclass(self.interface, _FiveDaysAgo):
            due = type("Due", (_FiveDaysAgo, self.interface), {})
            return Ours(self.name, due).cookie(case)
        return super().cookie(case)


class _FiveDaysAgo(SecureCookieSessionInterface):
    """Issues sessions that are due for a re-issue today."""

    def now(self) -> float:
        return time.time() - 5 * 86400


class Wrapper(WSGIContender):
    """A function that passes on its two arguments and nothing else."""

    name = "empty function"

    def wrap(self, app: Any, case: Case) -> Any:
        def wrapper(environ: Any, start_response: Any) -> Any:
            return app(environ, start_response)

        return wrapper

    def prepare(self, case: Case) -> tuple[Request, Request]:
        cookie = header_of(case, "session=anything")
        return self.request(case, nothing, cookie), self.bare(case, cookie)


class EmptyMiddleware(Wrapper):
    """A class with a ``start_response`` of its own, as whatever adds a header has."""

    name = "empty middleware"

    def wrap(self, app: Any, case: Case) -> Any:
        return _PassThrough(app)


class _PassThrough:
    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        def started(status: str, headers: Any, exc_info: Any = None) -> Any:
            return start_response(status, headers, exc_info)

        return self.app(environ, started)


class ByHand(WSGIContender):
    """No middleware at all: an app that does everything itself."""

    name = "by hand"

    def request(self, case: Case, use: Callable[[Any], object], cookie: str) -> Request:
        if case.name in ("untouched", "refresh"):
            raise Unsupported("none")
        writes = case.name in ("changed", "new")

        def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
            headers = [
                ("Content-Type", "text/plain; charset=utf-8"),
                ("Content-Length", "2"),
            ]
            data, created = read_by_hand(environ.get("HTTP_COOKIE", ""), headers)
            use(data)
            if writes:
                write_by_hand(data, created or int(time.time()), headers)
            start_response("200 OK", headers)
            return [b"ok"]

        return _wsgi_request(app, case, cookie)


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
    environ = environ_of(case, cookie)
    last: list[Any] = [None]

    def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
        last[0] = headers

    def run() -> None:
        app(environ.copy(), start_response)

    def set_cookies() -> list[str]:
        return [value for name, value in last[0] if name.lower() == "set-cookie"]

    return Request(run, set_cookies)
