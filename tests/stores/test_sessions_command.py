"""The command ``sessions``: an operator lists and ends sessions, without a key."""

from __future__ import annotations

import argparse
import re
import time

import pytest

from session_middleware import sessions_command
from session_middleware.config import SessionConfig
from session_middleware.server_side import open_with
from session_middleware.stores.base import Record
from session_middleware.stores.memory import MemoryStore
from session_middleware.stores.sqlite import SQLiteStore

from ..core.commands import spawn
from ..core.conftest import run  # noqa: F401 -- a fixture
from ..support import KEY
from ..support.visits import respond, stored

WEAK = "a password in a URL"


@pytest.fixture
def store(tmp_path):
    store = SQLiteStore(tmp_path / "sessions.db")
    store.delete_all()  # so that the file is there
    yield store
    store.close()


@pytest.fixture
def url(tmp_path, store):
    return f"sqlite:///{tmp_path}/sessions.db"


@pytest.fixture
def site(store):
    return open_with(SessionConfig(secret_key=KEY), store, owner_key="user")


@pytest.fixture
def sessions(run, url, monkeypatch):  # noqa: F811
    """Run an action on the site's store."""
    monkeypatch.setenv("SESSIONS", url)

    return lambda *arguments: run("sessions", "--store-env", "SESSIONS", *arguments)


def is_open(site, cookie):
    return respond(site, dict, cookie).body != b"{}"


def ids_of(done):
    return re.findall(r"^[0-9a-f]{32}", done.out, re.MULTILINE)


def test_it_lists_the_sessions_of_an_owner_and_none_of_their_data(site, sessions):
    first, _ = (stored(site, user=42, card="4111 1111") for _ in "12")
    stored(site, user=43)

    done = sessions("list", "--owner", "42")

    assert (done.code, done.err) == (0, "")
    assert sorted(ids_of(done)) == sorted(i.public_id for i in site.sessions_of(42))
    assert "4111" not in done.out
    assert re.findall(r"[\d-]{10} [\d:]{8}", done.out)
    assert first.partition("=")[2] not in done.out


def test_an_owner_without_sessions_is_code_1(sessions):
    assert sessions("list", "--owner", "42").code == 1


def test_it_ends_one_session_of_an_owner(site, sessions):
    stays, goes = (stored(site, user="ada") for _ in "12")
    app_id = respond(site, lambda s: s.public_id, goes).body.decode()

    done = sessions("revoke", "--owner", "ada", app_id)

    assert done == (0, "1 session ended\n", "")
    assert [is_open(site, cookie) for cookie in (stays, goes)] == [True, False]


def test_a_session_of_another_owner_is_not_ended(site, sessions):
    cookie = stored(site, user="ada")
    [info] = site.sessions_of("ada")

    done = sessions("revoke", "--owner", "bob", info.public_id)

    assert (done.code, done.out) == (1, "")
    assert done.err == "this owner has no session with this ID\n"
    assert is_open(site, cookie)


def test_it_ends_all_sessions_of_an_owner(site, sessions):
    mine, other = stored(site, user="ada"), stored(site, user="bob")
    stored(site, user="ada")

    assert sessions("revoke-all", "--owner", "ada") == (0, "2 sessions ended\n", "")
    assert [is_open(site, cookie) for cookie in (mine, other)] == [False, True]
    assert sessions("revoke-all", "--owner", "ada").out == "0 sessions ended\n"


def test_it_ends_the_sessions_of_everyone(site, sessions):
    cookies = [stored(site, user="ada"), stored(site, n=1)]

    assert sessions("revoke-everyone") == (0, "2 sessions ended\n", "")
    assert not any(is_open(site, cookie) for cookie in cookies)


def test_it_counts_sessions_and_says_that_it_went_through_all(site, store, sessions):
    stored(site, user="ada")
    stored(site, n=1)
    now = int(time.time())
    store.create("a" * 64, Record({}, 0, now - 7200, now - 3600))  # it has expired
    store.create("b" * 64, Record({}, 0, now, now + 3600, successor=""))

    done = sessions("count")

    assert done == (0, "2 sessions found by going through all\n", "")


