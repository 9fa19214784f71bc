"""Loads: visitors who never stop, and what of all that they were told is not so."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter

from ..support.examples import share_of
from .crowds import Guest, Page
from .servers import wait_for

TIMES = max(15, share_of(10))  # that each is to be served between two faults


class Visitor(threading.Thread):
    """Asks for pages until it is stopped; what fails, it notes and asks for again."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.guest = Guest(url)
        self.seen: Counter[str] = Counter()
        self.slowest_failure = self.slowest = 0.0
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            self.visit()

    def visit(self) -> None:
        raise NotImplementedError

    def get(self, guest: Guest, path: str) -> Page | None:
        """A page; ``None``: it was none."""
        start = time.monotonic()
        try:
            page = guest.ask(path)
        except (OSError, http.client.HTTPException):
            page = Page(0, {}, [])
        took = time.monotonic() - start
        self.slowest = max(self.slowest, took)
        self.seen["asked"] += 1
        if page.status == 200:
            return page
        self.seen["failed"] += 1
        self.slowest_failure = max(self.slowest_failure, took)
        if page.set_cookies:
            self.seen["cookies with an error"] += 1
        time.sleep(0.05)
        return None


class Stranger(Visitor):
    """Has no session and needs none."""

    def visit(self) -> None:
        self.get(self.guest, "/")


class Regular(Visitor):
    """Counts in one session, and begins and ends others."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.count = self.unknown = 0  # what was confirmed; and tried since, in vain
        self.begun: list[str] = []
        self.ended: list[str] = []

    def visit(self) -> None:
        if not self.guest.cookie:
            page = self.get(self.guest, "/add?key=n")
            if page is not None:
                self.guest.cookie, self.count = page.cookie, 1
                self.seen["confirmed"] += 1
            return
        self.add()
        if self.seen["asked"] % 3 == 0:
            self.begin()
        if len(self.begun) > 5:
            self.end(self.begun[0])

    def add(self) -> None:
        page = self.get(self.guest, "/add?key=n")
        if page is None:
            self.unknown += 1
            return
        self.seen["confirmed"] += 1
        least = self.count + 1
        if not least <= page.said["count"] <= least + self.unknown:
            self.seen["emptied" if page.said["count"] == 1 else "wrong"] += 1
        if page.set_cookies:
            self.seen["emptied"] += 1  # a new session's, or a deletion
        self.count, self.unknown = page.said["count"], 0

    def begin(self) -> None:
        page = self.get(Guest(self.guest.url), "/begin?name=x")
        if page is not None:
            self.begun.append(page.cookie)
            self.seen["confirmed"] += 1

    def end(self, cookie: str) -> None:
        """Log out, until that is confirmed."""
        if self.get(Guest(self.guest.url, cookie), "/logout") is not None:
            self.begun.remove(cookie)
            self.ended.append(cookie)
            self.seen["confirmed"] += 1

    def lost(self) -> Counter[str]:
        """What was confirmed and is not so; asked when all is well again."""

        def session(cookie):
            return Guest(self.guest.url, cookie).said("/read")["session"]

        kept = session(self.guest.cookie).get("n", 0)
        lost = Counter(counts=max(0, self.count - kept))
        lost["sessions"] = sum(session(each) != {"name": "x"} for each in self.begun)
        lost["logouts"] = sum(session(each) != {} for each in self.ended)
        for what in ("emptied", "wrong", "cookies with an error"):
            lost[what] = self.seen[what]
        return lost


class Load:
    """Some of both, in a ``with`` block."""

    def __init__(self, url: str) -> None:
        self.regulars = [Regular(url) for _ in range(6)]
        self.strangers = [Stranger(url) for _ in range(2)]

    def __enter__(self) -> Load:
        for each in [*self.regulars, *self.strangers]:
            each.start()
        self.go_on()
        for each in [*self.regulars, *self.strangers]:
            each.slowest = 0.0  # the first ones wait for what is imported
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def stop(self) -> None:
        for each in [*self.regulars, *self.strangers]:
            each.stopped.set()
        for each in [*self.regulars, *self.strangers]:
            each.join()

    def go_on(self, times: int = TIMES) -> None:
        """Until each of them was told so many times more that something is done."""
        goals = [(each, each.seen["confirmed"] + times) for each in self.regulars]
        wait_for(
            lambda: all(each.seen["confirmed"] >= goal for each, goal in goals),
            "the load to go on",
        )

    def lost(self) -> dict[str, int]:
        """What was confirmed and is not so: how much of each kind there is."""
        lost = sum((each.lost() for each in self.regulars), Counter())
        return {what: number for what, number in lost.items() if number}

    def report(self, what: str) -> str:
        """What was tried, and what became of it."""
        seen = sum((each.seen for each in self.regulars), Counter())
        plain = sum((each.seen for each in self.strangers), Counter())
        slowest = max(each.slowest_failure for each in self.regulars)
        waited = max(each.slowest for each in self.strangers)
        return (
            f"{what}: {seen['asked']} requests with a session, {seen['confirmed']} "
            f"confirmed, {seen['failed']} failed, the slowest after {slowest:.2f} s; "
            f"{plain['asked']} without one, {plain['failed']} failed, the slowest took "
            f"{waited:.2f} s; lost: {self.lost() or 'nothing'}"
        )
