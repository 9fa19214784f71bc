"""What ``python -m tests.conformance`` prints."""

from __future__ import annotations

from collections.abc import Mapping

from .outcomes import Difference, Outcomes, Verdict

_OUTCOMES = ("passed", "failure", "error", "skipped")
_TAIL = 6  # lines of what pytest said about a test
_WIDTH = 40  # columns for a title


def heading(title: str) -> str:
    return f"\n{title}\n" + _line("", ("tests", *_OUTCOMES, "sessions"))


def row(title: str, outcomes: Outcomes) -> str:
    counts = (outcomes.count(each) for each in _OUTCOMES)
    numbers = (len(outcomes.tests), *counts, outcomes.sessions)
    return _line(title, tuple(map(str, numbers)))


def broken(outcomes: Outcomes) -> str:
    """The tests that did not pass with the suite's own sessions either."""
    found = ((test, each) for test, each in outcomes.tests.items() if each != "passed")
    return "\n".join(f"    {test}: {each}" for test, each in found)


def _line(title: str, cells: tuple[str, ...]) -> str:
    return f"  {title:{_WIDTH}}" + "".join(f"{each:>9}" for each in cells)


def findings(verdict: Verdict, reasons: Mapping[str, str], outcomes: Outcomes) -> str:
    """Every difference by name; the unexpected with what pytest said."""
    lines: list[str] = []
    for each in verdict.expected:
        lines += [f"    {_change(each)}", f"        {reasons[each.test]}"]
    for test in verdict.stale:
        lines += [f"    NO DIFFERENCE  {test}: strike it from the reasons"]
    for each in verdict.unexpected:
        lines += [f"    UNEXPECTED  {_change(each)}"]
        text = outcomes.texts.get(each.test, "").splitlines()
        lines += [f"        {line}" for line in text[-_TAIL:]]
    if not verdict.took_place:
        lines += ["    NOT IN PLACE  no session of ours was opened"]
    return "\n".join(lines)


def _change(difference: Difference) -> str:
    return f"{difference.test}: {difference.before} -> {difference.after}"
