"""Tests of an app whose sessions come by way of an adapter."""

from __future__ import annotations

from datetime import timedelta

import bottle
import falcon
import falcon.testing
import flask
import pytest
import webtest
from pyramid.config import Configurator
from pyramid.response import Response

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SessionConfig,
)
from session_middleware.adapters.beaker import BeakerSessionMiddleware
from session_middleware.adapters.bottle import SessionPlugin
from session_middleware.adapters.falcon import SessionComponent
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.adapters.pyramid import session_factory
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore
from session_middleware.testing import (
    CookieHeader,
    make_cookie,
    session_transaction,
    stop_clock,
)

from ..support import KEY


def in_a_store(config):
    return ServerSideSessionInterface(config, MemoryStore())


each_kind = pytest.mark.parametrize(
    "kind",
    [SecureCookieSessionInterface, in_a_store],
    ids=["in a cookie", "in a store"],
)


@pytest.fixture
def interface(kind):
    return kind(SessionConfig(secret_key=KEY))


def pyramid_app(interface):
    with Configurator() as config:
        config.set_session_factory(session_factory(interface))
        config.add_route("index", "/")
        config.add_view(
            lambda request: Response(request.session.get("user", "nobody")),
            route_name="index",
        )
        return config.make_wsgi_app()


def bottle_app(interface):
    app = bottle.Bottle()
    app.install(SessionPlugin(interface))
    app.get("/")(lambda session: session.get("user", "nobody"))
    return app


class Index:
    def on_get(self, req, resp):
        resp.text = req.context.session.get("user", "nobody")


def falcon_app(interface):
    app = falcon.App(middleware=[SessionComponent(interface)])
    app.add_route("/", Index())
    return app


@each_kind
@pytest.mark.parametrize("make", [pyramid_app, bottle_app, falcon_app])
def test_its_interface_is_enough(interface, make):
    client = webtest.TestApp(make(interface))
    seen = []

    with stop_clock(interface) as clock:
        with session_transaction(client, interface) as session:
            session["user"] = "ada"
        for days in (10, 10, 15):
            clock.forward(timedelta(days=days))
            seen.append(client.get("/").text)

    assert seen == ["ada", "ada", "nobody"]


@each_kind
def test_any_other_test_client_sends_the_header(interface):
    client = falcon.testing.TestClient(falcon_app(interface))
    header = CookieHeader()

    with session_transaction(header, interface) as session:
        session["user"] = "ada"

    headers = {"Cookie": str(header), "Host": "localhost"}
    assert client.simulate_get("/", headers=headers).text == "ada"


@pytest.mark.parametrize("says_save", [True, False], ids=["save()", "no save()"])
@pytest.mark.parametrize("auto", [True, False], ids=["auto", "without auto"])
def test_a_session_of_beakers_is_saved(auto, says_save):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["beaker.session"].get("user", "nobody").encode()]

    middleware = BeakerSessionMiddleware(app, secret=KEY, auto=auto)
    client = webtest.TestApp(middleware)

    with session_transaction(client, middleware) as session:
        session["user"] = "ada"
        if says_save:
            session.save()
    made = make_cookie(middleware, {"user": "grace"})

    assert client.get("/").text == "ada"
    assert webtest.TestApp(middleware).get("/", headers={"Cookie": made}).text == (
        "grace"
    )


def flask_app(*make):
    app = flask.Flask(__name__)
    app.secret_key = KEY
    app.session_interface = FlaskSessionInterface(*make)
    app.add_url_rule("/", view_func=lambda: flask.session.get("user", "nobody"))
    return app


@each_kind
@pytest.mark.parametrize("asked", [True, False], ids=["asked before", "new"])
def test_flask_s_clock_stops_for_all_that_its_interface_makes(asked, kind):
    """It was refused, though the documentation says to give the interface."""
    app = flask_app(kind)
    client = app.test_client()
    if asked:
        client.get("/")
    seen = []

    with stop_clock(app.session_interface) as clock:
        with client.session_transaction() as session:
            session["user"] = "ada"
        seen.append(client.get("/").text)
        app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=1)
        clock.forward(timedelta(days=2))
        seen.append(client.get("/").text)
        app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=31)
        seen.append(client.get("/").text)
    with stop_clock(app.session_interface) as clock:
        clock.forward(timedelta(days=34))  # in a store it was used on the second day
        seen.append(client.get("/").text)
    seen.append(client.get("/").text)

    assert seen == ["ada", "nobody", "ada", "nobody", "ada"]


@each_kind
def test_a_session_in_flask_may_be_some_days_old(kind):
    app = flask_app(kind)
    client = app.test_client()

    with stop_clock(app.session_interface) as clock:
        clock.forward(timedelta(days=-5))
        with client.session_transaction() as session:
            session["user"] = "ada"
        client.get("/")

    assert client.get("/").text == "ada"
    with client.session_transaction() as session:
        assert (session.status, session["user"]) == ("ok", "ada")


@each_kind
def test_one_stopped_clock_in_another_in_flask(kind):
    app = flask_app(kind)
    client = app.test_client()
    seen = []

    with stop_clock(app.session_interface) as outer:
        outer.forward(timedelta(days=-40))
        with stop_clock(app.session_interface) as inner:
            assert inner.now() == outer.now()
            inner.forward(timedelta(days=40))
            with client.session_transaction() as session:
                session["user"] = "ada"
            seen.append(client.get("/").text)
        seen.append(client.get("/").text)

    assert seen == ["ada", "nobody"]


@pytest.mark.parametrize(
    "use",
    [
        lambda client, interface: make_cookie(interface, {"user": "ada"}),
        lambda client, interface: session_transaction(client, interface).__enter__(),
    ],
    ids=["make_cookie", "session_transaction"],
)
def test_for_a_session_in_flask_its_own_word_is_named(use):
    app = flask_app()

    with pytest.raises(ConfigurationError, match=r"client\.session_transaction\(\)"):
        use(app.test_client(), app.session_interface)
