"""Bodies that Bottle iterates: what is in time and what is late.

Bottle pulls a body's first block that is not empty before it starts its response.
"""

from __future__ import annotations

from functools import partial

import pytest
from bottle import HTTPResponse

from session_middleware import LateSessionChange

from ..support import call
from .bottle_apps import content, make_app


class Blocks:
    """A body that runs code of the app's in ``__iter__``, and can be closed."""

    def __init__(self, early, late):
        self.early, self.late = early, late
        self.closed = False

    def __iter__(self):
        self.early()
        yield b"one"
        self.late()
        yield b"two"

    def close(self):
        self.closed = True


def nothing():
    """Changes nothing."""


@pytest.mark.parametrize("text", [str, str.encode], ids=["text", "bytes"])
def test_a_change_before_the_first_block_that_is_not_empty_is_saved(text):
    app = make_app()

    @app.route("/")
    def index(session):
        yield text("")
        session["n"] = 1
        yield text("one")
        yield text("two")

    got = call(app)

    assert got.body == b"onetwo"
    assert content(app, got.cookie) == "{'n': 1}"


def test_bottles_wrapper_of_a_closable_stream_is_committed_with_its_first_block():
    app = make_app()
    bodies = []

    @app.route("/")
    def index(session):
        bodies.append(
            Blocks(partial(session.update, n=1), partial(session.update, late=1))
        )
        return bodies[0]

    with pytest.warns(LateSessionChange, match="late"):
        got = call(app)

    assert got.body == b"onetwo"
    assert content(app, got.cookie) == "{'n': 1}"
    assert bodies[0].closed


@pytest.mark.parametrize("closable", [True, False], ids=["closable", "map"])
def test_a_late_change_inside_a_value_is_found(closable):
    """Bottle's wrapper of a body has no ``__next__``, and was handed on unwatched."""
    app = make_app()

    @app.route("/")
    def index(session):
        cart = session.setdefault("cart", [])
        blocks = Blocks(nothing, lambda: cart.append("late"))
        return blocks if closable else map(bytes, blocks)

    with pytest.warns(LateSessionChange, match="cart"):
        got = call(app)

    assert content(app, got.cookie) == "{'cart': []}"


def test_a_stream_that_fails_at_once_is_bottles_500_and_saves_nothing():
    app = make_app()

    @app.route("/")
    def index(session):
        session["n"] = 1
        yield from ()
        raise LookupError("in the stream")

    got = call(app)

    assert got.status[:3] == "500"
    assert got.set_cookies == []


def test_a_response_raised_in_a_stream_is_saved():
    app = make_app()

    @app.route("/")
    def index(session):
        session["n"] = 1
        yield from ()
        raise HTTPResponse("instead", 202)

    got = call(app)

    assert (got.status[:3], got.body) == ("202", b"instead")
    assert content(app, got.cookie) == "{'n': 1}"


def test_a_head_request_is_saved_and_has_no_body():
    app = make_app()

    @app.route("/")
    def index(session):
        session["n"] = 1
        yield "a body"

    got = call(app, method="HEAD")

    assert got.body == b""
    assert content(app, got.cookie) == "{'n': 1}"
