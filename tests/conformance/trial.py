"""One suite: as it is, then with ours; prints what came out."""

from __future__ import annotations

from .outcomes import Outcomes, compare, run
from .report import broken, findings, heading, row
from .sdists import Sdist, unpacked
from .suites import Suite, Variant


def is_good(suite: Suite, sdist: Sdist) -> bool:
    """Whether every test comes out as it does with the suite's own sessions.

    Apart from those that a variant has reasons for.
    """
    _show(heading(f"{sdist.project} {sdist.version}: {' '.join(suite.files)}"))
    baseline = _run(suite, sdist)
    _show(row("its own sessions", baseline), broken(baseline))
    good = [_is_same(baseline, each, suite, sdist) for each in suite.variants]
    return all(good)


def _run(suite: Suite, sdist: Sdist, plugin: str | None = None) -> Outcomes:
    with unpacked(sdist) as source:
        return run(source, suite.files, plugin)


def _is_same(baseline: Outcomes, variant: Variant, suite: Suite, sdist: Sdist) -> bool:
    ours = _run(suite, sdist, variant.plugin)
    verdict = compare(baseline, ours, variant.reasons)
    _show(row(variant.title, ours), findings(verdict, variant.reasons, ours))
    return verdict.is_good


def _show(*parts: str) -> None:
    print("\n".join(filter(None, parts)), flush=True)
