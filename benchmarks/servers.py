"""Requests per second over a socket: gunicorn with one or two sync workers, and wrk.

All servers run at once and are asked in turn, a second at a time, so that what else
the machine does hits all alike. A sync worker makes a connection for each request;
most of the time goes there. wrk says the request came over TLS, as a proxy in
production would, and sends each contender a cookie of its own. Where there is /proc,
the processor time of the worker is counted too; it varies less than the rate.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from .report import about

CONTENDERS = [
    "bare",
    "ours, untouched",
    "ours, read",
    "ours, changed",
    "Beaker, read",
    "Flask's interface, read",
    "a Flask app, untouched",
    "a Flask app, read",
]
ON_STORES = [  # with two workers, who share the store
    "bare",
    "a Flask app without sessions",
    *(f"ours on Redis, {use}" for use in ("untouched", "read", "counted")),
    *(f"ours on SQLite, {use}" for use in ("read", "counted")),
    *(f"Flask-Session on Redis, {use}" for use in ("untouched", "read", "counted")),
]
HEADERS = {"X-Forwarded-Proto": "https"}


def measure_on_stores(quick: bool) -> dict[str, Any]:
    """The same of sessions in a store."""
    from tests.support.stores.redis import node

    with TemporaryDirectory() as home, node(Path(home)) as redis:
        os.environ["BENCHMARK_REDIS"] = redis.url  # for the servers
        os.environ["BENCHMARK_SQLITE"] = f"sqlite:///{home}/sessions.db"
        return measure_servers(quick, ON_STORES, workers=2)


def measure_servers(
    quick: bool, contenders: list[str] = CONTENDERS, workers: int = 1
) -> dict[str, Any]:
    """Print and give the requests per second of each."""
    if shutil.which("wrk") is None:
        print("wrk is not installed, so there is nothing to measure with")
        return {"skipped": "no wrk"}
    start = time.monotonic()
    rounds = 2 if quick else 15
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    costs: dict[str, list[float]] = {name: [] for name in contenders}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(_serve(name, workers)) for name in contenders
        }
        cookies = {name: _cookie(server.url) for name, server in servers.items()}
        for _ in range(rounds):
            for name, server in servers.items():
                before = _cpu_seconds(server.workers)
                requests, rate = _wrk(server.url, cookies[name])
                used = _cpu_seconds(server.workers) - before
                rates[name].append(rate)
                costs[name].append(used / requests * 1e6)
    best = {name: max(each) for name, each in rates.items()}
    cost = {name: min(each) for name, each in costs.items()}
    print(
        f"gunicorn, {workers} sync worker(s); wrk with 4 connections. The best second\n"
        "of each, and the workers' processor time per request, that of its cheapest.\n"
        f"Load average {os.getloadavg()[0]:.1f}.\n"
    )
    for name, rate in best.items():
        print(
            f"{name:34}{rate:7.0f} requests/s {rate / best['bare']:7.1%} of bare"
            f"{cost[name]:10.0f} µs {cost[name] - cost['bare']:+6.0f}"
        )
    return {
        **about(time.monotonic() - start, rounds),
        "requests_per_second": best,
        "worker_microseconds_per_request": cost,
    }


class _Server(NamedTuple):
    url: str
    workers: list[int]  # process ids


@contextmanager
def _serve(name: str, workers: int) -> Iterator[_Server]:
    """A server of one contender's app."""
    port = _free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--log-level=error"),
        f"--workers={workers}",
        f"--bind=127.0.0.1:{port}",
        f"benchmarks.server_apps:make_app({name!r})",
    ]
    root = Path(__file__).parent.parent
    process = subprocess.Popen(command, cwd=root)
    try:
        _wait_for(port, process)
        yield _Server(f"http://127.0.0.1:{port}/", _children_of(process.pid))
    finally:
        process.terminate()
        process.wait(timeout=20)


def _children_of(pid: int) -> list[int]:
    """The workers of a server; none where there is no /proc."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [*map(int, children.read_text().split())] if children.exists() else []


def _cpu_seconds(pids: list[int]) -> float:
    """User and system time of processes; NaN where there is no /proc."""
    ticks = 0 if pids else float("nan")
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise RuntimeError("gunicorn did not start")
        try:
            _get(f"http://127.0.0.1:{port}/new", {}).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("gunicorn does not answer")


def _cookie(url: str) -> str:
    """The Cookie header of a user who was there before, shown to be accepted."""
    with _get(url + "new", {}) as answer:
        line = answer.headers.get("Set-Cookie")
    pairs = ["_ga=GA1.1.1583920471.1731650211", "theme=dark"]
    if line is not None:
        pairs.append(line.partition(";")[0].strip())
    cookie = "; ".join(pairs)
    if line is not None:
        with _get(url + "check", {"Cookie": cookie}) as answer:
            assert answer.read() == b"42", url
    return cookie


def _get(url: str, headers: dict[str, str]) -> Any:
    request = urllib.request.Request(url, headers={**HEADERS, **headers})
    return urllib.request.urlopen(request, timeout=10)


def _wrk(url: str, cookie: str) -> tuple[int, float]:
    """How many requests were answered in a second or so, and the exact rate."""
    headers = {**HEADERS, "Cookie": cookie}
    options = [f"-H{name}: {value}" for name, value in headers.items()]
    done = subprocess.run(
        ["wrk", "-t1", "-c4", "-d1s", *options, url],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    requests = re.search(r"(\d+) requests in", done.stdout)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    if requests is None or rate is None:
        raise RuntimeError(done.stdout)
    return int(requests[1]), float(rate[1])
