"""``python -m benchmarks``: one run, one table. ``--socket``: requests per second."""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from . import report
from .cases import CASES, Case
from .contenders import ByHand, Contender, EmptyMiddleware, Ours, Unsupported, Wrapper
from .floor import floor_of
from .footprint import cyclic_garbage, import_costs, peak_memory
from .payloads import SESSIONS
from .peers import PEERS
from .report import Row, Yardstick
from .timing import Times, measure

RESULTS = Path(__file__).with_name("results.json")

Probe = tuple[str, Case, str]  # contender, case, and "with" or "bare"


def main() -> None:
    """Measure, print, and write it down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less than half a minute")
    parser.add_argument("--socket", action="store_true", help="gunicorn and wrk")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # Beaker warns of every cookie it refuses
    if options.socket:
        from .servers import measure_servers

        result = measure_servers(options.quick)
    else:
        result = measure_all(options.quick)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nWritten to {options.json}")


def measure_all(quick: bool) -> dict[str, Any]:
    """Everything in this process, and the imports."""
    start = monotonic()
    probes = _probes()
    times, rounds = measure(probes, seconds=15 if quick else 150)
    rows = report.make_rows(CASES, _added(times))
    sizes = _cookie_sizes()
    report.print_table(rows, sizes)
    garbage = _garbage(probes)
    yardsticks = [*_footprint(probes), Yardstick("cyclic garbage", garbage["ours"], 0)]
    imports = import_costs(3 if quick else 15)
    yardsticks += report.print_imports(imports)
    print("\nCyclic garbage per request, objects:", garbage)
    for yardstick in yardsticks:
        print(yardstick)
    everything = [*yardsticks, *(each for row in rows for each in row.yardsticks)]
    missed = sum(not each.met for each in everything)
    print(f"{len(everything)} yardsticks, {missed} missed; {rounds} rounds")
    return {
        **report.about(monotonic() - start, rounds),
        "rows": [_row_as_json(row) for row in rows],
        "cookie_bytes": sizes,
        "cyclic_garbage": garbage,
        "imports": imports,
        "yardsticks": [each.as_json() for each in yardsticks],
    }


def _probes() -> dict[Probe, Callable[[], object]]:
    """All that is timed; what is compared stands side by side."""
    ours = Ours()
    probes: dict[Probe, Callable[[], object]] = {}
    for case in CASES:
        contenders: list[Contender] = [ours, ByHand()]
        if case.name == "untouched":
            contenders = [Wrapper(), EmptyMiddleware(), ours]
        if not case.surroundings:
            contenders += PEERS
        for contender in contenders:
            try:
                request, bare = contender.prepare(case)
            except Unsupported:
                continue
            probes[contender.name, case, "bare"] = bare.run
            probes[contender.name, case, "with"] = request.run
        if case.name != "untouched":
            _, _, token = ours.cookie(case._replace(name="read")).partition("=")
            probes["floor", case, "bare"] = _empty
            probes["floor", case, "with"] = floor_of(token)[case.name]
    return probes


def _empty() -> None:
    pass


def _added(times: Times[Probe]) -> dict[tuple[str, Case], float | None]:
    """Microseconds that each adds to its bare request."""
    return {
        (name, case): times.best((name, case, "with"))
        - times.best((name, case, "bare"))
        for name, case, which in times
        if which == "with"
    }


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


def _footprint(probes: dict[Probe, Callable[[], object]]) -> list[Yardstick]:
    change = Case("changed")
    added = peak_memory(probes["ours", change, "with"]) - peak_memory(
        probes["ours", change, "bare"]
    )
    return [Yardstick("peak KiB of one small change", added / 1024, 4)]


def _garbage(probes: dict[Probe, Callable[[], object]]) -> dict[str, float]:
    """The most that each contender leaves in any case, over its bare request."""
    most: dict[str, float] = {}
    for (name, case, which), run in probes.items():
        if which == "with" and name in report.COLUMNS:
            left = cyclic_garbage(run) - cyclic_garbage(probes[name, case, "bare"])
            most[name] = max(most.get(name, 0), left)
    return most


def _row_as_json(row: Row) -> dict[str, Any]:
    return {
        "case": row.case._asdict(),
        "unit_microseconds": row.unit,
        "added_microseconds": row.added,
        "yardsticks": [each.as_json() for each in row.yardsticks],
    }


if __name__ == "__main__":
    main()
