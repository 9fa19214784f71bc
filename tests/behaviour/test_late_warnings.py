"""``LateSessionChange``: where it points, how often it is said, what it keeps."""

from __future__ import annotations

import sys
import warnings

import flask
import pytest
from jinja2 import DictLoader

from session_middleware import LateSessionChange, SessionMiddleware
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.adapters.from_flask import FromFlask
from session_middleware.adapters.view import SessionView
from session_middleware.events import LOG

from ..support import KEY, Clock, call, make_interface

SETTINGS = {"SECRET_KEY": KEY}


def late(change, clock=None, interface=None):
    """A request that changes its session after its headers have gone."""

    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"one"
        change(environ["session"])
        yield b"two"

    interface = interface or make_interface(clock=clock)
    return call(SessionMiddleware(app, interface))


def said_of(change, **options):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        late(change, **options)
    return said


def flask_app():
    app = flask.Flask("late")
    app.secret_key = KEY
    app.session_interface = FlaskSessionInterface()
    return app


def streaming_app(change):
    """An app of Flask's that changes its session between two blocks of a stream."""
    app = flask_app()

    @app.get("/")
    def index():
        @flask.stream_with_context
        def blocks():
            yield "one"
            change(flask.session)
            yield "two"

        return app.response_class(blocks())

    return app


def said_by(app):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("default")
        call(app)
    return said


WAYS = {
    "assigned": lambda s: s.__setitem__("k", 1),
    "deleted": lambda s: (s.pop("k", None), s.clear()),
    "updated": lambda s: s.update(k=1),
    "defaulted": lambda s: s.setdefault("k", 1),
    "or": lambda s: s.__ior__({"k": 1}),
    "permanent": lambda s: setattr(s, "permanent", True),
    "modified": lambda s: setattr(s, "modified", True),
    "regenerated": lambda s: s.regenerate(),
    "invalidated": lambda s: s.invalidate(),
    "through a view": lambda s: SessionView(s).update(k=1),
    "a view's fact": lambda s: setattr(SessionView(s), "permanent", True),
}


@pytest.mark.parametrize("change", WAYS.values(), ids=WAYS)
def test_it_points_at_the_line_that_changed_the_session(change):
    [*_, warning] = said_of(change)

    assert warning.category is LateSessionChange
    assert warning.filename == __file__
    assert warning.lineno == change.__code__.co_firstlineno


def test_it_points_at_the_line_in_an_app_of_flasks():
    def change(session):
        session["k"] = 1

    [warning] = said_by(streaming_app(change))

    assert warning.filename == __file__
    assert warning.lineno == change.__code__.co_firstlineno + 1


def test_it_points_at_the_line_where_the_interface_is_flasks_own():
    interface = FromFlask(
        lambda app: flask.sessions.SecureCookieSessionInterface(), SETTINGS
    )

    [warning] = said_of(WAYS["assigned"], interface=interface)

    assert warning.filename == __file__


def test_a_key_is_cut_in_it():
    [warning] = said_of(lambda s: s.__setitem__("k" * 5000, 1))

    assert "k" * 50 in str(warning.message)
    assert len(str(warning.message)) < 300


def test_ten_a_minute_are_said_of_one_line(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(LOG, "_clock", lambda: clock.now)

    def change(session):
        for n in range(1000):
            session[f"k{n}"] = 1

    assert len(said_of(change)) == 10
    clock.forward(minutes=1)
    assert len(said_of(change)) == 10


@pytest.mark.parametrize("action", ["default", "always", "module"])
def test_nothing_is_kept_of_the_keys(action):
    """Python's registry had an entry for each key, for as long as the process lived."""
    registry = sys.modules[__name__].__dict__.get("__warningregistry__", {})
    before = len(registry)

    with warnings.catch_warnings(record=True):
        warnings.simplefilter(action)
        late(lambda s: s.update({f"k{n}": n for n in range(200)}))

    registry = sys.modules[__name__].__dict__.get("__warningregistry__", {})
    assert len(registry) <= before + 1


def test_as_an_error_it_is_raised_every_time():
    """The eleventh test of a suite fails too."""
    for _ in range(30):
        with pytest.raises(LateSessionChange):
            late(lambda s: s.update(k=1))


def test_it_points_at_the_line_of_a_template():
    app = flask_app()
    text = "one\n{% set late = 1 %}\n{{ session.update(k=late) }}"
    app.jinja_loader = DictLoader({"late.html": text})

    @app.get("/")
    def index():
        return flask.stream_template("late.html")

    [warning] = said_by(app)
    assert warning.filename.endswith(("late.html", "<template>"))
    assert warning.lineno == 3


def test_it_points_past_flasks_own_helpers():
    app = streaming_app(lambda session: flask.flash("hello"))

    assert {warning.filename for warning in said_by(app)} == {__file__}
