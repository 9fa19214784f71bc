"""Run somebody's tests, and compare how each came out with how it did before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

PLUGINS = Path(__file__).parent / "plugins"
TIMEOUT = 300  # seconds for one run of one suite

_COMPLETED = (0, 1)  # pytest's exit codes for "all passed" and "some failed"
_BAD = ("error", "failure", "skipped")


class Outcomes(NamedTuple):
    """How every test came out.

    ``tests`` has ``passed``, ``error``, ``failure`` or ``skipped`` by the test's name,
    ``texts`` what pytest said about those that did not pass. ``sessions`` is how many
    sessions the plugin saw opened by an interface of ours.
    """

    tests: dict[str, str]
    texts: dict[str, str]
    sessions: int

    def count(self, outcome: str) -> int:
        return Counter(self.tests.values())[outcome]


class Difference(NamedTuple):
    test: str
    before: str
    after: str


class Verdict(NamedTuple):
    """What differs, sorted by whether somebody wrote down why it must."""

    expected: list[Difference]
    unexpected: list[Difference]
    stale: list[str]  # written down, and no different after all
    took_place: bool  # a session of ours was opened at all

    @property
    def is_good(self) -> bool:
        return self.took_place and not (self.unexpected or self.stale)


def compare(baseline: Outcomes, ours: Outcomes, reasons: Mapping[str, str]) -> Verdict:
    """Test by test; one that is only on one side differs too.

    :param reasons: why a test must differ, by its name.
    """
    before, after = baseline.tests, ours.tests
    pairs = [
        Difference(test, before.get(test, "absent"), after.get(test, "absent"))
        for test in {**before, **after}
    ]
    different = [each for each in pairs if each.before != each.after]
    names = {each.test for each in different}
    return Verdict(
        [each for each in different if each.test in reasons],
        [each for each in different if each.test not in reasons],
        [test for test in reasons if test not in names],
        ours.sessions > 0,
    )


def run(source: Path, files: tuple[str, ...], plugin: str | None = None) -> Outcomes:
    """The outcomes of a suite's files, in this environment.

    :param source: an unpacked source distribution; its ``src`` is what is tested.
    :param plugin: a module of ``plugins`` that puts our sessions in their place.
    :raises RuntimeError: the run was not completed.
    """
    report = source / "outcomes.xml"
    command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}"]
    command += ["-p", plugin] if plugin else []
    paths = [str(source / "src"), str(PLUGINS)]
    settings = {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # whatever else is installed
    }
    done = subprocess.run(
        [*command, *files],
        cwd=source,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    if done.returncode not in _COMPLETED:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return read(report.read_text(encoding="utf-8"))


def read(junit: str) -> Outcomes:
    """The outcomes in a JUnit report of pytest's."""
    root = ElementTree.fromstring(junit)
    tests: dict[str, str] = {}
    texts: dict[str, str] = {}
    for case in root.iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        bad = [child for child in case if child.tag in _BAD]
        if bad or name not in tests:
            tests[name] = bad[0].tag if bad else "passed"
            texts[name] = "\n".join(child.text or "" for child in bad)
    sessions = root.find(".//property[@name='sessions']")
    return Outcomes(
        tests, texts, 0 if sessions is None else int(sessions.get("value", 0))
    )
