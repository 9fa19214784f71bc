"""A session that Pyramid is asked for when its response has been made, or is not."""

from __future__ import annotations

import pytest
import webtest
from pyramid import scripting, testing
from pyramid.events import NewResponse
from pyramid.request import Request
from pyramid.response import Response
from pyramid.threadlocal import RequestContext
from pyramid.tweens import EXCVIEW

from session_middleware import LateSessionChange, SessionMiddleware
from session_middleware.adapters.pyramid import session_factory

from ..support import call, make_interface
from .pyramid_apps import COUNTING_TWEEN, content_of, count, counting_errors, make_app


def names(interface):
    return [name for name, _ in interface.events]


def read(request):
    len(request.session)


def streaming(use):
    """A view whose body is the first to use its session, between two blocks."""

    def view(request):
        def blocks():
            yield b"one"
            use(request)
            yield b"two"

        return Response(app_iter=blocks())

    return view


def plain(request):
    return Response("plain")


class TestTooLate:
    """It was lost without a word."""

    def test_a_stream_that_is_the_first_to_read_is_an_event(self):
        interface = make_interface()

        answer = call(make_app(interface, streaming(read)))

        assert answer.body == b"onetwo"
        assert names(interface) == ["late_read"]

    def test_a_stream_that_is_the_first_to_change_it_warns(self):
        interface = make_interface()

        with pytest.warns(LateSessionChange, match="visits") as warned:
            answer = call(make_app(interface, streaming(count)))

        assert answer.set_cookies == []
        assert names(interface) == ["late_read", "late_change"]
        assert warned[0].filename == count.__code__.co_filename

    def test_it_does_so_in_webtest_too(self):
        app = make_app(make_interface(), streaming(count))

        with pytest.warns(LateSessionChange, match="visits"):
            webtest.TestApp(app).get("/")

    def test_it_does_so_though_other_callbacks_were_called(self):
        def view(request):
            request.add_response_callback(lambda request, response: None)
            request.add_finished_callback(lambda request: None)
            return streaming(count)(request)

        with pytest.warns(LateSessionChange, match="visits"):
            call(make_app(make_interface(), view))

    def test_it_does_so_inside_the_middleware_whose_headers_have_gone(self):
        interface = make_interface()
        app = SessionMiddleware(make_app(interface, streaming(count)), interface)

        with pytest.warns(LateSessionChange, match="visits"):
            call(app)

    def test_it_does_so_in_a_subrequest_whose_body_is_read_in_the_view(self):
        def view(request):
            inner = Request.blank("/inner", base_url="https://app.example")
            return Response(request.invoke_subrequest(inner).body)

        app = make_app(make_interface(), view, inner=streaming(count))

        with pytest.warns(LateSessionChange, match="visits"):
            call(app)

    @pytest.mark.parametrize("also", [None, count], ids=["read", "changed"])
    def test_what_an_announcement_changes_first_is_an_event(self, also):
        interface = make_interface()

        def announced(event):
            read(event.request)
            if also is not None:
                also(event.request)

        def configure(config):
            config.add_subscriber(announced, NewResponse)

        answer = call(make_app(interface, plain, configure))

        assert answer.set_cookies == []
        assert names(interface) == ["not_saved"] * (also is not None)
        assert [facts["keys"] for _, facts in interface.events] == (
            [["visits"]] if also else []
        )

    def test_what_a_finished_callback_changes_first_is_an_event(self):
        interface = make_interface()

        def view(request):
            request.add_finished_callback(count)
            return Response("ok")

        call(make_app(interface, view))

        assert names(interface) == ["not_saved"]

    def test_what_changes_after_that_warns(self):
        def view(request):
            request.add_finished_callback(read)
            return streaming(count)(request)

        with pytest.warns(LateSessionChange, match="visits"):
            call(make_app(make_interface(), view))


