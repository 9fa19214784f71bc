"""One of several requests with one cookie, which run at once on a real store.

Threads and processes do the same: what is to be done comes as one tuple.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any, NamedTuple

from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.urls import open_store

from ..support import START, make_interface
from ..support.visits import respond

A_YEAR = 365 * 86400  # longer than any session lives
SKEW = 60  # of clocks, which expiration grants


class Clock:
    """Moves on by a year at a moment that all processes know."""

    jump = float("inf")

    @property
    def now(self) -> float:
        return START + (A_YEAR if time.monotonic() >= self.jump else 0)


CLOCK = Clock()  # of this process


class Part(NamedTuple):
    """What one request does, and when.

    :param url: of the store.
    :param start: seconds of the monotonic clock at which all begin.
    :param jump: at which the other clock moves on.
    :param pauses: seconds before the session is opened, and until it is used.
    :param name: of a key that only this request writes.
    """

    url: str
    cookie: str
    action: str
    start: float
    jump: float
    pauses: tuple[float, float]
    name: str


class Done(NamedTuple):
    """What came of it.

    :param status: of the session as the request opened it.
    :param refused: whether an event said that what it wrote is not saved.
    """

    name: str
    status: str
    refused: bool
    set_cookies: list[str]


@lru_cache
def interface_at(url: str) -> Any:
    """One for all threads of a process."""
    store = open_store(url)

    class Stored(ServerSideSessionInterface):
        def __init__(self, config: Any) -> None:
            super().__init__(config, store, owner_key="user")

    return make_interface(Stored, CLOCK)


def write(session: Any, name: str) -> None:
    session[name] = 1
    session.increment("count")


def rotate(session: Any, name: str) -> None:
    session.regenerate()
    session[name] = 1


def log_out(session: Any, name: str) -> None:
    session.invalidate()


USES = {"write": write, "rotate": rotate, "log out": log_out}


def play(part: Part) -> Done:
    """One part, at its time."""
    interface = interface_at(part.url)
    CLOCK.jump = part.jump
    time.sleep(max(0, part.start + part.pauses[0] - time.monotonic()))
    if part.action == "revoke":
        interface.revoke_all(7)
        return Done(part.name, "", False, [])
    if part.action == "clean":
        interface.store.delete_expired(int(interface.now()) - SKEW)
        return Done(part.name, "", False, [])
    statuses = []

    def use(session: Any) -> None:
        statuses.append(session.status)
        time.sleep(part.pauses[1])
        USES[part.action](session, part.name)

    answer = respond(interface, use, part.cookie)
    refusals = [f for name, f in interface.events if name in ("gone", "not_saved")]
    refused = any(part.name in facts.get("keys", ()) for facts in refusals)
    return Done(part.name, statuses[0], refused, answer.set_cookies)
