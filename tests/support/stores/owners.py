"""Who runs a database server: they refuse to be run by root, or do much else then."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ...servers.servers import DEADLINE, need


class Owner:
    """Ourselves, or the server's own user if we are root."""

    def __init__(self, name: str) -> None:
        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        self.entry = names.get(name, names["nobody"])
        self.is_root = os.geteuid() == 0

    def command(self, *words: str) -> list[str]:
        """A command, as it is run by this user."""
        if not self.is_root:
            return [*words]
        user = [f"--reuid={self.entry.pw_uid}", f"--regid={self.entry.pw_gid}"]
        return [need("setpriv"), *user, "--clear-groups", *words]

    def run(self, *words: str) -> None:
        """A command that is to succeed."""
        done = subprocess.run(
            self.command(*words),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE * 4,
        )
        assert done.returncode == 0, done.stdout

    @contextlib.contextmanager
    def home(self) -> Iterator[Path]:
        """An empty directory of this user's."""
        path = Path(tempfile.mkdtemp())
        try:
            if self.is_root:
                os.chown(path, self.entry.pw_uid, self.entry.pw_gid)
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
