"""SessionMiddleware: one line around any WSGI application."""

from __future__ import annotations

import copy
import pickle

import pytest

from session_middleware import (
    ConfigurationError,
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionInterface,
    SessionMiddleware,
    SessionUnavailable,
    UnknownOption,
    get_session,
)
from session_middleware.adapters.beaker import BeakerSessionMiddleware

from ..support import KEY, OTHER_KEY, app_of, call, make_interface
from ..support.exchange import Exchange, make_environ
from ..support.visits import count, start

# -- one line --------------------------------------------------------------


def test_one_line_gives_a_session_that_comes_back():
    app = SessionMiddleware(app_of(count), secret_key=KEY)

    first = call(app)
    second = call(app, cookie=first.cookie)

    assert (first.body, second.body) == (b"1", b"2")


@pytest.mark.parametrize(
    "more",
    [(), (lambda: None, lambda message: None)],
    ids=["version 2", "version 3"],
)
@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (SessionMiddleware, {"secret_key": KEY}),
        (BeakerSessionMiddleware, {"secret": KEY}),
    ],
    ids=["ours", "beaker"],
)
def test_an_asgi_server_is_told_that_this_is_wsgi(kind, key, more):
    """It was a TypeError about a missing argument, or about two too many."""
    app = kind(app_of(count), **key)

    with pytest.raises(ConfigurationError, match=r"app: .*WSGI.*a2wsgi"):
        app({"type": "http"}, *more)


def test_an_interface_may_take_the_options_place():
    interface = SecureCookieSessionInterface(SessionConfig(secret_key=KEY))
    app = SessionMiddleware(app_of(count), interface)

    answer = call(SessionMiddleware(app_of(count), secret_key=KEY), cookie="x=1")

    assert app.interface is interface
    assert call(app, cookie=answer.cookie).body == b"2"


@pytest.mark.parametrize(
    "key", ["session", "myapp.session", "beaker.session", "SESSION"]
)
def test_the_session_is_put_under_the_chosen_key(key):
    seen = []

    def app(environ, start_response):
        seen.append(environ[key])
        return start(environ, start_response)

    wrapped = SessionMiddleware(app, secret_key=KEY, environ_key=key)
    call(wrapped)

    assert wrapped.environ_key == key
    assert type(seen[0]) is SecureCookieSession


def test_the_app_its_interface_and_the_key_are_public():
    wrapped = SessionMiddleware(start, secret_key=KEY)

    assert wrapped.app is start
    assert type(wrapped.interface) is SecureCookieSessionInterface
    assert wrapped.environ_key == "session"


def test_a_class_or_a_bound_method_is_an_app_too():
    class App:
        def __init__(self, environ, start_response):
            environ["session"]["user"] = "ann"
            start_response("200 OK", [])

        def __iter__(self):
            return iter([b"class"])

        @staticmethod
        def serve(environ, start_response):
            return App(environ, start_response)

    for app in (App, App.serve):
        answer = call(SessionMiddleware(app, secret_key=KEY))

        assert answer.body == b"class"
        assert answer.cookie


def test_an_environ_copied_further_in_leads_to_the_same_session():
    def app(environ, start_response):
        return app_of(count)(dict(environ), start_response)

    assert call(SessionMiddleware(app, secret_key=KEY)).cookie


def test_an_app_that_replaces_its_session_in_the_environ_loses_nothing():
    def app(environ, start_response):
        environ["session"]["user"] = "ann"
        environ["session"] = {}
        return start(environ, start_response)

    assert call(SessionMiddleware(app, secret_key=KEY)).cookie


# -- forwarding ------------------------------------------------------------


class Framework:
    """An application object with an interface of its own, as many have."""

    interface = "the app's own, hidden"

    def __init__(self):
        self.routes = []

    def route(self, path):
        return self.routes.append

    def __call__(self, environ, start_response):
        return start(environ, start_response)


def test_attributes_of_the_app_are_found_on_the_middleware():
    app = Framework()
    wrapped = SessionMiddleware(app, secret_key=KEY)

    wrapped.route("/")("a view")

    assert app.routes == ["a view"]
    assert wrapped.routes is app.routes
    assert isinstance(wrapped.interface, SessionInterface)


def test_attributes_are_found_through_two_middlewares():
    inner = SessionMiddleware(Framework(), secret_key=KEY)
    outer = SessionMiddleware(inner, secret_key=OTHER_KEY, environ_key="outer")

    assert outer.routes == []


def test_an_attribute_that_neither_has_is_missing_by_the_apps_own_words():
    wrapped = SessionMiddleware(Framework(), secret_key=KEY)

    with pytest.raises(AttributeError, match=r"Framework.* no attribute 'rotue'"):
        wrapped.rotue  # noqa: B018


def test_a_subclass_that_asks_too_early_gets_a_plain_error():
    class Early(SessionMiddleware):
        def __init__(self, app):
            self.early = self.routes
            super().__init__(app, secret_key=KEY)

    with pytest.raises(AttributeError):
        Early(Framework())


