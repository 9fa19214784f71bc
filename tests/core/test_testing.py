"""What other people's tests do with the sessions of their own app."""

from __future__ import annotations

import doctest
import subprocess
import sys
from datetime import timedelta
from urllib.parse import urlsplit

import flask
import pytest
import webtest
from werkzeug.test import Client

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SerializationError,
    SessionConfig,
    SessionMiddleware,
    SessionTooLarge,
    SessionUnavailable,
    testing,
)
from session_middleware.testing import CookieHeader, session_transaction

from ..support import KEY, OTHER_KEY, call
from ..support.reading import READS

HTTPS = "https://app.example/"


def greet(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    user = environ["my.session"].get("user", "stranger")
    return [f"hello {user}".encode()]


def make(**options):
    return SessionMiddleware(
        greet, environ_key="my.session", **{"secret_key": KEY, **options}
    )


def fetch(middleware, url="/", cookie=None):
    parts = urlsplit(url)
    base = f"{parts.scheme or 'http'}://{parts.netloc or 'localhost'}/"
    return call(middleware, parts.path, base_url=base, cookie=cookie).body.decode()


class OfWebTest:
    def __init__(self, middleware, **environ):
        self.client = webtest.TestApp(middleware, extra_environ=environ)

    def text(self, url="/"):
        return self.client.get(url).text

    def cookies(self):
        return {each.name: each.value for each in self.client.cookiejar}


class OfWerkzeug:
    def __init__(self, middleware):
        self.client = Client(middleware)

    def text(self, url="/"):
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}/" if parts.netloc else None
        return self.client.get(parts.path, base_url=base).text

    def cookies(self):
        return {each.key: each.value for each in self.client._cookies.values()}


class OfHeader:
    def __init__(self, middleware):
        self.middleware = middleware
        self.client = CookieHeader("theme=dark")

    def text(self, url="/"):
        return fetch(self.middleware, url, str(self.client))

    def cookies(self):
        pairs = (pair.partition("=") for pair in str(self.client).split("; "))
        return {name: value for name, _, value in pairs if name != "theme"}


CLIENTS = {"webtest": OfWebTest, "werkzeug": OfWerkzeug, "header": OfHeader}
each_client = pytest.mark.parametrize("kind", CLIENTS.values(), ids=list(CLIENTS))
each_browser = pytest.mark.parametrize("kind", [OfWebTest, OfWerkzeug])