class TestInTime:
    """What looks like it and is none."""

    def saved(self, view, configure=None, **routes):
        interface = make_interface()
        app = make_app(interface, view, configure, **routes)
        answer = call(app)
        assert names(interface) == []
        return content_of(app, answer.cookie)

    def check_sent(self, view, policy):
        def configure(config):
            config.set_execution_policy(policy)

        interface = make_interface()
        answer = call(make_app(interface, view, configure))

        assert answer.set_cookies
        assert names(interface) == []

    def test_the_last_response_callback(self):
        def view(request):
            request.add_response_callback(lambda request, response: count(request))
            return Response("ok")

        assert self.saved(view) == "{'visits': 1}"

    @pytest.mark.parametrize(
        "place", [{"over": EXCVIEW}, {"under": EXCVIEW}], ids=["over", "under"]
    )
    def test_a_tween(self, place):
        def configure(config):
            config.add_tween(COUNTING_TWEEN, **place)

        assert self.saved(plain, configure) == "{'visits': 1}"

    def test_an_exception_view(self):
        def fail(request):
            raise LookupError

        assert self.saved(fail, counting_errors) == "{'visits': 1}"

    @pytest.mark.parametrize("tweens", [False, True], ids=["alone", "with tweens"])
    def test_a_request_that_has_been_a_subrequest_too(self, tweens):
        def view(request):
            if request.path_info == "/":
                request.path_info = "/inner"
                request.invoke_subrequest(request, use_tweens=tweens)
                count(request)
            return Response("ok")

        assert self.saved(view, inner=plain) == "{'visits': 1}"

    @pytest.mark.parametrize("tweens", [False, True], ids=["alone", "with tweens"])
    def test_a_subrequest(self, tweens):
        def view(request):
            inner = Request.blank("/inner", base_url="https://app.example")
            return request.invoke_subrequest(inner, use_tweens=tweens)

        def inner(request):
            count(request)
            return Response("ok")

        assert self.saved(view, inner=inner) == "{'visits': 1}"

    def test_a_stream_of_a_request_around_a_subrequest_in_the_view(self):
        def view(request):
            inner = Request.blank("/inner", base_url="https://app.example")
            request.invoke_subrequest(inner)
            count(request)
            return Response("ok")

        assert self.saved(view, inner=plain) == "{'visits': 1}"

    def test_another_attempt(self):
        attempts = []

        def policy(environ, router):
            for _ in range(2):
                with router.request_context(environ) as request:
                    response = router.invoke_request(request)
            return response

        def view(request):
            attempts.append(request)
            if len(attempts) == 2:
                count(request)
            return Response("ok")

        self.check_sent(view, policy)

    def test_a_policy_that_sends_one_request_twice(self):
        def policy(environ, router):
            with router.request_context(environ) as request:
                router.invoke_request(request)
                request.times = 2
                return router.invoke_request(request)

        def view(request):
            if hasattr(request, "times"):
                count(request)
            return Response("ok")

        self.check_sent(view, policy)


class TestWithoutARouter:
    def use(self, request):
        interface = make_interface()
        session = session_factory(interface)(request)
        session["n"] = 1
        return names(interface)

    def test_a_request_made_by_hand(self):
        assert self.use(Request.blank("/")) == []

    def test_a_request_made_by_hand_whose_callbacks_were_looked_at(self):
        request = Request.blank("/")
        assert len(request.response_callbacks) == 0

        assert self.use(request) == []

    def test_a_dummy_request(self):
        assert self.use(testing.DummyRequest()) == []

    def test_a_request_that_is_current_in_a_test(self):
        request = testing.DummyRequest()

        with testing.testConfig(request=request):
            assert self.use(request) == []

    def test_a_script(self):
        app = make_app(make_interface(), plain)

        with scripting.prepare(registry=app.registry) as env:
            assert self.use(env["request"]) == []
            env["request"].session["n"] = 1

    def test_a_request_that_was_with_a_router_before(self):
        app = make_app(make_interface(), plain)
        request = Request.blank("/", base_url="https://app.example")
        app.invoke_subrequest(request)

        with RequestContext(request):
            assert self.use(request) == []
