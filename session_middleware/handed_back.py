"""A finished request that is handed back: to a test, by its client, or to a debugger.

A test that reads flash messages there takes them out of the session, and nothing is
lost that anybody expects kept: no warning is due. It is due as long as the app runs: at
teardown, and while a block of the body is made, however late a test asks for it.

What says so is in the environ and not a header: no visitor can send it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .session_base import SessionMixin

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: From Flask's test client and werkzeug's debugger: takes what is to be entered before
#: the request is at hand.
PRESERVE = "werkzeug.debug.preserve_context"
#: From WebTest, which reads and closes the body before it hands the environ back.
TESTING = "paste.testing"


class WatchedBody:
    """Blocks that an app makes, and after which its session changes in other hands.

    :param blocks: the body, which this one closes.
    """

    __slots__ = ("_blocks", "_close", "_session")

    def __init__(self, session: SessionMixin, blocks: Iterable[Any]) -> None:
        self._session = session
        self._blocks = iter(blocks)
        self._close = getattr(blocks, "close", None)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        hushed = self._session.hush(False)
        try:
            return next(self._blocks)
        finally:
            self._hush(hushed)

    def close(self) -> None:
        self._session.hush(False)
        try:
            if self._close is not None:
                self._close()
        finally:
            self._hush(True)

    def _hush(self, hushed: bool) -> None:
        try:
            self._session.check_late()
        finally:
            self._session.hush(hushed)


def hand_over(environ: WSGIEnvironment, session: SessionMixin) -> None:
    """Hush the session from when the request is handed back, if that will be."""
    preserve = environ.get(PRESERVE)
    if preserve is not None:
        preserve(_Handed(session))


class _Handed:
    """Entered by whoever hands the request back; a debugger does it more than once."""

    __slots__ = ("_session",)

    def __init__(self, session: SessionMixin) -> None:
        self._session = session

    def __enter__(self) -> None:
        self._session.hush()

    def __exit__(self, *error: object) -> None:
        """The request is over."""
