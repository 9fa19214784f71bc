"""Two gunicorn workers go from cookies to a store while visitors never stop."""

from __future__ import annotations

import pytest

from .rollout_app import (
    SIGNED,
    SIGNED_AND_READS,
    STORED,
    STORED_AND_READS,
    in_the_store,
    signed,
)
from .servers import Visitor
from .test_rotation import Deployment, visiting

pytestmark = pytest.mark.servers


class Rollout(Deployment):
    """Its workers have signed cookies at first."""

    site = "tests.servers.rollout_app"
    first = SIGNED

    def statuses(self, *_):
        """How each way opens the cookies which the clients have."""
        ways = (signed(), in_the_store(self.database))
        return [{each.opened_by(way) for each in self.clients} for way in ways]

    @property
    def database(self):
        return self.key_file.with_name("sessions.db")


@pytest.fixture
def rollout(tmp_path):
    """Its clients go on until the test ends, whatever happens to the workers."""
    rollout = Rollout("", tmp_path)
    with rollout.running, visiting(rollout.clients):
        rollout.wait_for_a_page()
        yield rollout


def test_a_restart_with_a_store_logs_nobody_out(rollout):
    before = rollout.statuses()

    rollout.restart(STORED_AND_READS)
    rollout.wait_for_a_page()
    after = rollout.statuses()

    assert before == [{b"ok"}, {b"bad_signature"}]
    assert after == [{b"bad_signature"}, {b"ok"}]
    assert [client.lost() for client in rollout.clients if client.lost()] == []


@pytest.mark.parametrize("renew", [Deployment.reload, Deployment.roll])
def test_a_store_that_all_can_read_before_one_writes_to_it_logs_nobody_out(
    rollout, renew
):
    """Old workers answer beside new ones, and open what the new ones have stored."""
    for way in (SIGNED_AND_READS, STORED_AND_READS):
        renew(rollout, way)
    rollout.wait_for_a_page()
    after = rollout.statuses()
    renew(rollout, STORED)
    at_last = rollout.statuses()

    assert after == at_last == [{b"bad_signature"}, {b"ok"}]
    assert [client.lost() for client in rollout.clients if client.lost()] == []


def test_a_logout_after_the_rollout_is_final_for_copies_too(rollout):
    visitor = Visitor(rollout.server.url)
    counts = [visitor.text("/count") for _ in "12"]
    [copy] = [visitor.jar.header(visitor.url)]

    rollout.restart(STORED_AND_READS)
    counts += [visitor.text("/count")]
    visitor.ask("/logout")
    counts += [visitor.ask("/count", cookies=[copy]).body.decode()]

    assert [count.split()[0] for count in counts] == ["1", "2", "3", "1"]
