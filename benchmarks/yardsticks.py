"""What the measured times are held against, and the table that says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from . import sealed
from .cases import CROWDED, Case
from .footprint import ALLOWED, OURS
from .hosts import HOSTS, LIMITS, UNTOUCHED, USES

Added = dict[tuple[str, Case], float]  # microseconds that each adds to a request

# At most so many times what is written by hand. Of the floor nothing is asked: it is
# C alone, and no session that somebody can override is.
_BY_HAND = {
    Case("read"): 1.8,
    Case("read", "1 KiB"): 1.35,
    Case("read", "3 KiB"): 1.35,
    Case("changed"): 1.6,
    Case("changed", "1 KiB"): 1.25,
    Case("changed", "3 KiB"): 1.25,
}
_FLASK = {  # at least this much faster
    Case("untouched"): 30,
    Case("read"): 5,
    Case("read", "3 KiB"): 2.5,
    Case("changed"): 6,
    Case("changed", "3 KiB"): 2.5,
}
_AS_CHEAP_AS = {"new": "changed", "tampered": "read", "refresh": "changed"}


class Yardstick(NamedTuple):
    """A bound on what was measured.

    :param what: the row of the table.
    :param at: the case, of those in a row.
    """

    what: str
    at: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        if self.at_least:
            return self.value >= self.limit
        return self.value <= self.limit

    def __str__(self) -> str:
        missed = "  " if self.met else " !"
        return f"{self.at:9}{self.value:6.2f} of {self.limit:<4g}{missed}"

    def as_json(self) -> dict[str, object]:
        return {**self._asdict(), "met": self.met}


def print_yardsticks(yardsticks: list[Yardstick]) -> None:
    """One row for what is compared, with all its cases."""
    rows: dict[tuple[str, bool], list[str]] = {}
    for each in yardsticks:
        rows.setdefault((each.what, each.at_least), []).append(str(each))
    missed = sum(not each.met for each in yardsticks)
    print(
        f"\n{len(yardsticks)} yardsticks, {missed} missed (!): what is of what may be"
    )
    for (what, at_least), cells in rows.items():
        sign = "at least" if at_least else "at most"
        print(f"{what:36}{sign:10}{'  '.join(cells)}".rstrip())


def of_cookies(added: Added) -> Iterator[Yardstick]:
    """Ours in a signed cookie, beside the others."""
    for case, limit in _BY_HAND.items():
        value = added["ours", case] / added["by hand", case]
        yield Yardstick(f"{case.name}, times by hand", case.size, value, limit)
    for case, limit in _FLASK.items():
        value = added["Flask", case] / added["ours", case]
        what = f"{case.name}, times faster than Flask"
        yield Yardstick(what, case.size, value, limit, True)
    untouched = added["ours", Case("untouched")]
    empty = added["empty middleware", Case("untouched")]
    yield Yardstick("untouched, empty middlewares", "small", untouched / empty, 4.5)
    beaker = added["Beaker", Case("untouched")]
    yield Yardstick("untouched, of Beaker's", "small", untouched / beaker, 1)
    for name, other in _AS_CHEAP_AS.items():
        for size in ("small", "3 KiB"):
            mine, whole = Case(name, size), Case(other, size)
            value = added["ours", mine] / added["ours", whole]
            yield Yardstick(f"{name}, of {other}", size, value, 1)
    value = added["ours", CROWDED] / added["ours", Case("read")]
    yield Yardstick("read, of one without 30 cookies", "small", value, 1.05)


def of_hosts(added: Added) -> Iterator[Yardstick]:
    """Ours inside a framework, beside its own."""
    for host, (own, ours) in HOSTS.items():
        for case in USES:
            untouched = case.name == "untouched"
            whole = added[own.name, Case("read") if untouched else case]
            limit = UNTOUCHED if untouched else LIMITS[host]
            value = added[ours.name, case] / whole
            yield Yardstick(f"inside {host}, of its own", case.name, value, limit)


def of_sealed(added: Added) -> Iterator[Yardstick]:
    """The encrypted cookie, beside Flask's, which is not."""
    for case in (Case("read"), Case("changed")):
        value = added[sealed.ENCRYPTED.name, case] / added["Flask", case]
        yield Yardstick(
            "encrypted, of Flask's signed", case.name, value, sealed.OF_FLASK
        )


def of_imports(costs: dict[str, dict[str, float]]) -> Iterator[Yardstick]:
    """Ours costs no more than the libraries that it must have."""
    for unit, name in {"milliseconds": "time", "kib": "memory"}.items():
        value = costs[OURS][unit] / costs[ALLOWED][unit]
        yield Yardstick("import, of what it depends on", name, value, 1)
