"""What is set on a middleware and is the app's is set on the app."""

from __future__ import annotations

import copy
from unittest import mock

import flask
import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from session_middleware import SessionMiddleware

from ..core.test_middleware import Framework
from ..support import KEY, OTHER_KEY, call, make_interface


def test_a_flask_app_s_proxy_fix_is_set_as_flask_s_own_documentation_does():
    """``wrapped.wsgi_app = ProxyFix(wrapped.wsgi_app)`` had no effect and said nothing.

    It was read from the app and written to the middleware, which never looks at it.
    """
    app = flask.Flask(__name__)
    app.add_url_rule("/", view_func=lambda: flask.request.url)
    wrapped = SessionMiddleware(app, secret_key=KEY)

    wrapped.wsgi_app = ProxyFix(wrapped.wsgi_app, x_host=1)
    answer = call(wrapped, headers={"X-Forwarded-Host": "shop.example"})

    assert answer.body == b"https://shop.example/"


class Declared(Framework):
    """An app with an attribute of each kind."""

    title: str  # has no value yet
    debug = False
    __slots__ = ("slot",)

    @property
    def once(self):
        raise AssertionError("asked for, and only to be set")

    @once.setter
    def once(self, value):
        self.given = value


@pytest.mark.parametrize("name", ["title", "debug", "slot", "route"])
def test_what_the_app_has_is_set_and_deleted_there(name):
    app = Declared()
    wrapped = SessionMiddleware(app, secret_key=KEY)
    before = getattr(app, name, None)

    setattr(wrapped, name, "new")
    found = getattr(app, name), getattr(wrapped, name), name in vars(wrapped)
    delattr(wrapped, name)

    assert found == ("new", "new", False)
    assert getattr(app, name, None) == before


@pytest.mark.parametrize("name", ["routes", "debug"])
def test_what_the_app_has_is_set_through_two_middlewares(name):
    app = Declared()
    inner = SessionMiddleware(app, secret_key=KEY)
    outer = SessionMiddleware(inner, secret_key=OTHER_KEY, environ_key="outer")
    before = getattr(app, name)

    setattr(outer, name, "new")
    found = getattr(app, name)
    delattr(outer, name)

    assert (found, getattr(app, name)) == ("new", before)
    assert name not in vars(inner).keys() | vars(outer).keys()


def test_what_was_not_set_from_here_is_deleted():
    app = Framework()

    del SessionMiddleware(app, secret_key=KEY).routes

    assert vars(app) == {}


def test_what_the_app_has_is_not_asked_for_in_order_to_set_it():
    app = Declared()

    SessionMiddleware(app, secret_key=KEY).once = 1

    assert app.given == 1


def test_what_a_test_replaces_on_the_app_is_put_back(monkeypatch):
    """pytest's monkeypatch finds nothing in ``vars(wrapped)``, and so deletes it."""
    app = Framework()
    wrapped = SessionMiddleware(app, secret_key=KEY)

    with mock.patch.object(wrapped, "route"), monkeypatch.context() as patch:
        patch.setattr(wrapped, "routes", ["patched"])
        assert app.route is wrapped.route
        assert app.routes == ["patched"]

    assert app.route("/") == app.routes.append
    assert app.routes == []


def test_what_is_the_middleware_s_own_stays_so():
    app, other = Framework(), Framework()
    app.app = app.environ_key = "the app's own, hidden"
    wrapped = SessionMiddleware(app, secret_key=KEY)
    interface = make_interface()

    wrapped.app, wrapped.interface, wrapped.environ_key = other, interface, "my.session"

    assert (wrapped.app, wrapped.interface) == (other, interface)
    assert wrapped.environ_key == "my.session"
    assert vars(app) == {
        "routes": [],
        "app": "the app's own, hidden",
        "environ_key": "the app's own, hidden",
    }
    assert vars(other) == {"routes": []}


def test_what_a_subclass_declares_is_its_own():
    class Counting(SessionMiddleware):
        routes: list[str]
        calls = 0

        def __init__(self, app):
            self.early = 1
            super().__init__(app, secret_key=KEY)
            self.routes = []
            self.calls = 1

    app = Framework()
    app.calls = app.early = 100
    wrapped = Counting(app)
    wrapped.routes.append("mine")
    wrapped.early += 1
    wrapped.calls += 1

    assert (wrapped.routes, wrapped.early, wrapped.calls) == (["mine"], 2, 2)
    assert (app.routes, app.early, app.calls) == ([], 100, 100)
    del wrapped.early, wrapped.routes
    assert (wrapped.early, wrapped.routes) == (100, app.routes)


def test_what_neither_has_is_set_on_the_middleware():
    app = Framework()
    wrapped = SessionMiddleware(app, secret_key=KEY)

    wrapped.note = "mine"
    app.note = "the app's, later"
    wrapped.note += "!"

    assert (wrapped.note, app.note) == ("mine!", "the app's, later")
    del wrapped.note
    assert wrapped.note == "the app's, later"


def test_what_cannot_be_deleted_says_so():
    wrapped = SessionMiddleware(Framework(), secret_key=KEY)

    with pytest.raises(AttributeError, match="rotue"):
        del wrapped.rotue
    with pytest.raises(AttributeError):
        del SessionMiddleware.__new__(SessionMiddleware).rotue
    with pytest.raises(AttributeError):
        del wrapped.__init__


def test_a_copy_of_a_middleware_has_what_was_set_on_it():
    wrapped = SessionMiddleware(Framework(), secret_key=KEY)
    wrapped.note = "mine"

    twin = copy.copy(wrapped)
    twin.environ_key = "my.session"

    assert vars(twin) == {**vars(wrapped), "environ_key": "my.session"}
