"""A store is used, the process forks, and parent and children go on with it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ..servers.servers import environment
from ..support import ROOT
from ..support.stores.mariadb import mariadb_url as mariadb_url
from ..support.stores.postgresql import postgresql_url as postgresql_url

both = pytest.mark.parametrize("kind", ["url", "engine"])
in_c = pytest.mark.parametrize("how", [(), ("in-c",)], ids=["", "in-c"])


def counted(kind, url, *how):
    """What three processes counted together, twenty times each."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.stores.forking", kind, url, *how],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.stdout


@both
@in_c
def test_after_a_fork_a_file_has_connections_for_each_process(tmp_path, kind, how):
    assert counted(kind, f"sqlite:///{tmp_path}/sessions.db", *how) == "60\n"


@pytest.mark.servers
@both
@in_c
def test_after_a_fork_postgresql_has_connections_for_each_process(
    postgresql_url, kind, how
):
    assert counted(kind, postgresql_url, *how) == "60\n"


@pytest.mark.servers
@both
@in_c
def test_after_a_fork_mariadb_has_connections_for_each_process(mariadb_url, kind, how):
    assert counted(kind, mariadb_url, *how) == "60\n"
