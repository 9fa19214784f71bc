"""Interfaces made for Flask, unchanged, around any WSGI application."""

from __future__ import annotations

import bottle
import flask
import flask.sessions
import pytest
import redis
from cachelib import FileSystemCache
from flask_session import Session
from flask_sqlalchemy import SQLAlchemy
from pyramid.config import Configurator
from pyramid.response import Response

from session_middleware import (
    ConfigurationError,
    LateSessionChange,
    SessionError,
    SessionMiddleware,
    get_session,
)
from session_middleware.adapters.from_flask import FromFlask
from session_middleware.adapters.pyramid import session_factory

from ..servers import servers
from ..support import KEY, app_of, call
from ..support.reading import DATA, READS
from ..support.visits import change, count, drop, log_out, start, touch

FLASKS_OWN = flask.sessions.SecureCookieSessionInterface
WITH_KEY = {"SECRET_KEY": KEY}


def flasks_own(**config):
    return FromFlask(lambda app: FLASKS_OWN(), {**WITH_KEY, **config})


def cachelib_files(directory):
    config = {
        "SESSION_TYPE": "cachelib",
        "SESSION_PERMANENT": False,
        "SESSION_CACHELIB": FileSystemCache(str(directory)),
    }
    return FromFlask(Session, config)


def sqlalchemy(directory):
    def make(app):
        database = SQLAlchemy(app)
        app.config["SESSION_SQLALCHEMY"] = database
        Session(app)

    config = {
        "SESSION_TYPE": "sqlalchemy",
        "SESSION_PERMANENT": False,
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{directory}/sessions.db",
    }
    return FromFlask(make, config)


MAKERS = {
    "flask's own": lambda directory: flasks_own(),
    "cachelib": cachelib_files,
    "sqlalchemy": sqlalchemy,
}


@pytest.fixture(params=MAKERS.values(), ids=MAKERS)
def interface(request, tmp_path):
    made = request.param(tmp_path)
    yield made
    database = made.app.extensions.get("sqlalchemy")
    if database is not None:
        with made.app.app_context():
            database.engine.dispose()


def visit(interface, use, cookie=None, **response):
    return call(SessionMiddleware(app_of(use, **response), interface), cookie=cookie)


# Flask-Session asks for the time in a way that Python 3.12 deprecates.
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
class TestEveryInterface:
    def test_a_session_is_kept_from_request_to_request(self, interface):
        cookie = None
        bodies = []

        for _ in range(3):
            answer = visit(interface, count, cookie)
            cookie = answer.cookie
            bodies.append(answer.body)

        assert bodies == [b"1", b"2", b"3"]

    def test_a_reader_varies_on_the_cookie(self, interface):
        cookie = visit(interface, count).cookie

        answer = visit(interface, lambda s: s["visits"], cookie)

        assert answer.body == b"1"
        assert answer.all("Vary") == ["Cookie"]

    @pytest.mark.parametrize("came", ["nothing", "good", "junk"])
    def test_no_way_of_reading_sends_a_cookie(self, interface, came):
        good = visit(interface, lambda s: s.update(DATA)).cookie
        junk = good.partition("=")[0] + "=junk"
        cookie = {"nothing": None, "good": good, "junk": junk}[came]

        sent = {name: visit(interface, read, cookie) for name, read in READS.items()}

        assert [name for name, answer in sent.items() if answer.set_cookies] == []

    def test_an_untouched_session_leaves_the_response_alone(self, interface):
        cookie = visit(interface, count).cookie

        answer = call(SessionMiddleware(start, interface), cookie=cookie)

        assert (answer.headers, answer.body) == ([], b"plain")

    def test_an_emptied_session_is_gone(self, interface):
        cookie = visit(interface, count).cookie

        answer = visit(interface, lambda s: s.pop("visits"), cookie)

        assert any("1970" in line for line in answer.set_cookies)

    def test_what_is_sent_is_for_one_user_alone(self, interface):
        answer = visit(interface, count, headers=[("Cache-Control", "public")])

        assert answer.all("Cache-Control") == ["private"]
        assert answer.all("Vary") == ["Cookie"]

    @pytest.mark.parametrize("status", ["200 OK", "304 Not Modified"])
    def test_a_cache_that_may_ask_again_may_not_keep_it_either(self, interface, status):
        headers = [("Cache-Control", "no-cache"), ("CDN-Cache-Control", "max-age=9")]

        answer = visit(interface, count, headers=headers, status=status)

        assert answer.all("Cache-Control") == ["no-cache, private"]
        assert answer.all("CDN-Cache-Control") == []

    def test_get_session_finds_it(self, interface):
        def app(environ, start_response):
            get_session(environ)["n"] = 1
            return start(environ, start_response)

        assert call(SessionMiddleware(app, interface)).cookie


def test_flask_reads_what_its_interface_wrote_elsewhere():
    app = flask.Flask(__name__)
    app.config.update(WITH_KEY)
    app.add_url_rule("/", view_func=lambda: str(flask.session["visits"]))

    cookie = visit(flasks_own(), count).cookie

    assert call(app, cookie=cookie).body == b"1"


