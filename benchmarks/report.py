"""One table of ratios, with the yardsticks beside them, and the same as JSON."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any, NamedTuple

from . import sealed
from .cases import CROWDED, Case
from .footprint import ALLOWED, OURS
from .hosts import HOSTS, LIMITS, UNTOUCHED, USES
from .payloads import SESSIONS

PEERS = ["Flask", "Starlette", "Pyramid", "Beaker"]
COLUMNS = ["ours", "by hand", *PEERS]

# At most so many times what is written by hand. Of the floor nothing is asked: it is
# C alone, and no session that somebody can override is.
_BY_HAND_LIMITS = {
    Case("read"): 1.8,
    Case("changed"): 1.6,
    Case("read", "1 KiB"): 1.35,
    Case("changed", "1 KiB"): 1.25,
    Case("read", "3 KiB"): 1.35,
    Case("changed", "3 KiB"): 1.25,
}
_FLASK_LIMITS = {  # at least this much faster
    Case("read"): 5,
    Case("changed"): 6,
    Case("read", "3 KiB"): 2.5,
    Case("changed", "3 KiB"): 2.5,
}
_AS_CHEAP_AS = {"refresh": "changed", "tampered": "read", "new": "changed"}


class Yardstick(NamedTuple):
    """A bound on what was measured."""

    what: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        if self.at_least:
            return self.value >= self.limit
        return self.value <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "ok" if self.met else "MISSED"
        return f"{self.what} {self.value:.2f} {sign} {self.limit:g} {verdict}"

    def as_json(self) -> dict[str, object]:
        return {**self._asdict(), "met": self.met}


Added = dict[tuple[str, Case], float]


class Row(NamedTuple):
    """One line of the table: microseconds added by each that has the case."""

    case: Case
    unit: float  # of the ratios: the floor, or the empty middleware
    added: dict[str, float]
    yardsticks: list[Yardstick]

    def as_json(self) -> dict[str, object]:
        return {
            "case": self.case._asdict(),
            "unit_microseconds": self.unit,
            "added_microseconds": self.added,
            "yardsticks": [each.as_json() for each in self.yardsticks],
        }


def make_rows(cases: list[Case], added: Added) -> list[Row]:
    """The rows, in the order of ``cases``."""
    empty = _typical(added, "empty middleware")
    rows = []
    for case in cases:
        unit = empty if case.name == "untouched" else added["floor", case]
        mine = {name: added[name, case] for name in COLUMNS if (name, case) in added}
        rows.append(Row(case, unit, mine, [*_yardsticks(case, unit, mine, added)]))
    return rows


def _typical(added: Added, name: str) -> float:
    """What costs the same in every case, and little: the median says it best."""
    return median(each for (who, _), each in added.items() if who == name)


def _yardsticks(
    case: Case, unit: float, mine: dict[str, float], added: Added
) -> Iterator[Yardstick]:
    ours = mine["ours"]
    if case.name == "untouched" and not case.surroundings:
        yield Yardstick("empty middlewares", ours / unit, 4.5)
        yield Yardstick("of Beaker", ours / mine["Beaker"], 1)
        yield Yardstick("faster than Flask", mine["Flask"] / ours, 30, True)
    if case in _BY_HAND_LIMITS:
        yield Yardstick("by hand", ours / mine["by hand"], _BY_HAND_LIMITS[case])
    if case in _FLASK_LIMITS:
        limit = _FLASK_LIMITS[case]
        yield Yardstick("faster than Flask", mine["Flask"] / ours, limit, True)
    if case.name in _AS_CHEAP_AS:
        other = _AS_CHEAP_AS[case.name]
        whole = added["ours", case._replace(name=other)]
        yield Yardstick(f"of {other}", ours / whole, 1)
    if case == CROWDED:
        plain = added["ours", case._replace(surroundings="")]
        yield Yardstick("of read", ours / plain, 1.05)


def print_table(rows: list[Row], sizes: dict[str, dict[str, int | str]]) -> None:
    """Ratios to the unit of each row; below them the cookies."""
    print(
        "Time added per request, in how many times the unit of its row: the floor of\n"
        "the same bytes; for an untouched session, which has none, a middleware that\n"
        "only has a start_response of its own. (!): larger than browsers keep.\n"
    )
    print(_line("", "unit µs", "ours µs", COLUMNS, "yardsticks"))
    for row in rows:
        ratios = [_ratio(row.added.get(name), row.unit) for name in COLUMNS]
        ours = row.added["ours"]
        said = "; ".join(map(str, row.yardsticks))
        print(_line(str(row.case), f"{row.unit:.2f}", f"{ours:.2f}", ratios, said))
    for size in SESSIONS:
        widths = [_size(sizes.get(name, {}).get(size, "-")) for name in COLUMNS]
        said = "" if size == "small" else "Starlette and Pyramid do not compress"
        print(_line(f"bytes of the cookie, {size}", "", "", widths, said))


def print_hosts(added: Added) -> list[Yardstick]:
    """What a session costs inside a framework: its own, ours, and the ratio."""
    print("\nInside a framework, microseconds added per request:")
    print(f"{'':22}{'its own':>10}{'ours':>10}")
    yardsticks = []
    for host, (own, ours) in HOSTS.items():
        for case in USES:
            theirs, mine = added[own.name, case], added[ours.name, case]
            print(f"{host + ', ' + str(case):22}{theirs:10.2f}{mine:10.2f}")
            untouched = case.name == "untouched"
            whole = added[own.name, Case("read")] if untouched else theirs
            limit = UNTOUCHED if untouched else LIMITS[host]
            what = f"{host}, {case}: of its own" + (" read" if untouched else "")
            yardsticks.append(Yardstick(what, mine / whole, limit))
    return yardsticks


def print_sealed(added: Added) -> list[Yardstick]:
    """The encrypted cookie beside Flask's signed one, and beside its own floor."""
    print("\nEncrypted, microseconds added per request:")
    print(f"{'':22}{'encrypted':>10}{'stranger':>10}{'signed':>10}{'Flask':>10}")
    yardsticks = []
    for case in sealed.USES:
        names = (sealed.ENCRYPTED.name, sealed.AS_STRANGERS.name, "ours", "Flask")
        costs = [added[name, case] for name in names]
        print(f"{case!s:22}" + "".join(f"{cost:10.2f}" for cost in costs))
        if case.name != "refresh":
            what = f"encrypted, {case}: of Flask's signed one"
            ratio = costs[0] / added["Flask", case]
            yardsticks.append(Yardstick(what, ratio, sealed.OF_FLASK))
    for size in SESSIONS:
        case = Case("seal and open", size)
        floors = added["sealed", case] / added["sealed floor", case]
        print(f"{case}: {floors:.2f} times its floor")
    return yardsticks


