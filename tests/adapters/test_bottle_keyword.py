"""The argument that the plugin gives to routes, and its name."""

from __future__ import annotations

import functools
import time

import pytest
from bottle import PluginError, request

from session_middleware import ConfigurationError
from session_middleware.adapters.bottle import SessionPlugin

from ..support import call, make_interface
from .bottle_apps import body, make_plugin, strict_app


@pytest.fixture
def app():
    return strict_app()


# -- which routes get the argument -----------------------------------------


def wrapped(callback):
    @functools.wraps(callback)
    def wrapper(*args, **kwargs):
        return callback(*args, **kwargs)

    return wrapper


class Page:
    def show(self, session):
        return f"method {len(session)}"

    def __call__(self, session):
        return f"callable {len(session)}"


def keyword_only(*, session):
    return f"keyword {len(session)}"


def with_default(session=None):
    return f"default {len(session)}"


def plain(session):
    return f"plain {len(session)}"


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        pytest.param(plain, "plain 0", id="function"),
        pytest.param(keyword_only, "keyword 0", id="keyword-only"),
        pytest.param(with_default, "default 0", id="default"),
        pytest.param(Page().show, "method 0", id="method"),
        pytest.param(Page(), "callable 0", id="callable"),
        pytest.param(functools.partial(plain), "plain 0", id="partial"),
        pytest.param(wrapped(plain), "plain 0", id="wraps"),
    ],
)
def test_a_route_that_asks_for_a_session_gets_it(app, callback, expected):
    app.install(make_plugin())
    app.route("/", callback=callback)

    assert body(app) == expected


def closing_over():
    """Bottle takes what a function holds on to for what it decorates."""
    format_session = lambda session: f"{session}"  # noqa: E731

    def index():
        return f"alone {callable(format_session)}"

    return index


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        pytest.param(lambda: "alone", "alone", id="function"),
        pytest.param(lambda **more: f"{more}", "{}", id="keywords"),
        pytest.param(closing_over(), "alone True", id="closure"),
        pytest.param(time.ctime, None, id="built-in"),
    ],
)
def test_a_route_that_does_not_ask_is_left_alone(app, callback, expected):
    app.install(make_plugin())
    app.route("/", callback=callback)

    answer = body(app)

    assert expected in (answer, None)
    assert app.routes[0].call.__wrapped__ is callback


def test_arguments_of_the_path_come_along(app):
    app.install(make_plugin())
    app.route("/<page>", callback=lambda session, page: f"{page} {len(session)}")

    assert body(app, "/about") == "about 0"


def test_a_visitor_does_not_name_the_session_by_the_path(app):
    app.install(make_plugin())
    app.route("/<session>", callback=lambda session: repr(session))

    assert body(app, "/mine") == "{}"


# -- its keyword -----------------------------------------------------------


def test_another_keyword_names_argument_attribute_and_plugin(app):
    plugin = app.install(make_plugin(keyword="visitor"))
    app.route("/", callback=lambda visitor: str(visitor is request.visitor))
    app.route("/skip/<visitor>", callback=lambda visitor: str(visitor), skip="visitor")
    app.route("/other", callback=lambda: str(hasattr(request, "session")))

    bodies = [body(app), body(app, "/skip/me"), body(app, "/other")]

    assert bodies == ["True", "me", "False"]
    assert app.uninstall("visitor") == [plugin]


def test_two_with_different_keywords_and_cookies_stand_side_by_side(app):
    app.install(make_plugin())
    second = SessionPlugin(make_interface(cookie_name="second"), keyword="second")
    app.install(second)

    @app.route("/")
    def index(session, second):
        session["n"], second["n"] = 1, 2
        return "done"

    both = call(app)
    app.uninstall(second)
    app.route("/alone", callback=lambda session: session.update(n=3))
    alone = call(app, "/alone")

    names = [line.partition("=")[0] for line in both.set_cookies]
    assert names == ["__Host-session", "second"]
    assert len(alone.set_cookies) == 1


def test_two_keywords_of_one_interface_are_one_session(app):
    interface = make_interface()
    app.install(SessionPlugin(interface))
    app.install(SessionPlugin(interface, keyword="same"))
    app.route("/", callback=lambda session, same: str(session is same))

    assert body(app) == "True"


class Database:
    """Some other plugin, with the customary attribute."""

    keyword = "session"

    def apply(self, callback, route):
        return callback


@pytest.mark.parametrize(
    "first", [make_plugin(), Database()], ids=["sessions", "another"]
)
def test_two_plugins_with_one_keyword_are_refused(app, first):
    app.install(first)
    second = make_plugin()

    with pytest.raises(PluginError, match=r"'session'.*keyword="):
        app.install(second)

    assert second not in app.plugins


def test_the_same_plugin_twice_is_refused(app):
    plugin = app.install(make_plugin())

    with pytest.raises(PluginError, match="SessionPlugin"):
        app.install(plugin)


@pytest.mark.parametrize(
    ("keyword", "said"),
    [
        pytest.param("no name", "must be a valid name", id="blank"),
        pytest.param("", "must be a valid name", id="empty"),
        pytest.param(None, "must be a valid name", id="none"),
        pytest.param("class", "must be a valid name", id="reserved"),
        pytest.param("cookies", r"request\.cookies", id="bottles"),
        pytest.param("environ", r"request\.environ", id="slot"),
    ],
)
def test_a_keyword_that_cannot_be_one_is_refused(keyword, said):
    with pytest.raises(ConfigurationError, match=rf"^keyword.*{said}") as refused:
        make_plugin(keyword=keyword)

    assert refused.value.option == "keyword"
