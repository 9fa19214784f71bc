"""Times in one process and one run, interleaved.

In every round each probe runs once, for a block of about a millisecond after a few
calls that do not count, next to those it will be compared with. Its result is its
quietest block: what else the machine was doing only ever adds. The garbage collector
is off during the blocks and runs between the rounds, for all alike; a count of its
own says who leaves cyclic garbage.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable
from itertools import repeat
from statistics import median
from time import monotonic, perf_counter_ns
from typing import TypeVar

BLOCK = 1_000_000  # nanoseconds

Name = TypeVar("Name", bound=Hashable)


class Times(dict[Name, list[float]]):
    """Microseconds per call, one for each round."""

    def best(self, name: Name) -> float:
        return min(self[name])

    def typical(self, name: Name) -> float:
        return median(self[name])


def measure(
    probes: dict[Name, Callable[[], object]], seconds: float
) -> tuple[Times[Name], int]:
    """The times of all probes, and how many rounds there were."""
    counts = {name: _calls_per_block(run) for name, run in probes.items()}
    times: Times[Name] = Times((name, []) for name in probes)
    end = monotonic() + seconds
    rounds = 0
    gc.collect()
    gc.freeze()  # what is here stays; the rounds' own garbage is quick to find
    while monotonic() < end or rounds < 3:
        gc.collect()
        gc.disable()
        try:
            for name, run in probes.items():
                count = counts[name]
                _time(run, count // 4 + 1)  # caches that others have used since
                times[name].append(_time(run, count) / count / 1000)
        finally:
            gc.enable()
        rounds += 1
    return times, rounds


def _calls_per_block(run: Callable[[], object]) -> int:
    for _ in repeat(None, 20):
        run()
    return max(1, round(BLOCK / max(min(_time(run, 20) for _ in range(3)) / 20, 1)))


def _time(run: Callable[[], object], count: int) -> int:
    start = perf_counter_ns()
    for _ in repeat(None, count):
        run()
    return perf_counter_ns() - start
