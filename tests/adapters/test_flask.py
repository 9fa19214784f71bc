"""Our sessions as ``app.session_interface``, by Flask's own rules."""

from __future__ import annotations

import flask
import pytest

from session_middleware import (
    LateSessionChange,
    SecureCookieSession,
    SessionInterface,
    SessionMixin,
)
from session_middleware.adapters.flask import FlaskSession

from ..servers import servers
from ..servers.servers import Visitor
from ..support import KEY, call, make_interface
from ..support.visits import change, count, touch
from .flask_apps import answer, make_app
from .host import HostBehaviour

FLASHES = {"flashed": lambda s: (len(s), flask.get_flashed_messages())}


class TestFlask(HostBehaviour):
    saves_on_500 = True
    saves_when_raised = True
    streams_commit_late = False
    own_reads = FLASHES

    def wrap(self, interface, view, status=200):
        app = make_app(interface)

        @app.route("/")
        def index():
            body = view(flask.session)
            if not isinstance(body, str):
                body = flask.stream_with_context(body)
            return body, status

        return app


class TestInFlask:
    def test_what_is_assigned_again_is_sent_again(self):
        cookie = answer(change).cookie

        assert answer(change, cookie).set_cookies

    def test_a_class_of_sessions_of_one_s_own_keeps_its_words(self):
        class Worded(SecureCookieSession):
            def user(self):
                return self.get("user", "nobody")

        interface = make_interface()
        interface.session_class = Worded

        assert answer(lambda s: s.user(), interface=interface).body == b"nobody"

    def test_a_subclass_of_the_adapter_s_own_class_of_sessions_does_too(self):
        class Worded(FlaskSession):
            def user(self):
                return self.get("user", "nobody")

        interface = make_interface()
        interface.session_class = Worded

        assert answer(lambda s: s.user(), interface=interface).body == b"nobody"

    def test_one_interface_for_two_configurations_is_told_the_rules_once(self):
        interface = make_interface()
        answer(touch, interface=interface)
        kind = interface.session_class

        answer(touch, interface=interface)

        assert interface.session_class is kind

    def test_a_session_of_another_class_is_saved_too(self):
        class Kept(dict, SessionMixin):
            permanent = False

            def conclude(self):
                self.settled = True

        class Keeping(SessionInterface):
            def open_session(self, environ):
                return Kept(came=environ.get("HTTP_COOKIE"))

            def save_session(self, environ, session, headers):
                headers.append(("Set-Cookie", f"n={session['n']}; {session.settled}"))

        sent = answer(change, "n=1", Keeping())

        assert sent.set_cookies == ["n=2; True"]

    def test_a_session_of_another_class_that_was_not_used_is_left_alone(self):
        class Unused(dict, SessionMixin):
            accessed = permanent = False

        class Keeping(SessionInterface):
            def open_session(self, environ):
                return Unused(n=1)

        plain = answer(lambda s: "nothing", interface=Keeping())

        assert plain.set_cookies == plain.all("Vary") == []

    def test_an_app_that_varies_on_the_cookie_itself_does_so_once(self):
        def read_and_vary(session):
            @flask.after_this_request
            def vary(response):
                response.vary.add("Cookie")
                return response

            return len(session)

        assert answer(read_and_vary).all("Vary") == ["Cookie"]

    def test_the_test_client_s_transaction_writes_and_reads(self):
        app = make_app()
        app.add_url_rule("/", view_func=lambda: str(count(flask.session)))
        client = app.test_client()

        with client.session_transaction() as session:
            session["visits"] = 41
        body = client.get("/").data
        with client.session_transaction() as session:
            visits = session["visits"]

        assert (body, visits) == (b"42", 42)

    def test_error_handlers_and_after_request_change_it_too(self):
        app = make_app()

        @app.errorhandler(404)
        def lost(error):
            flask.session["lost"] = flask.request.path
            return "lost", 404

        @app.after_request
        def after(response):
            flask.session["after"] = True
            return response

        @app.route("/session")
        def show():
            return dict(flask.session)

        lost_at = call(app, "/nowhere")

        assert call(app, "/session", cookie=lost_at.cookie).body == (
            b'{"after":true,"lost":"/nowhere"}\n'
        )

    def test_other_cookies_of_the_app_stay(self):
        app = make_app()

        @app.route("/")
        def index():
            change(flask.session)
            response = flask.make_response("ok")
            response.set_cookie("theme", "dark")
            return response

        lines = call(app).set_cookies

        assert [line.partition("=")[0] for line in lines] == ["theme", "session"]

    def test_a_vary_of_the_app_s_own_is_kept(self):
        app = make_app()

        @app.route("/")
        def index():
            touch(flask.session)
            return "ok", {"Vary": "Accept", "X-After": "1"}

        answer = call(app)

        assert answer.all("Vary") == ["Accept, Cookie"]
        assert answer.all("X-After") == ["1"]

    def test_a_nested_change_in_a_stream_is_found_when_it_ends(self):
        interface = make_interface()
        app = make_app(interface)

        @app.route("/")
        def index():
            flask.session["cart"] = []

            @flask.stream_with_context
            def blocks():
                yield b"one"
                flask.session["cart"].append("late")
                yield b"two"

            return blocks()

        with pytest.warns(LateSessionChange, match="cart"):
            call(app)


@pytest.mark.servers
def test_the_example_logs_in_and_out():
    with servers.script("examples/flask_app.py", SECRET_KEY=KEY) as running:
        visitor = Visitor(running.url)
        pages = [visitor.text()]

        visitor.ask("/login", form={"name": "Ada"})
        visitor.ask("/add/pear", form={})
        visitor.ask("/add/apple", form={})
        pages.append(visitor.text())
        visitor.ask("/logout", form={})
        pages.append(visitor.text())

    assert pages == [
        "nobody has nothing\n",
        "Ada has pear, apple\n",
        "nobody has nothing\n",
    ]
