"""Requests to a Pyramid app that pyramid_retry repeats, and what is saved of them."""

from __future__ import annotations

import sys

import pytest
from pyramid.response import Response
from pyramid_retry import mark_error_retryable

from session_middleware import SessionMiddleware

from ..behaviour.test_least_interface import LeastInterface
from ..support import call, make_interface
from .pyramid_apps import answer_of, content_of, count, make_app


class Conflict(Exception):
    """What a database says to the loser."""


mark_error_retryable(Conflict)


@pytest.mark.parametrize("outside", [False, True], ids=["alone", "in-the-middleware"])
class TestAttempts:
    """With pyramid_tm and pyramid_retry."""

    def app(self, outside, view, answered=False, interface=None):
        def configure(config):
            config.include("pyramid_tm")
            config.include("pyramid_retry")
            if answered:
                config.add_exception_view(sorry, context=Exception)

        def sorry(error, request):
            request.session["sorry"] = True
            return Response("sorry", status=409)

        interface = interface or make_interface()
        if outside:
            return SessionMiddleware(make_app(None, view, configure), interface)
        return make_app(interface, view, configure)

    @pytest.mark.parametrize("answered", [False, True], ids=["raised", "answered"])
    @pytest.mark.parametrize("asks", [False, True], ids=["unasked", "asked"])
    def test_another_starts_from_the_cookie(self, outside, answered, asks):
        attempts = []

        def view(request):
            attempts.append(dict(request.session) if asks or not attempts else None)
            if len(attempts) == 1:
                count(request)
                raise Conflict
            return Response("done")

        app = self.app(outside, view, answered)
        cookie = call(make_app(make_interface(), answer_of(ada))).cookie

        answer = call(app, cookie=cookie)

        assert attempts == [{"name": "Ada"}, {"name": "Ada"} if asks else None]
        assert (answer.body, answer.set_cookies) == (b"done", [])

    def test_what_the_last_one_changed_is_saved(self, outside):
        attempts = []

        def view(request):
            attempts.append(1)
            count(request)
            if len(attempts) < 3:
                raise Conflict
            return Response("done")

        app = self.app(outside, view)

        assert content_of(app, call(app).cookie) == "{'visits': 1}"
        assert len(attempts) == 3

    def test_what_the_answer_to_the_last_failure_changed_is_saved(self, outside):
        def view(request):
            count(request)
            raise Conflict

        app = self.app(outside, view, answered=True)

        answer = call(app)

        assert answer.status == "409 Conflict"
        assert content_of(app, answer.cookie) == "{'visits': 1, 'sorry': True}"

    def test_an_error_that_is_not_repeated_takes_nothing_back(self, outside):
        def view(request):
            count(request)
            raise LookupError

        app = self.app(outside, view, answered=True)

        assert content_of(app, call(app).cookie) == "{'visits': 1, 'sorry': True}"

    def test_when_all_fail_nothing_is_saved(self, outside):
        def view(request):
            count(request)
            raise Conflict

        with pytest.raises(Conflict):
            call(self.app(outside, view))


def test_an_app_without_pyramid_retry_does_not_need_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyramid_retry", None)  # as if not installed
    app = SessionMiddleware(
        make_app(None, answer_of(lambda s: str(s.update(ada=1)))), make_interface()
    )

    assert call(app).set_cookies


def test_a_session_that_cannot_be_taken_back_is_kept_for_another_attempt():
    attempts = []

    def view(request):
        attempts.append(dict(request.session))
        count(request)
        if len(attempts) == 1:
            raise Conflict
        return Response("done")

    app = TestAttempts().app(True, view, interface=LeastInterface())

    assert call(app).body == b"done"
    assert attempts == [{}, {"visits": 1}]


def ada(session):
    session["name"] = "Ada"
    return ""
