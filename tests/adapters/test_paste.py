"""Sessions from an ini file, as PasteDeploy, pserve and gunicorn load it."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import traceback
from datetime import timedelta

import pytest
from paste.deploy import loadapp

from session_middleware import ConfigurationError, SessionMiddleware, UnknownOption
from session_middleware.adapters.paste import filter_app_factory

from ..servers import servers
from ..support import KEY, call
from ..support.visits import plain_app
from .host import HostBehaviour

OLD = "an-old-key-as-keygen-would-have-made-it"
OLDER = "and-one-that-is-older-still-than-that"


needs_installation = pytest.mark.skipif(
    not [*importlib.metadata.Distribution.discover(name="session-middleware")],
    reason="egg: finds only what is installed",
)


class TestPaste(HostBehaviour):
    def wrap(self, interface, view, status=200):
        app = plain_app(view, status)
        wrapped = filter_app_factory(app, {}, secret_key=KEY)
        wrapped.interface = interface  # for its clock and events
        return wrapped


def counter(global_conf, **settings):
    """The application of these ini files."""

    def app(environ, start_response):
        session = environ[settings.get("key", "session")]
        session["visits"] = session.get("visits", 0) + 1
        start_response("200 OK", [])
        return [str(session["visits"]).encode()]

    return app


PIPELINE = """
[pipeline:main]
pipeline = session counter
[filter:session]
{use}
{options}
[app:counter]
paste.app_factory = tests.adapters.test_paste:counter
{settings}
"""
FILTER_APP = """
[filter-app:main]
{use}
next = counter
{options}
[app:counter]
paste.app_factory = tests.adapters.test_paste:counter
{settings}
"""
FILTER_WITH = """
[app:main]
paste.app_factory = tests.adapters.test_paste:counter
filter-with = session
{settings}
[filter:session]
{use}
{options}
"""
FACTORY = "session_middleware.adapters.paste:filter_app_factory"
FORMS = {"pipeline": PIPELINE, "filter-app": FILTER_APP, "filter-with": FILTER_WITH}


@pytest.fixture
def load(tmp_path):
    """Loads an ini file that holds these lines for our filter."""

    def load(*lines, use=f"paste.filter_app_factory = {FACTORY}", **more):
        form, settings = more.pop("form", PIPELINE), more.pop("settings", "")
        text = form.format(use=use, options="\n".join(lines), settings=settings)
        (tmp_path / "app.ini").write_text(text, "utf-8")
        return loadapp(f"config:{tmp_path}/app.ini", **more)

    return load


@needs_installation
@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_an_application_gets_sessions_wherever_the_filter_stands(load, form):
    app = load(f"secret_key = {KEY}", use="use = egg:session-middleware", form=form)

    first = call(app)
    second = call(app, cookie=first.cookie)

    assert (first.body, second.body) == (b"1", b"2")


def test_options_are_typed_as_in_python(load):
    config = load(
        f"secret_key = {KEY}",
        f"secret_key_fallbacks = {OLD} {OLDER}",
        "cookie_name = sid",
        "cookie_secure = false",
        "cookie_samesite = Strict",
        "permanent = yes",
        "permanent_lifetime = 20m",
        "absolute_lifetime = none",
        "refresh_after = 60",
    ).interface.config

    assert config.secret_key == KEY
    assert list(config.secret_key_fallbacks) == [OLD, OLDER]
    assert (config.cookie_name, config.cookie_secure) == ("sid", False)
    assert (config.cookie_samesite, config.permanent) == ("Strict", True)
    assert config.permanent_lifetime == timedelta(minutes=20)
    assert config.absolute_lifetime is None
    assert config.refresh_after == timedelta(minutes=1)


def test_the_environ_key_is_an_option_too(load):
    app = load(f"secret_key = {KEY}", "environ_key = mine", settings="key = mine")

    assert call(app).body == b"1"


def test_defaults_of_the_file_are_not_ours(load):
    app = load(f"secret_key = {KEY}", global_conf={"debug": "true", "permanent": "no"})

    assert call(app).body == b"1"


@pytest.mark.parametrize("written", ["keys/session", "%(here)s/keys/session"])
def test_a_key_file_is_found_beside_the_ini_file(load, tmp_path, monkeypatch, written):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/session").write_text(f"{KEY}\n", "utf-8")
    monkeypatch.chdir("/")

    app = load(f"secret_key_file = {written}")

    assert app.interface.config.secret_key in (KEY, KEY.encode())


def test_a_key_comes_from_the_environment(load, monkeypatch):
    monkeypatch.setenv("SHOP_KEY", KEY)

    app = load("secret_key_env = SHOP_KEY")

    assert app.interface.config.secret_key in (KEY, KEY.encode())


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("cookie_nam = sid", "cookie_nam"),
        ("app = other", "app"),
        ("global_conf = other", "global_conf"),
        ("interface = mine", "interface"),
        ("accept = mine", "accept"),
        ("permanent_lifetime = soon", "permanent_lifetime"),
        ("permanent = perhaps", "permanent"),
        ("cookie_path = nowhere", "cookie_path"),
        ("cookie_samesite = Loose", "cookie_samesite"),
        ("environ_key = wsgi.input", "environ_key"),
        ("environ_key =", "environ_key"),
        ("secret_key_fallbacks = short", "secret_key_fallbacks"),
    ],
)
def test_a_wrong_option_is_named_as_it_is_written(load, line, option):
    with pytest.raises(ConfigurationError) as refusal:
        load(f"secret_key = {KEY}", line)

    assert refusal.value.option == option
    assert KEY not in "".join(traceback.format_exception(refusal.value))


def test_an_unknown_option_is_one_wherever_it_comes_from():
    with pytest.raises(UnknownOption, match=r"cookie_nam: .*cookie_name"):
        filter_app_factory(print, {}, secret_key=KEY, cookie_nam="sid")


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("", "secret_key"),
        ("secret_key = short-and-hidden", "secret_key"),
        ("secret_key_file = missing", "secret_key_file"),
        ("secret_key_env = NOT_SET", "secret_key_env"),
    ],
    ids=["none", "weak", "no-file", "not-set"],
)
def test_without_a_good_key_nothing_starts_and_none_is_printed(load, line, option):
    with pytest.raises(ConfigurationError) as refusal:
        load(line)

    assert option in str(refusal.value)
    assert "hidden" not in "".join(traceback.format_exception(refusal.value))


def test_the_filter_is_a_session_middleware(load):
    assert isinstance(load(f"secret_key = {KEY}"), SessionMiddleware)


# -- servers --------------------------------------------------------------


def pserve(**more):
    port = servers.free_port()
    ini = ["examples/paste.ini", f"port={port}"]
    command = [sys.executable, "-m", "pyramid.scripts.pserve", *ini]
    return servers.start(command, "Starting server in PID", port=port, **more)


def gunicorn(**more):
    return servers.gunicorn("--paste", app="examples/paste.ini", **more)


@needs_installation
@pytest.mark.servers
@pytest.mark.parametrize("server", [pserve, gunicorn])
def test_the_example_counts_the_visits_of_each_visitor(server):
    # paste.ini wraps examples/paste_app.py, which it finds there.
    path = f"{servers.environment()['PYTHONPATH']}{os.pathsep}examples"
    with server(environ={"SECRET_KEY": KEY, "PYTHONPATH": path}) as running:
        visitor, other = servers.Visitor(running.url), servers.Visitor(running.url)

        counts = [visitor.text() for _ in range(3)]

        assert counts == ["1\n", "2\n", "3\n"]
        assert other.text() == "1\n"
        assert visitor.text("/forget") == "0\n"
        assert KEY not in running.log()
