"""The finished request in the hands of a test: where its client hands it back."""

from __future__ import annotations

import logging

import flask
import pytest
import webtest

from session_middleware import LateSessionChange, SessionMiddleware
from session_middleware.adapters.from_flask import FromFlask

from ..adapters.bottle_apps import make_app as make_bottle_app
from ..behaviour.test_least_interface import LeastInterface
from ..support import KEY, app_of, call, make_interface


@pytest.fixture
def said(caplog):
    """The level of each ``late_change`` so far."""
    caplog.set_level(logging.DEBUG, logger="session_middleware")
    return lambda: [
        each.levelname
        for each in caplog.records
        if each.getMessage().startswith("late_change")
    ]


def from_flask(**options):
    return FromFlask(
        lambda app: flask.sessions.SecureCookieSessionInterface(), {"SECRET_KEY": KEY}
    )


def put(session):
    session["cart"] = []


def streaming(late, interface=None):
    def app(environ, start_response):
        put(environ["session"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        yield b"one"
        late(environ["session"])
        yield b"two"

    return SessionMiddleware(app, interface or make_interface())


class TestWebTest:
    """The environ that it hands back is the app's own."""

    def test_a_test_may_change_the_session_that_it_finds(self, said):
        app = SessionMiddleware(app_of(put), make_interface())

        answer = webtest.TestApp(app).get("/")
        answer.request.environ["session"].pop("cart")

        assert said() == ["DEBUG"]

    def test_so_it_may_through_a_plugin_of_bottle_s(self, said):
        bottle = make_bottle_app()
        bottle.route("/", callback=lambda session: put(session) or "ok")

        answer = webtest.TestApp(bottle).get("/")
        answer.request.environ["bottle.request.ext.session"].pop("cart")

        assert said() == ["DEBUG"]

    def test_so_it_may_where_the_interface_is_flask_s_own(self):
        app = SessionMiddleware(app_of(put), from_flask())

        answer = webtest.TestApp(app).get("/")

        assert answer.request.environ["session"].pop("cart") == []

    def test_so_it_may_where_the_session_notes_nothing(self):
        app = SessionMiddleware(app_of(lambda s: s.update(n=1)), LeastInterface())

        answer = webtest.TestApp(app).get("/")

        assert answer.request.environ["session"].pop("n") == 1

    def test_nothing_of_that_is_saved(self):
        app = SessionMiddleware(
            app_of(lambda s: s.setdefault("n", 1)), make_interface(cookie_secure=False)
        )
        client = webtest.TestApp(app)

        client.get("/").request.environ["session"]["n"] = 2

        assert client.get("/").text == "1"

    @pytest.mark.parametrize("make", [make_interface, from_flask])
    def test_a_stream_that_changes_it_still_warns(self, make):
        client = webtest.TestApp(streaming(lambda s: s.update(n=1), make()))

        with pytest.warns(LateSessionChange, match="n"):
            client.get("/")

    def test_a_list_that_a_stream_changes_inside_still_warns(self):
        client = webtest.TestApp(streaming(lambda s: s["cart"].append(1)))

        with pytest.warns(LateSessionChange, match="cart"):
            client.get("/")

    def test_what_stands_around_the_app_and_changes_it_still_warns(self):
        inside = SessionMiddleware(app_of(put), make_interface())

        def around(environ, start_response):
            body = inside(environ, start_response)
            environ["session"]["late"] = True
            return body

        with pytest.warns(LateSessionChange, match="late"):
            webtest.TestApp(around).get("/")


class TestFlasksClient:
    """It keeps the request's context, and with that the environ."""

    def app(self, late=lambda session: None):
        app = flask.Flask(__name__)
        app.wsgi_app = SessionMiddleware(app.wsgi_app, make_interface())

        @app.get("/")
        def index():
            session = flask.request.environ["session"]
            put(session)

            def blocks():
                yield "one"
                late(session)
                yield "two"

            return app.response_class(blocks())

        return app

    def test_a_test_may_change_the_session_that_it_finds(self, said):
        with self.app().test_client() as client:
            response = client.get("/")
            flask.request.environ["session"]["cart"].append(1)
            flask.request.environ["session"].clear()

            assert response.text == "onetwo"
        assert said() == ["DEBUG"]

    @pytest.mark.parametrize(
        ("late", "key"),
        [
            pytest.param(lambda s: s.update(n=1), "n", id="assigned"),
            pytest.param(lambda s: s["cart"].append(1), "cart", id="inside a list"),
        ],
    )
    def test_a_stream_that_changes_it_still_warns(self, late, key):
        with self.app(late).test_client() as client:
            response = client.get("/")
            with pytest.warns(LateSessionChange, match=key):
                assert response.text == "onetwo"

    def test_of_both_a_test_s_changes_and_a_stream_s_the_stream_s_are_said(self, said):
        app = self.app(lambda s: s["cart"].append("app"))

        with app.test_client() as client:
            response = client.get("/")
            flask.request.environ["session"].update(other=[], cart=["test"])
            with pytest.warns(LateSessionChange) as warned:
                assert response.text == "onetwo"

        assert [str(each.message)[:15] for each in warned] == ["session['cart']"]
        assert said() == ["DEBUG", "DEBUG", "WARNING"]


def test_no_header_says_so():
    headers = {"werkzeug.debug.preserve_context": "1", "paste.testing": "1"}

    with pytest.warns(LateSessionChange, match="n"):
        call(streaming(lambda s: s.update(n=1)), headers=headers)
