"""Forks: what stores do in a child, even if nobody tells Python that it is one.

uWSGI forks in C, and calls what is registered for a fork only if it is told to.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

_renewals: list[Callable[[], None]] = []
_process = os.getpid()
_lock = threading.Lock()


def in_each_child(renew: Callable[[], None]) -> None:
    """Have this done in a child, before it uses what it has inherited."""
    _renewals.append(renew)


def notice_fork() -> None:
    """Before a connection is used."""
    if _process != os.getpid():  # pragma: no cover -- in the child of a fork
        with _lock:
            if _process != os.getpid():
                _renew()


def _renew() -> None:  # pragma: no cover -- in the child of a fork
    global _process
    for renew in _renewals:
        renew()
    _process = os.getpid()


if hasattr(os, "register_at_fork"):  # pragma: no branch -- Windows has no fork
    os.register_at_fork(after_in_child=_renew)
