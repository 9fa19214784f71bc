"""What Bottle expects of a plugin: set up once, applied to each route, gone if removed.

The cases are those of Bottle's plugin guide and of its own tests of plugins.
"""

from __future__ import annotations

import bottle
import pytest
from bottle import PluginError, request

from session_middleware.adapters.bottle import SessionPlugin

from ..support import call, make_interface
from .bottle_apps import body, make_plugin, strict_app


@pytest.fixture
def app():
    return strict_app()


class Noting(SessionPlugin):
    """Notes what Bottle calls."""

    def __init__(self):
        super().__init__(make_interface())
        self.calls = []

    def setup(self, app):
        self.calls.append(("setup", app))
        super().setup(app)

    def apply(self, callback, route):
        self.calls.append(("apply", route.rule))
        return super().apply(callback, route)


# -- the life of a plugin --------------------------------------------------


def test_it_is_installed_as_itself_and_set_up_once_with_the_app(app):
    plugin = Noting()

    installed = app.install(plugin)

    assert installed is plugin
    assert plugin in app.plugins
    assert plugin.calls == [("setup", app)]
    assert (plugin.api, plugin.name) == (2, "session")


def test_it_is_applied_to_a_route_once_and_again_when_that_is_reset(app):
    plugin = app.install(Noting())
    app.route("/", callback=lambda session: str(session.get("n")))
    plugin.calls.clear()

    bodies = [body(app), body(app)]
    app.reset()
    bodies.append(body(app))
    app.routes[0].reset()
    bodies.append(body(app))

    assert bodies == ["None"] * 4
    assert plugin.calls == [("apply", "/")] * 3


def test_routes_from_before_it_was_installed_get_their_argument(app):
    app.route("/", callback=lambda session: str(len(session)))

    app.install(make_plugin())

    assert body(app) == "0"


NAMED = [
    pytest.param(lambda plugin: plugin, id="instance"),
    pytest.param(lambda plugin: SessionPlugin, id="type"),
    pytest.param(lambda plugin: "session", id="name"),
    pytest.param(lambda plugin: True, id="all"),
]


@pytest.mark.parametrize("name_it", NAMED)
def test_it_is_removed_by_instance_type_or_name(app, name_it):
    plugin = app.install(make_plugin())
    app.route("/", callback=lambda: str(hasattr(request, "session")))
    before = body(app)

    removed = app.uninstall(name_it(plugin))

    assert plugin in removed
    assert (before, body(app)) == ("True", "False")


def test_installed_again_and_again_it_goes_around_the_app_once(app):
    plugins = [make_plugin(), make_plugin(keyword="second")]

    for _ in range(3):
        for plugin in plugins:
            app.install(plugin)
        for plugin in plugins:
            app.uninstall(plugin)

    around = [app.wsgi, app.wsgi.app, app.wsgi.app.app]
    ours = [type(each).__module__.startswith("session_middleware") for each in around]
    assert ours == [True, True, False]


def test_removed_from_one_app_it_stays_in_the_other(app):
    other = bottle.Bottle()
    plugin = make_plugin()
    for each in (app, other):
        each.install(plugin)
        each.route("/", callback=lambda: str(hasattr(request, "session")))

    other.uninstall(plugin)

    assert (body(app), body(other)) == ("True", "False")


def test_closing_the_app_is_no_error_and_leaves_its_sessions(app):
    app.install(make_plugin())
    app.route("/", callback=lambda session: str(len(session)))

    app.close()

    assert body(app) == "0"


def test_the_default_app_takes_it(app):
    with app:
        bottle.install(make_plugin())
        bottle.route("/", callback=lambda session: str(len(session)))

    assert body(app) == "0"


# -- some routes only -----------------------------------------------------


@pytest.mark.parametrize("name_it", NAMED)
def test_a_route_can_skip_it_by_instance_type_or_name(app, name_it):
    skipped = name_it(app.install(make_plugin()))
    app.route("/<session>", callback=lambda session: session, skip=skipped)
    app.route("/", callback=lambda: repr(request.session), skip=skipped)

    assert (body(app, "/mine"), body(app)) == ("mine", "{}")


@pytest.mark.parametrize("installed", ["after", "before"])
def test_given_to_a_route_too_it_is_applied_once(app, installed):
    plugin = make_plugin()
    if installed == "before":
        app.install(plugin)
    app.route("/", callback=lambda session: str(len(session)), apply=[plugin])
    if installed == "after":
        app.install(plugin)

    assert body(app) == "0"


def test_given_to_a_route_alone_it_says_that_the_app_needs_it(app):
    app.route("/", callback=lambda session: "never", apply=[make_plugin()])

    with pytest.raises(PluginError, match=r"app\.install"):
        call(app)


def test_routes_merged_into_an_app_without_it_say_that_the_app_needs_it(app):
    own = bottle.Bottle()
    own.install(make_plugin())
    own.route("/", callback=lambda session: str(len(session)))
    app.merge(own)

    with pytest.raises(PluginError, match=r"app\.install"):
        call(app)
