"""Programs that use the public names type-check, and wrong ones do not."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import session_middleware
from session_middleware import SessionMiddleware

from . import typing_content
from .support import KEY, ROOT, call

HERE = Path(__file__).parent
PROGRAM = HERE / "typing_api.py"
PROGRAMS = [PROGRAM, HERE / "typing_content.py", HERE / "typing_adapters.py"]
ADAPTERS = Path(session_middleware.__file__).parent / "adapters"
IGNORE = re.compile(r"  # type: ignore\[.*")


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """Run ``mypy --strict`` as a user would; gives the lines it objects to."""
    pytest.importorskip("mypy", reason="run by `nox -s types`, which has mypy")
    cache = str(tmp_path_factory.mktemp("mypy"))
    strict = ("mypy", "--strict", "--config-file=", "--cache-dir", cache)

    def run(program):
        said = _run(*strict, str(program))
        lines = re.findall(rf"{program.name}:(\d+): error", said)
        return {int(line) for line in lines}

    return run


@pytest.fixture(scope="module")
def pyright():
    """The same of pyright."""
    pytest.importorskip("pyright", reason="run by `nox -s types`, which has pyright")

    def run(program):
        ours = ("--outputjson", "--pythonpath", sys.executable)
        said = json.loads(_run("pyright", *ours, str(program)))
        assert said["summary"]["filesAnalyzed"] == 1
        return {each["range"]["start"]["line"] + 1 for each in _errors(said)}

    return run


def _run(module, *options):
    finished = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode in (0, 1), finished.stderr
    return finished.stdout


def _errors(said):
    return [each for each in said["generalDiagnostics"] if each["severity"] == "error"]


@pytest.fixture(params=["mypy", "pyright"])
def check(request):
    return request.getfixturevalue(request.param)


def without_ignores(program, where):
    """A copy that says nowhere what is wrong in it, and the lines that are."""
    text = program.read_text(encoding="utf-8")
    wrong = where / program.name
    wrong.write_text(IGNORE.sub("", text), encoding="utf-8")
    lines = text.splitlines()
    return wrong, {n for n, line in enumerate(lines, 1) if IGNORE.search(line)}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_on_the_public_names_is_strictly_typed(check, program):
    assert check(program) == set()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_what_is_wrong_is_found_and_nothing_else(check, program, tmp_path):
    wrong, lines = without_ignores(program, tmp_path)

    assert check(wrong) == lines
    assert len(lines) > 5


def test_a_described_content_is_kept_as_any_other():
    app = SessionMiddleware(typing_content.app, secret_key=KEY)

    first = call(app)
    second = call(app, cookie=first.cookie)

    assert second.body == b"None ['apple', 'apple']"


def test_every_public_name_is_in_the_program():
    public = [name for name, what in vars(session_middleware).items() if _is_ours(what)]

    missing = [name for name in public if name not in PROGRAM.read_text()]

    assert missing in ([], ["LateSessionChange"])


@pytest.mark.parametrize(
    "room", re.findall(r"\.adapters\.(\w+) import", PROGRAMS[-1].read_text("utf-8"))
)
def test_every_public_name_of_an_adapter_is_in_its_program(room):
    tree = ast.parse((ADAPTERS / f"{room}.py").read_text(encoding="utf-8"))
    kinds = (ast.ClassDef, ast.FunctionDef)
    public = [each.name for each in tree.body if isinstance(each, kinds)]
    program = PROGRAMS[-1].read_text(encoding="utf-8")

    missing = [name for name in public if name[0] != "_" and name not in program]

    assert public
    assert missing == []


def _is_ours(what):
    return getattr(what, "__module__", "").startswith("session_middleware.")


def test_the_package_says_that_it_is_typed():
    package = Path(session_middleware.__file__).parent

    assert (package / "py.typed").exists()
