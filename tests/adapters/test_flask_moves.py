"""A Flask application that moves into a store, with what Flask-Login has signed."""

from __future__ import annotations

from dataclasses import replace

import flask
import pytest
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user

from session_middleware import SessionConfig
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookies
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, OTHER_KEY

# Flask-Login's.
pytestmark = pytest.mark.filterwarnings(
    "ignore:datetime.datetime.utcnow:DeprecationWarning"
)


class User(UserMixin):
    def __init__(self, user_id):
        self.id = user_id


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def app(store):
    """As it is before, until ``move`` is called."""
    app = flask.Flask("tests")
    app.secret_key = KEY
    LoginManager(app).user_loader(User)
    app.add_url_rule("/login", view_func=log_in)
    app.add_url_rule("/", view_func=lambda: getattr(current_user, "id", "nobody"))
    return app


def log_in():
    return str(login_user(User("ada"), remember=True))


def move(app, store):
    assert isinstance(app.session_interface, SecureCookieSessionInterface)

    def in_store(config):
        config = replace(config, secret_key=OTHER_KEY, accept=[FlaskCookies(KEY)])
        return ServerSideSessionInterface(config, store, owner_key="_user_id")

    app.session_interface = FlaskSessionInterface(in_store)
    return in_store(SessionConfig(secret_key=KEY))


def test_who_is_logged_in_stays_and_is_in_the_list(app, store):
    browser = app.test_client()
    browser.get("/login")
    browser.delete_cookie("remember_token")

    members = move(app, store)

    assert browser.get("/").text == "ada"
    assert len(members.sessions_of("ada")) == 1


def test_who_is_remembered_stays_while_the_application_s_key_does(app, store):
    browser = app.test_client()
    browser.get("/login")
    browser.delete_cookie("session")

    move(app, store)

    assert browser.get("/").text == "ada"


def test_with_another_key_of_the_application_nobody_is_remembered(app, store):
    browser = app.test_client()
    browser.get("/login")
    browser.delete_cookie("session")

    move(app, store)
    app.secret_key = OTHER_KEY

    assert browser.get("/").text == "nobody"
