"""``store=`` and ``owner_key=`` wherever options are read, in their readers' words."""

from __future__ import annotations

import secrets
import traceback

import pytest
from paste.deploy import loadapp
from pyramid.config import Configurator

from session_middleware import ConfigurationError, SessionMiddleware
from session_middleware.adapters.beaker import BeakerSessionMiddleware
from session_middleware.adapters.paste import filter_app_factory
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, app_of, call


def one_line(**options):
    app = SessionMiddleware(app_of(len), secret_key=KEY, **options)
    return app.interface


def pyramid(**options):
    named = {f"session_middleware.{name}": value for name, value in options.items()}
    settings = {"session_middleware.secret_key": KEY, **named}
    with Configurator(settings=settings) as config:
        config.include("session_middleware.adapters.pyramid")
        return config.registry["session_middleware"]._interface


def paste(**options):
    return filter_app_factory(app_of(len), {}, secret_key=KEY, **options).interface


def beaker(**options):
    named = {f"session.{name}": value for name, value in options.items()}
    config = {"session.validate_key": KEY, **named}
    return BeakerSessionMiddleware(app_of(len), config).interface


def beakers_keywords(**options):
    app = BeakerSessionMiddleware(app_of(len), validate_key=KEY, **options)
    return app.interface


PREFIXES = {
    one_line: "",
    pyramid: "session_middleware.",
    paste: "",
    beaker: "session.",
    beakers_keywords: "",
}
BY_TEXT = [pyramid, paste, beaker, beakers_keywords]
PASSWORD = secrets.token_hex(8)
WRONG = {
    "another spelling": (f"postgres://me:{PASSWORD}@db/app", "did you mean postgresql"),
    "a dash": (f"sql-lite:///{PASSWORD}", "did you mean sqlite"),
    "no colon": (f"redis//me_{PASSWORD}@db", "must be a URL, as sqlite:///"),
    "nothing but a password": (PASSWORD, "must be a URL, as sqlite:///"),
    "no scheme": (f"me:{PASSWORD}@db", "must be a URL, as sqlite:///"),
    "a password for one": (f"{PASSWORD}:x", "must be a URL, as sqlite:///"),
    "too much": (f"memory:{PASSWORD}", "has nothing after it"),
    "empty": ("", "must be a URL, as sqlite:///"),
}

every_reader = pytest.mark.parametrize("read", PREFIXES, ids=lambda f: f.__name__)
every_text = pytest.mark.parametrize("read", BY_TEXT, ids=lambda f: f.__name__)


@every_reader
def test_a_url_names_the_store_and_a_key_the_owner(read):
    interface = read(store="memory:", owner_key="user_id")

    assert isinstance(interface, ServerSideSessionInterface)
    assert type(interface.store) is MemoryStore
    assert interface.owner_key == "user_id"


@every_reader
def test_a_store_that_was_made_is_taken_as_it_is(read):
    store = MemoryStore()

    assert read(store=store).store is store


@every_text
def test_a_variable_may_hold_the_url(read, monkeypatch):
    monkeypatch.setenv("THE_STORE", " memory: ")

    assert type(read(store_env="THE_STORE").store) is MemoryStore


@every_reader
@pytest.mark.parametrize(("url", "way_out"), WRONG.values(), ids=WRONG)
def test_what_names_no_store_is_refused_and_not_shown(read, url, way_out):
    check_refusal(read, "store", url, way_out)


@every_text
@pytest.mark.parametrize(("url", "way_out"), WRONG.values(), ids=WRONG)
def test_so_it_is_in_a_variable(read, url, way_out, monkeypatch):
    monkeypatch.setenv("THE_STORE", url)

    check_refusal(read, "store_env", "THE_STORE", way_out)


@every_text
def test_a_url_in_the_place_of_a_variable_is_not_shown(read):
    url = f"redis://me:{PASSWORD}@db"

    check_refusal(read, "store_env", url, "no variable of that name")


@every_reader
def test_an_owner_without_a_store_is_refused(read):
    check_refusal(read, "owner_key", "user_id", "is for sessions in a store")


@every_reader
def test_an_empty_owner_is_refused(read):
    with pytest.raises(ConfigurationError, match="must be a key of the session") as e:
        read(store="memory:", owner_key="")

    assert e.value.option == f"{PREFIXES[read]}owner_key"


def load(directory, line):
    """An application of an ini file that has this line for our filter."""
    (directory / "app.ini").write_text(f"""
[pipeline:main]
pipeline = session counter
[filter:session]
paste.filter_app_factory = session_middleware.adapters.paste:filter_app_factory
secret_key = {KEY}
{line}
[app:counter]
paste.app_factory = tests.adapters.test_paste:counter
""")
    return loadapp(f"config:{directory}/app.ini")


def test_a_file_may_be_beside_the_ini(rooms, tmp_path):
    app = load(tmp_path, "store = sqlite:///%(here)s/sessions.db")

    assert rooms == [f"sqlite:///{tmp_path}/sessions.db"]
    assert call(app, cookie=call(app).cookie).body == b"2"


def test_a_percent_sign_in_a_url_is_for_a_variable(rooms, tmp_path, monkeypatch):
    url = "postgresql+psycopg://me:p%40ss@db/app"
    monkeypatch.setenv("THE_STORE", url)

    load(tmp_path, "store_env = THE_STORE")

    assert rooms == [url]


@every_text
def test_two_places_for_one_store_are_refused(read, monkeypatch):
    monkeypatch.setenv("THE_STORE", "memory:")

    with pytest.raises(ConfigurationError, match="is given too"):
        read(store="memory:", store_env="THE_STORE")


def check_refusal(read, option, value, way_out):
    """Refused by its name there, with a way out and without a password."""
    with pytest.raises(ConfigurationError) as refusal:
        read(**{option: value})

    assert refusal.value.option == f"{PREFIXES[read]}{option}"
    assert way_out in refusal.value.reason
    error, shown = refusal.value, "".join(traceback.format_exception(refusal.value))
    while error is not None:  # what a traceback leaves out, and a debugger shows
        shown, error = shown + repr(error), error.__context__
    assert PASSWORD not in shown
