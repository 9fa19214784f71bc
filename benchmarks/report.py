"""One table of ratios, with the yardsticks beside them, and the same as JSON."""

from __future__ import annotations

import platform
import sys
import time
from typing import Any, NamedTuple

from .cases import CROWDED, Case
from .footprint import ALLOWED, OURS
from .payloads import SESSIONS

PEERS = ["Flask", "Starlette", "Pyramid", "Beaker"]
COLUMNS = ["ours", "by hand", *PEERS]

_FLOOR_LIMITS = {  # at most this many floors
    Case("read"): 2.0,
    Case("changed"): 1.7,
    Case("read", "1 KiB"): 1.5,
    Case("changed", "1 KiB"): 1.4,
    Case("read", "3 KiB"): 1.4,
    Case("changed", "3 KiB"): 1.3,
}
_GOALS = {Case("read"): 1.5, Case("changed"): 1.4}  # where the next step lies
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


class Row(NamedTuple):
    """One line of the table: microseconds added by each, ``None`` where it has none."""

    case: Case
    unit: float  # of the ratios: the floor, or the empty wrapper
    added: dict[str, float | None]
    yardsticks: list[Yardstick]


def make_rows(
    cases: list[Case],
    added: dict[tuple[str, Case], float | None],
) -> list[Row]:
    """The rows, in the order of ``cases``."""
    rows = []
    for case in cases:
        mine = {name: added.get((name, case)) for name in COLUMNS}
        unit = added["empty middleware" if case.name == "untouched" else "floor", case]
        assert unit is not None
        rows.append(Row(case, unit, mine, _yardsticks(case, unit, mine, added)))
    return rows


def _yardsticks(
    case: Case,
    unit: float,
    mine: dict[str, float | None],
    added: dict[tuple[str, Case], float | None],
) -> list[Yardstick]:
    ours, flask, beaker = mine["ours"], mine["Flask"], mine["Beaker"]
    assert ours is not None
    found = []
    if case.name == "untouched" and not case.surroundings:
        function = added["empty function", case]
        assert function is not None
        found.append(Yardstick("empty middlewares", ours / unit, 5))
        found.append(Yardstick("empty functions", ours / function, 5))
        if beaker:
            found.append(Yardstick("of Beaker", ours / beaker, 0.6))
    if case in _FLOOR_LIMITS:
        found.append(Yardstick("floors", ours / unit, _FLOOR_LIMITS[case]))
    if case in _GOALS and ours / unit <= _FLOOR_LIMITS[case]:
        found.append(Yardstick("goal: floors", ours / unit, _GOALS[case]))
    if case in _FLASK_LIMITS and flask:
        found.append(
            Yardstick("faster than Flask", flask / ours, _FLASK_LIMITS[case], True)
        )
    if case.name in _AS_CHEAP_AS:
        other = _AS_CHEAP_AS[case.name]
        whole = added["ours", case._replace(name=other)]
        assert whole is not None
        found.append(Yardstick(f"of {other}", ours / whole, 1))
    if case == CROWDED:
        plain = added["ours", case._replace(surroundings="")]
        assert plain is not None
        found.append(Yardstick("of read", ours / plain, 1.05))
    return found


def print_table(rows: list[Row], sizes: dict[str, dict[str, int | str]]) -> None:
    """Ratios to the unit of each row; below them the cookies."""
    print(
        "Time added per request, in how many times the unit of its row: the floor of\n"
        "the same bytes; for an untouched session, which has none, a middleware that\n"
        "does nothing. (!): larger than browsers keep.\n"
    )
    print(_line("", "unit µs", "ours µs", COLUMNS, "yardsticks"))
    for row in rows:
        ratios = [_ratio(row.added[name], row.unit) for name in COLUMNS]
        ours = row.added["ours"]
        said = "; ".join(map(str, row.yardsticks))
        print(_line(str(row.case), f"{row.unit:.2f}", f"{ours:.2f}", ratios, said))
    for size in SESSIONS:
        widths = [_size(sizes.get(name, {}).get(size, "-")) for name in COLUMNS]
        print(_line(f"bytes of the cookie, {size}", "", "", widths, ""))


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
