"""Workers that were forked from a process which had used its store already, or had not.

No two of them ask by one connection, and none draws an id that another has drawn. By
default 160 ids are drawn; with ``HYPOTHESIS_PROFILE=nightly``, 640.
"""

from __future__ import annotations

import pytest

from ..stores.on_a_store import key_of
from ..support.examples import share_of
from ..support.stores.places import PLACES
from . import servers
from .crowds import APP, Guest, see_both, serve, together

pytestmark = pytest.mark.servers

GUESTS = 16
SESSIONS = max(10, share_of(4))  # that each of them begins


def gunicorn(*options):
    return lambda url, **environ: serve(url, *options, **environ)


def uwsgi(*options):
    return lambda url, **environ: servers.uwsgi(
        *options, app=APP, SESSION_STORE=url, **environ
    )


SERVERS = {
    "gunicorn-preload": gunicorn("--preload"),
    "uwsgi": uwsgi(),
    "uwsgi-threads": uwsgi("--threads", "4"),
    "uwsgi-lazy": uwsgi("--lazy-apps", "--threads", "4"),
}


@pytest.fixture(scope="module", params=list(PLACES))
def place(request):
    with PLACES[request.param]() as url:
        yield url


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request, place):
    if place.startswith("redis") and "uwsgi" in request.param:
        pytest.importorskip(servers.REDIS_NEEDS)
    with SERVERS[request.param](place, USED_BEFORE="1") as running:
        see_both(running.url)
        yield running
        assert "Traceback" not in running.log()


def test_workers_share_no_connection_and_no_id(server):
    def begin(number):
        guest = Guest(server.url)
        return [guest.ask(f"/begin?name={number}&tell=1") for _ in range(SESSIONS)]

    pages = [page for begun in together(begin, range(GUESTS)) for page in begun]

    assert len({key_of(page.cookie) for page in pages}) == GUESTS * SESSIONS
    lines = {}
    for said in (page.said for page in pages):
        lines.setdefault(said["process"], set()).add(said["line"])
    one, other = lines.values()
    assert one.isdisjoint(other)


def test_a_session_that_was_begun_before_the_fork_goes_on_after_it(server):
    cookie = Guest(server.url).said("/before")["cookie"]

    def add(number):
        guest = Guest(server.url, cookie)
        return {guest.said("/add?key=n")["process"] for _ in range(5)}

    workers = set.union(*together(add, range(GUESTS)))

    assert len(workers) == 2
    assert Guest(server.url, cookie).said("/read")["session"] == {"n": 2 + 5 * GUESTS}