@each_client
class TestTransaction:
    def test_a_change_is_in_the_clients_next_request(self, kind):
        middleware = make()
        browser = kind(middleware)

        with session_transaction(browser.client, middleware) as session:
            session["user"] = "ada"

        assert browser.text() == "hello ada"

    def test_what_the_client_has_is_read(self, kind):
        middleware = make()
        browser = kind(middleware)
        with session_transaction(browser.client, middleware) as session:
            session["cart"] = [1, (2, 3)]

        with session_transaction(browser.client, middleware) as session:
            assert session == {"cart": [1, (2, 3)]}
            session["cart"].append(4)

        with session_transaction(browser.client, middleware) as session:
            assert session["cart"] == [1, (2, 3), 4]

    @pytest.mark.parametrize("read", READS.values(), ids=list(READS))
    def test_reading_leaves_a_cookie_that_the_middleware_cannot_read(self, kind, read):
        middleware = make()
        browser = kind(middleware)
        elsewhere = make(secret_key=OTHER_KEY)
        with session_transaction(browser.client, elsewhere) as session:
            session["user"] = "ada"
        before = browser.cookies()

        with session_transaction(browser.client, middleware) as session:
            read(session)

        assert browser.cookies() == before != {}

    def test_the_interface_serves_as_well_as_the_middleware(self, kind):
        middleware = make()
        browser = kind(middleware)

        with session_transaction(browser.client, middleware.interface) as session:
            session["user"] = "ada"

        assert browser.text() == "hello ada"

    def test_a_logged_out_client_has_no_cookie_left(self, kind):
        middleware = make()
        browser = kind(middleware)
        with session_transaction(browser.client, middleware) as session:
            session["user"] = "ada"

        with session_transaction(browser.client, middleware) as session:
            session.invalidate()

        assert browser.cookies() == {}
        assert browser.text() == "hello stranger"

    def test_reading_leaves_the_cookie_even_if_it_was_due(self, kind):
        middleware = make(refresh_after=timedelta(0))
        browser = kind(middleware)
        with testing.stop_clock(middleware) as clock:
            with session_transaction(browser.client, middleware) as session:
                session["user"] = "ada"
            before = browser.cookies()
            clock.forward(timedelta(days=1))

            with session_transaction(browser.client, middleware) as session:
                assert session["user"] == "ada"

        assert browser.cookies() == before

    def test_an_exception_in_the_block_saves_nothing(self, kind):
        middleware = make()
        browser = kind(middleware)

        def fail():
            with session_transaction(browser.client, middleware) as session:
                session["user"] = "ada"
                raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            fail()

        assert browser.text() == "hello stranger"

    @pytest.mark.parametrize(
        ("value", "error"),
        [(b"\0" * 100_000, SessionTooLarge), (object(), SerializationError)],
        ids=["too-large", "not-storable"],
    )
    def test_what_a_request_could_not_save_raises(self, kind, value, error):
        middleware = make()
        browser = kind(middleware)
        with session_transaction(browser.client, middleware) as session:
            session["user"] = "ada"

        with (
            pytest.raises(error),
            session_transaction(browser.client, middleware) as session,
        ):
            session["user"] = value

        assert browser.text() == "hello ada"

    def test_each_url_has_the_cookie_that_its_scheme_and_host_ask_for(self, kind):
        middleware = make()
        browser = kind(middleware)

        with session_transaction(browser.client, middleware, HTTPS) as session:
            session["user"] = "ada"

        assert list(browser.cookies()) == ["__Host-session"]
        assert browser.text(HTTPS) == "hello ada"
        assert browser.text() == "hello stranger"

    def test_domain_and_path_are_the_configurations(self, kind):
        middleware = make(cookie_domain="app.example", cookie_path="/shop")
        browser = kind(middleware)
        url = "https://www.app.example/shop/cart"

        with session_transaction(browser.client, middleware, url) as session:
            session["user"] = "ada"

        assert list(browser.cookies()) == ["__Secure-session"]
        assert browser.text(url) == "hello ada"

    def test_a_disabled_session_refuses_to_be_written(self, kind):
        with pytest.warns(UserWarning, match="disabled"):
            interface = SecureCookieSessionInterface(SessionConfig(secret_key=None))
        middleware = SessionMiddleware(greet, interface, environ_key="my.session")

        with (
            pytest.raises(SessionUnavailable),
            session_transaction(kind(middleware).client, middleware) as session,
        ):
            session["user"] = "ada"


