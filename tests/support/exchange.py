"""One request, played by a server that PEP 3333 would recognise, step by step.

It holds to the letter: headers go with the first block that is not empty, a second
``start_response`` needs ``exc_info``, and ``exc_info`` is raised once bytes have gone.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

App = Callable[..., Iterable[bytes]]


def make_environ(**entries: Any) -> dict[str, Any]:
    """An environ of our own making, without a cycle in it."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "app.example",
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "app.example",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **entries,
    }


class Exchange:
    """A request and what has come back so far.

    :param entries: what to put into the environ.
    """

    def __init__(self, app: App, **entries: Any) -> None:
        self.app = app
        self.environ = make_environ(**entries)
        self.starts: list[tuple[Any, ...]] = []  # arguments; exc_info by name only
        self.blocks: list[bytes] = []
        self.gone = False  # whether bytes have reached the client
        self.body: Iterable[bytes] | None = None
        self._iterator: Iterator[bytes] | None = None

    def start_response(self, *args: Any) -> Callable[[bytes], object]:
        status, headers, *exc_info = args
        noted = (status, headers, *["exc_info" for _ in exc_info])
        try:
            if exc_info and self.gone:
                raise exc_info[0][1].with_traceback(exc_info[0][2])
            assert exc_info or not self.starts, "headers are already set"
        finally:
            args = exc_info = ()  # type: ignore[assignment]
        assert type(headers) is list
        self.starts.append(noted)
        return self.send

    def send(self, block: bytes) -> None:
        assert self.starts, "a block before start_response"
        assert type(block) is bytes
        self.blocks.append(block)
        self.gone = self.gone or bool(block)

    def call(self) -> Iterable[bytes]:
        """Call the app; the body is not read yet."""
        self.body = self.app(self.environ, self.start_response)
        return self.body

    def next(self) -> bytes:
        """Take the body's next block and send it."""
        if self._iterator is None:
            assert self.body is not None
            self._iterator = iter(self.body)
        block = next(self._iterator)
        self.send(block)
        return block

    def close(self) -> None:
        close = getattr(self.body, "close", None)
        if close is not None:
            close()

    def run(self) -> Exchange:
        """The whole request, as a server does it."""
        self.call()
        try:
            while True:
                try:
                    self.next()
                except StopIteration:
                    return self
        finally:
            self.close()

    @property
    def status(self) -> str:
        status: str = self.starts[-1][0]
        return status

    @property
    def headers(self) -> list[tuple[str, str]]:
        headers: list[tuple[str, str]] = self.starts[-1][1]
        return headers

    @property
    def set_cookies(self) -> list[str]:
        return [value for name, value in self.headers if name == "Set-Cookie"]

    @property
    def cookie(self) -> str:
        """The ``name=value`` of the only Set-Cookie, as a Cookie header."""
        [line] = self.set_cookies
        return line.partition(";")[0]
