"""An app's configuration is our sessions' too, and what cannot work is refused."""

from __future__ import annotations

import re
from datetime import timedelta

import flask
import pytest

from session_middleware import ConfigurationError, SessionConfig
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, Clock, call, make_interface
from ..support.visits import change, count, touch
from .flask_apps import answer, make_app


class TestItsConfiguration:
    def test_flask_s_settings_make_the_cookie(self):
        [line] = answer(
            change,
            SESSION_COOKIE_NAME="sid",
            SESSION_COOKIE_DOMAIN=".app.example:443",
            SESSION_COOKIE_PATH="/shop",
            SESSION_COOKIE_SECURE=True,
            SESSION_COOKIE_HTTPONLY=False,
            SESSION_COOKIE_SAMESITE="strict",
        ).set_cookies

        name, *attributes = line.split("; ")
        assert name.startswith("sid=")
        assert set(attributes) == {
            "Domain=app.example",
            "Path=/shop",
            "Secure",
            "SameSite=Strict",
        }

    def test_no_samesite_is_written_for_none(self):
        [line] = answer(change).set_cookies

        assert "SameSite" not in line
        assert line.startswith("session=")

    @pytest.mark.parametrize(
        "config",
        [{"SESSION_COOKIE_PARTITIONED": True}, {"SESSION_COOKIE_SAMESITE": "None"}],
        ids=["partitioned", "cross-site"],
    )
    def test_what_needs_secure_gets_it(self, config):
        [line] = answer(change, **config).set_cookies

        assert "Secure" in line

    def test_any_length_of_key_will_do_and_older_ones_verify(self):
        cookie = answer(change, SECRET_KEY="old").cookie

        again = answer(dict, cookie, SECRET_KEY="dev", SECRET_KEY_FALLBACKS=["old"])

        assert again.body == b"{'n': 2}"
        assert answer(dict, again.cookie, SECRET_KEY="dev").body == b"{'n': 2}"

    def test_there_is_no_absolute_limit_and_flask_s_31_days(self):
        clock = Clock()
        interface = []

        def make(config):
            interface.append(config)
            return make_interface(clock=clock)

        app = flask.Flask(__name__)
        app.secret_key = "dev"
        app.session_interface = FlaskSessionInterface(make)
        app.add_url_rule("/", view_func=lambda: str(change(flask.session)))
        call(app)
        call(app)

        [config] = interface
        assert config.absolute_lifetime is None
        assert config.permanent_lifetime == timedelta(days=31)

    def test_a_subclass_that_names_the_cookie_is_asked(self):
        class ByHost(FlaskSessionInterface):
            def get_cookie_name(self, app):
                return f"at_{flask.request.host.partition('.')[0]}"

        app = make_app()
        app.session_interface = ByHost()
        app.add_url_rule("/", view_func=lambda: str(count(flask.session)))

        first = call(app, base_url="https://one.example/")
        second = call(app, base_url="https://two.example/", cookie=first.cookie)

        assert first.cookie.startswith("at_one=")
        assert second.cookie.startswith("at_two=")
        assert second.body == b"1"

    @pytest.mark.parametrize(
        ("config", "name"),
        [
            ({"SESSION_COOKIE_SAMESITE": "loose"}, "SESSION_COOKIE_SAMESITE"),
            ({"SESSION_COOKIE_DOMAIN": "a b"}, "SESSION_COOKIE_DOMAIN"),
            ({"SECRET_KEY": 42}, "SECRET_KEY"),
            ({"SECRET_KEY_FALLBACKS": [42]}, "SECRET_KEY_FALLBACKS"),
            ({"PERMANENT_SESSION_LIFETIME": 0}, "PERMANENT_SESSION_LIFETIME"),
        ],
    )
    def test_what_cannot_work_is_refused_in_flask_s_words(self, config, name):
        with pytest.raises(ConfigurationError) as raised:
            answer(touch, TESTING=True, **config)

        assert raised.value.option == name

    @pytest.mark.parametrize(
        "make",
        [None, make_interface(), lambda: None, ServerSideSessionInterface],
        ids=["none", "made", "takes none", "takes more"],
    )
    def test_what_makes_no_interface_is_refused_at_once(self, make):
        with pytest.raises(ConfigurationError, match="FlaskSessionInterface: takes"):
            FlaskSessionInterface(make)

    def test_an_interface_in_the_place_of_its_class_is_told_what_to_give(self):
        """The error named a parameter that nobody had written."""
        config = SessionConfig(secret_key=KEY, absolute_lifetime=None)
        made = FlaskCookieSessionInterface(config)

        with pytest.raises(
            ConfigurationError, match=r"FlaskSessionInterface\(FlaskCookieSession"
        ):
            FlaskSessionInterface(made)

    @pytest.mark.parametrize("made", [True, False], ids=["made", "class"])
    def test_so_it_is_of_one_that_needs_a_store_too(self, made):
        """The first visitor met a TypeError for a store that was missing."""
        kind = ServerSideSessionInterface
        given = kind(SessionConfig(secret_key=KEY), MemoryStore()) if made else kind
        way_out = "(lambda config: ServerSideSessionInterface(config, store))"

        with pytest.raises(ConfigurationError, match=re.escape(way_out)):
            FlaskSessionInterface(given)

    def test_what_gives_something_else_is_refused(self):
        app = make_app(object(), TESTING=True)

        with pytest.raises(ConfigurationError, match="must give a SessionInterface"):
            call(app)


class TestWithoutAKey:
    @pytest.mark.parametrize("key", [None, ""])
    def test_a_session_reads_as_empty_and_refuses_in_flask_s_words(self, key):
        read = answer(lambda s: (dict(s), s.get("n")), SECRET_KEY=key)

        assert read.body == b"({}, None)"
        with pytest.raises(RuntimeError, match="session is unavailable"):
            answer(change, SECRET_KEY=key, TESTING=True)

    def test_it_takes_no_attributes(self):
        with pytest.raises(RuntimeError, match="session is unavailable"):
            answer(
                lambda s: setattr(s, "permanent", True), SECRET_KEY=None, TESTING=True
            )