class TestCookieJars:
    def test_webtests_extra_environ_decides_as_in_its_requests(self):
        middleware = make()
        environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "app.example"}
        browser = OfWebTest(middleware, **environ)

        with session_transaction(browser.client, middleware) as session:
            session["user"] = "ada"

        assert list(browser.cookies()) == ["__Host-session"]
        assert browser.text() == "hello ada"

    def test_flasks_own_test_client_is_one_of_werkzeugs(self):
        app = flask.Flask(__name__)
        app.config["SERVER_NAME"] = "app.example"
        app.wsgi_app = middleware = SessionMiddleware(
            app.wsgi_app, secret_key=KEY, environ_key="my.session"
        )
        app.get("/")(lambda: flask.request.environ["my.session"]["user"])
        client = app.test_client()

        with session_transaction(client, middleware) as session:
            session["user"] = "ada"

        assert client.get("/").text == "ada"

    @each_browser
    def test_a_cookie_of_a_login_page_is_read_and_changed(self, kind):
        def log_in(environ, start_response):
            environ["my.session"]["user"] = "ada"
            return greet(environ, start_response)

        middleware = SessionMiddleware(log_in, secret_key=KEY, environ_key="my.session")
        browser = kind(middleware)
        browser.text()

        with session_transaction(browser.client, middleware) as session:
            assert session.pop("user") == "ada"
            session["cart"] = [1]

        with session_transaction(browser.client, middleware) as session:
            assert session == {"cart": [1]}
        assert len(browser.cookies()) == 1

    def test_a_jar_that_would_not_send_the_cookie_is_told_of(self):
        """Or a test would fail in the next request, and not say why."""
        middleware = make(cookie_secure=True)
        client = webtest.TestApp(middleware)

        with (
            pytest.raises(SessionUnavailable, match="needs https"),
            session_transaction(client, middleware) as session,
        ):
            session["user"] = "ada"

    def test_a_client_without_a_jar_is_told_of(self):
        middleware = make()
        client = Client(middleware, use_cookies=False)

        with (
            pytest.raises(SessionUnavailable, match="did not keep the cookie"),
            session_transaction(client, middleware) as session,
        ):
            session["user"] = "ada"


class TestCookieStrings:
    def test_a_str_is_read(self):
        middleware = make()
        cookie = testing.make_cookie(middleware, {"user": "ada"})

        with session_transaction(cookie, middleware) as session:
            assert session["user"] == "ada"

    @pytest.mark.parametrize(
        "change",
        [lambda s: s.update(user="eve"), lambda s: s.clear()],
        ids=["change", "clear"],
    )
    def test_a_str_cannot_keep_a_change(self, change):
        middleware = make()
        cookie = testing.make_cookie(middleware, {"user": "ada"})

        with (
            pytest.raises(SessionUnavailable, match="CookieHeader"),
            session_transaction(cookie, middleware) as session,
        ):
            change(session)

    def test_the_other_cookies_of_a_header_stay_as_they_are(self):
        middleware = make()
        header = CookieHeader(" theme=dark;;session=old; sessions=2; session = older")

        with session_transaction(header, middleware) as session:
            session["user"] = "ada"
        before = str(header)
        with session_transaction(header, middleware) as session:
            session.clear()

        assert before.startswith("theme=dark; sessions=2; session=")
        assert str(header) == "theme=dark; sessions=2"

    def test_a_header_shows_no_cookie_in_a_traceback(self):
        assert "secret" not in repr(CookieHeader("session=secret"))


def test_what_is_no_client_is_refused_by_name():
    middleware = make()

    with (
        pytest.raises(ConfigurationError, match=r"^client: must be WebTest's TestApp"),
        session_transaction(middleware, middleware),
    ):
        pass


@pytest.mark.parametrize("wrong", [greet, None, {}], ids=["app", "None", "dict"])
def test_what_has_no_interface_is_refused_by_name(wrong):
    with pytest.raises(ConfigurationError, match=r"^middleware: must be a Session"):
        testing.make_cookie(wrong, {})


@each_browser
@pytest.mark.parametrize(
    "name",
    ["session_transaction", "make_cookie", "stop_clock", "CookieHeader", "Clock"],
)
def test_the_example_of_each_docstring_runs(name, kind):
    middleware = make()
    given = {
        **vars(testing),
        "middleware": middleware,
        "client": kind(middleware).client,
        "fetch": lambda url, headers: fetch(middleware, url, headers["Cookie"]),
    }
    finder = doctest.DocTestFinder(recurse=False)
    [example] = finder.find(getattr(testing, name), name, globs=given)
    said = []

    failed, tried = doctest.DocTestRunner().run(example, out=said.append)

    assert tried
    assert failed == 0, "".join(said)


def test_no_test_client_is_needed_to_import_it():
    code = "import sys, session_middleware.testing; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    modules = done.stdout.split()
    assert not {"webtest", "werkzeug.test", "flask"}.intersection(modules)
