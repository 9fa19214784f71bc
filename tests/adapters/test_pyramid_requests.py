"""When a Pyramid app may use its session, and what is saved of that."""

from __future__ import annotations

import gc

import pytest
from pyramid.events import NewResponse
from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request
from pyramid.response import FileResponse, Response
from pyramid.tweens import EXCVIEW

from session_middleware import (
    LateSessionChange,
    SecureCookieSession,
    SessionMiddleware,
    SessionUnavailable,
)
from session_middleware.adapters.pyramid import session_factory

from ..support import call, make_interface
from .pyramid_apps import (
    COUNTING_TWEEN,
    answer_of,
    content_of,
    count,
    counting_errors,
    make_app,
)


def plain(request):
    return Response("plain")


def sessions_alive():
    return sum(type(each) is SecureCookieSession for each in gc.get_objects())


class TestAroundTheView:
    def test_an_exception_view_s_session_is_saved(self):
        def fail(request):
            request.session["seen"] = "before"
            raise LookupError

        def sorry(error, request):
            request.session["sorry"] = True
            return Response("sorry", status=404)

        app = make_app(
            make_interface(),
            fail,
            lambda config: config.add_exception_view(sorry, context=LookupError),
        )

        answer = call(app)

        assert answer.body == b"sorry"
        assert content_of(app, answer.cookie) == "{'seen': 'before', 'sorry': True}"

    def test_an_http_exception_is_a_response_that_saves(self):
        def forbid(request):
            count(request)
            raise HTTPForbidden

        app = make_app(make_interface(), forbid)

        answer = call(app)

        assert answer.status == "403 Forbidden"
        assert content_of(app, answer.cookie) == "{'visits': 1}"

    @pytest.mark.parametrize(
        "place", [{"over": EXCVIEW}, {"under": EXCVIEW}], ids=["over", "under"]
    )
    @pytest.mark.parametrize("asked", [False, True], ids=["first", "after-the-view"])
    def test_a_tween_may_use_the_session_after_the_view(self, place, asked):
        app = make_app(
            make_interface(),
            answer_of(lambda s: repr(dict(s))) if asked else plain,
            lambda config: config.add_tween(COUNTING_TWEEN, **place),
        )

        second = call(app, cookie=call(app).cookie)

        assert second.all("Vary") == ["Cookie"]
        assert "'visits': 2" in content_of(app, second.cookie)

    def test_a_tween_over_the_exception_views_sees_what_they_left(self):
        def fail(request):
            request.session["visits"] = 40
            raise LookupError

        def configure(config):
            counting_errors(config)
            config.add_tween(COUNTING_TWEEN, over=EXCVIEW)

        app = make_app(make_interface(), fail, configure)

        assert content_of(app, call(app).cookie) == "{'visits': 42}"

    @pytest.mark.parametrize("asked", [False, True], ids=["first", "after-the-view"])
    def test_a_callback_may_use_the_session_when_the_response_is_there(self, asked):
        def view(request):
            if asked:
                len(request.session)
            request.add_response_callback(lambda request, response: count(request))
            return Response("ok")

        app = make_app(make_interface(), view)

        assert content_of(app, call(app).cookie) == "{'visits': 1}"

    def test_two_sessions_of_one_request_are_both_saved_after_its_callbacks(self):
        other = session_factory(make_interface(cookie_name="other"))

        def view(request):
            request.session["n"] = 1
            more = other(request)
            more["n"] = 1
            request.add_response_callback(lambda request, response: more.clear())
            request.add_response_callback(lambda request, response: count(request))
            return Response("ok")

        app = make_app(make_interface(), view)

        assert content_of(app, call(app).cookie) == "{'n': 1, 'visits': 1}"

    def test_a_unit_test_may_call_the_callbacks_itself(self):
        request, response = Request.blank("/"), Response("ok")
        session = session_factory(make_interface())(request)
        session["n"] = 1

        for callback in request.response_callbacks:
            callback(request, response)

        assert "Set-Cookie" in response.headers

    def test_a_change_when_the_response_is_announced_is_warned_of(self):
        def configure(config):
            config.add_subscriber(lambda event: count(event.request), NewResponse)

        app = make_app(make_interface(), answer_of(lambda s: str(len(s))), configure)

        with pytest.warns(LateSessionChange, match="visits"):
            call(app)

    def test_a_session_that_is_not_asked_for_is_not_made(self):
        app = make_app(None, plain)

        assert call(app).body == b"plain"

    def test_without_rules_and_without_a_middleware_the_way_out_is_named(self):
        app = make_app(None, answer_of(len))

        with pytest.raises(SessionUnavailable, match="give session_factory"):
            call(app)

    @pytest.mark.parametrize("outside", [False, True], ids=["alone", "in-middleware"])
    def test_a_session_is_gone_when_the_request_is(self, outside):
        """Pyramid's own breaks a cycle for this; ours must not make one."""

        def view(request):
            count(request)
            return Response("ok")

        interface = make_interface()
        app = make_app(None if outside else interface, view)
        app = SessionMiddleware(app, interface) if outside else app
        call(app)
        gc.collect()
        before = sessions_alive()
        gc.disable()
        try:
            call(app)
            after = sessions_alive()
        finally:
            gc.enable()

        assert after == before

    def test_the_app_s_own_cookies_stay(self):
        def view(request):
            count(request)
            response = Response("ok")
            response.set_cookie("theme", "dark")
            return response

        app = make_app(make_interface(cookie_name="sid"), view)

        lines = call(app).set_cookies

        assert [line.partition("=")[0] for line in lines] == ["theme", "sid"]


class TestStreams:
    def test_a_nested_change_in_a_stream_is_found_when_it_ends(self):
        def view(session):
            cart = session["cart"] = []

            def blocks():
                yield b"one"
                cart.append("late")
                yield b"two"

            return blocks()

        with pytest.warns(LateSessionChange, match="cart"):
            answer = call(make_app(make_interface(), answer_of(view)))

        assert answer.body == b"onetwo"
        assert answer.set_cookies

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_a_stream_keeps_its_length_and_is_closed(self, method):
        closed = []

        def blocks():
            try:
                yield b"one"
            finally:
                closed.append(True)

        def view(request):
            count(request)
            body = blocks()
            next(body)
            return Response(app_iter=body, content_length=3)

        answer = call(make_app(make_interface(), view), method=method)

        assert answer.all("Content-Length") == ["3"]
        assert closed == [True]

    def test_a_file_is_handed_on_to_the_server_as_it_is(self):
        class Wrapper(list):
            def __init__(self, file, size):
                file.close()

        def view(request):
            count(request)
            return FileResponse(__file__, request)

        app = make_app(make_interface(), view)
        environ = {"wsgi.file_wrapper": Wrapper}
        bodies = []

        def server(environ, start_response):
            bodies.append(app(environ, start_response))
            return bodies[0]

        assert call(server, environ=environ).set_cookies
        assert type(bodies[0]) is Wrapper
