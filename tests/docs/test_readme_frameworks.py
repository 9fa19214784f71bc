"""The README's snippets for frameworks run, each in the framework that it is for."""

from __future__ import annotations

import json
import os
import sys
from types import SimpleNamespace
from typing import TypedDict, cast

import bottle
import cherrypy
import falcon
import flask
import pytest
import webtest
from pyramid.config import Configurator
from pyramid.response import Response

from session_middleware import SessionConfig, SessionMiddleware, get_session
from session_middleware.adapters.bottle import SessionPlugin
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, app_of, call, make_interface
from ..support.visits import count
from .test_readme import run


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", KEY)


def counts(app):
    """Whether a session is kept from one request to the next."""
    return call(app, cookie=call(app).cookie).body == b"2"


def test_the_interface_of_all_adapters():
    interface = run("import SecureCookieSessionInterface, SessionConfig\n").interface

    assert counts(SessionMiddleware(app_of(count), interface))


def test_flask():
    app = flask.Flask(__name__)
    app.secret_key = "dev"
    app.add_url_rule("/", view_func=lambda: str(count(flask.session)))

    run("FlaskSessionInterface()", app=app)

    assert counts(app)


def test_flask_session(monkeypatch):
    room = SimpleNamespace(RedisStore=lambda client: MemoryStore())
    monkeypatch.setitem(sys.modules, "session_middleware.stores.redis", room)
    app = flask.Flask(__name__)
    app.secret_key = "dev"
    app.add_url_rule("/", view_func=lambda: str(count(flask.session)))

    run("RedisStore(client)", app=app, client=None)

    assert counts(app)


def test_pyramid():
    with Configurator() as config:
        run("config.add_settings", config=config, os=os)
        config.add_route("index", "/")
        config.add_view(
            lambda request: Response(str(count(request.session))), route_name="index"
        )
        app = config.make_wsgi_app()

    assert counts(app)


def test_bottle_logs_in_and_out():
    app = run("bottle.Bottle()", interface=make_interface()).app

    login = call(app, "/login", method="POST", data={"user": "ada"})
    logout = call(app, "/logout", method="POST", cookie=login.cookie)

    assert login.set_cookies
    assert "Max-Age=0" in logout.set_cookies[0]


def test_flash_messages_and_csrf_tokens():
    app = bottle.Bottle()
    app.install(SessionPlugin(make_interface()))
    run("check_csrf_token", app=app, bottle=bottle)

    def save(token):
        data = {"csrf_token": token}
        return call(app, "/save", cookie=page.cookie, method="POST", data=data)

    page = call(app)
    forged, saved = save("a guess"), save(json.loads(page.body)["csrf_token"])
    shown = call(app, cookie=saved.cookie)

    assert json.loads(page.body)["messages"] == forged.set_cookies == []
    assert (forged.status[:3], saved.status[:3]) == ("403", "303")
    assert json.loads(shown.body)["messages"] == ["Saved."]


def test_cherrypy():
    class Root:
        @cherrypy.expose
        def index(self):
            return str(count(cherrypy.request.session))

    config = run("SessionTool", interface=make_interface()).config

    assert counts(cherrypy.Application(Root(), "", config))


class Counter:
    def on_get(self, request, response):
        response.text = str(count(request.context.session))


def test_falcon():
    app = run("SessionComponent", interface=make_interface(), falcon=falcon).app
    app.add_route("/", Counter())

    assert counts(app)


def test_coming_from_beaker():
    def use(environ, start_response):
        session = environ["beaker.session"]
        text = str(count(session))
        session.save()
        start_response("200 OK", [])
        return [text.encode()]

    options = {"session.validate_key": KEY}

    assert counts(run("BeakerSessionMiddleware", app=use, OPTIONS=options).app)


def test_a_login_shared_with_flask():
    flask_app = flask.Flask(__name__)
    flask_app.secret_key = KEY
    flask_app.add_url_rule("/", view_func=lambda: str(count(flask.session)))

    app = run(
        "FlaskCookieSessionInterface",
        app=app_of(count),
        flask_app=flask_app,
        SessionConfig=SessionConfig,
        SessionMiddleware=SessionMiddleware,
    ).app
    there = call(app, cookie=call(flask_app).cookie)
    back = call(flask_app, cookie=there.cookie)

    assert (there.body, back.body) == (b"2", b"3")


def test_a_session_s_content_is_typed():
    def app(environ, start_response):
        names = {"TypedDict": TypedDict, "cast": cast, "get_session": get_session}
        account = run("class Account", environ=environ, **names).account
        account["user_id"] = 1
        start_response("200 OK", [])
        return []

    assert call(SessionMiddleware(app, make_interface())).cookie


def test_a_test_of_one_s_own_app():
    app = app_of(lambda session: f"hello {session.get('user', 'stranger')}")
    middleware = SessionMiddleware(app, secret_key=KEY)
    client = webtest.TestApp(middleware, lint=False)

    run("stop_clock(", client=client, middleware=middleware)

    assert client.get("/").text == "hello ada"
