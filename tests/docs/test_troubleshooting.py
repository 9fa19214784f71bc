"""What can go wrong is on the pages that say what to do, each thing once."""

from __future__ import annotations

import ast
import logging
import re
from pathlib import Path

import session_middleware
from session_middleware import exceptions
from session_middleware.events import _level

from ..support import ROOT

PACKAGE = Path(session_middleware.__file__).parent
EVENTS = (ROOT / "docs/events.rst").read_text("utf-8")
MESSAGES = (ROOT / "docs/troubleshooting.rst").read_text("utf-8")


def terms(text):
    """The words that a page explains: a line of its own, with an indented one below."""
    return re.findall(r"^``(\w+)``\n    \S", text, re.MULTILINE)


def events_in_the_code():
    """Every name given to ``report(...)``, and every status that becomes one."""
    # The statuses of cookies that cannot be read, and of those that lead to nothing.
    names = {"bad_signature", "malformed", "gone", "replaced"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in _NAMING:
                given = [each for each in node.args if isinstance(each, ast.Constant)]
                names.update(each.value for each in given if each.value)
    return sorted(names)


def _called(node):
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


_NAMING = {"report", "report_once", "event", "Verdict"}


def public_exceptions():
    return [
        name
        for name, each in vars(exceptions).items()
        if isinstance(each, type) and each.__module__ == exceptions.__name__
    ]


def test_every_event_is_explained_once():
    assert sorted(terms(EVENTS)) == events_in_the_code()


def test_the_levels_are_as_the_page_says():
    quiet, _, loud = EVENTS.partition("\nWhat was not saved\n")

    levels = {name: _level(name) for name in terms(quiet)}
    assert levels.pop("ambiguous") == logging.WARNING
    assert set(levels.values()) == {logging.INFO}
    levels = {name: _level(name) for name in terms(loud)}
    assert levels.pop("too_large") == logging.ERROR
    assert set(levels.values()) == {logging.WARNING}


def test_every_error_and_warning_is_explained_once():
    explained = terms(MESSAGES)

    assert "``SessionError``" in MESSAGES  # their root, which is not raised itself
    assert sorted([*explained, "SessionError"]) == sorted(public_exceptions())
