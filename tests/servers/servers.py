"""Start servers on free loopback ports, and visit them.

A server belongs to one ``with`` block: it is waited for with a deadline, and ended by
its own process id.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import pytest

from ..support import ROOT, Answer
from ..support.cookie_rules import UserAgent

DEADLINE = 30  # seconds, for what takes a moment on any machine
REQUIRED = "SESSION_MIDDLEWARE_REQUIRE_SERVERS"

FORM = "application/x-www-form-urlencoded"
Found = TypeVar("Found")


def need(program: str) -> str:
    """The path of a program; without it the test is skipped, or fails if told so."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if path is not None:
        return path
    message = f"{program} is not installed"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{message}, and {REQUIRED} is set")
    pytest.skip(message)


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    """What ``look`` finds, asked again and again until the deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise TimeoutError(f"{what}: not within {DEADLINE} seconds")


@dataclass
class Server:
    """A running server: its own process group, its address and what it printed.

    On a unix socket, its URL is what nginx calls that: ``http://unix:/path:``.
    """

    process: subprocess.Popen[bytes]
    output: Path
    url: str = ""
    path: Path | None = None

    def log(self) -> str:
        """All that it has printed."""
        return self.output.read_text(errors="replace")

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def _says(self, ready: str) -> re.Match[str] | None:
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended at once:\n{self.log()}")
        return re.search(ready, self.log())

    def _accepts(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended at once:\n{self.log()}")
        try:
            self._connect().close()
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True

    def _connect(self) -> socket.socket:
        if self.path is None:
            return socket.create_connection(self.address, timeout=DEADLINE)
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.path))
        return connection

    def _stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with contextlib.suppress(ProcessLookupError):  # children it left behind
            os.killpg(self.process.pid, signal.SIGKILL)


@contextlib.contextmanager
def start(
    command: Sequence[str],
    ready: str,
    *,
    port: int | None = None,
    path: Path | None = None,
    scheme: str = "http",
    environ: Mapping[str, str] | None = None,
    inherit: socket.socket | None = None,
) -> Iterator[Server]:
    """Run a server until the block ends.

    :param ready: a pattern for what it prints when it is up; its first group is the
        port, if that is not known before.
    :param path: of the unix socket it listens on instead.
    :param environ: additions to our own environment.
    :param inherit: a listening socket to hand over.
    """
    with tempfile.TemporaryDirectory() as home, open(f"{home}/log", "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment({"XDG_RUNTIME_DIR": home, **(environ or {})}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[] if inherit is None else [inherit.fileno()],
        )
        server = Server(process, Path(output.name))
        try:
            found = wait_for(lambda: server._says(ready), "a server's start")
            place = f"127.0.0.1:{port or found[1]}" if path is None else f"unix:{path}:"
            server.path, server.url = path, f"{scheme}://{place}"
            wait_for(server._accepts, "a server's first connection")
            yield server
        finally:
            server._stop()


def environment(additions: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours without a key, with no proxy to this machine, and with this package."""
    kept = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    path = os.pathsep.join(_homes("session_middleware"))
    return {**kept, "no_proxy": "*", "PYTHONPATH": path, **(additions or {})}


def _homes(*packages: str) -> list[str]:
    """The directories these packages are imported from, and the tests'."""
    specs = [importlib.util.find_spec(package) for package in packages]
    found = [str(Path(spec.origin).parent.parent) for spec in specs if spec]
    return [*dict.fromkeys([*found, str(ROOT)])]


# -- the servers ----------------------------------------------------------

Running = contextlib.AbstractContextManager[Server]
APP = "tests.servers.server_app:wrapped"
# It waits no longer for a worker that was told to end while it began, and so missed it.
GUNICORN = (
    *(sys.executable, "-m", "gunicorn"),
    *("--workers", "2", "--graceful-timeout", "1"),
)
LISTENING = r"(?:Listening at:|Serving on|Listening on) https?://[\w.]+:(\d+)"


def gunicorn(
    *options: str, app: str = APP, path: Path | None = None, **more: Any
) -> Running:
    """gunicorn with two workers."""
    place = "127.0.0.1:0" if path is None else f"unix:{path}"
    command = [*GUNICORN, "--bind", place]
    ready = LISTENING if path is None else "Listening at: unix:"
    return start([*command, *options, app], ready, path=path, **more)


def waitress(*options: str, path: Path | None = None) -> Running:
    place = "--listen=127.0.0.1:0" if path is None else f"--unix-socket={path}"
    command = [sys.executable, "-m", "waitress", place, *options, APP]
    return start(command, LISTENING if path is None else "Serving on", path=path)


REDIS_NEEDS = "async_timeout"  # redis-py does, on the Python of Debian's uWSGI


def uwsgi(
    *options: str, app: str = APP, path: Path | None = None, **environ: str
) -> Running:
    """Debian's uWSGI with two processes, on the Python that it is built for."""
    place = "127.0.0.1:0" if path is None else str(path)
    command = [need("uwsgi"), "--plugin", "python3", "--http-socket", place]
    basic = ["--master", "--processes", "2", "--die-on-term", "--need-app"]
    ready = r"bound to (?:TCP address 127\.0\.0\.1:(\d+)|UNIX address)"
    module = ["--module", app]
    variables = {"PYTHONPATH": _path_of_uwsgi(), **environ}
    return start(
        [*command, *basic, *options, *module], ready, path=path, environ=variables
    )


