"""Our sessions as ``app.session_interface``, by Flask's own rules."""

from __future__ import annotations

from datetime import timedelta

import flask
import pytest

from session_middleware import (
    ConfigurationError,
    LateSessionChange,
    SecureCookieSession,
    SessionConfig,
    SessionInterface,
    SessionMixin,
)
from session_middleware.adapters.flask import FlaskSession, FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface

from ..servers import servers
from ..servers.servers import Visitor
from ..support import KEY, Clock, call, make_interface
from ..support.visits import change, count, touch
from .host import HostBehaviour


def make_app(interface=None, **config):
    """A Flask app without routes, on an interface of ours."""
    app = flask.Flask(__name__)
    app.config.update({"SECRET_KEY": KEY, **config})
    make = () if interface is None else (lambda config: interface,)
    app.session_interface = FlaskSessionInterface(*make)
    return app


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


def answer(use, cookie=None, interface=None, path="/", **config):
    """One request whose view does ``use(flask.session)``, in an app of this config."""
    app = make_app(interface, **config)
    app.add_url_rule("/", view_func=lambda: str(use(flask.session)))
    return call(app, path, cookie=cookie)


class TestItsConfiguration:
    def test_flask_s_settings_make_the_cookie(self):
        [line] = answer(
            change,
            SESSION_COOKIE_NAME="sid",
            SESSION_COOKIE_DOMAIN=".app.example:443",
            SESSION_COOKIE_PATH="/shop",
            SESSION_COOKIE_SECURE=True,
            SESSION_COOKIE_HTTPONLY=False,
            SESSION_COOKIE_SAMESITE="strict",
        ).set_cookies

        name, *attributes = line.split("; ")
        assert name.startswith("sid=")
        assert set(attributes) == {
            "Domain=app.example",
            "Path=/shop",
            "Secure",
            "SameSite=Strict",
        }

    def test_no_samesite_is_written_for_none(self):
        [line] = answer(change).set_cookies

        assert "SameSite" not in line
        assert line.startswith("session=")

    @pytest.mark.parametrize(
        "config",
        [{"SESSION_COOKIE_PARTITIONED": True}, {"SESSION_COOKIE_SAMESITE": "None"}],
        ids=["partitioned", "cross-site"],
    )
    def test_what_needs_secure_gets_it(self, config):
        [line] = answer(change, **config).set_cookies

        assert "Secure" in line

    def test_any_length_of_key_will_do_and_older_ones_verify(self):
        cookie = answer(change, SECRET_KEY="old").cookie

        again = answer(dict, cookie, SECRET_KEY="dev", SECRET_KEY_FALLBACKS=["old"])

        assert again.body == b"{'n': 2}"
        assert answer(dict, again.cookie, SECRET_KEY="dev").body == b"{'n': 2}"

    def test_there_is_no_absolute_limit_and_flask_s_31_days(self):
        clock = Clock()
        interface = []

        def make(config):
            interface.append(config)
            return make_interface(clock=clock)

        app = flask.Flask(__name__)
        app.secret_key = "dev"
        app.session_interface = FlaskSessionInterface(make)
        app.add_url_rule("/", view_func=lambda: str(change(flask.session)))
        call(app)
        call(app)

        [config] = interface
        assert config.absolute_lifetime is None
        assert config.permanent_lifetime == timedelta(days=31)

    def test_a_subclass_that_names_the_cookie_is_asked(self):
        class ByHost(FlaskSessionInterface):
            def get_cookie_name(self, app):
                return f"at_{flask.request.host.partition('.')[0]}"

        app = make_app()
        app.session_interface = ByHost()
        app.add_url_rule("/", view_func=lambda: str(count(flask.session)))

        first = call(app, base_url="https://one.example/")
        second = call(app, base_url="https://two.example/", cookie=first.cookie)

        assert first.cookie.startswith("at_one=")
        assert second.cookie.startswith("at_two=")
        assert second.body == b"1"

    @pytest.mark.parametrize(
        ("config", "name"),
        [
            ({"SESSION_COOKIE_SAMESITE": "loose"}, "SESSION_COOKIE_SAMESITE"),
            ({"SESSION_COOKIE_DOMAIN": "a b"}, "SESSION_COOKIE_DOMAIN"),
            ({"SECRET_KEY": 42}, "SECRET_KEY"),
            ({"SECRET_KEY_FALLBACKS": [42]}, "SECRET_KEY_FALLBACKS"),
            ({"PERMANENT_SESSION_LIFETIME": 0}, "PERMANENT_SESSION_LIFETIME"),
        ],
    )
    def test_what_cannot_work_is_refused_in_flask_s_words(self, config, name):
        with pytest.raises(ConfigurationError) as raised:
            answer(touch, TESTING=True, **config)

        assert raised.value.option == name

    @pytest.mark.parametrize("make", [None, make_interface()], ids=["none", "made"])
    def test_what_makes_no_interface_is_refused_at_once(self, make):
        with pytest.raises(ConfigurationError, match="FlaskSessionInterface: takes"):
            FlaskSessionInterface(make)

    def test_an_interface_in_the_place_of_its_class_is_told_what_to_give(self):
        """The error named a parameter that nobody had written."""
        config = SessionConfig(secret_key=KEY, absolute_lifetime=None)
        made = FlaskCookieSessionInterface(config)

        with pytest.raises(
            ConfigurationError, match=r"FlaskSessionInterface\(FlaskCookieSession"
        ):
            FlaskSessionInterface(made)

    def test_what_gives_something_else_is_refused(self):
        app = make_app(object(), TESTING=True)

        with pytest.raises(ConfigurationError, match="must give a SessionInterface"):
            call(app)


