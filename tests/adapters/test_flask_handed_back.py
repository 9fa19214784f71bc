"""Flask's request after its response: in the hands of a test, or of a debugger."""

from __future__ import annotations

import logging

import flask
import pytest
from werkzeug.debug import DebuggedApplication
from werkzeug.test import EnvironBuilder

from session_middleware import LateSessionChange, SecureCookieSessionInterface
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface

from ..support import KEY, call


@pytest.fixture(
    params=[SecureCookieSessionInterface, FlaskCookieSessionInterface],
    ids=["ours", "flask-cookies"],
)
def app(request):
    app = flask.Flask(__name__)
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    app.session_interface = FlaskSessionInterface(request.param)
    app.add_url_rule("/plain", "plain", lambda: "plain")
    app.add_url_rule("/flash", "flash", lambda: flask.flash("saved") or "ok")
    app.add_url_rule("/read", "read", lambda: str(len(flask.session)))
    app.add_url_rule("/flashed", "flashed", lambda: str(flask.get_flashed_messages()))
    return app


@pytest.fixture
def said(caplog):
    """The level of each event so far, with its name."""
    caplog.set_level(logging.DEBUG, logger="session_middleware")
    return lambda: [
        (each.levelname, each.getMessage().partition(":")[0])
        for each in caplog.records
        if each.name == "session_middleware"
    ]


def streaming(app, late, early=lambda: None):
    """``/`` of this app does ``late()`` between the two blocks of its body."""

    @app.get("/")
    def index():
        early()

        @flask.stream_with_context
        def blocks():
            yield "one"
            late()
            yield "two"

        return app.response_class(blocks())


def change():
    flask.session["late"] = True


def put():
    flask.session["cart"] = []


class TestInATest:
    @pytest.mark.parametrize("path", ["/flash", "/read"])
    def test_flashed_messages_are_read_after_the_response(self, app, said, path):
        """LateSessionChange failed a suite that passes with Flask's own sessions."""
        client = app.test_client()
        client.get("/flash")

        with client:
            client.get(path)
            messages = flask.get_flashed_messages()

        assert messages[0] == "saved"
        assert said() == [("DEBUG", "late_change")]

    def test_so_they_are_if_the_view_did_not_use_the_session(self, app, said):
        client = app.test_client()
        client.get("/flash")

        with client:
            client.get("/plain")
            messages = flask.get_flashed_messages()

        assert messages == ["saved"]
        assert said() == [("DEBUG", "late_read"), ("DEBUG", "late_change")]

    def test_what_a_test_changes_there_is_not_saved_as_in_flask(self, app):
        with app.test_client() as client:
            client.get("/flash")
            flask.get_flashed_messages()

            assert client.get("/flashed").text == "['saved']"

    def test_a_transaction_after_it_begins_with_what_was_saved(self, app):
        with app.test_client() as client:
            client.get("/flash")
            flask.get_flashed_messages()
            with client.session_transaction() as session:
                before = dict(session)
                session["user"] = "ada"
            client.get("/read")

            assert flask.session["user"] == "ada"
        assert before == {"_flashes": [("message", "saved")]}

    def test_a_list_inside_may_be_changed_there(self, app):
        app.add_url_rule("/put", "put", lambda: put() or "ok")

        with app.test_client() as client:
            response = client.get("/put")
            flask.session["cart"].append("late")
            response.close()

    def test_a_change_at_teardown_still_warns(self, app):
        app.teardown_request(lambda error: change())

        with app.test_client() as client, pytest.warns(LateSessionChange, match="late"):
            client.get("/read")

    def test_a_file_is_sent_as_ever(self, app):
        app.add_url_rule("/file", "file", lambda: put() or flask.send_file(__file__))

        with app.test_client() as client, client.get("/file") as response:
            flask.session.clear()

            assert response.text.startswith('"""Flask')
            assert response.content_length == len(response.data)

    def test_a_stream_that_changes_it_still_warns(self, app):
        streaming(app, change, early=put)

        with app.test_client() as client:
            response = client.get("/")
            flask.session.clear()  # the stream has sent one block
            with pytest.warns(LateSessionChange, match="late"):
                assert response.text == "onetwo"
            flask.session.clear()  # and is at its end

    def test_a_list_that_a_stream_changes_inside_still_warns(self, app):
        streaming(app, lambda: flask.session["cart"].append("late"), early=put)

        with app.test_client() as client:
            response = client.get("/")
            with pytest.warns(LateSessionChange, match="cart"):
                assert response.text == "onetwo"

    def test_a_stream_that_is_left_may_be_closed(self, app):
        streaming(app, change, early=put)

        with app.test_client() as client:
            response = client.get("/")
            response.close()
            flask.session.clear()

    def test_a_stream_that_changes_it_as_it_is_left_still_warns(self, app):
        @app.get("/")
        def index():
            session = flask.session._get_current_object()

            def blocks():
                try:
                    yield "one"
                    yield "two"
                finally:
                    session["late"] = True

            return app.response_class(blocks())

        with app.test_client() as client:
            response = client.get("/")
            with pytest.warns(LateSessionChange, match="late"):
                response.close()
            flask.session.clear()

    @pytest.mark.parametrize("path", ["/called", "/called-after-a-stream"])
    def test_a_change_as_the_response_is_closed_still_warns(self, app, said, path):
        """Under ``with client`` the test closes it, and the app's change was hushed."""

        @app.get(path)
        def index():
            put()
            session = flask.session._get_current_object()
            stream = iter(["one"]) if "stream" in path else "one"
            response = app.response_class(stream)
            response.call_on_close(lambda: session["cart"].append("late"))
            response.call_on_close(lambda: session.update(late=True))
            return response

        with app.test_client() as client:
            response = client.get(path)
            with pytest.warns(LateSessionChange) as warned:
                response.close()
            flask.session.clear()

        said_of = [str(each.message).partition(" was")[0] for each in warned]
        assert said_of == ["session['late']", "session['cart']"]
        assert said()[-1] == ("DEBUG", "late_change")

    def test_a_header_says_nothing_of_the_kind(self, app):
        streaming(app, lambda: None, early=put)
        app.teardown_request(lambda error: change())
        headers = {"werkzeug.debug.preserve_context": "1", "paste.testing": "1"}

        with pytest.warns(LateSessionChange, match="late"):
            call(app, headers=headers)


