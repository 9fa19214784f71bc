"""Everything that each host does, with sessions in a store."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from session_middleware import SessionMiddleware, StoreUnavailable
from session_middleware.adapters.beaker_stored import (
    SelfSavingStoredBeakerSession,
    StoredBeakerSession,
)
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.adapters.from_flask import FromFlask
from session_middleware.stored.session import StoredSession
from session_middleware.stores.memory import MemoryStore

from ..adapters import (
    test_beaker,
    test_bottle,
    test_cherrypy,
    test_falcon,
    test_flask,
    test_middleware,
    test_paste,
    test_pyramid,
)
from ..support import KEY, Clock, make_interface
from ..support.visits import plain_app
from .on_a_store import StoredInterface, on_a_store, respelled  # noqa: F401 -- a fixture


class Plain(StoredInterface):
    """Without what other tests expect of a cookie."""

    session_class = StoredSession


class Doing(Plain):
    """Does without sessions while the store is away."""

    def handle_store_error(self, environ, error):
        pass


class Away(MemoryStore):
    def read(self, key):
        raise StoreUnavailable("nobody there")

    def update(self, key, changes):
        return self.read(key)


def run_in_thread(use):
    """Do it where no framework knows of another request."""
    thread = threading.Thread(target=use)
    thread.start()
    thread.join(60)


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

    def test_a_mere_change_sends_no_cookie_and_is_for_one_user(self):
        interface = make_interface(Plain)
        cookie = self.stored(interface, name="Ada")

        answer = self.ask(interface, lambda s: str(s.update(name="Grace")), cookie)

        assert answer.set_cookies == []
        assert answer.all("Vary") == ["Cookie"]
        assert answer.all("Cache-Control") == ["private"]
        assert self.content(interface, cookie) == "{'name': 'Grace'}"

    def test_a_logout_is_final(self):
        interface = make_interface(Plain)
        cookie = self.stored(interface, name="Ada")

        self.ask(interface, lambda s: str(s.invalidate()), cookie)

        assert self.content(interface, cookie) == "{}"

    def test_a_new_identity_ends_the_one_before(self):
        interface = make_interface(Plain)
        cookie = self.stored(interface, name="Ada")

        answer = self.ask(interface, lambda s: str(s.regenerate()), cookie)

        assert self.content(interface, answer.cookie) == "{'name': 'Ada'}"
        assert self.content(interface, cookie) == "{}"

    def test_two_requests_at_once_both_keep_what_they_wrote(self):
        interface = make_interface(Plain)
        cookie = self.stored(interface, visits=0)

        def twice(session):
            return str(session.increment("visits", 2))

        def view(session):
            visits = session.increment("visits")
            if visits == 1:
                again = partial(self.ask, interface, twice, cookie)
                run_in_thread(again)
            session["mine"] = True
            return ""

        self.ask(interface, view, cookie)

        assert self.content(interface, cookie) == "{'visits': 3, 'mine': True}"

    def test_a_store_that_is_away_is_an_error_and_keeps_the_cookie(self, monkeypatch):
        interface = make_interface(Plain)
        cookie = self.stored(interface, name="Ada")
        monkeypatch.setattr(interface.guarded, "store", Away())

        answer = self.fails(interface, lambda s: s["name"], cookie)

        assert answer.set_cookies == []

    def test_one_that_goes_away_before_the_answer_is_one_too(self, monkeypatch):
        interface = make_interface(Plain)
        cookie = self.stored(interface, name="Ada")

        def view(session):
            session["name"] = "Grace"
            monkeypatch.setattr(interface.guarded, "store", Away())
            return "a page that says it is saved"

        answer = self.fails(interface, view, cookie)

        assert answer.set_cookies == []
        assert b"saved" not in answer.body

    def test_a_host_may_do_without_sessions_meanwhile(self, monkeypatch):
        interface = make_interface(Doing)
        cookie = self.stored(interface, name="Ada")
        monkeypatch.setattr(interface.guarded, "store", Away())

        read = self.ask(interface, lambda s: repr([*s, s.get("name")]), cookie)
        written = self.fails(interface, lambda s: str(s.update(n=1)), cookie)

        assert read.body == b"[None]"
        assert read.set_cookies == written.set_cookies == []

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


class InBeakersWords(OnAStore):
    def kind(self, interface):
        kind, auto = interface.session_class, super().kind(interface).auto
        if issubclass(kind, StoredBeakerSession):
            return kind
        words = SelfSavingStoredBeakerSession if auto else StoredBeakerSession
        return type("Worded", (words, kind), {"__slots__": ()})


class TestBeakerWithSave(InBeakersWords, test_beaker.TestWithSave): ...


class TestBeakerWithAuto(InBeakersWords, test_beaker.TestWithAuto): ...


class TestFromFlask(OnAStore, test_middleware.TestPlainWSGI):
    """The interface of Flask's that runs ours, outside of Flask."""

    saves_on_500 = True

    def wrap(self, interface, view, status=200):
        made = FromFlask(
            lambda app: FlaskSessionInterface(lambda config: interface),
            {"SECRET_KEY": KEY},
        )
        return SessionMiddleware(plain_app(view, status), made)
