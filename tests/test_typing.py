"""A program that uses the public names type-checks, and a wrong one does not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import session_middleware

PROGRAM = Path(__file__).with_name("typing_api.py")


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """Run ``mypy --strict`` as a user of the package would; gives what it says."""
    pytest.importorskip("mypy")
    cache = tmp_path_factory.mktemp("mypy")

    def run(program):
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file="]
        finished = subprocess.run(
            [*command, "--cache-dir", str(cache), str(program)],
            cwd=PROGRAM.parents[1],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert finished.returncode in (0, 1), finished.stderr
        return finished.stdout

    return run


def test_a_program_on_the_public_names_is_strictly_typed(check):
    said = check(PROGRAM)

    assert said.startswith("Success"), said


def test_what_is_wrong_is_found(check, tmp_path):
    wrong = tmp_path / "wrong.py"
    allowed = PROGRAM.read_text()
    wrong.write_text(re.sub(r"  # type: ignore.*", "", allowed))

    said = check(wrong)

    assert said.count("error:") >= allowed.count("# type: ignore[") > 5


def test_every_public_name_is_in_the_program():
    public = [name for name, what in vars(session_middleware).items() if _is_ours(what)]

    missing = [name for name in public if name not in PROGRAM.read_text()]

    assert missing in ([], ["LateSessionChange"])


def _is_ours(what):
    return getattr(what, "__module__", "").startswith("session_middleware.")


def test_the_package_says_that_it_is_typed():
    package = Path(session_middleware.__file__).parent

    assert (package / "py.typed").exists()
