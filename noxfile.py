"""Every check of this project; ``nox --list`` names them.

Whatever starts a server, a browser or a pytest is slow, so it runs once: in ``tests``,
on the Python that runs nox.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import chain
from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = [
    "tests",
    "lowest",
    "wheel",
    "lint",
    "types",
    "coverage",
    "conformance",
    "docs",
]

PYPROJECT = nox.project.load_toml("pyproject.toml")
SUPPORTED = nox.project.python_versions(PYPROJECT)
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
FAST = ("-m", "not servers", "-n", "auto")
# They mostly wait for each other's processes, so more of them than there are cores.
SLOW = ("-m", "servers", "-n", "4", "--dist", "loadfile")
# A server that starts in a moment, without which nothing can run its scripts.
REDIS = ("tests/stores/test_redis.py", "tests/stores/test_redis_servers.py")


def _runs(version: str) -> bool:
    """Whether this Python is here; version managers leave stubs for absent ones."""
    path = shutil.which(f"python{version}")
    if path is None:
        return False
    return subprocess.run([path, "--version"], capture_output=True).returncode == 0


# Oldest first. The Python that runs nox is among them even if it is not supported
# yet, so that one Python of any version is enough to run the tests.
PYTHONS = [each for each in SUPPORTED if each == RUNNING or _runs(each)]
if RUNNING not in SUPPORTED:
    PYTHONS.append(RUNNING)
LEFT_OUT = [each for each in SUPPORTED if each not in PYTHONS]


def _group(name: str) -> list[str]:
    return [*nox.project.dependency_groups(PYPROJECT, name)]


def _lowest() -> list[str]:
    """Every dependency and host, pinned to the lower bound in pyproject.toml."""
    project = PYPROJECT["project"]
    extras = chain.from_iterable(project["optional-dependencies"].values())
    pins = []
    declared = [*project["dependencies"], *extras, *_group("hosts")]
    for requirement in map(Requirement, declared):
        [bound] = [each for each in requirement.specifier if each.operator == ">="]
        pins.append(f"{requirement.name}=={bound.version}")
    return pins


def _install(session: nox.Session, *what: str) -> None:
    """Install for tests, which compile the little that they import of all this."""
    session.install("--no-compile", *what)
    session.env["PYTHONDONTWRITEBYTECODE"] = ""


def _pytest(session: nox.Session, *options: str) -> None:
    # -rs: one line for each reason to skip. 5: of what was chosen, nothing is there.
    codes = [0, 5] if session.posargs else [0]
    command = ("python", "-m", "pytest", "-rs", *options, *session.posargs)
    session.run(*command, success_codes=codes)


@nox.session(venv_backend="none")
def tests(session: nox.Session) -> None:
    """The tests on every Python that is here, all at once."""
    session.log(f"Python {', '.join(PYTHONS)}: each says something when it has ended")
    skipped: dict[str, set[str]] = {}
    failed = []
    with ThreadPoolExecutor(len(PYTHONS)) as pool:
        running = {pool.submit(_alone, session, each): each for each in PYTHONS}
        for future in as_completed(running):
            version, done = running[future], future.result()
            if done.returncode:
                failed.append(version)
                sys.stdout.write(done.stdout)
            for line in done.stdout.splitlines():
                if found := re.fullmatch(r"=+ (\d+ .* in .*) =+", line):
                    session.log(f"Python {version}: {found[1]}")
                if found := re.fullmatch(r"SKIPPED \[\d+\] \S+: (.*)", line):
                    skipped.setdefault(found[1], set()).add(version)
    for reason, versions in skipped.items():
        where = ", ".join(each for each in PYTHONS if each in versions)
        session.warn(f"Skipped on Python {where}: {reason}")
    if LEFT_OUT:
        session.warn(f"Not on this machine, so left out: Python {', '.join(LEFT_OUT)}")
    if failed:
        session.error(f"Failed on Python {', '.join(failed)}; its output is above")


def _alone(session: nox.Session, version: str) -> subprocess.CompletedProcess[str]:
    """One Python's session in a nox of its own, with its share of the cores."""
    workers = os.cpu_count() or 1
    if version != RUNNING:  # whose fast tests are last, when the others have ended
        workers //= len(PYTHONS)  # 0: without a second process
    nox_here = (sys.executable, "-m", "nox", "--envdir", str(session.cache_dir.parent))
    return subprocess.run(
        [*nox_here, "-s", f"tests-{version}", "--", *session.posargs],
        env={**os.environ, "PYTEST_XDIST_AUTO_NUM_WORKERS": str(workers)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def tests_of(session: nox.Session) -> None:
    """The tests on this Python; servers too, if it is the one that runs nox."""
    _install(session, ".", *_group("tests"))
    if session.python == RUNNING:
        _pytest(session, *SLOW)
    _pytest(session, *FAST)


for each in PYTHONS:
    nox.session(tests_of, python=each, name=f"tests-{each}", default=False)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """The tests with the lowest versions of all dependencies."""
    _install(session, ".", *_lowest(), *_group("tests"))
    _pytest(session, *FAST)


@nox.session
def wheel(session: nox.Session) -> None:
    """What is shipped: the sdist's tests against the installed wheel."""
    out = Path(session.create_tmp()).resolve()
    shutil.rmtree(out)
    session.install(*_group("release"))
    session.run("python", "-m", "build", "--outdir", str(out))
    [built], [sdist] = out.glob("*.whl"), out.glob("*.tar.gz")
    session.run("twine", "check", "--strict", str(built), str(sdist))

    _install(session, str(built), *_group("tests"))
    shutil.unpack_archive(sdist, out)
    source = out / sdist.name.removesuffix(".tar.gz")
    shutil.rmtree(source / "session_middleware")
    with session.chdir(source):
        _pytest(session, *FAST)


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting."""
    session.install(*_group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Types, as the oldest supported Python sees them."""
    session.install(".", *_group("types"))
    session.run("mypy", "--python-version", SUPPORTED[0])
    session.run("pyright", "--pythonversion", SUPPORTED[0])
    _pytest(session, "tests/test_typing.py")


@nox.session(python=PYTHONS[-1])
def coverage(session: nox.Session) -> None:
    """Every branch of the package is tested without a server, but Redis's store."""
    _install(session, ".", *_group("tests"))
    run = ("coverage", "run", "--append", "-m", "pytest")
    session.run("coverage", "erase")
    session.run(*run, *FAST[:2], *session.posargs)
    if shutil.which("redis-server"):
        session.run(*run, "-m", "servers", *REDIS)
        session.run("coverage", "report")
    else:
        session.run("coverage", "report", "--omit", "session_middleware/stores/redis*")


@nox.session
def conformance(session: nox.Session) -> None:
    """Flask's and Pyramid's own tests, with our sessions in the place of theirs."""
    session.install(".", *_group("conformance"))
    session.run("python", "-m", "tests.conformance")


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, to ``build/docs``; every link in it is followed."""
    session.install(".", *_group("docs"))
    shutil.rmtree("build/docs", ignore_errors=True)
    strict = ("--fail-on-warning", "--keep-going", "--quiet")
    session.run("sphinx-build", *strict, "docs", "build/docs")
    session.run("python", "-m", "tests.docs.check_site", "build/docs")
    session.log("Written to build/docs/index.html")


@nox.session(default=False)
def examples(session: nox.Session) -> None:
    """The examples alone, each run as a user would run it."""
    session.install(".", *_group("tests"))
    _pytest(session, "tests/docs/test_examples.py")


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Hostile and odd cookies for every reader; ``-- --seconds 600`` for long."""
    session.install(".", *_group("tests"))
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Ratios to other session libraries; everything after ``--`` is passed on."""
    session.install(".", *_group("bench"))
    session.run("python", "-m", "benchmarks", *session.posargs)
