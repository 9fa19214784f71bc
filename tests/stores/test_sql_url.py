"""What SqlStore takes: URLs whose timeouts are known, and engines that wait."""

from __future__ import annotations

import contextlib
import importlib
import socket
import sys
import threading
import traceback

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from session_middleware.exceptions import ConfigurationError, StoreUnavailable
from session_middleware.stores.sql import SqlStore, open_url

PASSWORD = "hunter2"


def refused(url):
    """What somebody reads who opened a wrong URL, with every cause."""
    with pytest.raises(ConfigurationError) as caught:
        open_url(url)
    assert caught.value.option == "store"
    shown = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in shown.replace(f'"{PASSWORD}', "")
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"ada:{PASSWORD}@database",
        f"postgresql+psycopg://ada:{PASSWORD}@database:many/sessions",
        "",
    ],
    ids=["no scheme", "port", "empty"],
)
def test_what_is_no_url_is_refused(url):
    assert "it is no URL" in refused(url)


@pytest.mark.parametrize("scheme", ["postgersql", "sqlserver", "postgresql+psycopgg"])
def test_a_url_of_no_database_is_refused_with_those_that_are(scheme):
    said = refused(f"{scheme}://ada:{PASSWORD}@database/sessions")

    assert "begins with one of postgresql+psycopg, mysql+pymysql" in said


@pytest.mark.parametrize(
    "scheme", ["postgresql+pg8000", "postgresql+asyncpg", "oracle", "sqlite+aiosqlite"]
)
def test_a_driver_whose_timeouts_are_not_known_needs_an_engine(scheme):
    said = refused(f"{scheme}://ada:{PASSWORD}@database/sessions")

    assert "give SqlStore(engine)" in said


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite+pysqlite:///"]
)
def test_a_database_in_memory_is_refused(url):
    assert "MemoryStore()" in refused(url)


def test_a_driver_that_is_not_installed_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "MySQLdb", None)

    said = refused(f"mysql+mysqldb://ada:{PASSWORD}@database/sessions")

    assert 'pip install "mysqlclient"' in said


def test_without_sqlalchemy_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    monkeypatch.delitem(sys.modules, "session_middleware.stores.sql")

    with pytest.raises(ConfigurationError, match=r"session-middleware\[sql\]"):
        importlib.import_module("session_middleware.stores.sql")


@pytest.mark.parametrize(
    "scheme",
    [
        "postgres",
        "postgresql",
        "postgresql+psycopg",
        "mysql+pymysql",
        "mariadb+pymysql",
    ],
)
def test_a_url_is_opened_without_a_server(scheme):
    """Nothing is connected before the first request."""
    store = open_url(f"{scheme}://ada:{PASSWORD}@database/sessions")

    assert PASSWORD not in repr(store)
    assert "CREATE TABLE session_value" in store.ddl()


def told(url):
    """What a driver is told when a store connects."""
    store, said = open_url(url), {}

    def connect(dialect, record, arguments, options):
        said.update(options)
        raise OSError("no network here")

    event.listen(store._transactions.engine, "do_connect", connect)
    with pytest.raises(StoreUnavailable):
        store.read("1" * 64)
    return said


def test_drivers_are_told_when_to_give_up():
    mysql = told("mysql+pymysql://database/sessions")
    sqlite = told("sqlite:///sessions.db")

    assert mysql["connect_timeout"] == 1
    assert mysql["read_timeout"] == mysql["write_timeout"] == sqlite["timeout"] == 2


def test_a_timeout_of_the_urls_own_is_not_replaced():
    said = told("mysql+pymysql://database/sessions?read_timeout=7")

    assert (said["read_timeout"], said["write_timeout"]) == (7, 2)


# PostgreSQL's own words: you are who you say, and I am ready.
WELCOME = b"R\0\0\0\x08\0\0\0\0" + b"Z\0\0\0\x05I"


@contextlib.contextmanager
def silent_server(says):
    """Its URL, and what it was told first; it says one thing, and nothing after it."""
    heard, visits = [], []

    def answer():
        with contextlib.suppress(OSError):
            while True:
                visits.append(server.accept()[0])
                heard.append(visits[-1].recv(1000))
                visits[-1].sendall(says)

    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        thread = threading.Thread(target=answer)
        thread.start()
        yield f"postgresql://ada@{host}:{port}/sessions?sslmode=disable", heard
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for visit in visits:
        visit.close()


@pytest.mark.parametrize("says", [b"", WELCOME], ids=["nothing", "welcome"])
def test_a_server_that_falls_silent_is_given_up(says):
    """It is stopped, or its disk is, and no timeout of its own ends the waiting."""
    with silent_server(says) as (url, heard), pytest.raises(StoreUnavailable):
        open_url(url).read("1" * 64)

    assert b"options\0-c statement_timeout=2000\0" in heard[0]


def test_engines_of_asyncio_are_refused():
    url = "postgresql+psycopg_async://ada@database/sessions"

    for engine in (create_async_engine(url), create_engine(url)):
        with pytest.raises(ConfigurationError, match=r"Async|asyncio"):
            SqlStore(engine)


def test_a_database_whose_locks_are_not_known_is_refused(monkeypatch):
    """Of SQL Server "FOR UPDATE" is left out in silence, and writes would be lost."""
    engine = create_engine("sqlite://")
    monkeypatch.setattr(engine.dialect, "name", "mssql")

    with pytest.raises(ConfigurationError, match="speaks to PostgreSQL"):
        SqlStore(engine)


def test_what_is_no_engine_is_refused():
    engine = create_engine("sqlite://")
    for other in ("sqlite:///sessions.db", None, engine.connect):
        with pytest.raises(ConfigurationError, match="is given an Engine"):
            SqlStore(other)
