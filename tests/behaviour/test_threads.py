"""Many threads through one middleware: nobody sees another's session."""

from __future__ import annotations

import sys
import threading

import pytest

from session_middleware import SessionMiddleware

from ..support import KEY
from ..support.examples import share_of
from ..support.exchange import make_environ

THREADS = 32
REQUESTS = share_of(1000)
HEADERS = [("Content-Type", "text/plain")]  # one list for every response


def shop(environ, start_response):
    """Counts a user's visits, and answers whose session it saw, now and at the end."""
    session = environ["session"]
    user = environ["HTTP_X_USER"]
    session.setdefault("user", user)
    visits = session.setdefault("visits", [])
    visits[:] = [len(visits) and visits[0], environ["HTTP_X_COUNT"]]
    start_response("200 OK", HEADERS)
    if environ["HTTP_X_COUNT"] % 2:
        return [session["user"].encode()]
    return stream(session)


def stream(session):
    yield session["user"].encode()
    yield b""


class Visitor(threading.Thread):
    """One user with a cookie, many times."""

    def __init__(self, app, user, barrier):
        super().__init__(name=user)
        self.app, self.user, self.barrier = app, user, barrier
        self.cookie = ""
        self.answers = set()
        self.done = 0

    def run(self):
        self.barrier.wait(timeout=30)
        for count in range(REQUESTS):
            self.visit(count)

    def visit(self, count):
        headers = []

        def start_response(status, sent):
            headers.extend(sent)
            return len

        environ = make_environ(
            HTTP_COOKIE=f"theme=dark; {self.cookie}",
            HTTP_X_USER=self.user,
            HTTP_X_COUNT=count,
        )
        body = self.app(environ, start_response)
        self.answers.add(b"".join(body))
        getattr(body, "close", int)()
        [line] = [value for name, value in headers if name == "Set-Cookie"]
        self.cookie = line.partition(";")[0]
        self.done += 1


@pytest.fixture
def _impatient():
    """Threads change places a hundred times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 100)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_impatient")
def test_thirty_two_threads_do_not_see_each_others_sessions():
    app = SessionMiddleware(shop, secret_key=KEY)
    barrier = threading.Barrier(THREADS)
    visitors = [Visitor(app, f"user {n}", barrier) for n in range(THREADS)]

    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(timeout=60)

    assert [visitor.done for visitor in visitors] == [REQUESTS] * THREADS
    assert [visitor.answers for visitor in visitors] == [
        {visitor.user.encode()} for visitor in visitors
    ]
    assert HEADERS == [("Content-Type", "text/plain")]