def dispatch():
    return flask.current_app.full_dispatch_request()


def process():
    return flask.current_app.process_response(flask.Response())


def save():
    app, session = flask.current_app, flask.session._get_current_object()
    response = flask.Response()
    app.session_interface.save_session(app, session, response)
    return response


class TestByHand:
    """``with app.test_request_context():``, and what Flask does for a server, by hand.

    Each was a LateSessionChange, where Flask's own sessions say nothing.
    """

    @pytest.mark.parametrize("run", [dispatch, process, save])
    def test_flashed_messages_are_read_after_the_response(self, app, said, run):
        with app.test_request_context("/read"):
            flask.flash("saved")
            response = run()
            messages = flask.get_flashed_messages()
            response.close()

        assert messages == ["saved"]
        assert "Set-Cookie" in response.headers
        assert said() == [("DEBUG", "late_change")]

    def test_so_they_are_if_nothing_used_the_session_before(self, app, said):
        cookie = call(app, "/flash").cookie

        with app.test_request_context("/plain", headers={"Cookie": cookie}):
            app.full_dispatch_request()
            messages = flask.get_flashed_messages()

        assert messages == ["saved"]
        assert said() == [("DEBUG", "late_read"), ("DEBUG", "late_change")]

    def test_a_stream_that_changes_it_still_warns(self, app):
        streaming(app, change, early=put)

        with app.test_request_context():
            response = app.full_dispatch_request()
            flask.session.clear()
            with pytest.warns(LateSessionChange, match="late"):
                assert response.get_data() == b"onetwo"

    @pytest.mark.parametrize(
        "late",
        [
            lambda app: flask.request_finished.connect(ends, app),
            lambda app: app.teardown_request(lambda error: change()),
            lambda app: streaming(app, change, early=put),
        ],
        ids=["request_finished", "teardown", "stream"],
    )
    def test_where_a_server_gives_no_address_the_app_s_changes_still_warn(
        self, app, late
    ):
        """As gevent's own server on a unix socket."""
        late(app)

        with pytest.warns(LateSessionChange, match="late"):
            call(app, environ={"SERVER_SOFTWARE": "gevent"})

    def test_where_it_gives_none_a_change_as_the_response_is_closed_still_warns(
        self, app
    ):
        @app.get("/")
        def index():
            put()
            session = flask.session._get_current_object()
            response = flask.Response("one")
            response.call_on_close(lambda: session.update(late=True))
            return response

        with pytest.warns(LateSessionChange, match="late"):
            call(app)

    def test_with_an_address_it_is_a_request_as_any_other(self, app):
        client = {"REMOTE_ADDR": "127.0.0.1"}

        with app.test_request_context("/read", environ_base=client):
            app.full_dispatch_request()
            with pytest.warns(LateSessionChange, match="late"):
                change()


def ends(app, response):
    change()


class TestInADebugger:
    def fail(self, app, path="/"):
        """A request that fails; gives what does a line in the frame that failed."""
        app.testing = False
        debugged = DebuggedApplication(app, evalex=True, pin_security=False)
        request = EnvironBuilder(path, base_url="http://localhost/").get_request()
        call(debugged, path, base_url="http://localhost/")
        *_, frame = debugged.frames.values()
        return lambda line: debugged.execute_command(request, line, frame)

    def test_its_console_may_change_the_session(self, app, said):
        streaming(app, lambda: 1 / 0, early=put)
        evaluate = self.fail(app)

        first = evaluate("flask.session.update(n=1)")
        second = evaluate("flask.session.update(n=2) or dict(flask.session)")

        assert "Warning" not in first.get_data(as_text=True)
        assert "&#39;n&#39;" in second.get_data(as_text=True)
        assert said() == [("DEBUG", "late_change")] * 2

    def test_what_the_app_changes_too_late_still_warns(self, app):
        def late():
            change()
            raise LookupError

        streaming(app, late, early=put)

        with pytest.warns(LateSessionChange, match="late"):
            self.fail(app)

    def test_a_change_at_teardown_still_warns(self, app):
        app.testing = False
        app.teardown_request(lambda error: change())
        debugged = DebuggedApplication(app, evalex=True, pin_security=False)

        with pytest.warns(LateSessionChange, match="late"):
            call(debugged, "/read")

    def test_a_page_that_fails_is_no_late_change_to_look_at(self, app, said):
        app.add_url_rule("/fail", "fail", lambda: put() or 1 / 0)
        app.config["PROPAGATE_EXCEPTIONS"] = True

        answer = self.fail(app, "/fail")("flask.session.update(n=1)")

        assert "Warning" not in answer.get_data(as_text=True)
        assert ("WARNING", "late_change") not in said()