def _line(label: str, unit: str, ours: str, ratios: list[str], said: str) -> str:
    cells = "".join(f"{each:>10}" for each in ratios)
    return f"{label:34}{unit:>8}{ours:>8}{cells}   {said}".rstrip()


def _ratio(added: float | None, unit: float) -> str:
    return "-" if added is None else f"{max(added / unit, 0):.2f}"


def _size(size: int | str) -> str:
    if isinstance(size, str):
        return size
    return f"{size} (!)" if size > 4096 else str(size)


def print_imports(costs: dict[str, dict[str, float]]) -> list[Yardstick]:
    """The imports, ours first, and whether ours costs no more than it may."""
    print("\nImport in a fresh process:")
    for module, cost in costs.items():
        print(
            f"  {cost['milliseconds']:7.1f} ms {cost['kib']:8.0f} KiB "
            f"{cost['modules']:5.0f} modules   {module}"
        )
    ours, allowed = costs[OURS], costs[ALLOWED]
    return [
        Yardstick(
            f"import {unit}, of what werkzeug and itsdangerous cost",
            ours[unit] / allowed[unit],
            1,
        )
        for unit in ("milliseconds", "kib")
    ]


def about(seconds: float, rounds: int) -> dict[str, Any]:
    """When and where this was measured."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "rounds": rounds,
        "seconds": round(seconds),
    }
