"""What ``--stores`` prints: ratios to the floor, and the yardsticks beside them."""

from __future__ import annotations

from collections.abc import Iterator

from .cases import Case
from .report import Yardstick

COLUMNS = ["ours", "Flask-Session", "Beaker", "Django"]
KINDS = {"Flask-Session": "Flask", "Django": "Django"}  # others are plain WSGI apps
USES = ["untouched", "read", "changed", "new", "deleted"]
SIZES = ["small", "20 KiB"]
LARGE = Case("read", "1 MiB")
CASES = [*(Case(use, size) for size in SIZES for use in USES), LARGE]
SPREAD = [Case("read"), Case("changed")]  # over stores with more and fewer sessions
STORES = ["Redis", "PostgreSQL", "SQLite"]

_TIMES_FLOOR = {"Redis": 1.25, "PostgreSQL": 1.25, "SQLite": 2}
_ABOVE = 15  # microseconds
_SPREAD = {"Redis": 1.1, "PostgreSQL": 1.1, "SQLite": 1.25}

Name = tuple[str, str, Case]  # the store, who, and what is done
Times = dict[Name, float]


def print_table(times: Times) -> list[Yardstick]:
    """What each adds to a request."""
    print(
        "\nTime that a session adds to a request, in times of the floor: the client's\n"
        "bare commands; where no store is asked, of ours in a signed cookie.\n"
    )
    heads = "".join(f"{name:>14}" for name in COLUMNS)
    print(f"{'':28}{'floor µs':>9}{'+ ours µs':>10}{heads}   yardsticks")
    every = []
    for store in STORES:
        for case in CASES:
            cells, yardsticks = _row(times, store, case)
            said = "; ".join(map(str, yardsticks))
            label = f"{store if case == CASES[0] else '':11}{case!s:17}"
            print(f"{label}{cells}   {said}".rstrip())
            every += yardsticks
    return every


def _row(times: Times, store: str, case: Case) -> tuple[str, list[Yardstick]]:
    floor, ours = _floor(times, store, case), _added(times, store, "ours", case)
    assert ours is not None
    added = [_added(times, store, name, case) for name in COLUMNS]
    ratios = ["-" if each is None else f"{each / floor:.2f}" for each in added]
    cells = "".join(f"{each:>14}" for each in ratios)
    yardsticks = [*_yardsticks(store, case, floor, ours)]
    return f"{floor:9.1f}{ours - floor:10.1f}{cells}", yardsticks


def _yardsticks(
    store: str, case: Case, floor: float, ours: float
) -> Iterator[Yardstick]:
    if case == Case("untouched"):
        yield Yardstick("of signed", ours / floor, 1.1)
    if case in SPREAD:
        if store != "SQLite":
            yield Yardstick("µs above", ours - floor, _ABOVE)
        yield Yardstick("floors", ours / floor, _TIMES_FLOOR[store])
    if case == LARGE:
        yield Yardstick("floors", ours / floor, 1.1)


def _floor(times: Times, store: str, case: Case) -> float:
    whole = times[store, "floor", case]
    return whole - _bare(times, "WSGI") if case.name == "untouched" else whole


def _added(times: Times, store: str, name: str, case: Case) -> float | None:
    if (store, name, case) not in times:
        return None
    return times[store, name, case] - _bare(times, KINDS.get(name, "WSGI"))


def _bare(times: Times, kind: str) -> float:
    return times["bare", kind, Case("untouched")]


def print_spread(times: Times, counts: list[int]) -> list[Yardstick]:
    """Stores with more and with fewer sessions, any of which is asked for."""
    print(
        "\nWith so many sessions in the store, any of them asked for, µs; of ours,\n"
        "whole requests. Driver: psycopg alone, without SQLAlchemy. Pool: the floor's\n"
        "commands by a client with a pool, which ours and the others have.\n"
    )
    print(f"{'':28}" + "".join(f"{count:>20,}" for count in counts))
    yardsticks = []
    for store in STORES:
        for case in SPREAD:
            for name in ("driver", "floor", "pool", "ours"):
                at = [case._replace(surroundings=str(count)) for count in counts]
                if (store, name, at[0]) not in times:
                    continue
                cells = [times[store, name, each] for each in at]
                line = "".join(f"{each:>20.1f}" for each in cells)
                label = f"{store}, {case.name}, {name}"
                grown = cells[-1] / cells[0]
                said = ""
                if name == "ours":
                    yardsticks.append(Yardstick(label, grown, _SPREAD[store]))
                    said = f"   {Yardstick('grown', grown, _SPREAD[store])}"
                print(f"{label:28}{line}{said}")
    return yardsticks
