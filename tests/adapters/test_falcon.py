"""Sessions in Falcon: the shared behaviour, errors and other components."""

from __future__ import annotations

import json

import falcon
import falcon.asgi
import pytest

from session_middleware import LateSessionChange, SessionTooLarge
from session_middleware.adapters.falcon import SessionComponent

from ..servers import servers
from ..support import KEY, call, make_interface
from .falcon_apps import change, content, make_app, show
from .host import INCOMPRESSIBLE, HostBehaviour


class TestFalcon(HostBehaviour):
    streams_commit_late = False

    def wrap(self, interface, view, status=200):
        def responder(req, resp):
            resp.status = status
            answer = view(req.context.session)
            if isinstance(answer, str):
                resp.text = answer
            else:
                resp.stream = answer

        return make_app(responder, interface=interface)


# -- errors ----------------------------------------------------------------


@pytest.mark.parametrize("independent", [True, False], ids=["independent", "dependent"])
@pytest.mark.parametrize(
    "error",
    [
        falcon.HTTPForbidden(),
        falcon.HTTPNotFound(headers={"Vary": "Origin"}),
        falcon.HTTPSeeOther("/elsewhere"),
        falcon.HTTPStatus(202, text="taken"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_raised_below_500_is_saved(error, independent):
    def responder(req, resp):
        change(req, resp)
        raise error

    app = make_app(responder, independent_middleware=independent)

    got = call(app)

    assert got.status == falcon.code_to_http_status(error.status)
    assert "Cookie" in got.all("Vary")[0].split(", ")
    assert content(app, got.cookie) == "{'n': 1}"


@pytest.mark.parametrize(
    "error",
    [LookupError("the responder's own"), falcon.HTTPServiceUnavailable()],
    ids=lambda error: type(error).__name__,
)
def test_what_is_raised_at_500_and_above_drops_changes_with_an_event(error):
    interface = make_interface()

    def responder(req, resp):
        change(req, resp)
        raise error

    got = call(make_app(responder, interface=interface))

    assert got.status[0] == "5"
    assert got.set_cookies == []
    assert [name for name, _ in interface.events] == ["not_saved"]


@pytest.mark.parametrize(("status", "saved"), [(409, True), (500, False)])
def test_a_custom_error_handler_shares_the_session_and_decides(status, saved):
    def responder(req, resp):
        change(req, resp)
        raise LookupError

    def handle(req, resp, error, params):
        req.context.session["n"] += 1
        resp.status = status

    app = make_app(responder)
    app.add_error_handler(LookupError, handle)

    got = call(app)

    assert got.status[:3] == str(status)
    assert len(got.set_cookies) == saved
    assert not saved or content(app, got.cookie) == "{'n': 2}"


def test_what_a_handler_writes_after_a_session_was_too_large_is_late_and_warns():
    """It was lost without a word: Falcon saves nothing for its error page."""

    def responder(req, resp):
        change(req, resp)
        req.context.session["photo"] = INCOMPRESSIBLE

    def handle(req, resp, error, params):
        resp.text = repr(dict(req.context.session))
        req.context.session["said"] = "sorry"

    interface = make_interface()
    app = make_app(responder, interface=interface)
    app.add_error_handler(SessionTooLarge, handle)

    with pytest.warns(LateSessionChange, match="said"):
        got = call(app)

    assert (got.body, got.set_cookies) == (b"{}", [])
    assert "Cookie" in got.all("Vary")[0].split(", ")
    assert [name for name, _ in interface.events] == ["too_large", "late_change"]


def test_a_path_without_a_route_has_a_session_and_needs_none():
    def handle(req, resp, error, params):
        req.context.session["missed"] = req.path
        resp.status = error.status

    app = make_app(show)
    plain = call(app, "/missing")
    app.add_error_handler(falcon.HTTPRouteNotFound, handle)

    got = call(app, "/missing")

    assert (plain.status[:3], plain.set_cookies) == ("404", [])
    assert (got.status[:3], content(app, got.cookie)) == (
        "404",
        "{'missed': '/missing'}",
    )


def test_a_sink_has_a_session():
    app = make_app(show)
    app.add_sink(change, "/sink")

    assert content(app, call(app, "/sink/any").cookie) == "{'n': 1}"


def test_a_static_file_is_left_alone(tmp_path):
    (tmp_path / "a.txt").write_text("static")
    app = make_app(show)
    app.add_static_route("/files", tmp_path)

    got = call(app, "/files/a.txt", cookie="__Host-session=anything")

    assert got.body == b"static"
    assert got.set_cookies == got.all("Vary") == []


def test_what_cannot_be_rendered_is_a_500_that_saves_nothing():
    def responder(req, resp):
        change(req, resp)
        resp.media = {"not JSON": object()}

    got = call(make_app(responder))

    assert (got.status[:3], got.set_cookies) == ("500", [])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_media_is_sent_with_the_session(method):
    def responder(req, resp):
        change(req, resp)
        resp.media = {"n": 1}

    app = make_app(responder)

    got = call(app, method=method)

    assert got.body == (b'{"n": 1}' if method == "GET" else b"")
    assert got.all("Content-Type") == ["application/json"]
    assert content(app, got.cookie) == "{'n': 1}"


# -- other components ------------------------------------------------------


class Counting:
    """Counts in the session on the way in and on the way out."""

    def process_request(self, req, resp):
        req.context.session["in"] = 1

    def process_response(self, req, resp, resource, req_succeeded):
        req.context.session["out"] = req_succeeded


@pytest.mark.parametrize("independent", [True, False], ids=["independent", "dependent"])
def test_components_after_ours_use_the_session_both_ways(independent):
    app = make_app(show, Counting(), independent_middleware=independent)
    app.add_sink(lambda req, resp: None, "/sink")

    first = call(app, "/sink")

    seen = content(make_app(show), first.cookie)
    assert seen == "{'in': 1, 'out': True}"


def test_a_change_by_a_component_before_ours_is_late_and_warns():
    class Late:
        def process_response(self, req, resp, resource, req_succeeded):
            req.context.session["late"] = 1

    app = falcon.App(middleware=[Late(), SessionComponent(make_interface())])

    with pytest.warns(LateSessionChange, match="late"):
        got = call(app)

    assert got.set_cookies == []


@pytest.mark.parametrize("independent", [True, False], ids=["independent", "dependent"])
@pytest.mark.parametrize("how", ["raises", "completes"])
def test_a_component_before_ours_may_end_the_request(how, independent):
    class First:
        def process_request(self, req, resp):
            if how == "raises":
                raise falcon.HTTPUnauthorized
            resp.complete = True
            resp.status = 401

    component = SessionComponent(make_interface())
    app = falcon.App(
        middleware=[First(), component], independent_middleware=independent
    )

    got = call(app)

    assert (got.status[:3], got.set_cookies) == ("401", [])


def test_a_component_after_ours_that_completes_the_response_is_saved():
    class Short:
        def process_request(self, req, resp):
            change(req, resp)
            resp.complete = True

    app = make_app(show, Short())

    assert content(make_app(show), call(app).cookie) == "{'n': 1}"


def test_falcons_own_cors_headers_stay():
    app = make_app(change, cors_enable=True)

    got = call(app, headers={"Origin": "https://other.example"})

    assert got.all("Access-Control-Allow-Origin") == ["*"]
    assert content(app, got.cookie) == "{'n': 1}"


# -- what is refused -------------------------------------------------------


def test_an_asgi_app_is_refused_by_falcon():
    with pytest.raises(falcon.CompatibilityError, match="process_request"):
        falcon.asgi.App(middleware=[SessionComponent(make_interface())])


# -- the example -----------------------------------------------------------


@pytest.mark.servers
def test_the_example_keeps_a_list_for_each_visitor():
    with servers.script("examples/falcon_app.py", SECRET_KEY=KEY) as running:
        visitor, other = servers.Visitor(running.url), servers.Visitor(running.url)
        for item in ("bread", "<b>tea</b>"):
            visitor.ask(form={"item": item})
        login = visitor.ask("/login", form={"name": "Ada"})

        full = json.loads(visitor.text())
        visitor.ask("/logout", form={})

        assert login.status == "303 See Other"
        assert full == {"user": "Ada", "items": ["bread", "<b>tea</b>"]}
        empty = {"user": None, "items": None}
        assert json.loads(visitor.text()) == json.loads(other.text()) == empty
