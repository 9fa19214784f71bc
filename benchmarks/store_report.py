"""What ``--stores`` prints: what it adds to a request, and the yardsticks."""

from __future__ import annotations

from collections.abc import Iterator

from .cases import Case
from .yardsticks import Yardstick

OTHERS = ["Flask-Session", "Beaker", "Django"]
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


_INTRO = """
Time that a session in a store adds to a request: of ours in µs, of the others in times
of ours. Floor: the bare commands of the store's own client, on one open connection;
where no store is asked, ours in a signed cookie.
"""


def print_table(times: Times) -> None:
    """What each adds to a request."""
    print(_INTRO)
    heads = "".join(f"{name:>14}" for name in ["ours, µs", "floor", *OTHERS])
    print(f"{'':28}{heads}")
    for store in STORES:
        for case in CASES:
            ours = _added(times, store, "ours", case)
            assert ours is not None
            others = [_added(times, store, name, case) for name in OTHERS]
            found = [_floor(times, store, case), *others]
            ratios = ["-" if each is None else f"{each / ours:.2f}" for each in found]
            label = f"{store if case == CASES[0] else '':11}{case!s:17}"
            print(label + "".join(f"{each:>14}" for each in [f"{ours:.1f}", *ratios]))


def of_stores(times: Times, counts: list[int]) -> Iterator[Yardstick]:
    """Ours, beside the floor, and in a store with more sessions."""
    for store in STORES:
        for case in CASES:
            floor, ours = _floor(times, store, case), _added(times, store, "ours", case)
            assert ours is not None
            yield from _of_one(store, case, floor, ours)
        for case in SPREAD:
            few, many = (
                times[store, "ours", case._replace(surroundings=str(count))]
                for count in (counts[0], counts[-1])
            )
            what = f"{store}, many sessions, of few"
            yield Yardstick(what, case.name, many / few, _SPREAD[store])


def _of_one(store: str, case: Case, floor: float, ours: float) -> Iterator[Yardstick]:
    if case == Case("untouched"):
        yield Yardstick(f"{store}, of a signed cookie", case.name, ours / floor, 1.1)
    if case in SPREAD:
        if store != "SQLite":
            yield Yardstick(
                f"{store}, µs above the floor", case.name, ours - floor, _ABOVE
            )
        limit = _TIMES_FLOOR[store]
        yield Yardstick(f"{store}, times the floor", case.name, ours / floor, limit)
    if case == LARGE:
        yield Yardstick(f"{store}, times the floor", case.size, ours / floor, 1.1)


def _floor(times: Times, store: str, case: Case) -> float:
    whole = times[store, "floor", case]
    return whole - _bare(times, "WSGI") if case.name == "untouched" else whole


def _added(times: Times, store: str, name: str, case: Case) -> float | None:
    if (store, name, case) not in times:
        return None
    return times[store, name, case] - _bare(times, KINDS.get(name, "WSGI"))


def _bare(times: Times, kind: str) -> float:
    return times["bare", kind, Case("untouched")]


def print_spread(times: Times, counts: list[int]) -> None:
    """Stores with more and with fewer sessions, any of which is asked for."""
    print(
        "\nWith so many sessions in the store, any of them asked for, µs; of ours,\n"
        "whole requests. Driver: psycopg alone, without SQLAlchemy. Pool: the floor's\n"
        "commands by a client with a pool, which ours and the others have.\n"
    )
    print(f"{'':28}" + "".join(f"{count:>14,}" for count in counts))
    for store in STORES:
        for case in SPREAD:
            for name in ("driver", "floor", "pool", "ours"):
                at = [case._replace(surroundings=str(count)) for count in counts]
                if (store, name, at[0]) in times:
                    line = "".join(f"{times[store, name, each]:>14.1f}" for each in at)
                    print(f"{f'{store}, {case.name}, {name}':28}{line}")