class TestPermanent:
    def remember(self, session):
        session.permanent = True
        session["n"] = 1

    def test_it_is_sent_with_each_response_even_untouched(self):
        cookie = answer(self.remember).cookie

        again = answer(lambda s: "nothing", cookie)

        assert "Max-Age=2678400" in again.set_cookies[0]
        assert again.all("Vary") == ["Cookie"]

    def test_it_is_not_if_flask_is_told_so(self):
        cookie = answer(self.remember).cookie

        again = answer(lambda s: "nothing", cookie, SESSION_REFRESH_EACH_REQUEST=False)

        assert again.set_cookies == again.all("Vary") == []

    def test_looking_whether_a_session_is_permanent_is_no_use_of_it(self):
        cookie = answer(change).cookie
        seen = []

        answer(lambda s: seen.append(s._get_current_object()), cookie)

        assert not seen[0].accessed


class TestWithoutAKey:
    @pytest.mark.parametrize("key", [None, ""])
    def test_a_session_reads_as_empty_and_refuses_in_flask_s_words(self, key):
        read = answer(lambda s: (dict(s), s.get("n")), SECRET_KEY=key)

        assert read.body == b"({}, None)"
        with pytest.raises(RuntimeError, match="session is unavailable"):
            answer(change, SECRET_KEY=key, TESTING=True)

    def test_it_takes_no_attributes(self):
        with pytest.raises(RuntimeError, match="session is unavailable"):
            answer(
                lambda s: setattr(s, "permanent", True), SECRET_KEY=None, TESTING=True
            )


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


# -- the key _permanent ------------------------------------------------------


def remember(session):
    session["_permanent"] = True
    session["n"] = 1


def leave(session):
    session.clear()
    session["bye"] = 1


def unset_permanent(session):
    del session["_permanent"]


INTERFACES = [None, FlaskCookieSessionInterface]


@pytest.mark.parametrize("make", INTERFACES, ids=["ours", "Flask's format"])
class TestTheKeyPermanent:
    """In Flask ``session.permanent`` is the key ``_permanent`` of the dict."""

    def ask(self, use, cookie=None, make=None):
        app = flask.Flask("tests")
        app.secret_key = KEY
        app.session_interface = FlaskSessionInterface(*([make] if make else []))
        app.add_url_rule("/", view_func=lambda: str(use(flask.session)))
        return call(app, cookie=cookie)

    def test_it_can_be_set(self, make):
        answer = self.ask(remember, None, make)
        found = self.ask(
            lambda s: (s["_permanent"], s.get("_permanent"), "_permanent" in s),
            answer.cookie,
            make,
        )

        assert "Max-Age=2678400" in answer.set_cookies[0]
        assert found.body == b"(True, True, True)"

    def test_it_can_be_deleted(self, make):
        cookie = self.ask(remember, None, make).cookie

        [line] = self.ask(unset_permanent, cookie, make).set_cookies

        assert "Max-Age" not in line

    def test_it_is_not_there_where_a_session_is_not_permanent(self, make):
        def look(session):
            with pytest.raises(KeyError):
                session["_permanent"]
            with pytest.raises(KeyError):
                del session["_permanent"]
            return session.get("_permanent", "no"), "_permanent" in session

        assert self.ask(look, None, make).body == b"('no', False)"

    def test_clear_ends_it(self, make):
        """Whoever logged out by it on another's computer left a cookie for a month."""
        cookie = self.ask(remember, None, make).cookie

        [line] = self.ask(leave, cookie, make).set_cookies

        assert "Max-Age" not in line
