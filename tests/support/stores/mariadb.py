"""An empty MariaDB on a loopback port."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from ...servers.servers import free_port, need, start
from .owners import Owner

PASSWORD = "not-a-secret-of-anybodys"
QUICK = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-log-file-size=8M",
    "--innodb-buffer-pool-size=32M",
    "--skip-log-bin",
    "--skip-name-resolve",
)


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """The URL of one that is running."""
    server, install = need("mariadbd"), need("mariadb-install-db")
    owner = Owner("mysql")
    with owner.home() as home:
        begin = home / "begin.sql"
        begin.write_text(
            "CREATE DATABASE sessions;\n"  # it reads a statement a line
            f"CREATE USER ada@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON sessions.* TO ada@'127.0.0.1';\n"
            "GRANT PROCESS ON *.* TO ada@'127.0.0.1';\n"  # to see who waits
        )
        begin.chmod(0o644)
        data = f"--datadir={home}/data"
        owner.run(install, "--no-defaults", data, "--skip-test-db", *QUICK[1:3])
        port = free_port()
        place = (
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--socket={home}/socket",
        )
        options = ("--no-defaults", data, *place, f"--init-file={begin}", *QUICK)
        command = owner.command(server, *options)
        with start(command, "ready for connections", port=port):
            yield f"mysql+pymysql://ada:{PASSWORD}@127.0.0.1:{port}/sessions"


@pytest.fixture(scope="module")
def mariadb_url() -> Iterator[str]:
    """The URL of one that is running."""
    with mariadb() as url:
        yield url
