"""What an ini file or Python says to Pyramid of its sessions, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pyramid.config import Configurator

from session_middleware import ConfigurationError
from session_middleware.testing import stop_clock

from ..support import KEY, call
from .pyramid_apps import answer_of


class TestSettings:
    def include(self, **settings):
        named = {f"session_middleware.{name}": text for name, text in settings.items()}
        with Configurator(settings=named) as config:
            config.include("session_middleware.adapters.pyramid")
            config.add_route("index", "/")
            view = answer_of(lambda s: str(s.update(n=1)))
            config.add_view(view, route_name="index")
            return config.make_wsgi_app()

    def test_a_test_of_the_app_finds_its_interface(self):
        app = self.include(secret_key=KEY)

        with stop_clock(app.registry["session_middleware"]) as clock:
            cookie = call(app).cookie
            clock.forward(timedelta(days=13))
            used = call(app, cookie=cookie)

        assert used.cookie

    def test_text_from_an_ini_file_is_enough(self):
        app = self.include(secret_key=KEY, cookie_name="sid", permanent="yes")

        [line] = call(app).set_cookies

        assert line.startswith("sid=")
        assert "Max-Age=1209600" in line

    def test_one_line_of_the_file_is_enough_to_include_it(self, monkeypatch):
        monkeypatch.setenv("THE_KEY", KEY)
        settings = {
            "pyramid.includes": "session_middleware.adapters.pyramid",
            "session_middleware.secret_key_env": "THE_KEY",
            "session_middleware.permanent_lifetime": "20m",
            "session_middleware.permanent": "true",
        }

        with Configurator(settings=settings) as config:
            config.add_route("index", "/")
            view = answer_of(lambda s: str(s.update(n=1)))
            config.add_view(view, route_name="index")
            app = config.make_wsgi_app()

        assert "Max-Age=1200" in call(app).set_cookies[0]

    def test_a_wrong_setting_is_named_as_in_the_file(self):
        with pytest.raises(
            ConfigurationError, match=r"session_middleware\.cookie_samesite: must be"
        ):
            self.include(secret_key=KEY, cookie_samesite="loose")

    def test_a_key_is_required(self):
        with pytest.raises(ConfigurationError, match=r"session_middleware\.secret_key"):
            self.include()

    def test_no_setting_says_the_key(self):
        with pytest.raises(ConfigurationError) as raised:
            self.include(secret_key=KEY, cookie_pth="/")

        assert "did you mean session_middleware.cookie_path" in str(raised.value)
        assert KEY not in str(raised.value)
