"""A finished request that is handed back: to a test, by its client, or to a debugger.

A test that reads flash messages there takes them out of the session, and nothing is
lost that anybody expects kept: no warning is due. It is due as long as the app runs: at
teardown, and while a block of the body is made, however late a test asks for it.

What says so is in the environ and not a header: no visitor can send it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from .session_base import SessionMixin

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_T = TypeVar("_T")

#: From Flask's test client and werkzeug's debugger: takes what is to be entered before
#: the request is at hand.
PRESERVE = "werkzeug.debug.preserve_context"
#: From WebTest, which reads and closes the body before it hands the environ back.
TESTING = "paste.testing"


def watched(session: SessionMixin, function: Callable[..., _T]) -> Callable[..., _T]:
    """``function``, which is the app's: what it changes is late, whoever calls it."""

    def run(*args: Any) -> _T:
        expected = session.expect_late_changes(False)
        try:
            return function(*args)
        finally:
            try:
                session.check_late()
            finally:
                session.expect_late_changes(expected)

    return run


class WatchedBody:
    """Blocks that an app makes, and after which its session changes in other hands.

    :param blocks: the body, which this one closes.
    :param is_last: whether who closes it has the request in hand from then on.
    """

    __slots__ = ("_blocks", "_close", "_is_last", "_next", "_session")

    def __init__(
        self, session: SessionMixin, blocks: Iterable[Any], is_last: bool = False
    ) -> None:
        self._session = session
        self._blocks = iter(blocks)
        self._next = watched(session, next)
        self._close = watched(session, getattr(blocks, "close", _nothing))
        self._is_last = is_last

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._next(self._blocks)

    def close(self) -> None:
        try:
            self._close()
        finally:
            if self._is_last:
                self._session.expect_late_changes()


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
        self._session.expect_late_changes()

    def __exit__(self, *error: object) -> None:
        """The request is over."""


def _nothing() -> None:
    """Stands for the ``close`` that most bodies do not have."""
