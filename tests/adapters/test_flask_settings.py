"""Flask's settings as they come from an environment or from a slip."""

from __future__ import annotations

import flask
import pytest

from session_middleware import (
    ConfigurationError,
    SecureCookieSession,
    SecureCookieSessionInterface,
)
from session_middleware.adapters.flask import FlaskSessionInterface

from ..support import KEY, call
from ..support.visits import change


def answer(use, *make, cookie=None, **config):
    """One request whose view does ``use(flask.session)``, in an app of this config."""
    app = flask.Flask(__name__)
    app.config.update({"SECRET_KEY": KEY, "TESTING": True, **config})
    app.session_interface = FlaskSessionInterface(*make)
    app.add_url_rule("/", view_func=lambda: str(use(flask.session)))
    return call(app, cookie=cookie)


def line_with(value):
    """The Set-Cookie where every switch of the cookie has this value."""
    [line] = answer(
        change,
        SESSION_COOKIE_SECURE=value,
        SESSION_COOKIE_HTTPONLY=value,
        SESSION_COOKIE_PARTITIONED=value,
    ).set_cookies
    return line


@pytest.mark.parametrize("on", [True, 1, "yes"], ids=repr)
def test_what_counts_as_true_in_flask_is_true(on):
    """``app.config.from_prefixed_env()`` reads a variable set to 1 as the number."""
    assert line_with(on).endswith("; Path=/; Secure; HttpOnly; Partitioned")


@pytest.mark.parametrize("off", [False, 0, "", None], ids=repr)
def test_what_counts_as_false_in_flask_is_false(off):
    assert line_with(off).endswith("; Path=/")


def test_one_fallback_key_without_its_list_is_refused():
    """Its letters would each be a key, and a key of one letter signs for anybody."""
    with pytest.raises(ConfigurationError, match=r"as \[old_key\]") as raised:
        answer(change, SECRET_KEY_FALLBACKS="old key")

    assert raised.value.option == "SECRET_KEY_FALLBACKS"


def test_a_page_of_a_wrong_setting_is_sent_and_nothing_is_said_after_its_error(caplog):
    """Flask saves what it could not open: the log ended with an AttributeError."""
    app = flask.Flask(__name__)
    app.config.update(SECRET_KEY=KEY, SECRET_KEY_FALLBACKS="old key")
    app.session_interface = FlaskSessionInterface()
    app.register_error_handler(500, lambda error: (str(error.original_exception), 500))

    page = call(app)

    assert page.body.startswith(b"SECRET_KEY_FALLBACKS")
    assert [record.exc_info[0] for record in caplog.records] == [ConfigurationError]


def test_a_class_of_sessions_may_have_slots():
    class Counted(SecureCookieSession):
        __slots__ = ("touches",)

    class WithSlots(SecureCookieSessionInterface):
        session_class = Counted

    def use(session):
        session.touches = 1
        return session.touches

    assert answer(use, WithSlots).body == b"1"
