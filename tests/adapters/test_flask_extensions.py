"""What Flask's extensions put into a session, as they are released, with ours."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import flask
import pytest
import requests
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask_babel import Babel, lazy_gettext
from flask_login import LoginManager, UserMixin, login_required, login_user
from freezegun import freeze_time
from markupsafe import Markup
from requests.adapters import BaseAdapter

from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface

from ..support import KEY

pytestmark = pytest.mark.filterwarnings("ignore:absolute_lifetime")


@pytest.fixture(params=["ours", "Flask's format"])
def app(request):
    app = flask.Flask("tests")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    make = () if request.param == "ours" else (FlaskCookieSessionInterface,)
    app.session_interface = FlaskSessionInterface(*make)
    return app


class TokenEndpoint(BaseAdapter):
    """An OAuth server's, without a network."""

    def send(self, request, **options):
        response = requests.Response()
        response.status_code, response.request = 200, request
        response._content = json.dumps(
            {"access_token": "a token", "token_type": "Bearer", "expires_in": 60}
        ).encode()
        return response

    def close(self):
        pass


class OAuthSession(OAuth2Session):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.mount("https://login.example/", TokenEndpoint())


class OAuthApp(FlaskOAuth2App):
    client_cls = OAuthSession


def test_a_login_by_oauth_keeps_the_token_that_authlib_gives(app):
    """A subclass of dict; with it every login was a 500."""
    client = OAuth(app).register(
        "login",
        client_id="ours",
        client_secret="secret",
        authorize_url="https://login.example/authorize",
        access_token_url="https://login.example/token",
        client_cls=OAuthApp,
    )
    kinds = []

    @app.get("/login")
    def login():
        return client.authorize_redirect("https://app.example/callback")

    @app.get("/callback")
    def callback():
        flask.session["token"] = token = client.authorize_access_token()
        kinds.append(type(token))
        return "logged in"

    @app.get("/")
    def index():
        return dict(flask.session)

    browser = app.test_client()
    state = browser.get("/login").location.rpartition("state=")[2]
    assert browser.get(f"/callback?code=1&state={state}").text == "logged in"

    [(key, token)] = browser.get("/").json.items()
    assert (key, token["access_token"]) == ("token", "a token")
    assert kinds[0] is not dict


@pytest.fixture
def members(app):
    """An app with a page that Flask-Login protects, and lazy translations."""
    Babel(app)
    logins = LoginManager(app)
    logins.login_view = "login"
    logins.login_message = lazy_gettext("Please log in.")

    class Member(UserMixin):
        id = 1

    logins.user_loader(lambda name: Member())

    @app.get("/login")
    def login():
        [message] = flask.get_flashed_messages()
        login_user(Member())
        return f"{message} {type(message) is Markup}"

    @app.get("/members")
    @login_required
    def index():
        return "for members"

    return app


def test_an_anonymous_visit_of_a_protected_page_is_a_redirect(members):
    """The message that says why is a lazy translation, and was a 500."""
    browser = members.test_client()

    sent_away = browser.get("/members")

    assert sent_away.status_code == 302
    assert sent_away.location == "/login?next=%2Fmembers"
    assert browser.get("/login").text == "Please log in. True"
    assert browser.get("/members").text == "for members"


def test_an_app_on_a_clock_that_stands_still_keeps_what_time_it_is(app):
    """Freezegun's datetimes are of a subclass."""

    @app.get("/keep")
    def keep():
        flask.session["seen"] = datetime.now(timezone.utc)
        return ""

    @app.get("/")
    def index():
        return flask.session["seen"].isoformat()

    with freeze_time("2027-01-02 03:04:05"):
        browser = app.test_client()
        browser.get("/keep")
        seen = browser.get("/").text

    assert seen == "2027-01-02T03:04:05+00:00"
