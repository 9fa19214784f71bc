"""Where Flask hands a session on: threads, streams, blueprints, teardown, clients."""

from __future__ import annotations

import threading

import flask
import pytest

from session_middleware import LateSessionChange
from session_middleware.adapters.flask import FlaskSessionInterface

from ..support import KEY, call
from ..support.visits import count, touch


@pytest.fixture
def app():
    app = flask.Flask(__name__)
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    app.session_interface = FlaskSessionInterface()
    app.add_url_rule("/content", "content", lambda: repr(dict(flask.session)))
    return app


def in_a_thread(work):
    thread = threading.Thread(target=flask.copy_current_request_context(work))
    thread.start()
    thread.join(30)


def test_a_thread_with_the_request_s_context_has_its_session(app):
    @app.route("/")
    def index():
        flask.session["n"] = 1
        in_a_thread(lambda: flask.session.update(thread=flask.session["n"] + 1))
        return "ok"

    cookie = call(app).cookie

    assert call(app, "/content", cookie=cookie).body == b"{'n': 1, 'thread': 2}"


def test_a_change_at_teardown_is_too_late_and_warns(app):
    @app.route("/")
    def index():
        return str(count(flask.session))

    @app.teardown_request
    def teardown(error):
        if flask.request.path == "/":
            flask.session["late"] = True

    with pytest.warns(LateSessionChange, match="late"):
        cookie = call(app).cookie

    assert call(app, "/content", cookie=cookie).body == b"{'visits': 1}"


def test_a_blueprint_s_handlers_change_it(app):
    blueprint = flask.Blueprint("shop", __name__, url_prefix="/shop")

    @blueprint.before_request
    def before():
        flask.session["before"] = True

    @blueprint.route("/")
    def fail():
        raise LookupError("its own")

    @blueprint.errorhandler(LookupError)
    def handle(error):
        flask.session["error"] = str(error)
        return "sorry", 500

    app.register_blueprint(blueprint)

    answer = call(app, "/shop/")

    assert answer.status.startswith("500")
    assert call(app, "/content", cookie=answer.cookie).body == (
        b"{'before': True, 'error': 'its own'}"
    )


def test_flashed_messages_come_once(app):
    app.add_url_rule("/flash", "flash", lambda: flask.flash("saved", "info") or "ok")
    app.add_url_rule("/flashed", "flashed", lambda: repr(flask.get_flashed_messages()))
    client = app.test_client()
    client.get("/flash")

    first, second = (client.get("/flashed").data for _ in range(2))

    assert (first, second) == (b"['saved']", b"[]")


def test_a_stream_without_its_context_says_so_as_flask_does(app):
    @app.route("/")
    def index():
        return (str(touch(flask.session)) for _ in range(1))

    with pytest.raises(RuntimeError, match="outside of request context"):
        call(app)


def test_a_preserved_context_still_shows_what_was_stored(app):
    app.add_url_rule("/", "index", lambda: str(count(flask.session)))

    with app.test_client() as client:
        client.get("/")
        client.get("/")
        kept = dict(flask.session)

    assert kept == {"visits": 2}


def test_a_transaction_that_reads_sends_nothing_and_one_that_empties_deletes(app):
    client = app.test_client()
    with client.session_transaction() as session:
        session["n"] = 1
    with client.session_transaction() as session:
        touch(session)
    before = client.get_cookie("session")

    with client.session_transaction() as session:
        session.clear()

    assert before is not None
    assert client.get_cookie("session") is None


def test_without_a_key_a_transaction_is_refused_as_by_flask(app):
    app.secret_key = None

    with (
        pytest.raises(RuntimeError, match="did not open a session"),
        app.test_client().session_transaction(),
    ):
        pass


def test_an_error_page_that_reads_the_session_varies_though_it_could_not_be_saved():
    app = flask.Flask(__name__)
    app.secret_key = "dev"
    app.session_interface = FlaskSessionInterface()

    @app.route("/")
    def index():
        flask.session["bad"] = object()
        return "never sent"

    @app.errorhandler(500)
    def sorry(error):
        return f"sorry {flask.session.get('user')}", 500

    answer = call(app)

    assert answer.body == b"sorry None"
    assert answer.all("Vary") == ["Cookie"]
    assert answer.set_cookies == []
