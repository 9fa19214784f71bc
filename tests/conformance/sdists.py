"""Source distributions of other projects, unmodified, in a cache of the user's."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

PINS = Path(__file__).with_name("sdists.txt")
_PIN = re.compile(r"^(\S+)==(\S+) --hash=sha256:([0-9a-f]{64})$", re.MULTILINE)


class Sdist(NamedTuple):
    project: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        return cache() / f"{self.project}-{self.version}.tar.gz"

    def is_here(self) -> bool:
        """Whether the cache has it, unmodified."""
        return self.path.is_file() and (
            hashlib.sha256(self.path.read_bytes()).hexdigest() == self.sha256
        )


def cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "session_middleware"


def pinned() -> dict[str, Sdist]:
    """Every source distribution of ``sdists.txt`` by its project."""
    found = _PIN.findall(PINS.read_text(encoding="utf-8"))
    return {project: Sdist(project, *rest) for project, *rest in found}


def fetch() -> dict[str, Sdist]:
    """:func:`pinned`, and all of them are in the cache."""
    sdists = pinned()
    changed = [each for each in sdists.values() if not each.is_here()]
    for each in changed:
        each.path.unlink(missing_ok=True)
    if changed:
        _download(",".join(sdists))
    return sdists


def _download(projects: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", projects, "--require-hashes", "--requirement", str(PINS)]
    subprocess.run([*command, "--dest", str(cache())], check=True)


@contextmanager
def unpacked(sdist: Sdist) -> Iterator[Path]:
    """A copy of the source to run tests in, for as long as the context lasts."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.unpack_archive(sdist.path, folder, filter="data")
        yield Path(folder, f"{sdist.project}-{sdist.version}")
