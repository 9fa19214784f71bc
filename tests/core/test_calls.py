"""How many functions of ours one request calls: a number, and so no timing.

``pytest -s tests/core/test_calls.py`` prints it, with the files in their order.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import session_middleware
from session_middleware import SessionMiddleware

from ..support import KEY, call
from ..support.exchange import make_environ

PACKAGE = str(Path(session_middleware.__file__).parent)


def untouched(session):
    pass


def read(session):
    session["user_id"]


def change(session):
    session["user_id"] = 43


USES = {"untouched": (untouched, 8), "read": (read, 20), "changed": (change, 44)}


@pytest.mark.parametrize(("use", "most"), USES.values(), ids=USES)
def test_a_request_takes_few_steps(use, most):
    steps = steps_of(use, {"user_id": 42, "name": "Ada"})

    assert len(steps) <= most


def steps_of(use, data, **options):
    """What one request calls whose app does ``use(session)``; printed, too.

    :param data: of the session that it comes with.
    :param options: of the middleware.
    """

    def app(environ, start_response):
        chosen[0](environ["session"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    chosen = [lambda session: session.update(data)]
    wrapped = SessionMiddleware(app, secret_key=KEY, **options)
    cookie = call(wrapped).cookie
    chosen[0] = use
    call(wrapped, cookie=cookie)  # what is decided once

    steps = calls_of(wrapped, cookie)

    print(f"\n{use.__name__}: {len(steps)} calls\n  " + "\n  ".join(steps))
    return steps


def calls_of(app, cookie):
    """The package's own functions that one request calls, in their order."""
    steps = []

    def note(frame, event, argument):
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(PACKAGE):
            steps.append(f"{Path(file).stem}.{frame.f_code.co_name}")

    environ = make_environ(**{"wsgi.url_scheme": "https", "HTTP_COOKIE": cookie})
    sys.setprofile(note)
    try:
        app(environ, lambda status, headers: None)
    finally:
        sys.setprofile(None)
    return steps
