"""Memory and garbage of one request; time and memory of an import."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

OURS = "session_middleware"
ALLOWED = "werkzeug.datastructures, werkzeug.http, itsdangerous"
IMPORTED = [
    OURS,
    ALLOWED,
    "flask",
    "beaker.middleware",
    "starlette.middleware.sessions",
    "pyramid.session",
]

_IMPORT = """\
import json, sys, time, tracemalloc
if {memory}: tracemalloc.start()
before = time.perf_counter()
import {module}
seconds = time.perf_counter() - before
memory = tracemalloc.get_traced_memory()[0] if {memory} else 0
print(json.dumps([seconds, memory, len(sys.modules)]))
"""


def peak_memory(run: Callable[[], object]) -> int:
    """Bytes that one call needs at its height, over what was there before."""
    for _ in range(100):
        run()
    peaks = []
    tracemalloc.start()
    try:
        for _ in range(20):
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            run()
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    return min(peaks)


def cyclic_garbage(run: Callable[[], object], calls: int = 100) -> float:
    """Objects per call that only the garbage collector can free."""
    run()
    gc.freeze()  # or each collection would look at every module again
    gc.disable()
    try:
        for _ in range(calls):
            run()
        return gc.collect() / calls
    finally:
        gc.enable()


def import_costs(times: int) -> dict[str, dict[str, float]]:
    """Milliseconds, KiB and modules of each import, in fresh processes, interleaved."""
    seconds: dict[str, list[float]] = {module: [] for module in IMPORTED}
    for _ in range(times):
        for module in IMPORTED:
            seconds[module].append(_import(module, memory=False)[0])
    costs = {}
    for module in IMPORTED:
        _, memory, modules = _import(module, memory=True)
        costs[module] = {
            "milliseconds": min(seconds[module]) * 1000,
            "kib": memory / 1024,
            "modules": modules,
        }
    return costs


def _import(module: str, memory: bool) -> Any:
    script = _IMPORT.format(module=module, memory=memory)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, timeout=60
    )
    return json.loads(done.stdout)
