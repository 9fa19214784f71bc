"""Requests with one cookie at once, in threads and in processes, on real stores.

What ``test_interleavings.py`` plays step by step in memory, as it happens. By default
each race is run 40 times; with ``HYPOTHESIS_PROFILE=nightly``, 1,000 times.
"""

from __future__ import annotations

import logging
import multiprocessing
import random
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import count

import pytest

from ..support.examples import share_of
from ..support.stores.places import PLACES
from ..support.visits import respond, stored
from .racing import CLOCK, Part, interface_at, play

pytestmark = pytest.mark.servers

RACES = max(40, share_of(100))
WRITERS = 3
NEVER = float("inf")
NUMBERS = count()  # of requests, each of which has a key of its own
POOLS = {
    "threads": lambda: ThreadPoolExecutor(WRITERS + 1),
    "processes": lambda: ProcessPoolExecutor(
        WRITERS + 1, multiprocessing.get_context("spawn"), logging.disable
    ),
}


@pytest.fixture(scope="module", params=list(PLACES))
def url(request):
    with PLACES[request.param]() as url:
        yield url


@pytest.fixture(scope="module", params=list(POOLS))
def pool(request):
    with POOLS[request.param]() as pool:
        yield pool


@pytest.fixture
def races(url, pool):
    """Races on an empty store; says afterwards what came of the writers."""
    races = Races(url, pool)
    yield races
    print(f"{RACES} races: {races.saved} writes saved, {races.refused} refused")
    assert races.saved, "no writer was ever in time"


class Races:
    def __init__(self, url, pool):
        self.url, self.pool = url, pool
        self.interface = interface_at(url)
        self.random = random.Random(7)
        self.saved = self.refused = 0

    def run(self, action, *, jumps=False):
        """One race of writers against something else; all that it came to.

        :param jumps: the clock moves on by a year somewhere amid it.
        """
        CLOCK.jump = NEVER
        self.interface.revoke_everyone()
        cookie = stored(self.interface, user=7, secret="x", count=0)
        respond(self.interface, lambda s: s.update(seen=1), cookie)
        start = time.monotonic() + 0.01
        jump = start + self.random.uniform(0, 0.015) if jumps else NEVER
        parts = [
            Part(
                *(self.url, cookie, each, start, jump),
                *((self.pause(), self.pause()), f"k{next(NUMBERS)}"),
            )
            for each in [*["write"] * WRITERS, action]
        ]
        done = list(self.pool.map(play, parts))
        if jumps:
            time.sleep(max(0, jump - time.monotonic()))
            CLOCK.jump = jump
        self.add(done[:WRITERS])
        return cookie, done[:WRITERS], done[WRITERS]

    def pause(self):
        """Seconds: a few thousandths, often none."""
        return max(0, self.random.uniform(-0.002, 0.006))

    def add(self, writers):
        saved = [each for each in writers if is_saved(each)]
        self.saved += len(saved)
        self.refused += len(writers) - len(saved)

    def look(self, cookie):
        """What a cookie leads to now."""
        found = {}
        respond(self.interface, lambda s: found.update(s), cookie)
        return found

    def left(self):
        """The sessions in the store that have the secret of the first."""
        left = self.interface.sessions_of(7)
        return [info.data for info in left if "secret" in info.data]


def is_saved(writer):
    """Whether it wrote to the session that they all began with, and that was kept."""
    return writer.status == "ok" and not writer.refused


def expected(writers):
    """What is in a session that these have written to."""
    saved = [each.name for each in writers if is_saved(each)]
    begun = {"user": 7, "secret": "x", "seen": 1, "count": len(saved)}
    return begun | dict.fromkeys(saved, 1)


@pytest.mark.parametrize("action", ["log out", "revoke"])
def test_nothing_is_left_of_a_session_that_was_ended(races, action):
    for _ in range(RACES):
        cookie, _, _ = races.run(action)

        assert "secret" not in races.look(cookie)
        assert races.left() == []


def test_nothing_is_lost_when_a_session_gets_a_new_id(races):
    for _ in range(RACES):
        cookie, writers, ended = races.run("rotate")

        [line] = ended.set_cookies
        new = races.look(line.partition(";")[0])
        assert new == {**expected(writers), ended.name: 1}
        assert races.look(cookie) == {}
        assert len(races.left()) == 1


def test_nothing_is_lost_when_others_are_cleaned_away(races):
    for _ in range(RACES):
        cookie, writers, _ = races.run("clean")

        assert races.look(cookie) == expected(writers)
        assert len(races.left()) == 1
        assert not any(each.refused for each in writers)


def test_nothing_comes_back_after_it_has_expired(races):
    """What is cleaned away at the same time, or was not yet."""
    for _ in range(RACES):
        cookie, _, _ = races.run("clean", jumps=True)

        assert "secret" not in races.look(cookie)
        assert races.left() == []