def test_it_deletes_what_has_expired(site, store, sessions):
    cookie = stored(site, user="ada")
    now = int(time.time())
    for number in range(1200):
        record = Record({"n": "1"}, 0, now - 7200, now - 3600)
        store.create(f"{number + 1:064x}", record)

    done = sessions("clean")

    said = r"1200 sessions or marks had expired, and are deleted\n"
    assert re.fullmatch(said, done.out), done
    assert (done.code, is_open(site, cookie)) == (0, True)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_the_url_may_stand_before_the_action_or_after_it(run, url, before):  # noqa: F811
    action, where = ["list", "--owner", "ada"], ["--store", url]

    arguments = [*where, *action] if before else [*action, *where]

    assert run("sessions", *arguments).code == 1  # she has none


def test_it_runs_as_a_process_without_a_key(site, url):
    stored(site, user="Zoë")

    done = spawn("sessions", "list", "--owner", "Zoë", "--store-env", "U", U=url)

    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == 2


WRONG = {
    "no store": (["count"], "store: give --store-env NAME, or else --store URL\n"),
    "two stores": (
        ["count", "--store", f"redis://:{WEAK}@x/", "--store-env", "SESSIONS"],
        "store: give --store-env NAME, or else --store URL\n",
    ),
    "a variable that is not there": (
        ["--store-env", f"redis://:{WEAK}@x/", "count"],
        "store-env: there is no such variable, or no URL\n",
    ),
    "no such store": (
        ["count", "--store", f"reddis://:{WEAK}@x/"],
        "store: no store of this kind; did you mean redis:?\n",
    ),
    "a URL that is none": (["count", "--store", WEAK], None),
    "in memory": (
        ["count", "--store", "memory:"],
        "store: is in the memory of another process\n",
    ),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=list(WRONG))
def test_what_cannot_work_is_code_2_and_one_line(run, arguments, said):  # noqa: F811
    done = run("sessions", *arguments)

    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert said in (None, done.err)
    assert WEAK not in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["sessions", f"redis://:{WEAK}@x/", "count"],
        ["sessions", "count", "--store", "sqlite:///x", f"redis://:{WEAK}@x/"],
        ["sessions", "--store", f"redis://:{WEAK}@x/", "lisst"],
        [WEAK],
    ],
    ids=["the URL as the action", "the URL twice", "a wrong action", "a key alone"],
)
def test_what_stands_in_a_wrong_place_is_not_repeated(run, arguments):  # noqa: F811
    """A word in the place of a command was printed, though it may have been a key."""
    done = run(*arguments)

    assert (done.code, done.out) == (2, "")
    assert WEAK not in done.err


@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+pysqlite"])
def test_a_database_that_is_not_there_is_code_2_and_is_not_made(
    run,  # noqa: F811
    tmp_path,
    scheme,
):
    """A path with a typo was a new database, of which 0 sessions had been ended."""
    path = tmp_path / WEAK

    done = run("sessions", "revoke-everyone", "--store", f"{scheme}:///{path}")

    assert (done.code, done.out) == (2, "")
    assert re.fullmatch("store: there is no such SQLite database; .+\n", done.err)
    assert WEAK not in done.err
    assert not path.exists()


def test_a_store_that_fails_is_code_3_and_one_line(run, tmp_path):  # noqa: F811
    path = tmp_path / WEAK
    path.write_bytes(b"this is no database, whatever its name says" * 99)

    done = run("sessions", "count", "--store", f"sqlite:///{path}")

    assert (done.code, done.out) == (3, "")
    assert re.fullmatch("the store failed: .+\n", done.err)
    assert WEAK not in done.err


def test_a_store_that_does_not_count_says_so(capsys):
    class Uncounted(MemoryStore):
        shared = True
        count = sessions_command.SessionStore.count

    options = argparse.Namespace(action="count", store=Uncounted())

    assert sessions_command.run(options) == 2
    assert capsys.readouterr().err == "count: this kind of store does not count\n"


def test_memory_counts_too():
    store = MemoryStore()
    for number, expires in enumerate((100, 50)):
        store.create(str(number), Record({}, 0, 0, expires))
    store.create("2", Record({}, 0, 0, 100, successor=""))

    assert store.count(100) == 1
