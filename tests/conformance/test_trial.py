"""A suite is run as it is and with ours, and no difference goes unnoticed."""

from __future__ import annotations

import hashlib
import tarfile

import pytest

from .outcomes import PLUGINS
from .sdists import Sdist, pinned
from .suites import SUITES, Suite, Variant
from .trial import is_good

TESTS = """
import pytest, widget

def test_blue():
    assert widget.colour == "blue"

def test_round():
    assert widget.shape == "round"

def test_broken():
    assert False

@pytest.mark.skipif(widget.colour == "red", reason="only for blue ones")
def test_light():
    pass

@pytest.mark.parametrize("colour", [widget.colour])
def test_named(colour):
    pass
"""
runs_pytest = pytest.mark.servers  # several times: once for all Pythons is enough
DIFFERENT = ("test_blue", "test_light", "test_named[blue]", "test_named[red]")
PLUGIN = """
import pytest, widget

widget.colour = {colour!r}

@pytest.fixture(scope="session", autouse=True)
def count(record_testsuite_property):
    record_testsuite_property("sessions", {sessions})
"""


@pytest.fixture
def make_sdist(tmp_path, monkeypatch):
    """Pack a source distribution of "widget", with a plugin that sets its colour."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def make(colour="blue", sessions=7):
        source = tmp_path / "widget-1.0"
        files = {
            "pytest.ini": "[pytest]",  # or one further out might be found
            "src/widget.py": 'colour, shape = "blue", "round"',
            "src/ours.py": PLUGIN.format(colour=colour, sessions=sessions),
            "tests/test_widget.py": TESTS,
        }
        for name, text in files.items():
            path = source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return pack(source)

    return make


def pack(source):
    sdist = Sdist("widget", "1.0", "")
    sdist.path.parent.mkdir(parents=True)
    with tarfile.open(sdist.path, "w:gz") as archive:
        archive.add(source, source.name)
    return sdist._replace(sha256=hashlib.sha256(sdist.path.read_bytes()).hexdigest())


def trial(sdist, **reasons):
    named = {f"tests.test_widget::{test}": why for test, why in reasons.items()}
    return is_good(
        Suite("widget", ("tests",), (Variant("ours", "ours", named),)), sdist
    )


@runs_pytest
def test_the_same_outcomes_are_good_even_where_a_test_fails(make_sdist, capsys):
    sdist = make_sdist()

    good = trial(sdist)

    lines = capsys.readouterr().out.splitlines()
    assert good
    assert lines[1] == "widget 1.0: tests"
    assert " ".join(lines[3].split()) == "its own sessions 5 4 1 0 0 0"
    assert lines[4].strip() == "tests.test_widget::test_broken: failure"
    assert " ".join(lines[5].split()) == "ours 5 4 1 0 0 7"
    assert lines[6:] == []


@runs_pytest
def test_each_difference_is_named_with_what_pytest_said(make_sdist, capsys):
    sdist = make_sdist(colour="red")

    good = trial(sdist)

    out = capsys.readouterr().out
    assert not good
    assert "UNEXPECTED  tests.test_widget::test_blue: passed -> failure\n" in out
    assert "UNEXPECTED  tests.test_widget::test_light: passed -> skipped\n" in out
    assert "UNEXPECTED  tests.test_widget::test_named[blue]: passed -> absent\n" in out
    assert "UNEXPECTED  tests.test_widget::test_named[red]: absent -> passed\n" in out
    assert "AssertionError" in out
    assert "test_round" not in out
    assert out.count("test_broken") == 1


@runs_pytest
def test_a_difference_with_a_reason_is_good_and_the_reason_is_printed(
    make_sdist, capsys
):
    sdist = make_sdist(colour="red")
    reasons = dict.fromkeys(DIFFERENT, "red is the new blue")

    good = trial(sdist, **reasons)

    out = capsys.readouterr().out
    assert good
    assert "test_blue: passed -> failure\n        red is the new blue\n" in out
    assert "UNEXPECTED" not in out


@runs_pytest
def test_a_reason_without_a_difference_must_go(make_sdist, capsys):
    sdist = make_sdist()

    good = trial(sdist, test_round="it was a square once")

    assert not good
    assert "NO DIFFERENCE  tests.test_widget::test_round" in capsys.readouterr().out


@runs_pytest
def test_a_trial_that_opens_no_session_of_ours_proves_nothing(make_sdist, capsys):
    sdist = make_sdist(sessions=0)

    good = trial(sdist)

    assert not good
    assert "NOT IN PLACE" in capsys.readouterr().out


@runs_pytest
def test_a_run_that_ends_early_is_no_result(make_sdist):
    sdist = make_sdist(colour="red")
    suite = Suite("widget", ("no_such_file.py",), ())

    with pytest.raises(RuntimeError, match=r"no_such_file\.py"):
        is_good(suite, sdist)


def test_an_archive_that_was_modified_is_not_used(make_sdist):
    sdist = make_sdist()
    assert sdist.is_here()

    sdist.path.write_bytes(sdist.path.read_bytes() + b"\0")

    assert not sdist.is_here()


@pytest.mark.parametrize("suite", SUITES, ids=lambda each: each.project)
def test_every_suite_has_its_archive_pinned_and_its_plugins(suite):
    plugins = [PLUGINS / f"{each.plugin}.py" for each in suite.variants]

    assert suite.project in pinned()
    assert plugins
    assert all(each.is_file() for each in plugins)