def test_bottle_runs_a_wrapped_app():
    bottle = pytest.importorskip("bottle")
    app = SessionMiddleware(bottle.Bottle(), secret_key=KEY)
    answers = []

    @app.route("/")
    def index():
        return str(count(bottle.request.environ["session"]))

    class Server(bottle.ServerAdapter):
        def run(self, handler):
            answers.append(call(handler))
            answers.append(call(handler, cookie=answers[0].cookie))

    bottle.run(app=app, server=Server, quiet=True)

    assert [answer.body for answer in answers] == [b"1", b"2"]


# -- no secrets ------------------------------------------------------------


def test_no_repr_shows_the_key():
    wrapped = SessionMiddleware(start, secret_key=KEY, secret_key_fallbacks=[OTHER_KEY])
    environ = make_environ()
    body = wrapped(environ, lambda *arguments: None)
    interface = wrapped.interface

    shown = f"{wrapped!r} {interface!r} {interface.config!r} {environ!r} {body!r}"

    assert KEY not in shown
    assert OTHER_KEY not in shown


@pytest.mark.parametrize("take", [copy.deepcopy, pickle.dumps])
def test_a_middleware_is_neither_pickled_nor_copied_with_its_keys(take):
    wrapped = SessionMiddleware(start, secret_key=KEY)

    with pytest.raises(TypeError) as refused:
        take(wrapped)

    assert KEY not in str(refused.value)


def test_an_app_that_can_be_copied_does_not_pass_for_its_middleware():
    class App(Framework):
        def __deepcopy__(self, memo):
            return self

        def __getstate__(self):
            return {"app": None}

    wrapped = SessionMiddleware(App(), secret_key=KEY)

    with pytest.raises(TypeError):
        copy.deepcopy(wrapped)

    assert copy.copy(wrapped).app is wrapped.app


# -- get_session -----------------------------------------------------------


def test_get_session_gives_the_session_of_the_environ():
    seen = []

    def app(environ, start_response):
        seen.extend([get_session(environ) is environ["session"]])
        return start(environ, start_response)

    call(SessionMiddleware(app, secret_key=KEY))

    assert seen == [True]


def test_get_session_takes_another_key():
    seen = []

    def app(environ, start_response):
        seen.append(get_session(environ, "my.session") is environ["my.session"])
        return start(environ, start_response)

    call(SessionMiddleware(app, secret_key=KEY, environ_key="my.session"))

    assert seen == [True]


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({}, id="nothing there"),
        pytest.param({"session": {"user": 1}}, id="somebody else's"),
        pytest.param({"session": None}, id="None"),
    ],
)
def test_get_session_without_a_middleware_says_what_to_do(environ):
    with pytest.raises(SessionUnavailable, match=r"'session': wrap.*SessionMiddleware"):
        get_session(environ)


# -- wrong arguments -------------------------------------------------------


@pytest.mark.parametrize("app", [None, "module:app", 42])
def test_an_app_that_cannot_be_called_is_refused(app):
    with pytest.raises(ConfigurationError, match="app: must be a WSGI application"):
        SessionMiddleware(app, secret_key=KEY)


def test_a_missing_key_says_how_to_make_one():
    with pytest.raises(ConfigurationError, match=r"secret_key: .*keygen"):
        SessionMiddleware(start)


def test_a_key_in_the_interfaces_place_is_refused_and_not_shown():
    with pytest.raises(ConfigurationError, match="given by name, as secret_key=") as e:
        SessionMiddleware(start, KEY)

    assert KEY not in str(e.value)


def test_an_interface_class_is_refused_with_the_way_to_make_one():
    with pytest.raises(
        ConfigurationError, match=r"SecureCookieSessionInterface\(SessionConfig"
    ):
        SessionMiddleware(start, SecureCookieSessionInterface)


@pytest.mark.parametrize("thing", [SessionConfig(secret_key=KEY), {}, dict, object()])
def test_anything_else_in_the_interfaces_place_is_refused(thing):
    with pytest.raises(ConfigurationError, match="must be a SessionInterface, not"):
        SessionMiddleware(start, thing)


def test_an_option_beside_an_interface_is_refused_by_name():
    with pytest.raises(ConfigurationError, match=r"permanent: .*SessionConfig") as e:
        SessionMiddleware(start, make_interface(), permanent=True)

    assert e.value.option == "permanent"


def test_an_unknown_option_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownOption, match="cookie_secure") as refused:
        SessionMiddleware(start, secret_key=KEY, cookie_sekure=True)

    assert refused.value.option == "cookie_sekure"
    assert isinstance(refused.value, TypeError)


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param(None, id="None"),
        pytest.param(b"session", id="bytes"),
        pytest.param("REMOTE_USER", id="a CGI variable"),
        pytest.param("HTTP_COOKIE", id="a header"),
        pytest.param("SERVER_NAME", id="the server's"),
        pytest.param("PATH_INFO", id="the path"),
        pytest.param("wsgi.input", id="WSGI's own"),
        pytest.param("session_middleware.chain", id="ours"),
    ],
)
def test_an_environ_key_with_another_meaning_is_refused(key):
    with pytest.raises(ConfigurationError, match="environ_key"):
        SessionMiddleware(start, secret_key=KEY, environ_key=key)


def test_an_interface_alone_is_no_use_without_its_two_methods():
    wrapped = SessionMiddleware(start, SessionInterface())

    with pytest.raises(NotImplementedError):
        Exchange(wrapped).run()
