"""Two gunicorn workers go from one key to another while visitors never stop."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from session_middleware import SessionMiddleware

from ..support import app_of, call
from . import servers
from .rotation_app import make_interface
from .servers import Answer, Visitor, wait_for

pytestmark = pytest.mark.servers

A = "the first key of these tests, which is to go away"
B = "the second key of these tests, which is to come in"
COUNTERS = READERS = 4
kinds = pytest.mark.parametrize("kind", ["signed", "encrypted"])


class Client:
    """A visitor who never stops, and notes the count and the worker of each page.

    A counter's session changes with every page; a reader's is only used.
    """

    def __init__(self, url: str, path: str) -> None:
        self.visitor = Visitor(url)
        self.cookie: str | None = None
        self.counts: list[int] = []
        self.workers: list[int] = []
        self.cookies_set = 0
        self.path = path

    def run(self, stopped: threading.Event) -> None:
        self._go("/count")
        while not stopped.is_set():
            self._go(self.path)

    def _go(self, path: str) -> None:
        """One request, repeated if the server hangs up on it."""
        answer = wait_for(lambda: self._ask(path), "a page")
        count, worker = answer.body.split()
        self.cookie = self.visitor.jar.header(self.visitor.url)
        self.counts.append(int(count))
        self.cookies_set += len(answer.set_cookies)
        self.workers.append(int(worker))  # last: who waits for a page looks here

    def _ask(self, path: str) -> Answer | None:
        try:
            return self.visitor.ask(path)
        except ConnectionError:
            return None

    def lost(self) -> list[tuple[int, int]]:
        """Each pair of pages where the second did not know of the first."""
        step = 1 if self.path == "/count" else 0
        pairs = itertools.pairwise(list(self.counts))
        return [(count, next) for count, next in pairs if next != count + step]

    def opened_by(self, interface) -> bytes:
        """The status of the session in the cookie that it has now."""
        app = SessionMiddleware(app_of(lambda session: session.status), interface)
        return call(app, cookie=self.cookie, base_url=self.visitor.url).body


class Deployment:
    """gunicorn with two workers that have the key A, and its clients."""

    site = "tests.servers.rotation_app"
    first = A

    def __init__(self, kind: str, home: Path) -> None:
        self.kind = kind
        self.key_file = home / "keys"
        self.running = contextlib.ExitStack()
        self._write(self.first)
        self._start(servers.free_port())
        paths = ["/count"] * COUNTERS + ["/read"] * READERS
        self.clients = [Client(self.server.url, path) for path in paths]

    def _start(self, port: int) -> None:
        bind = ["--bind", f"127.0.0.1:{port}"]
        options = [*bind, "--config", f"python:{self.site}"]
        starting = servers.start(
            [*servers.GUNICORN, *options, f"{self.site}:app"],
            servers.LISTENING,
            port=port,
            environ={"KEY_FILE": str(self.key_file), "KIND": self.kind},
        )
        self.server = self.running.enter_context(starting)

    def restart(self, *keys: str) -> None:
        """Stop, and start with these keys."""
        _, port = self.server.address
        self.running.close()
        self._write(*keys)
        self._start(port)
        self.wait_for_a_page()

    def reload(self, *keys: str) -> None:
        """Start two workers with these keys, and then end the old ones."""
        old = self._both()
        self._write(*keys)
        os.kill(self.server.process.pid, signal.SIGHUP)
        wait_for(lambda: old <= self._ended(), "the old workers' end")
        self.wait_for_a_page()

    def roll(self, *keys: str) -> None:
        """Give these keys to one worker; and to the other when all have met both."""
        first, second = self._both()
        self._write(*keys)
        self._replace(first)
        [new] = self._both() - {second}
        for client in self.clients:
            wait_for(lambda: new in client.workers, "a page of the new worker")  # noqa: B023
            turn = client.workers.index(new)
            wait_for(lambda: second in client.workers[turn:], "one of the old")  # noqa: B023
        self._replace(second)
        self.wait_for_a_page()

    def wait_for_a_page(self) -> None:
        """Until each client has one more."""
        for client, pages in [(each, len(each.workers)) for each in self.clients]:
            wait_for(lambda: len(client.workers) > pages, "another page")  # noqa: B023

    def statuses(self, *keys: str) -> set[bytes]:
        """How these keys open the cookies which the clients have."""
        interface = make_interface(self.kind, *keys)
        return {client.opened_by(interface) for client in self.clients}

    def _write(self, *keys: str) -> None:
        """All at once, for a worker may be reading."""
        draft = self.key_file.with_suffix(".new")
        draft.write_text("\n".join(keys))
        draft.replace(self.key_file)

    def _replace(self, worker: int) -> None:
        os.kill(worker, signal.SIGTERM)
        wait_for(lambda: worker in self._ended(), "the worker's end")

    def _both(self) -> set[int]:
        """The workers, when both have answered: what is in the file is no news."""

        def look():
            seen = {pid for client in self.clients for pid in client.workers}
            alive = seen - self._ended()
            return alive if len(alive) == 2 else None

        return wait_for(look, "pages of two workers")

    def _ended(self) -> set[int]:
        ended = re.findall(r"Worker exiting \(pid: (\d+)\)", self.server.log())
        return set(map(int, ended))


@pytest.fixture
def deployment(kind, tmp_path):
    """Its clients go on until the test ends, whatever happens to the workers."""
    deployment = Deployment(kind, tmp_path)
    with deployment.running, visiting(deployment.clients):
        deployment.wait_for_a_page()
        yield deployment


@contextlib.contextmanager
def visiting(clients):
    stopped = threading.Event()
    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(client.run, stopped) for client in clients]
        try:
            yield
        finally:
            stopped.set()
        for each in running:
            each.result()


@kinds
def test_a_restart_with_the_old_key_as_a_fallback_loses_no_session(deployment):
    before = deployment.statuses(A)

    deployment.restart(B, A)
    after = deployment.statuses(B)
    deployment.restart(B)
    at_last = deployment.statuses(B)

    assert (before, after, at_last) == ({b"ok"}, {b"ok"}, {b"ok"})
    assert deployment.statuses(A) == {b"bad_signature"}
    assert [client.lost() for client in deployment.clients if client.lost()] == []
    readers = [each for each in deployment.clients if each.path == "/read"]
    assert [reader.cookies_set for reader in readers] == [2] * READERS


@kinds
@pytest.mark.parametrize("renew", [Deployment.reload, Deployment.roll])
def test_a_key_that_all_know_before_one_signs_with_it_loses_no_session(
    deployment, renew
):
    """Old workers answer beside new ones, and open what the new ones have signed."""
    renew(deployment, A, B)
    before = deployment.statuses(A)
    renew(deployment, B, A)
    after = deployment.statuses(B)
    renew(deployment, B)
    at_last = deployment.statuses(B)

    assert (before, after, at_last) == ({b"ok"}, {b"ok"}, {b"ok"})
    assert [client.lost() for client in deployment.clients if client.lost()] == []
