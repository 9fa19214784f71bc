"""``python -m benchmarks``: one run, one table. ``--socket``: requests per second.

``--stores``: sessions in Redis, PostgreSQL and SQLite, beside others who keep them so.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import Any

from . import charts, report, sealed, yardsticks
from .cases import CASES, Case
from .contenders import ByHand, Contender, EmptyMiddleware, Ours, Unsupported, Wrapper
from .floor import floor_of
from .footprint import cyclic_garbage, import_costs, peak_memory
from .hosts import HOSTS, USES
from .payloads import SESSIONS
from .peers import PEERS
from .timing import measure
from .yardsticks import Yardstick

RESULTS = Path(__file__).with_name("results.json")

Run = Callable[[], object]
Probe = tuple[str, Case]  # of a contender, or of a kind's bare request


def main() -> None:
    """Measure, print, and write it down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a shorter run")
    parser.add_argument("--socket", action="store_true", help="gunicorn and wrk")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE")
    parser.add_argument("--stores", action="store_true", help="sessions in stores")
    parser.add_argument("--million", action="store_true", help="a million of them too")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # Beaker warns of every cookie it refuses
    if options.stores and options.socket:
        from .servers import measure_on_stores

        result = measure_on_stores(options.quick)
    elif options.stores:
        from .stores import measure_stores

        result = measure_stores(options.quick, options.million)
    elif options.socket:
        from .servers import measure_servers

        result = measure_servers(options.quick)
    else:
        result = measure_all(options.quick)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nWritten to {options.json}")
    if charts.draw(result, options.json.with_suffix(".svg")):
        print(f"Drawn in {options.json.with_suffix('.svg')}")


def measure_all(quick: bool) -> dict[str, Any]:
    """Everything in this process, and the imports."""
    start = monotonic()
    probes, bare = _probes()
    times, rounds = measure(probes, seconds=12 if quick else 130)
    added = {
        probe: times.best(probe) - times.best(other) for probe, other in bare.items()
    }
    sizes = _cookie_sizes()
    garbage = _garbage(probes, bare)
    change = ("ours", Case("changed"))
    peak = peak_memory(probes[change]) - peak_memory(probes[bare[change]])
    imports = import_costs(3 if quick else 15)
    untouched = ("empty middleware", Case("untouched"))
    added[untouched] = report.typical(added, untouched[0])
    report.print_table(added)
    report.print_costs(sizes, imports, garbage)
    report.print_hosts(added)
    found = [
        *yardsticks.of_cookies(added),
        *yardsticks.of_hosts(added),
        *yardsticks.of_sealed(added),
        *yardsticks.of_imports(imports),
        Yardstick("changed, peak of memory", "KiB", peak / 1024, 4),
    ]
    yardsticks.print_yardsticks(found)
    return {
        **report.about(monotonic() - start, rounds),
        "cases": report.as_json(added),
        "hosts": report.cases_of_hosts(added),
        "cookie_bytes": sizes,
        "cyclic_garbage": garbage,
        "imports": imports,
        "yardsticks": [each.as_json() for each in found],
    }


def _probes() -> tuple[dict[Probe, Run], dict[Probe, Probe]]:
    """All that is timed, what is compared side by side; and each one's bare probe."""
    ours = Ours()
    contenders: list[Contender]
    probes: dict[Probe, Run] = {}
    bare: dict[Probe, Probe] = {}

    def add(name: str, kind: str, case: Case, run: Run, without: Run) -> None:
        bare[name, case] = (f"bare {kind}", case)
        probes.setdefault(bare[name, case], without)
        probes[name, case] = run

    for case in CASES:
        contenders = [ours, ByHand()]
        if case.name == "untouched":
            contenders = [Wrapper(), EmptyMiddleware(), ours]
        if not case.surroundings:
            contenders += PEERS
        for contender in contenders:
            try:
                request, without = contender.prepare(case)
            except Unsupported:
                continue
            add(contender.name, contender.kind, case, request.run, without.run)
        if case.name != "untouched":
            _, _, token = ours.cookie(case._replace(name="read")).partition("=")
            add("floor", "call", case, floor_of(token)[case.name], _empty)
    for contender in chain.from_iterable(HOSTS.values()):
        for case in USES:
            request, without = contender.prepare(case)
            add(contender.name, contender.kind, case, request.run, without.run)
    for contender in (sealed.ENCRYPTED, sealed.AS_STRANGERS):
        for case in sealed.USES:
            request, without = contender.prepare(case)
            add(contender.name, contender.kind, case, request.run, without.run)
    for size in SESSIONS:
        case = Case("seal and open", size)
        sealing = sealed.probes_of(size)
        add("sealed floor", "call", case, sealing.floor, _empty)
        add("sealed", "call", case, sealing.ours, _empty)
    return probes, bare


def _empty() -> None:
    pass


def _cookie_sizes() -> dict[str, dict[str, int | str]]:
    sizes: dict[str, dict[str, int | str]] = {}
    for contender in [Ours(), *PEERS]:
        sizes[contender.name] = {}
        for size in SESSIONS:
            try:
                contender.prepare(Case("read", size))
                sizes[contender.name][size] = len(contender.cookie(Case("read", size)))
            except Unsupported as error:
                sizes[contender.name][size] = str(error)
    return sizes


def _garbage(probes: dict[Probe, Run], bare: dict[Probe, Probe]) -> dict[str, float]:
    """The most that each contender leaves in any case, over its bare request."""
    most: dict[str, float] = {}
    for probe, other in bare.items():
        name, _ = probe
        if name in report.COLUMNS:
            left = cyclic_garbage(probes[probe]) - cyclic_garbage(probes[other])
            most[name] = max(most.get(name, 0), left)
    return most


if __name__ == "__main__":
    main()
