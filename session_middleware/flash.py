"""Flash messages: kept in the session for the next page that shows them.

The session may be of any host, or any mapping that one is kept in.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

__all__ = ["flash", "peek_flash", "pop_flash"]

_PREFIX = "_f_"  # as Pyramid names them, whose sessions move in with theirs


def flash(session: MutableMapping[str, Any], message: Any, queue: str = "") -> None:
    """Add a message for the next page that shows the queue.

    :param message: what a session can hold.
    :param queue: a name of yours; queues are apart from each other.
    """
    messages = peek_flash(session, queue)
    messages.append(message)
    session[_PREFIX + queue] = messages  # a change, and late if it is


def pop_flash(session: MutableMapping[str, Any], queue: str = "") -> list[Any]:
    """The messages of a queue, in their order; the queue is empty then.

    Where there are none, the session is not changed.
    """
    messages = peek_flash(session, queue)
    if messages:
        del session[_PREFIX + queue]
    return messages


def peek_flash(session: MutableMapping[str, Any], queue: str = "") -> list[Any]:
    """The messages of a queue, which stay there."""
    messages: list[Any] = session.get(_PREFIX + queue, [])
    return messages
