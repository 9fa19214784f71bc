"""Two workers of four threads each, and many visitors who count in one session.

By default each counts to 25; with ``HYPOTHESIS_PROFILE=nightly``, to 200.
"""

from __future__ import annotations

import pytest

from ..support.examples import share_of
from ..support.stores.places import EVERYWHERE
from .crowds import Guest, see_both, serve, together

pytestmark = pytest.mark.servers

GUESTS = 32
TIMES = max(25, share_of(20))


@pytest.fixture(scope="module", params=list(EVERYWHERE))
def server(request):
    with EVERYWHERE[request.param]() as url, serve(url) as running:
        see_both(running.url)
        yield running
        log = running.log()
        assert "Traceback" not in log
        assert "overwritten" not in log, "nobody has written what is another's"


@pytest.fixture
def cookie(server):
    """Of the session that they all share."""
    return Guest(server.url).begin("/count?key=begun").cookie


def test_who_counts_in_a_key_of_his_own_misses_no_number(server, cookie):
    """Whichever worker answers, and whatever others write to the same session."""

    def count(number):
        guest = Guest(server.url, cookie)
        pages = [guest.said(f"/count?key=k{number}") for _ in range(TIMES)]
        return [page["count"] for page in pages], {page["process"] for page in pages}

    found = together(count, range(GUESTS))

    kept = Guest(server.url, cookie).said("/read")["session"]
    assert [counts for counts, _ in found] == [[*range(1, TIMES + 1)]] * GUESTS
    assert kept == {"begun": 1, **{f"k{n}": TIMES for n in range(GUESTS)}}
    assert len(set.union(*(workers for _, workers in found))) == 2


def test_what_all_add_to_one_key_is_all_there(server, cookie):
    def add(number):
        guest = Guest(server.url, cookie)
        return {guest.said("/add?key=all")["process"] for _ in range(TIMES)}

    workers = set.union(*together(add, range(GUESTS)))

    kept = Guest(server.url, cookie).said("/read")["session"]
    assert kept == {"begun": 1, "all": GUESTS * TIMES}
    assert len(workers) == 2
