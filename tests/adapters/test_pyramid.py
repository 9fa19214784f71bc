"""``request.session`` in Pyramid's words: a mapping, flash messages, CSRF, a login."""

from __future__ import annotations

import copy
import time

import pytest
from pyramid.authentication import SessionAuthenticationHelper
from pyramid.config import Configurator
from pyramid.csrf import SessionCSRFStoragePolicy, get_csrf_token
from pyramid.interfaces import ISession
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from zope.interface.verify import verifyObject

from session_middleware import (
    LateSessionChange,
    SecureCookieSessionInterface,
    SessionMiddleware,
)
from session_middleware.adapters.beaker import BeakerSessionInterface
from session_middleware.adapters.pyramid import session_factory
from session_middleware.formats.pyramid import PyramidCookies

from ..behaviour.test_least_interface import LeastInterface
from ..support import START, Clock, call, make_interface
from .host import HostBehaviour
from .pyramid_apps import answer_of, look, make_app, make_page

FLASHES = {
    "peek_flash": lambda s: s.peek_flash(),
    "peek_flash of a queue": lambda s: s.peek_flash("news"),
    "pop_flash of nothing": lambda s: s.pop_flash(),
}


class TestPyramid(HostBehaviour):
    streams_commit_late = False
    own_reads = FLASHES

    def wrap(self, interface, view, status=200):
        return make_page(interface, answer_of(view, status))


class TestPyramidInsideTheMiddleware(HostBehaviour):
    own_reads = FLASHES

    def wrap(self, interface, view, status=200):
        return SessionMiddleware(make_page(None, answer_of(view, status)), interface)


def test_it_is_what_pyramid_calls_a_session():
    assert look(lambda session: verifyObject(ISession, session))


def test_a_new_session_says_so_and_counts_its_seconds():
    assert look(lambda session: (session.created, session.new)) == (START, True)


def test_a_null_session_has_a_time_too():
    with pytest.warns(UserWarning, match="disabled"):
        created = look(lambda session: session.created, secret_key=None)

    assert created > START - 10 * 366 * 86400


@pytest.mark.parametrize(
    "base",
    [SecureCookieSessionInterface, BeakerSessionInterface],
    ids=["ours", "beaker"],
)
def test_its_time_is_an_int_whatever_the_session_outside_says(base):
    app = make_app(None, answer_of(lambda s: repr(s.created)))

    answer = call(SessionMiddleware(app, make_interface(base)))

    assert answer.body == str(START).encode()


def test_a_session_that_knows_no_time_began_now():
    app = make_app(None, answer_of(lambda s: repr(s.created)))
    before = int(time.time())

    answer = call(SessionMiddleware(app, LeastInterface()))

    assert before <= int(answer.body) <= before + 60


def test_a_copy_is_a_dict():
    def use(session):
        session["n"] = 1
        return [(type(each), each) for each in (session.copy(), copy.copy(session))]

    assert look(use) == [(dict, {"n": 1})] * 2


def test_what_pyramid_has_no_word_for_is_our_session_s():
    def use(session):
        session.permanent = True
        session |= {"n": 1}
        session.regenerate()
        return session.status, session.permanent, session | {"m": 2}, repr(session)

    assert look(use) == ("new", True, {"n": 1, "m": 2}, "{'n': 1}")


def test_it_is_merged_from_the_right_too():
    def use(session):
        session["n"] = 1
        return {"m": 2, "n": 0} | session

    assert look(use) == {"m": 2, "n": 1}


def test_a_mapping_is_whole():
    def use(session):
        session.update(a=1, b=2, c=3)
        del session["a"]
        gone = session.pop("b"), "b" in session, len(session)
        return gone, session == {"c": 3}, [*session], session.get("d", 4)

    assert look(use) == ((2, False, 1), True, ["c"], 4)


def test_changed_insists_on_sending():
    interface = make_interface()
    cookie = TestPyramid().stored(interface, n=1)

    answer = TestPyramid().ask(interface, lambda s: str(s.changed()), cookie)

    assert TestPyramid().content(interface, answer.cookie) == "{'n': 1}"


