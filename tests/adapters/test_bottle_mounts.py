"""Bottle apps inside each other: one interface is one session, committed once."""

from __future__ import annotations

import warnings

import bottle
import pytest
from bottle import PluginError, request

from session_middleware import ConfigurationError, SessionMiddleware
from session_middleware.adapters.bottle import SessionPlugin

from ..support import OTHER_KEY, call, make_interface

# Bottle mounts an app of its own by taking over its routes; without the slash at the
# end it falls back on calling it as any WSGI app, and says that this is deprecated.
ROUTES, WSGI = "/inner/", "/inner"


def page():
    """Changes the session of this request, or says that there is none."""
    session = getattr(request, "session", None)
    if session is None:
        return "no session"
    session["pages"] = [*session.get("pages", []), request.path.strip("/")]
    return repr(session["pages"])


def make_app(*plugins):
    app = bottle.Bottle()
    app.config["catchall"] = False
    for plugin in plugins:
        app.install(plugin)
    app.route("/page", callback=page)
    return app


def mount(outer, inner, prefix=ROUTES):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        outer.mount(prefix, inner)
    return outer


def pages(app, *paths):
    """The last page, having gone through them all with one cookie."""
    cookie = None
    for path in paths:
        got = call(app, path, cookie=cookie)
        assert got.all("Vary") == ["Cookie"]
        cookie = got.cookie
    return got.body.decode()


@pytest.mark.parametrize("prefix", [ROUTES, WSGI], ids=["routes", "wsgi"])
@pytest.mark.parametrize(
    ("outside", "inside"),
    [("same", "same"), ("own", "own"), ("own", "none"), ("none", "own")],
    ids=["one-plugin-in-both", "one-interface", "outer-only", "inner-only"],
)
def test_a_mounted_app_has_the_session(prefix, outside, inside):
    interface = make_interface()
    plugins = {
        "same": [SessionPlugin(interface)],
        "own": [SessionPlugin(interface)],
        "none": [],
    }
    outer = make_app(*plugins[outside])
    own = [SessionPlugin(interface)] if inside == "own" else plugins[inside]
    inner = make_app(*own)
    mount(outer, inner, prefix)

    last = pages(outer, "/inner/page", "/inner/page")

    seen = "inner/page" if prefix == ROUTES else "page"
    assert last == repr([seen, seen])


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_app_around_gets_the_session_of_a_mounted_one(when):
    outer, inner = make_app(), make_app()
    if when == "before":
        inner.install(SessionPlugin(make_interface()))
    mount(outer, inner)
    if when == "after":
        inner.install(SessionPlugin(make_interface()))

    assert pages(outer, "/inner/page", "/page") == "['inner/page', 'page']"


@pytest.mark.parametrize("when", [0, 1, 2], ids=["first", "between", "last"])
def test_a_mount_in_a_mount_reaches_the_outermost(when):
    outer, middle, inner = make_app(), make_app(), make_app()
    steps = [
        lambda: mount(middle, inner),
        lambda: mount(outer, middle, "/middle/"),
    ]
    steps.insert(when, lambda: inner.install(SessionPlugin(make_interface())))
    for step in steps:
        step()

    last = pages(outer, "/middle/inner/page", "/middle/page", "/page")

    assert last == "['middle/inner/page', 'middle/page', 'page']"


def test_the_argument_is_for_routes_of_the_app_that_has_the_plugin():
    """As with every plugin of Bottle's, a mounted app installs its own."""
    interface = make_interface()
    outer, inner = make_app(SessionPlugin(interface)), make_app()
    inner.route("/asks", callback=lambda session: str(len(session)))
    mount(outer, inner)

    with pytest.raises(TypeError, match="session"):
        call(outer, "/inner/asks")

    inner.install(SessionPlugin(interface))
    assert call(outer, "/inner/asks").body == b"0"


def test_an_error_handler_of_the_app_around_sees_the_mounted_apps_change():
    interface = make_interface()
    outer, inner = make_app(), make_app(SessionPlugin(interface))
    outer.error(404, lambda error: repr(dict(request.session)))

    @inner.route("/missing")
    def missing(session):
        session["n"] = 1
        bottle.abort(404)

    mount(outer, inner)

    got = call(outer, "/inner/missing")

    assert got.body == b"{'n': 1}"
    assert len(got.set_cookies) == 1


def test_removed_from_the_mounted_app_it_leaves_the_app_around_as_it_was():
    plugin = SessionPlugin(make_interface())
    outer, inner = make_app(), make_app(plugin)
    mount(outer, inner)

    inner.uninstall(plugin)

    assert call(outer, "/page").body == b"no session"


def test_removed_from_the_app_around_it_still_serves_the_mounted_one():
    plugin = SessionPlugin(make_interface())
    outer, inner = make_app(plugin), make_app(plugin)
    mount(outer, inner)

    outer.uninstall(plugin)

    assert pages(outer, "/inner/page") == "['inner/page']"


@pytest.mark.parametrize("mounted", ["first", "last"])
def test_two_interfaces_under_one_keyword_are_refused_when_mounted(mounted):
    outer, inner = make_app(), make_app(SessionPlugin(make_interface()))
    another = SessionPlugin(make_interface(secret_key=OTHER_KEY))

    def install_and_mount():
        if mounted == "first":
            mount(outer, inner)
        outer.install(another)
        mount(outer, inner)

    with pytest.raises(PluginError, match=r"'session'.*keyword="):
        install_and_mount()


def test_a_keyword_that_was_removed_is_free_again():
    app = make_app()
    first = app.install(SessionPlugin(make_interface()))
    app.uninstall(first)
    app.install(SessionPlugin(make_interface()))

    assert pages(app, "/page") == "['page']"


@pytest.mark.parametrize("prefix", [ROUTES, WSGI], ids=["routes", "wsgi"])
def test_two_keywords_and_cookies_are_two_sessions(prefix):
    outer = make_app(SessionPlugin(make_interface()))
    second = make_interface(secret_key=OTHER_KEY, cookie_name="second")
    inner = make_app(SessionPlugin(second, keyword="second"))

    @inner.route("/both")
    def both(second):
        second["n"] = request.session["n"] = 1

    mount(outer, inner, prefix)

    names = {line.partition("=")[0] for line in call(outer, "/inner/both").set_cookies}
    assert names == {"__Host-session", "second"}


def test_a_middleware_inside_is_refused_by_the_cookie_that_it_shares():
    interface = make_interface()
    outer = make_app(SessionPlugin(interface))
    outer.mount("/inner/", SessionMiddleware(make_app(), interface))

    with pytest.raises(ConfigurationError, match="cookie_name"):
        call(outer, "/inner/page")


def test_a_mounted_app_is_still_served_by_itself():
    outer, inner = make_app(), make_app(SessionPlugin(make_interface()))
    mount(outer, inner)

    assert pages(inner, "/page", "/page") == "['page', 'page']"
