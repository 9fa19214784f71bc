"""What visitors lose where a store is killed, stopped or restarted under their load.

``pytest -s`` prints what was tried and what was lost; with
``HYPOTHESIS_PROFILE=nightly`` more is tried.
"""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack

import pytest

from ..support.stores.postgresql import postgresql
from ..support.stores.redis import node
from .crowds import serve
from .loads import Load

pytestmark = pytest.mark.servers

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


def judge(load, what):
    """When the store is there again."""
    print(load.report(what))
    assert load.lost() == {}
    assert not any(each.seen["failed"] for each in load.strangers)


def test_what_was_said_is_still_true_after_redis_was_killed(tmp_path):
    with node(tmp_path, *DURABLE) as redis:
        port = redis.address[1]
        with serve(redis.url) as running, Load(running.url) as load:
            redis.process.kill()
            redis.process.wait()
            time.sleep(1)
            with node(tmp_path, *DURABLE, port=port):
                load.go_on()
                load.stop()
                judge(load, "Redis killed and started again")


def test_a_redis_that_hangs_stops_nobody_who_needs_no_session(tmp_path):
    """Who needs one soon has an error, and nobody's session is taken for empty."""
    with node(tmp_path) as redis, serve(redis.url) as running:
        with Load(running.url) as load:
            redis.process.send_signal(signal.SIGSTOP)
            before = plain_pages(load)
            time.sleep(10)
            meanwhile = plain_pages(load) - before
            redis.process.send_signal(signal.SIGCONT)
            load.go_on()
        judge(load, f"Redis stopped for 10 s ({meanwhile} plain pages meanwhile)")

    assert meanwhile > 10
    assert all(each.seen["failed"] for each in load.regulars)
    assert max(each.slowest_failure for each in load.regulars) < 3


def plain_pages(load):
    return sum(each.seen["asked"] for each in load.strangers)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGQUIT], ids=["stop", "crash"])
def test_what_was_said_is_still_true_after_postgresql_was_restarted(end):
    with postgresql() as server, ExitStack() as stack:
        with server.running(end):
            running = stack.enter_context(serve(server.url))
            load = stack.enter_context(Load(running.url))
        time.sleep(1)
        with server.running():
            load.go_on()
            load.stop()
            judge(load, f"PostgreSQL ended by {end.name} and started again")