class TestFlash:
    def test_messages_are_shown_once_in_their_order(self):
        def use(session):
            session.flash("one")
            session.flash("two")
            return session.peek_flash(), session.pop_flash(), session.pop_flash()

        assert look(use) == (["one", "two"], ["one", "two"], [])

    def test_queues_are_apart(self):
        def use(session):
            session.flash("saved")
            session.flash("lost", "error")
            return (
                session.pop_flash("error"),
                session.peek_flash(),
                session.peek_flash("x"),
            )

        assert look(use) == (["lost"], ["saved"], [])

    def test_a_duplicate_is_kept_unless_forbidden(self):
        def use(session):
            session.flash("twice")
            session.flash("twice")
            session.flash("twice", allow_duplicate=False)
            session.flash("once", allow_duplicate=False)
            return session.pop_flash()

        assert look(use) == ["twice", "twice", "once"]

    def test_messages_reach_the_next_request(self):
        interface = make_interface()
        host = TestPyramid()
        first = host.stored(interface, n=1)

        second = host.ask(interface, lambda s: str(s.flash("hello")), first).cookie
        third = host.ask(interface, lambda s: str(s.flash("again")), second).cookie

        assert host.ask(interface, lambda s: str(s.pop_flash()), third).body == (
            b"['hello', 'again']"
        )

    @pytest.mark.parametrize("before", [[], ["first"]], ids=["new-queue", "longer"])
    def test_a_message_that_comes_too_late_is_warned_of(self, before):
        def view(session):
            for message in before:
                session.flash(message, "news")

            def blocks():
                yield b"one"
                session.flash("late", "news")
                yield b"two"

            return blocks()

        with pytest.warns(LateSessionChange, match="_f_news"):
            TestPyramid().ask(make_interface(), view)

    def test_a_duplicate_that_is_forbidden_is_no_change(self):
        host, interface = TestPyramid(), make_interface()
        cookie = host.ask(interface, lambda s: str(s.flash("once"))).cookie

        again = host.ask(
            interface, lambda s: str(s.flash("once", allow_duplicate=False)), cookie
        )

        assert again.set_cookies == []

    def test_looking_for_messages_where_there_are_none_is_no_change(self):
        answer = TestPyramid().ask(make_interface(), lambda s: str(s.pop_flash()))

        assert answer.set_cookies == []

    def test_a_queue_that_is_no_text_is_refused_as_pyramid_does(self):
        with pytest.raises(TypeError):
            look(lambda session: session.flash("hello", None))


def test_a_session_that_pyramid_made_moves_in_with_its_messages_and_its_token():
    pyramids = SignedCookieSessionFactory("a secret of Pyramid's", timeout=None)

    def begin(request):
        session = pyramids(request)
        session.flash("hello")
        session.flash("saved", "news")
        return Response(session.get_csrf_token())

    def use(session):
        return f"{session.get_csrf_token()} {session.pop_flash()} " + str(
            session.peek_flash("news")
        )

    before = call(make_app(None, begin))
    reader = PyramidCookies("a secret of Pyramid's", timeout=None)
    app = make_app(
        make_interface(clock=Clock(time.time()), accept=[reader]), answer_of(use)
    )

    after = call(app, cookie=before.cookie)

    assert after.body.decode() == before.body.decode() + " ['hello'] ['saved']"


class TestCSRF:
    def test_a_token_stays_until_a_new_one_is_made(self):
        def use(session):
            first = session.get_csrf_token()
            return first, session.get_csrf_token(), session.new_csrf_token()

        first, again, new = look(use)

        assert first == again != new
        assert len(first) == len(new) == 40

    def test_pyramid_s_own_policy_keeps_its_token_in_the_session(self):
        with Configurator(session_factory=session_factory(make_interface())) as config:
            config.set_csrf_storage_policy(SessionCSRFStoragePolicy())
            config.set_default_csrf_options(require_csrf=True)
            config.add_route("index", "/")
            config.add_view(
                lambda request: Response(get_csrf_token(request)), route_name="index"
            )
            app = config.make_wsgi_app()

        page = call(app)
        form = {"csrf_token": page.body.decode()}
        headers = {"Referer": "https://app.example/"}
        posted = call(
            app, cookie=page.cookie, method="POST", data=form, headers=headers
        )
        forged = call(app, cookie=page.cookie, method="POST", headers=headers)

        assert posted.status == "200 OK"
        assert forged.status == "400 Bad Request"


def test_pyramid_s_own_login_is_kept_in_the_session():
    helper = SessionAuthenticationHelper()

    def login(request):
        helper.remember(request, "ada")
        return Response("welcome")

    def logout(request):
        helper.forget(request)
        return Response("bye")

    def who(request):
        return Response(str(helper.authenticated_userid(request)))

    app = make_app(make_interface(), who, login=login, logout=logout)

    cookie = call(app, "/login").cookie
    logged_in = call(app, cookie=cookie).body
    after = call(app, "/logout", cookie=cookie)

    assert logged_in == b"ada"
    assert "Max-Age=0" in after.set_cookies[0]
