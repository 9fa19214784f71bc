"""``python -m benchmarks --stores``: sessions in a store, beside others and the floor.

One process, one run, interleaved; real servers on loopback. The floor is what the
store's own client takes for the bare commands, on one connection.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable, Iterator
from time import monotonic, perf_counter_ns
from typing import Any, NamedTuple

from . import report
from .cases import Case
from .django_site import configure
from .payloads import store_session
from .store_floors import Driver, Floor, Pooled, floor_at
from .store_peers import PEERS, Ours, Peer, Signed, Visit, visit
from .store_places import Place, places, record_of
from .store_report import (
    CASES,
    LARGE,
    SPREAD,
    Name,
    of_stores,
    print_spread,
    print_table,
)
from .yardsticks import print_yardsticks

KEPT = 12  # sessions of each contender, which it is asked for in turn
CALLS = 25  # of each in a round


class Probe(NamedTuple):
    """What is timed.

    :param run: takes a cookie, or a key.
    :param given: makes so many of them, which is not timed.
    """

    run: Callable[[Any], object]
    given: Callable[[int], list[Any]]


def measure_stores(quick: bool, million: bool) -> dict[str, Any]:
    """Print and give all of it."""
    start, load = monotonic(), os.getloadavg()
    logging.getLogger("beaker").setLevel(logging.ERROR)
    counts = [1000, 100_000, *([1_000_000] if million else [])]
    with places(counts) as found:
        small = {name: place for (name, count), place in found.items() if count == 1000}
        configure({name: place.url for name, place in small.items()})
        probes: dict[Name, Probe] = {}
        for place in small.values():
            probes |= _probes_at(place)
        for place in found.values():
            probes |= _spread_at(place)
        times, rounds = _measure(probes, seconds=20 if quick else 200)
    print_table(times)
    print_spread(times, counts)
    yardsticks = [*of_stores(times, counts)]
    print_yardsticks(yardsticks)
    print(f"Load average {load[0]:.1f} before, {os.getloadavg()[0]:.1f} after")
    return {
        **report.about(monotonic() - start, rounds),
        "load": load,
        "microseconds": {" / ".join(map(str, name)): t for name, t in times.items()},
        "yardsticks": [each.as_json() for each in yardsticks],
    }


# -- what is timed


def _probes_at(place: Place) -> dict[Name, Probe]:
    """Everything on one store."""
    probes: dict[Name, Probe] = {}
    floor = floor_at(place)
    for case in CASES:
        if case.name == "untouched":
            probes[place.name, "floor", case] = _asked(Signed(place), case)
        else:
            probes[place.name, "floor", case] = _floor(place, floor, case)
        for kind in PEERS[place.name]:
            if case == LARGE and kind is not Ours:
                continue
            peer = kind(place)
            probes[place.name, peer.name, case] = _asked(peer, case)
            if ("bare", peer.kind, Case("untouched")) not in probes:
                bare = Probe(peer.bare(), lambda number: [""] * number)
                probes["bare", peer.kind, Case("untouched")] = bare
    return probes


def _asked(peer: Peer, case: Case) -> Probe:
    """Requests to an app, which is shown to do its work."""
    log_in = peer.visit(case._replace(name="new"))
    run = peer.visit(case)
    _check(peer, case, log_in, run)
    if case.name == "new":
        return Probe(run, lambda number: [""] * number)
    if case.name == "deleted":
        return Probe(run, lambda number: [cookie_of(log_in("")) for _ in range(number)])
    kept = [cookie_of(log_in("")) for _ in range(KEPT)]
    return Probe(run, lambda number: (kept * (number // KEPT + 1))[:number])


def cookie_of(headers: list[tuple[str, str]]) -> str:
    """The Cookie header of whoever was given the one Set-Cookie of a response."""
    [line] = [value for name, value in headers if name.lower() == "set-cookie"]
    return line.partition(";")[0].strip()


def _check(peer: Peer, case: Case, log_in: Visit, run: Visit) -> None:
    cookie = "" if case.name == "new" else cookie_of(log_in(""))
    answer = run(cookie)
    cookie = cookie_of(answer) if case.name == "new" else cookie
    found: dict[str, Any] = {}

    def look(session: Any) -> None:
        found.update((k, session[k]) for k in store_session(case.size) if k in session)

    visit(peer.app(look, Case("read")))(cookie)
    expected = {} if case.name == "deleted" else store_session(case.size)
    if case.name == "changed":
        assert found["user_id"] != 42, peer.name
        expected["user_id"] = found["user_id"]
    assert found == expected, f"{peer.name}, {case}"


def _floor(place: Place, floor: Floor, case: Case) -> Probe:
    """The bare commands, on sessions like those of the requests."""
    record = record_of(store_session(case.size))

    def made(number: int) -> list[str]:
        keys = [os.urandom(32).hex() for _ in range(number)]
        for key in keys:
            place.store.create(key, record)
        return keys

    if case.name == "new":
        return Probe(
            lambda key: floor.create(key, record),
            lambda number: [os.urandom(32).hex() for _ in range(number)],
        )
    if case.name == "deleted":
        return Probe(floor.delete, made)
    kept = made(KEPT if case != LARGE else 2)
    return Probe(
        _verb(floor, case), lambda number: (kept * (number // len(kept) + 1))[:number]
    )


def _verb(floor: Floor | Driver | Pooled, case: Case) -> Callable[[str], object]:
    return floor.read if case.name == "read" else floor.change


def _spread_at(place: Place) -> dict[Name, Probe]:
    """Reading and changing any of all the sessions of a store."""
    probes: dict[Name, Probe] = {}
    floors: dict[str, Floor | Driver | Pooled] = {"floor": floor_at(place)}
    if place.name == "PostgreSQL":
        floors["driver"] = Driver(place.url)
    elif place.name == "Redis":
        floors["pool"] = Pooled(place.url)
    ours = Ours(place)
    cookies = ours.cookies()

    def in_turn(some: list[str]) -> Callable[[int], list[str]]:
        def given(number: int) -> list[str]:
            some[:] = [*some[number:], *some[:number]]
            return some[:number]

        return given

    for case in SPREAD:
        case_here = case._replace(surroundings=str(place.count))
        for name, floor in floors.items():
            probe = Probe(_verb(floor, case), in_turn(place.keys))
            probes[place.name, name, case_here] = probe
        probe = Probe(ours.visit(case), in_turn(list(cookies)))
        probes[place.name, "ours", case_here] = probe
    return probes


# -- timing


def _measure(
    probes: dict[Name, Probe], seconds: float
) -> tuple[dict[Name, float], int]:
    """Microseconds of each, of its quietest calls; and the number of rounds.

    A call is two processes' work, so that a block of them is never quiet on a machine
    with something else to do. The fastest hundredth is near what an idle one takes.
    """
    times: dict[Name, list[float]] = {name: [] for name in probes}
    end, rounds = monotonic() + seconds, 0
    gc.collect()
    gc.freeze()
    while monotonic() < end or rounds < 3:
        gc.collect()
        gc.disable()
        try:
            for name, probe in probes.items():
                times[name] += _times(probe)
        finally:
            gc.enable()
        rounds += 1
    return {name: _quiet(each) for name, each in times.items()}, rounds


def _quiet(times: list[float]) -> float:
    return sorted(times)[len(times) // 100]


def _times(probe: Probe) -> Iterator[float]:
    """Microseconds of some calls, after one that does not count."""
    run = probe.run
    warm, *given = probe.given(CALLS + 1)
    run(warm)
    for each in given:
        start = perf_counter_ns()
        run(each)
        yield (perf_counter_ns() - start) / 1000
