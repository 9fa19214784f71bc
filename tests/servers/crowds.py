"""Crowds: many visitors at once of an application whose sessions are in a store."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from . import servers
from .servers import DEADLINE, Running, wait_for

THREADS = ("--worker-class", "gthread", "--threads", "4", "--keep-alive", "30")
APP = "tests.servers.stored_app:wrapped"
Given = TypeVar("Given")


def serve(store: str, *options: str, **environ: str) -> Running:
    """gunicorn, with two workers of four threads each.

    :param store: the URL of where they keep their sessions.
    """
    variables = {"SESSION_STORE": store, **environ}
    return servers.gunicorn(*THREADS, *options, app=APP, environ=variables)


@dataclass
class Page:
    """An answer: its status, what it says in JSON, and its Set-Cookie lines."""

    status: int
    said: dict[str, Any]
    set_cookies: list[str]

    @property
    def cookie(self) -> str:
        """The only cookie, as a Cookie header."""
        [line] = self.set_cookies
        return line.partition(";")[0]


@dataclass
class Guest:
    """Asks for pages with one cookie, each on a connection of its own.

    So each may be answered by any of the workers.
    """

    url: str
    cookie: str = ""

    def ask(self, path: str) -> Page:
        with closing(self.connect()) as connection:
            return self.ask_on(connection, path)

    def connect(self) -> http.client.HTTPConnection:
        place = urlsplit(self.url)
        assert place.hostname is not None
        return http.client.HTTPConnection(place.hostname, place.port, timeout=DEADLINE)

    def ask_on(self, connection: http.client.HTTPConnection, path: str) -> Page:
        """The same, of the worker that a connection has reached."""
        headers = {"Cookie": self.cookie} if self.cookie else {}
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        said = json.loads(body) if response.status == 200 else {}
        lines = response.headers.get_all("Set-Cookie") or []
        return Page(response.status, said, lines)

    def said(self, path: str) -> dict[str, Any]:
        """What a page says that is to be a good one."""
        page = self.ask(path)
        assert page.status == 200, page
        return page.said

    def begin(self, path: str) -> Guest:
        """Ask for a page with a new session, and have its cookie from then on."""
        self.cookie = self.ask(path).cookie
        return self


def see_both(url: str) -> None:
    """Wait until both workers of a server answer: one of them may be ready first."""
    seen: set[int] = set()

    def look() -> bool:
        seen.update(together(lambda _: Guest(url).said("/")["process"], range(16)))
        return len(seen) == 2

    wait_for(look, "both workers")


def together(use: Callable[[int], Given], numbers: Iterable[int]) -> list[Given]:
    """``use(number)`` of each, at once, in a thread each."""
    numbers = list(numbers)
    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(use, numbers))
