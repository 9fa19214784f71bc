"""What is printed of the sessions in a cookie: one screen."""

from __future__ import annotations

import platform
import sys
import time
from statistics import median
from typing import Any

from . import sealed
from .cases import CASES
from .footprint import OURS
from .hosts import HOSTS, USES
from .payloads import SESSIONS
from .yardsticks import Added

PEERS = ["Flask", "Starlette", "Pyramid", "Beaker"]
OTHERS = ["floor", "by hand", *PEERS]
COLUMNS = ["ours", *OTHERS]
# By which each peer is imported.
_MODULES = {
    "ours": OURS,
    "Flask": "flask",
    "Starlette": "starlette.middleware.sessions",
    "Pyramid": "pyramid.session",
    "Beaker": "beaker.middleware",
}
_INTRO = """\
Time that a session adds to a request: of ours in µs, of the others in times of ours.
Floor: only the HMAC, base64, zlib and JSON of the same bytes, by the functions in C.
By hand: one session written into one application, without an option or an override.
"""


def typical(added: Added, name: str) -> float:
    """What costs the same in every case, and little: the median says it best."""
    return median(each for (who, _), each in added.items() if who == name)


def print_table(added: Added) -> None:
    """The cases, and in columns who was asked."""
    print(_INTRO)
    print(_line("", ["ours, µs", *OTHERS]))
    for case in CASES:
        ours = added["ours", case]
        ratios = [_ratio(added.get((name, case)), ours) for name in OTHERS]
        print(_line(str(case), [f"{ours:.1f}", *ratios]))


def print_costs(
    sizes: dict[str, dict[str, int | str]],
    imports: dict[str, dict[str, float]],
    garbage: dict[str, float],
) -> None:
    """What is no time of a request, in the same columns."""
    print()
    for size in SESSIONS:
        cells = [_size(sizes.get(name, {}).get(size, "-")) for name in COLUMNS]
        print(_line(f"bytes of the cookie, {size}", cells))
    for unit, label in {"milliseconds": "ms", "kib": "KiB"}.items():
        costs = [imports.get(_MODULES.get(name, "")) for name in COLUMNS]
        cells = ["-" if each is None else f"{each[unit]:,.0f}" for each in costs]
        print(_line(f"import, {label}", cells))
    cells = [f"{garbage[name]:g}" if name in garbage else "-" for name in COLUMNS]
    print(_line("objects left to the collector", cells))
    print("4096 and more bytes (!) are dropped by a browser.")


def print_hosts(added: Added) -> None:
    """Inside a framework, and encrypted."""
    names = [each.name for pair in HOSTS.values() for each in pair]
    names += [sealed.ENCRYPTED.name, sealed.AS_STRANGERS.name]
    print(
        "\nInside a framework, and encrypted, µs."
        " Unseen: by a process that this visitor is new to."
    )
    print(_line("", [*names], 18))
    for case in USES:
        found = [added.get((name, case)) for name in names]
        cells = ["-" if each is None else f"{max(each, 0):.1f}" for each in found]
        print(_line(case.name, cells, 18))


def _line(label: str, cells: list[str], width: int = 10) -> str:
    column = 34 if width == 10 else 10
    return f"{label:{column}}" + "".join(f"{each:>{width}}" for each in cells)


def _ratio(added: float | None, unit: float) -> str:
    return "-" if added is None else f"{max(added / unit, 0):.2f}"


def _size(size: int | str) -> str:
    if isinstance(size, str):
        return size
    return f"{size} (!)" if size >= 4096 else str(size)


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


def as_json(added: Added) -> list[dict[str, object]]:
    """The microseconds of each case, of all who were asked."""
    return [
        {
            "case": str(case),
            "microseconds": {
                name: added[name, case] for name in COLUMNS if (name, case) in added
            },
        }
        for case in CASES
    ]


def cases_of_hosts(added: Added) -> dict[str, float]:
    """The same of what runs inside a framework, or is encrypted."""
    pairs = [*HOSTS.values(), (sealed.ENCRYPTED, sealed.AS_STRANGERS)]
    return {
        f"{each.name}, {case.name}": added[each.name, case]
        for pair in pairs
        for each in pair
        for case in USES
        if (each.name, case) in added
    }