def test_a_permanent_session_is_sent_each_time_as_flask_does():
    def remember(session):
        session.permanent = True
        session["n"] = 1
        return session.permanent

    interface = flasks_own()
    first = visit(interface, remember)

    answer = call(SessionMiddleware(start, interface), cookie=first.cookie)

    assert first.body == b"True"
    assert "Expires=" in answer.set_cookies[0]
    assert answer.all("Vary") == ["Cookie"]


def test_a_session_s_own_words_are_there(tmp_path):
    interface = cachelib_files(tmp_path)

    def use(session):
        session.update(n=1)
        return session.sid, session.modified, session.new

    answer = visit(interface, use)

    assert answer.body.endswith(b", True, False)")
    assert answer.cookie.partition("=")[2] in answer.body.decode()


def test_with_bottle_and_invalidated_at_logout(tmp_path):
    app = SessionMiddleware(bottle.Bottle(), cachelib_files(tmp_path))

    @app.get("/")
    def index():
        return str(bottle.request.environ["session"].get("user"))

    @app.post("/login")
    def login():
        bottle.request.environ["session"]["user"] = "ada"

    @app.post("/logout")
    def logout():
        log_out(bottle.request.environ["session"])

    cookie = call(app, "/login", method="POST").cookie
    inside = call(app, cookie=cookie).body
    call(app, "/logout", method="POST", cookie=cookie)

    assert (inside, call(app, cookie=cookie).body) == (b"ada", b"None")


def in_bottle(interface):
    app = SessionMiddleware(bottle.Bottle(), interface)
    app.get("/")(lambda: str(count(bottle.request.environ["session"])))
    return app


def in_pyramid(interface):
    def index(request):
        return Response(str(count(request.session)))

    with Configurator(session_factory=session_factory()) as config:
        config.add_route("index", "/")
        config.add_view(index, route_name="index")
        return SessionMiddleware(config.make_wsgi_app(), interface)


WRAPPED = {"bottle": in_bottle, "pyramid": in_pyramid}


@pytest.mark.parametrize("framework", WRAPPED)
def test_in_another_framework(framework):
    app = WRAPPED[framework](flasks_own())

    assert call(app, cookie=call(app).cookie).body == b"2"


@pytest.mark.parametrize(
    "late",
    [change, lambda s: s.pop("n"), drop, lambda s: setattr(s, "permanent", True)],
    ids=["set", "deleted", "emptied", "attribute"],
)
def test_a_late_change_warns(late):
    def app(environ, start_response):
        environ["session"]["n"] = 1
        start_response("200 OK", [])
        yield b"first"
        late(environ["session"])

    with pytest.warns(LateSessionChange):
        call(SessionMiddleware(app, flasks_own()))


def test_without_a_key_flask_s_own_words_say_so():
    interface = FromFlask(lambda app: FLASKS_OWN())

    read = visit(interface, touch)

    assert (read.body, read.set_cookies) == (b"0", [])
    with pytest.raises(RuntimeError, match="session is unavailable"):
        visit(interface, count)


def test_what_cannot_be_saved_is_the_app_s_own_error():
    with pytest.raises(TypeError, match="not JSON serializable"):
        visit(flasks_own(), lambda s: s.update(bad=object()))


class Plain(dict):
    """A session that cannot note that it is read."""

    __slots__ = ()
    modified = True
    new = False


class NoNotes(flask.sessions.SessionInterface):
    def open_session(self, app, request):
        return Plain()

    def save_session(self, app, session, response):
        pass


class Curious(NoNotes):
    def save_session(self, app, session, response):
        flask.request.path  # noqa: B018


class Broken(NoNotes):
    def open_session(self, app, request):
        raise RuntimeError("its own")


def test_a_session_that_cannot_note_its_reads_always_varies():
    interface = FromFlask(lambda app: NoNotes())

    answer = call(SessionMiddleware(start, interface))

    assert answer.all("Vary") == ["Cookie"]


def test_an_interface_that_needs_a_request_of_flask_s_is_told_from_a_broken_one():
    with pytest.raises(SessionError, match=r"Curious uses flask\.request"):
        visit(FromFlask(lambda app: Curious()), touch)
    with pytest.raises(RuntimeError, match="its own"):
        visit(FromFlask(lambda app: Broken()), touch)


def hooked(app):
    app.before_request(lambda: None)
    return FLASKS_OWN()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (hooked, "needs before_request"),
        (lambda app: None, "must give a flask.sessions.SessionInterface"),
        (FLASKS_OWN(), "must be a function"),
    ],
    ids=["hooks", "nothing", "no-function"],
)
def test_what_cannot_work_is_refused_at_construction(make, said):
    with pytest.raises(ConfigurationError, match=said):
        FromFlask(make, WITH_KEY)


@pytest.mark.servers
@pytest.mark.parametrize("framework", ["bottle", "pyramid"])
def test_flask_session_keeps_it_in_a_real_redis(framework):
    with servers.redis() as running:
        host, port = running.address
        with redis.Redis(host, port) as client:
            config = {"SESSION_TYPE": "redis", "SESSION_REDIS": client}
            app = WRAPPED[framework](FromFlask(Session, config))

            cookie = call(app).cookie
            counted = [call(app, cookie=cookie).body for _ in range(2)]
            kept = client.keys("session:*")
            client.flushall()
            after = call(app, cookie=cookie).body

    assert counted == [b"2", b"3"]
    assert [cookie.partition("=")[2].encode()] == [key[8:] for key in kept]
    assert after == b"1"
