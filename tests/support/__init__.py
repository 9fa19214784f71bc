"""What the tests share: keys, a clock, an interface on that clock, one WSGI call."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.test import create_environ

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionInterface,
)

ROOT = Path(__file__).parent.parent.parent  # where README.rst and examples/ are
KEY = "correct horse battery staple, and then some"
OTHER_KEY = "a second key that is just as long as the first"
START = 1_800_000_000  # seconds since the epoch; where every clock starts


class Usual:
    """What a test's interface is if the test does not choose one."""

    interface: type[SessionInterface] = SecureCookieSessionInterface


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def forward(self, **units: float) -> None:
        """Move on by ``days=``, ``hours=``, ``minutes=`` and ``seconds=``."""
        sizes = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
        self.now += sum(sizes[unit] * count for unit, count in units.items())


def make_interface(
    base: type[SessionInterface] | None = None,
    clock: Clock | None = None,
    **options: Any,
) -> Any:
    """An interface on ``clock`` that notes its events in ``interface.events``.

    ``interface.events`` is a list of ``(name, facts)``.

    :param base: its class; ``None``: the signed cookie, or what ``Usual`` says.
    """
    clock = clock or Clock()

    class OnClock(base or Usual.interface):  # type: ignore[misc, valid-type]
        def now(self) -> float:
            return clock.now

        def event(self, name: str, **facts: object) -> None:
            self.events.append((name, facts))
            super().event(name, **facts)

    OnClock.events = []
    return OnClock(SessionConfig(**{"secret_key": KEY, **options}))


def make_signed(clock: Clock | None = None, **options: Any) -> Any:
    """The same of the signed cookie, whatever is usual."""
    return make_interface(SecureCookieSessionInterface, clock, **options)


class Answer(NamedTuple):
    """A response as a server sees it."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of one header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def set_cookies(self) -> list[str]:
        return self.all("Set-Cookie")

    @property
    def cookie(self) -> str:
        """The ``name=value`` of the only Set-Cookie, as a Cookie header."""
        [line] = self.set_cookies
        return line.partition(";")[0]


def call(
    app: Callable[..., Iterable[bytes]],
    path: str = "/",
    *,
    cookie: str | None = None,
    base_url: str = "https://app.example/",
    environ: dict[str, Any] | None = None,
    **options: Any,
) -> Answer:
    """One request through a WSGI callable; the body is read and closed.

    :param cookie: the Cookie header.
    :param environ: entries to add; the caller's own dict is what the app gets.
    """
    full = create_environ(path, base_url, **options)
    if cookie is not None:
        full["HTTP_COOKIE"] = cookie
    full.update(environ or {})
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(status, headers, exc_info=None):  # type: ignore[no-untyped-def]
        started.append((status, headers))
        return written.append

    body = app(full, start_response)
    try:
        blocks = list(body)
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    status, headers = started[-1]
    return Answer(status, headers, b"".join(written + blocks))


def app_of(use: Callable[[Any], object], **answer: Any) -> Callable[..., Any]:
    """A WSGI app that does ``use(session)`` and answers what it gives, as text.

    :param answer: ``status`` and ``headers`` of the response.
    """
    status = answer.get("status", "200 OK")
    headers = answer.get("headers", [("Content-Type", "text/plain")])

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        result = use(environ["session"])
        start_response(status, headers)
        return [str(result).encode()]

    return app


def block_of(page: Path, language: str, name: str = "") -> str:
    """The one block of that language on a page of the documentation.

    :param name: of its file, if there are several.
    """
    text = page.read_text(encoding="utf-8")
    marked = rf"\.\. code-block:: {language}\n\n((?: {{4}}.*\n|\n)+)"
    blocks = [textwrap.dedent(each) for each in re.findall(marked, text)]
    [block] = [each for each in blocks if name in each.partition("\n")[0]]
    return block
