"""What one worker or one command has ended is over in every other process, at once."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack, closing

import pytest

from ..stores.on_a_store import key_of
from ..support import ROOT
from ..support.stores.places import PLACES
from .crowds import Guest, serve
from .servers import environment, wait_for

pytestmark = pytest.mark.servers

EMPTY = {}


@pytest.fixture(scope="module", params=list(PLACES))
def url(request):
    with PLACES[request.param]() as url:
        yield url


@pytest.fixture(scope="module")
def server(url):
    with serve(url) as running:
        yield running
        assert "Traceback" not in running.log()


@pytest.fixture
def workers(server):
    """A connection to each of the two workers, which stay there."""
    with ExitStack() as stack:
        found = {}

        def look():
            connection = stack.enter_context(closing(Guest(server.url).connect()))
            page = Guest(server.url).ask_on(connection, "/")
            found.setdefault(page.said["process"], connection)
            return len(found) == 2

        wait_for(look, "both workers")
        yield list(found.values())


def log_in(server, user):
    return Guest(server.url).begin(f"/login?user={user}")


def test_a_logout_in_one_worker_is_final_in_the_other(server, workers):
    for here, there in [workers, workers[::-1]] * 10:
        guest = log_in(server, "ada")
        for worker in workers:
            assert guest.ask_on(worker, "/read").said["session"] == {"user": "ada"}

        [line] = guest.ask_on(here, "/logout").set_cookies
        assert "Max-Age=0" in line

        for worker in (there, here):
            page = guest.ask_on(worker, "/read")
            assert (page.said["session"], page.said["status"]) == (EMPTY, "gone")


def test_a_login_in_one_worker_ends_the_session_before_in_the_other(server, workers):
    for here, there in [workers, workers[::-1]] * 10:
        guest = Guest(server.url).begin("/count?key=visits")
        new = Guest(server.url, guest.ask_on(here, "/login?user=ada").cookie)

        old = guest.ask_on(there, "/read").said
        page = new.ask_on(there, "/read").said
        assert (old["session"], old["status"]) == (EMPTY, "replaced")
        assert page["session"] == {"visits": 1, "user": "ada"}


def test_a_request_that_was_begun_before_a_logout_writes_nothing(server, workers):
    """It is slow, and the logout of another worker comes and goes meanwhile."""
    slow, quick = workers
    for number in range(5):
        guest = log_in(server, "ada")
        slow.request("GET", f"/linger?key=k{number}", headers={"Cookie": guest.cookie})
        opened = f"k{number} has opened"
        wait_for(lambda opened=opened: opened in server.log(), opened)

        guest.ask_on(quick, "/logout")
        response = slow.getresponse()
        said = json.loads(response.read())

        assert said["session"] == {"user": "ada"}
        assert response.headers["Set-Cookie"] is None
        for worker in workers:
            assert guest.ask_on(worker, "/read").said["session"] == EMPTY


def test_revoke_all_by_the_command_is_seen_by_all_workers(server, workers, url):
    ada = [log_in(server, "ada") for _ in range(6)]
    bob = log_in(server, "bob")

    told = revoke_all(url, "ada")

    assert len({key_of(guest.cookie) for guest in ada}) == 6
    assert told.returncode == 0, told.stderr
    for worker in workers:
        for guest in ada:
            assert guest.ask_on(worker, "/read").said["session"] == EMPTY
        assert bob.ask_on(worker, "/read").said["session"] == {"user": "bob"}
    assert revoke_all(url, "ada").stdout == "0 sessions ended\n"


def revoke_all(url, owner):
    command = [sys.executable, "-m", "session_middleware", "sessions", "revoke-all"]
    return subprocess.run(
        [*command, "--owner", owner, "--store-env", "STORE_OF_A_TEST"],
        cwd=ROOT,
        env=environment({"STORE_OF_A_TEST": url}),
        capture_output=True,
        text=True,
        timeout=60,
    )
