"""Sessions in Bottle: the shared behaviour, and every way that Bottle answers."""

from __future__ import annotations

import bottle
import pytest
from bottle import HTTPError, HTTPResponse, request, response

from session_middleware import SessionMiddleware
from session_middleware.adapters.bottle import SessionPlugin

from ..support import call, make_interface
from .bottle_apps import content, make_app
from .host import HostBehaviour


class TestBottle(HostBehaviour):
    def wrap(self, interface, view, status=200):
        app = make_app(interface)

        @app.route("/")
        def index(session):
            response.status = status
            return view(session)

        return app


class TestRequestSession(HostBehaviour):
    """The same without the argument, and without Bottle's own 500."""

    def wrap(self, interface, view, status=200):
        app = make_app(interface)
        app.config["catchall"] = False

        @app.route("/")
        def index():
            response.status = status
            return view(request.session)

        return app


# -- what is returned ------------------------------------------------------


@pytest.mark.parametrize("data", [{"a": 1, "b": 2}, {}], ids=["full", "empty"])
@pytest.mark.parametrize("asks", [True, False], ids=["argument", "request.session"])
def test_a_session_that_is_returned_is_an_error_that_says_dict(asks, data):
    """Bottle took it for an iterable, and answered with the keys glued together."""
    app = make_app()
    app.config["catchall"] = False

    def index(session):
        session.update(data)
        return session

    app.route("/")(index if asks else lambda: index(request.session))

    with pytest.raises(TypeError, match=r"return dict\(session\)"):
        call(app)


def test_a_dict_of_it_is_json():
    app = make_app()

    @app.route("/")
    def index(session):
        session["a"] = 1
        return dict(session)

    assert call(app).body == b'{"a": 1}'


# -- what is raised --------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        HTTPResponse("taken", 202),
        HTTPError(404, "gone"),
        HTTPError(403),
        HTTPResponse(status=303, Location="/elsewhere"),
        HTTPResponse("early", headers={"Set-Cookie": "theirs=1", "Vary": "Accept"}),
    ],
    ids=["response", "not-found", "forbidden", "redirect", "with-headers"],
)
@pytest.mark.parametrize("raised", [True, False], ids=["raised", "returned"])
@pytest.mark.parametrize("catchall", [True, False], ids=["catchall", "no-catchall"])
def test_an_answer_below_500_is_saved_raised_or_returned(answer, raised, catchall):
    app = make_app()
    app.config["catchall"] = catchall

    @app.route("/")
    def index(session):
        session["n"] = 1
        if raised:
            raise answer
        return answer

    got = call(app)

    assert got.status == answer.status_line
    assert "Cookie" in got.all("Vary")[0]
    assert content(app, got.set_cookies[-1].partition(";")[0]) == "{'n': 1}"
    theirs = answer.get_header("Set-Cookie")
    assert got.set_cookies[:-1] == ([theirs] if theirs else [])


@pytest.mark.parametrize(
    "leave",
    [lambda: bottle.abort(401, "who?"), lambda: bottle.redirect("/elsewhere")],
    ids=["abort", "redirect"],
)
def test_abort_and_redirect_save(leave):
    app = make_app()

    @app.route("/")
    def index(session):
        session["n"] = 1
        leave()

    assert content(app, call(app).cookie) == "{'n': 1}"


@pytest.mark.parametrize("raised", [True, False], ids=["raised", "returned"])
def test_an_error_of_500_and_above_drops_changes_with_an_event(raised):
    interface = make_interface()
    app = make_app(interface)

    @app.route("/")
    def index(session):
        session["n"] = 1
        if raised:
            raise HTTPError(503, "busy")
        return HTTPError(503, "busy")

    got = call(app)

    assert (got.status[:3], got.set_cookies) == ("503", [])
    assert [name for name, _ in interface.events] == ["not_saved"]


def test_without_catchall_an_exception_passes_and_nothing_is_saved():
    interface = make_interface()
    app = make_app(interface)
    app.config["catchall"] = False

    @app.route("/")
    def index(session):
        session["n"] = 1
        raise LookupError("the view's own")

    with pytest.raises(LookupError, match="own"):
        call(app)

    assert interface.events == []


