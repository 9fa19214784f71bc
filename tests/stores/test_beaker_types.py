"""Beaker's ``type``, and where it keeps sessions here."""

from __future__ import annotations

import pytest

from session_middleware import ConfigurationError, SessionConfig
from session_middleware.adapters.beaker import (
    BeakerSessionInterface,
    BeakerSessionMiddleware,
)
from session_middleware.adapters.beaker_options import read_options
from session_middleware.adapters.beaker_places import read_place
from session_middleware.adapters.beaker_stored import StoredBeakerSessionInterface
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, app_of, call
from ..support.visits import count

SECRET = "sesame-opens-nothing"


def wrap(use=len, **options):
    def app(environ, start_response):
        session = environ["beaker.session"]
        body = app_of(use)({"session": session}, start_response)
        session.save()
        return body

    named = {f"session.{name}": value for name, value in options.items()}
    return BeakerSessionMiddleware(app, {"session.validate_key": KEY, **named})


def counts(app):
    """Whether it has a session, of which the cookie is no more than an id."""
    first = call(app)
    again = call(app, cookie=first.cookie)
    return first.body == b"1" and again.body == b"2" and again.set_cookies == []


@pytest.mark.parametrize("options", [{}, {"type": "cookie"}, {"type": None}], ids=str)
def test_without_a_type_it_is_a_signed_cookie(options):
    assert type(wrap(**options).interface) is BeakerSessionInterface


@pytest.mark.parametrize("kind", ["memory", " Memory "])
def test_memory_is_in_this_process(kind):
    app = wrap(count, type=kind)

    assert type(app.interface.store) is MemoryStore
    assert counts(app)


@pytest.mark.parametrize("options", [{"type": "file"}, {"type": "dbm"}, {}], ids=str)
def test_a_directory_has_one_file_for_all(options, rooms, tmp_path):
    directory = tmp_path / "data" / "sessions"

    app = wrap(count, data_dir=str(directory), lock_dir="/no/such/place", **options)

    assert rooms == [f"sqlite:///{directory}/sessions.db"]
    assert directory.stat().st_mode & 0o777 == 0o700
    assert counts(app)


def test_it_is_the_same_file_wherever_the_process_goes(rooms, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    wrap(type="file", data_dir="data")

    assert rooms == [f"sqlite:///{tmp_path}/data/sessions.db"]


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("ext:database", "sqlite:////srv/sessions.db"),
        ("ext:database", "mysql+pymysql://me:pw@db/app"),
        ("ext:sqla", "postgresql+psycopg://me:pw@db/app"),
        ("ext:redis", "redis://:pw@localhost:6379/0"),
    ],
)
def test_an_extension_keeps_them_where_its_url_says(kind, url, rooms):
    app = wrap(count, type=kind, url=url, data_dir="/no/such/place", lock_dir="x")

    assert rooms == [url]
    assert counts(app)


class Owned(StoredBeakerSessionInterface):
    def get_owner(self, session):
        return session.get("visits")


def test_an_interface_of_one_s_own_knows_beaker_s_words_and_whose_sessions_they_are():
    interface = Owned(SessionConfig(secret_key=KEY), MemoryStore())
    wrapped = BeakerSessionMiddleware(wrap(count).app, interface=interface)

    assert call(wrapped).body == b"1"
    [info] = interface.sessions_of(1)
    assert info.data == {"visits": 1}


def test_one_that_does_not_know_them_is_refused():
    interface = ServerSideSessionInterface(SessionConfig(secret_key=KEY), MemoryStore())

    with pytest.raises(ConfigurationError, match="or a StoredBeakerSession"):
        BeakerSessionMiddleware(wrap().app, interface=interface)


def test_auto_needs_no_save():
    app = wrap(type="memory", auto=True)
    app.app = lambda environ, start: app_of(count)(
        {"session": environ["beaker.session"]}, start
    )

    assert counts(app)


def test_a_change_that_is_not_saved_is_not_kept():
    app = wrap(count, type="memory")
    cookie = call(app).cookie
    app.app = lambda environ, start: app_of(count)(
        {"session": environ["beaker.session"]}, start
    )

    assert [call(app, cookie=cookie).body for _ in range(2)] == [b"2", b"2"]


@pytest.mark.parametrize(
    ("options", "named", "way_out"),
    [
        ({"type": "ext:redis", "url": SECRET}, "url", "must be a URL"),
        ({"type": "ext:redis", "url": 5}, "url", "must be a URL"),
        ({"type": "memory", "url": SECRET}, "url", "is for type = ext:database"),
        ({"store": "memory:", "type": "memory"}, "type", "store is given too"),
        ({"store": "memory:", "type": "cookie"}, "type", "store is given too"),
        ({"store": "memory:", "data_dir": "x"}, "data_dir", "store is given too"),
        ({"type": "cookie", "data_dir": "x"}, "data_dir", "or say type = file"),
        ({"type": "cookie", "owner_key": "u"}, "owner_key", "for sessions in a store"),
        ({"type": "memory", "owner_key": 5}, "owner_key", "must be a key"),
        ({"type": "memory", "encrypt_key": SECRET}, "encrypt_key", "not encrypted"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused_by_name(options, named, way_out):
    with pytest.raises(ConfigurationError) as refusal:
        wrap(**options)

    assert refusal.value.option == f"session.{named}"
    assert way_out in refusal.value.reason
    assert SECRET not in str(refusal.value)


def test_what_was_read_shows_no_key_and_no_url():
    given = read_options({"session.validate_key": SECRET, "session.store": SECRET}, {})

    shown = repr([*given.values(), read_place(given)])

    assert "session.store" in shown
    assert SECRET not in shown