def uwsgi_by(ini: Path, port: int, **environ: str) -> Running:
    """The same by a file of settings, which names this port."""
    command = [need("uwsgi"), "--plugin", "python3", "--ini", str(ini)]
    variables = {"PYTHONPATH": _path_of_uwsgi(), **environ}
    return start(command, "spawned uWSGI worker 1", port=port, environ=variables)


def _path_of_uwsgi() -> str:
    ours = ("session_middleware", "itsdangerous", "werkzeug", "markupsafe", "webob")
    return os.pathsep.join(_homes(*ours, "redis", REDIS_NEEDS))


def wsgiref(*other: str) -> Running:
    """wsgiref's server, or another that developers use."""
    return start([sys.executable, "-m", "tests.servers.server_app", *other], LISTENING)


def script(path: str, port: int = 0, **environ: str) -> Running:
    """An example, run as its first lines say."""
    return start([sys.executable, path, str(port)], LISTENING, environ=environ)


# None that a system gives away itself, and for each process of the tests others.
_ports = iter(range(20_000 + os.getpid() % 120 * 100, 32_768))


def free_port() -> int:
    """A port that was free just now, for who cannot tell which one it got."""
    for port in _ports:
        with (
            contextlib.suppress(OSError),
            socket.create_server(("127.0.0.1", port)) as free,
        ):
            return free.getsockname()[1]
    raise RuntimeError("every port is taken")


def redis() -> Running:
    """An empty Redis, which writes nothing to disk."""
    port = free_port()
    command = [need("redis-server"), "--bind", "127.0.0.1", "--port", str(port)]
    keeps_nothing = ["--save", "", "--appendonly", "no"]
    return start([*command, *keeps_nothing], "Ready to accept", port=port)


NGINX = """\
daemon off;
pid {home}/pid;
error_log stderr notice;
user {user};
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    fastcgi_temp_path {home}/fastcgi;
    proxy_temp_path {home}/proxy;
    scgi_temp_path {home}/scgi;
    uwsgi_temp_path {home}/uwsgi;
    proxy_cache_path {home}/cache keys_zone=pages:1m;
{servers}
}}
"""
NGINX_SERVER = """\
    server {{
        listen 443 ssl;
        ssl_certificate {pem};
        ssl_certificate_key {pem};
{locations}
    }}
"""


def nginx(locations: str, pem: Path, home: Path) -> Running:
    """nginx with one ``server`` block, ending TLS.

    :param locations: what stands in the block.
    :param pem: its key and certificates.
    :param home: an empty directory for all its files.
    """
    return nginx_with(NGINX_SERVER.format(pem=pem, locations=locations), home)


@contextlib.contextmanager
def nginx_with(blocks: str, home: Path) -> Iterator[Server]:
    """nginx with these ``server`` blocks, on a socket that we opened for port 443."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        user = pwd.getpwuid(os.geteuid()).pw_name
        placed = blocks.replace("listen 443 ", f"listen 127.0.0.1:{port} ")
        text = NGINX.format(home=home, user=user, servers=placed)
        config = home / "nginx.conf"
        config.write_text(text)
        command = [need("nginx"), "-p", str(home), "-e", "stderr", "-c", str(config)]
        # The variable by which an nginx hands its sockets on to a newer one.
        environ = {"NGINX": f"{listening.fileno()};"}
        with start(
            command,
            ready="start worker process",
            port=port,
            scheme="https",
            environ=environ,
            inherit=listening,
        ) as running:
            yield running


# -- the visitor ----------------------------------------------------------


@dataclass
class Visitor:
    """A browser of few words: http.client and a cookie jar.

    :param tls: what it trusts, for https.
    :param address: where the host of ``url`` really is.
    """

    url: str
    tls: ssl.SSLContext | None = None
    address: tuple[str, int] | None = None
    jar: UserAgent = field(default_factory=UserAgent)

    def ask(
        self,
        path: str = "/",
        method: str = "GET",
        *,
        form: Mapping[str, str] | None = None,
        cookies: Sequence[str] | None = None,
    ) -> Answer:
        """One request on a connection of its own; its cookies go into the jar.

        :param form: fields to post.
        :param cookies: Cookie lines to send instead of the jar's.
        """
        url = f"{self.url}{path}"
        if cookies is None:
            kept = self.jar.header(url)
            cookies = [] if kept is None else [kept]
        body = None if form is None else urlencode(form).encode()
        connection = self._connect()
        with contextlib.closing(connection):
            connection.putrequest("POST" if form is not None else method, path)
            for line in cookies:
                connection.putheader("Cookie", line)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
                connection.putheader(
                    "Content-Type", "application/x-www-form-urlencoded"
                )
            connection.endheaders(body)
            response = connection.getresponse()
            status = f"{response.status} {response.reason}"
            answer = Answer(status, response.getheaders(), response.read())
        dropped = self.jar.receive(url, answer.headers)
        assert not dropped, f"a browser drops {dropped}"
        return answer

    def text(self, path: str = "/") -> str:
        """The body of a page, as text."""
        return self.ask(path).body.decode()

    def _connect(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        connection = http.client.HTTPConnection(host, parts.port, timeout=DEADLINE)
        sock = socket.create_connection(self.address or (host, parts.port), DEADLINE)
        if self.tls is not None:
            sock = self.tls.wrap_socket(sock, server_hostname=host)
        connection.sock = sock
        return connection
