"""What is measured: which use of which session, in which request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from werkzeug.test import create_environ

from .payloads import SESSIONS

FOREIGN = ["_ga=GA1.1.1583920471.1731650211", "theme=dark"]
MANY_FOREIGN = [
    f"_tracker_{n}=v1.{n * 7919}.{n * 104729:x}.{n * 1299709:x}" for n in range(30)
]


class Case(NamedTuple):
    """What is done with a session of which size, in which surroundings."""

    name: str
    size: str = "small"
    surroundings: str = ""  # "", "30 foreign cookies" or "http://localhost"

    def __str__(self) -> str:
        return ", ".join(filter(None, self))


CROWDED = Case("read", surroundings="30 foreign cookies")
ENDS = ["small", "3 KiB"]
DEVELOPMENT = Case("untouched", surroundings="http://localhost")
CASES = [
    Case("untouched"),
    DEVELOPMENT,
    *(Case("read", size) for size in SESSIONS),
    CROWDED,
    *(Case("changed", size) for size in SESSIONS),
    *(Case(n, size) for n in ("new", "tampered", "refresh") for size in ENDS),
]


def header_of(case: Case, pair: str | None) -> str:
    """The Cookie header: other cookies, and then the session's ``name=value``."""
    foreign = MANY_FOREIGN if case.surroundings == "30 foreign cookies" else FOREIGN
    return "; ".join([*foreign, pair] if pair else foreign)


def environ_of(case: Case, cookie: str) -> dict[str, Any]:
    """What a server would make of a browser's request."""
    local = case.surroundings == "http://localhost"
    base_url = "http://localhost:8000/" if local else "https://app.example/"
    headers = {
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Encoding": "gzip, deflate, br",
        "Accept-Language": "en-GB,en;q=0.7",
        "Cookie": cookie,
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0",
    }
    return create_environ("/account", base_url, headers=headers)


# -- what the app does with its session


def use_of(case: Case) -> Callable[[Any], object]:
    """What the app does in a case, given its session."""
    if case.name == "new":
        items = list(SESSIONS[case.size].items())

        def fill(session: Any) -> None:
            for key, value in items:
                session[key] = value

        return fill
    return {
        "untouched": nothing,
        "read": _read,
        "changed": _change,
        "tampered": _try_to_read,
        "refresh": _read,
    }[case.name]


def nothing(session: Any) -> None:
    """What a bare request does with the session that it has not."""


def _read(session: Any) -> None:
    session["user_id"]


def _try_to_read(session: Any) -> None:
    session.get("user_id")


def _change(session: Any) -> None:
    session["user_id"] = 43
