"""Requests per second over a socket: gunicorn with one sync worker, and wrk.

All servers run at once and are asked in turn, a few seconds at a time, so that what
else the machine does hits all alike. A sync worker serves one connection for each
request; most of the time goes there. wrk says the request came over TLS, as a proxy
in production would, and sends each contender a cookie of its own.
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
from typing import Any

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
HEADERS = {"X-Forwarded-Proto": "https"}


def measure_servers(quick: bool) -> dict[str, Any]:
    """Print and give the requests per second of each."""
    if shutil.which("wrk") is None:
        print("wrk is not installed, so there is nothing to measure with")
        return {"skipped": "no wrk"}
    start = time.monotonic()
    rounds, seconds = (2, 1) if quick else (6, 3)
    found: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with ExitStack() as stack:
        urls = {name: stack.enter_context(_serve(name)) for name in CONTENDERS}
        cookies = {name: _cookie(urls[name]) for name in CONTENDERS}
        for _ in range(rounds):
            for name in CONTENDERS:
                found[name].append(_wrk(urls[name], cookies[name], seconds))
    best = {name: max(rates) for name, rates in found.items()}
    print("gunicorn, one sync worker; wrk with 4 connections; the best round of each\n")
    for name, rate in best.items():
        print(f"{name:26}{rate:8.0f} requests/s {rate / best['bare']:7.1%} of bare")
    return {
        **about(time.monotonic() - start, rounds),
        "requests_per_second": best,
        "all_rounds": found,
    }


@contextmanager
def _serve(name: str) -> Iterator[str]:
    """A server of one contender's app, as its URL."""
    port = _free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", "--workers=1", "--log-level=error"),
        f"--bind=127.0.0.1:{port}",
        f"benchmarks.server_apps:make_app({name!r})",
    ]
    root = Path(__file__).parent.parent
    process = subprocess.Popen(command, cwd=root, env={**os.environ})
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(timeout=20)


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
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
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


def _wrk(url: str, cookie: str, seconds: int) -> float:
    headers = {**HEADERS, "Cookie": cookie}
    options = [f"-H{name}: {value}" for name, value in headers.items()]
    command = ["wrk", "-t1", "-c4", f"-d{seconds}s", *options, url]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60
    )
    if "Non-2xx" in done.stdout:
        raise RuntimeError(done.stdout)
    found = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1])
