"""An empty PostgreSQL on a loopback port, which can be restarted."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...servers.servers import Server, free_port, need, start
from .owners import Owner

PASSWORD = "not-a-secret-of-anybodys"
# Debian has each version's programs in a directory of its own.
DEBIAN = "/usr/lib/postgresql"
# It is gone after the tests anyway.
QUICK = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB")


class PostgreSQL:
    """Where its files are, and who runs it."""

    def __init__(self, home: Path, owner: Owner) -> None:
        self.port = free_port()
        self._home, self._owner = home, owner
        secret = home / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        words = ["--auth=scram-sha-256", "--username=ada", f"--pwfile={secret}"]
        places = ["--pgdata", str(home / "data"), "--no-locale", "--encoding=UTF8"]
        owner.run(program("initdb"), *places, *words, "--no-sync")

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://ada:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    @contextlib.contextmanager
    def running(self, how_it_ends: signal.Signals = signal.SIGINT) -> Iterator[Server]:
        """Let it run until the block ends.

        :param how_it_ends: ``SIGINT`` breaks every connection off, ``SIGQUIT`` is a
            crash, and ``SIGTERM`` waits until the last visitor has gone.
        """
        options = ("port=" + str(self.port), "unix_socket_directories=", *QUICK)
        words = [word for option in options for word in ("-c", option)]
        data = ["-D", str(self._home / "data")]
        command = self._owner.command(program("postgres"), *data, *words)
        with start(command, "ready to accept connections", port=self.port) as server:
            yield server
            server.process.send_signal(how_it_ends)
            server.process.wait(30)


def program(name: str) -> str:
    """The newest of Debian's, or one that is on the path."""
    found = sorted(Path(DEBIAN).glob(f"*/bin/{name}"), key=_version)
    return str(found[-1]) if found else need(name)


def _version(path: Path) -> int:
    return int(path.parent.parent.name)


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """One that is not running yet."""
    program("initdb")
    owner = Owner("postgres")
    with owner.home() as home:
        yield PostgreSQL(home, owner)


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    """The URL of one that is running."""
    with postgresql() as server, server.running():
        yield server.url
