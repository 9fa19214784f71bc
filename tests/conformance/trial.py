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
    print(heading(f"{sdist.project} {sdist.version}: {' '.join(suite.files)}"))
    baseline = _run(suite, sdist)
    print(row("its own sessions", baseline), broken(baseline), sep="\n", flush=True)
    good = [_is_same(baseline, each, suite, sdist) for each in suite.variants]
    return all(good)


def _run(suite: Suite, sdist: Sdist, plugin: str | None = None) -> Outcomes:
    with unpacked(sdist) as source:
        return run(source, suite.files, plugin)


def _is_same(baseline: Outcomes, variant: Variant, suite: Suite, sdist: Sdist) -> bool:
    ours = _run(suite, sdist, variant.plugin)
    verdict = compare(baseline, ours, variant.reasons)
    print(row(variant.title, ours))
    print(findings(verdict, variant.reasons, ours), flush=True)
    return verdict.is_good