# -- error handlers and hooks ----------------------------------------------


@pytest.mark.parametrize("path", ["/known", "/unknown"], ids=["raised", "no-route"])
def test_an_error_handler_reads_and_changes_the_session(path):
    app = make_app()

    @app.error(404)
    def not_found(error):
        request.session["missed"] = request.path
        return "sorry"

    @app.route("/known")
    def known():
        raise HTTPError(404)

    got = call(app, path)

    assert (got.status[:3], got.body) == ("404", b"sorry")
    assert content(app, got.cookie) == repr({"missed": path})


def test_a_method_that_is_not_allowed_reaches_its_handler_with_a_session():
    app = make_app()
    app.error(405, lambda error: request.session.setdefault("tried", "it"))
    app.post("/", callback=lambda: "posted")

    assert content(app, call(app).cookie) == "{'tried': 'it'}"


def test_hooks_before_and_after_share_the_routes_session():
    app = make_app()
    app.add_hook("before_request", lambda: request.session.update(order=["before"]))
    app.add_hook("after_request", lambda: request.session["order"].append("after"))

    @app.route("/")
    def index(session):
        session["order"].append("route")
        return "done"

    cookie = call(app).cookie

    app = make_app()
    assert content(app, cookie) == "{'order': ['before', 'route', 'after']}"


def test_an_untouched_session_costs_a_static_file_nothing(tmp_path):
    (tmp_path / "a.txt").write_text("static")
    app = make_app()
    app.route("/", callback=lambda: bottle.static_file("a.txt", root=tmp_path))

    got = call(app, cookie="__Host-session=anything")

    assert got.body == b"static"
    assert got.set_cookies == got.all("Vary") == []


# -- Bottle's own cookies and servers --------------------------------------


def test_the_apps_own_cookies_stay_and_one_with_our_name_is_replaced():
    interface = make_interface()
    app = make_app(interface)

    @app.route("/")
    def index(session):
        session["n"] = 1
        response.set_cookie("theirs", "1")
        response.set_cookie("__Host-session", "not ours")
        return "done"

    got = call(app)

    names = [line.partition("=")[0] for line in got.set_cookies]
    assert names == ["theirs", "__Host-session"]
    assert content(app, got.set_cookies[1].partition(";")[0]) == "{'n': 1}"
    assert [name for name, _ in interface.events] == ["replaced_cookie"]


def test_bottle_run_installs_the_plugin_and_serves_the_app():
    app = bottle.Bottle()
    app.route("/", callback=lambda: str(request.session.setdefault("n", 1)))
    answers = []

    class Server(bottle.ServerAdapter):
        def run(self, handler):
            answers.append(call(handler))

    bottle.run(
        app, server=Server, plugins=[SessionPlugin(make_interface())], quiet=True
    )

    [got] = answers
    assert got.body == b"1"
    assert len(got.set_cookies) == 1


def test_a_middleware_outside_with_the_same_interface_shares_its_session():
    interface = make_interface()
    app = SessionMiddleware(make_app(interface), interface)

    @app.route("/")
    def index(session):
        assert session is request.environ["session"] is request.session
        session["n"] = 1
        return "done"

    got = call(app)

    assert got.all("Vary") == ["Cookie"]
    assert content(app, got.cookie) == "{'n': 1}"


def test_a_session_taken_out_on_the_way_in_is_no_hindrance():
    interface = make_interface()
    inner = make_app(interface)
    inner.route("/", callback=lambda session: str(session.setdefault("n", 1)))

    def between(environ, start_response):
        del environ["session"]
        return inner(environ, start_response)

    assert call(SessionMiddleware(between, interface)).body == b"1"


def test_a_request_tried_again_starts_from_its_cookie():
    app = make_app()
    app.config["catchall"] = False
    tries = []

    @app.route("/")
    def index(session):
        session["n"] = session.get("n", 0) + 1
        tries.append(session["n"])
        if len(tries) < 3:
            raise ConnectionError
        return "done"

    def retrying(environ, start_response):
        while True:
            try:
                return app(environ, start_response)
            except ConnectionError:
                continue

    got = call(retrying)

    assert tries == [1, 1, 1]
    assert content(app, got.cookie) == "{'n': 1}"
