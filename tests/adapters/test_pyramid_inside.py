"""Pyramid inside a ``SessionMiddleware``: whose session a request has."""

from __future__ import annotations

import pytest
from pyramid.response import Response

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SessionMiddleware,
)

from ..support import OTHER_KEY, call, make_interface
from .pyramid_apps import answer_of, make_app


class TestInsideTheMiddleware:
    def app(self, view, interface=None, configure=None, **options):
        inside = make_app(None, view, configure)
        return SessionMiddleware(inside, interface or make_interface(), **options)

    def test_it_is_the_middleware_s_session_whatever_its_key(self):
        def view(request):
            request.session["n"] = 1
            return Response(repr(dict(request.environ["our.session"])))

        answer = call(self.app(view, environ_key="our.session"))

        assert answer.body == b"{'n': 1}"
        assert len(answer.set_cookies) == 1

    def test_of_two_it_is_the_inner_one_s(self):
        outer = make_interface(cookie_name="outer")
        inner = self.app(
            answer_of(lambda s: str(s.update(n=1))), make_interface(cookie_name="inner")
        )
        app = SessionMiddleware(inner, outer, environ_key="outer.session")

        [line] = call(app).set_cookies

        assert line.startswith("inner=")

    def test_the_same_interface_inside_is_the_middleware_s_session(self):
        interface = make_interface()
        inside = make_app(interface, answer_of(lambda s: str(s.update(n=1))))

        answer = call(SessionMiddleware(inside, interface))

        assert len(answer.set_cookies) == 1

    def test_another_interface_has_a_session_of_its_own(self):
        """It was shown the middleware's, which is another application's."""
        mine = make_interface(cookie_name="mine", secret_key=OTHER_KEY)
        inside = make_app(mine, answer_of(lambda s: str(s.update(n=1))))

        [line] = call(
            SessionMiddleware(inside, make_interface(cookie_name="theirs"))
        ).set_cookies

        assert line.startswith("mine=")

    def test_another_interface_with_the_same_cookie_is_refused_by_that_name(self):
        inside = make_app(make_interface(), answer_of(lambda s: str(s.update(n=1))))
        app = SessionMiddleware(inside, make_interface(), environ_key="outer")

        with pytest.raises(ConfigurationError, match=r"'outer'.*'__Host-session'"):
            call(app)

    def test_another_cookie_of_the_same_interface_is_another_session(self):
        class ByScript(SecureCookieSessionInterface):
            def get_cookie_name(self, environ):
                return "inner" if environ["SCRIPT_NAME"] else "outer"

        interface = make_interface(ByScript)
        inside = make_app(interface, answer_of(lambda s: str(s.update(n=1))))

        def mounted(environ, start_response):
            return inside({**environ, "SCRIPT_NAME": "/inner"}, start_response)

        [line] = call(SessionMiddleware(mounted, interface)).set_cookies

        assert line.startswith("inner=")

    def test_a_request_s_copy_takes_nothing_back(self):
        def copied(request):
            request.session["n"] = 1
            copy = request.copy()
            copy.path_info = "/content"
            return request.invoke_subrequest(copy)

        answer = call(self.app(copied))

        assert answer.body == b"{'n': 1}"
        assert answer.set_cookies
