"""Everything that each host does, with sessions in a store."""

from __future__ import annotations

import pytest

from session_middleware import SessionMiddleware
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.adapters.from_flask import FromFlask

from ..adapters import (
    test_bottle,
    test_cherrypy,
    test_falcon,
    test_flask,
    test_middleware,
    test_paste,
    test_pyramid,
)
from ..adapters.test_cherrypy import _quiet  # noqa: F401 -- a fixture
from ..support import KEY, Clock, make_interface
from ..support.visits import plain_app
from .on_a_store import on_a_store, respelled  # noqa: F401 -- a fixture


class OnAStore:
    """A store changes nothing of what an app sees."""

    def respelled(self, interface, cookie):
        return respelled(interface, cookie)

    @pytest.mark.parametrize("status", [200, 304, 404, 500])
    @pytest.mark.parametrize("permanent", [False, True], ids=["", "permanent"])
    def test_an_untouched_session_asks_no_store(self, status, permanent, monkeypatch):
        """In Flask a permanent one is sent anew with each response, and was read."""
        interface = make_interface(permanent=permanent)
        cookie = self.stored(interface, name="Ada")
        monkeypatch.setattr(interface.guarded, "store", None)

        answer = self.ask(interface, lambda s: "nothing", cookie, status)

        assert answer.status.startswith(str(status))
        assert answer.set_cookies == answer.all("Vary") == []

    def test_an_untouched_stream_asks_no_store(self, monkeypatch):
        interface = make_interface(permanent=True)
        cookie = self.stored(interface, name="Ada")
        monkeypatch.setattr(interface.guarded, "store", None)

        answer = self.ask(interface, lambda s: iter([b"nothing"]), cookie)

        assert answer.body == b"nothing"

    def test_a_used_session_that_is_old_enough_is_refreshed(self):
        """In the store, whose every cookie then leads to it; and its cookie is too."""
        clock = Clock()
        interface = make_interface(clock=clock)
        cookie = self.stored(interface, name="Ada")
        clock.forward(days=5)

        answer = self.ask(interface, lambda s: s["name"], cookie)

        assert answer.cookie != cookie
        clock.forward(days=10)  # too long for the record before
        assert self.content(interface, answer.cookie) == "{'name': 'Ada'}"
        assert self.content(interface, cookie) == "{'name': 'Ada'}"


class TestPlainWSGI(OnAStore, test_middleware.TestPlainWSGI): ...


class TestBottle(OnAStore, test_bottle.TestBottle): ...


class TestBottlesRequest(OnAStore, test_bottle.TestRequestSession): ...


class TestPyramid(OnAStore, test_pyramid.TestPyramid): ...


class TestPyramidInside(OnAStore, test_pyramid.TestPyramidInsideTheMiddleware): ...


class TestFalcon(OnAStore, test_falcon.TestFalcon): ...


class TestCherryPy(OnAStore, test_cherrypy.TestCherryPy): ...


class TestAroundCherryPy(OnAStore, test_cherrypy.TestMiddlewareAround): ...


class TestPaste(OnAStore, test_paste.TestPaste): ...


class TestFlask(OnAStore, test_flask.TestFlask): ...


class TestFromFlask(OnAStore, test_middleware.TestPlainWSGI):
    """The interface of Flask's that runs ours, outside of Flask."""

    saves_on_500 = True

    def wrap(self, interface, view, status=200):
        made = FromFlask(
            lambda app: FlaskSessionInterface(lambda config: interface),
            {"SECRET_KEY": KEY},
        )
        return SessionMiddleware(plain_app(view, status), made)
