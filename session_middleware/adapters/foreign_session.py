"""ForeignSession: a view of a session that an interface made for Flask has opened."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..events import LOG
from ..exceptions import LateSessionChange, cut
from ..session_base import CHANGED, UNTOUCHED, Outcome, SessionMixin
from .view import SessionView


class ForeignSession(SessionView):
    """A view of such a session, which notes that the session was used.

    :param open_anew: opens the session of the request.
    :param regenerate: gives a session a new identity; ``None``: its interface cannot.
    """

    __slots__ = (
        "_concluded",
        "_late_is_expected",
        "_open_anew",
        "_regenerate",
        "foreign",
        "response",
    )

    invalidated = False
    due = False

    def __init__(
        self, open_anew: Callable[[], Any], regenerate: Callable[[Any], None] | None
    ) -> None:
        self._open_anew = open_anew
        self._regenerate = regenerate
        self._concluded = self._late_is_expected = False
        self.revert()

    def revert(self) -> None:
        """Open it anew, as the request had it."""
        self.foreign = self._open_anew()

    @property
    def _session(self) -> Any:
        """The interface's own session, marked as accessed, which Flask does too."""
        with contextlib.suppress(AttributeError):
            self.foreign.accessed = True
        return self.foreign

    @property
    def accessed(self) -> bool:
        """Whether it was used; True for a class that does not record it."""
        return bool(getattr(self.foreign, "accessed", True))

    @property
    def modified(self) -> bool:
        """Whether there is something to save. Assign to insist."""
        return bool(self.foreign.modified)

    def __getattr__(self, name: str) -> Any:
        if name in _FACTS and not hasattr(self.foreign, name):
            return None
        getattr(self.foreign, name)  # if this raises, the session was not used
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ForeignSession.__slots__:
            object.__setattr__(self, name, value)
            return
        self._note_change(name)
        super().__setattr__(name, value)

    def __setitem__(self, key: str, value: Any) -> None:
        self._note_change(key)
        super().__setitem__(key, value)

    def __delitem__(self, key: str) -> None:
        self._note_change(key)
        super().__delitem__(key)

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._session if key != _PERMANENT)

    def __len__(self) -> int:
        session = self._session
        return len(session) - (_PERMANENT in session)

    def __contains__(self, key: object) -> bool:
        return key != _PERMANENT and key in self._session

    def __or__(self, other: Any) -> dict[str, Any]:
        merged: dict[str, Any] = dict(self) | other
        return merged

    def __ror__(self, other: Any) -> dict[str, Any]:
        merged: dict[str, Any] = other | dict(self)
        return merged

    def __bool__(self) -> bool:
        return bool(self._session)

    def clear(self) -> None:
        self._note_change("*")
        super().clear()

    def regenerate(self, keep: Iterable[str] | None = None) -> None:
        """A new identity, if the interface has a ``regenerate(session)``.

        :param keep: the only keys to keep; ``None`` keeps all.
        :raises TypeError: if ``keep`` is one str, which would mean its letters.
        """
        if isinstance(keep, (str, bytes)):
            raise TypeError("keep takes a list of keys, as ['language']")
        if self._regenerate is not None:  # first: it may do nothing for an empty one
            self._regenerate(self._session)
        if keep is not None:
            for key in set(self).difference(keep):
                del self[key]

    def invalidate(self) -> None:
        """Log out: empty the session, and its interface deletes it."""
        self.regenerate()
        self.clear()

    def conclude(self) -> Outcome:
        object.__setattr__(self, "_concluded", True)
        # Whether a used one has changed is for its interface to find out.
        return CHANGED if self.accessed else UNTOUCHED

    def resume(self) -> None:
        """The response was not sent: changes are in time again."""
        object.__setattr__(self, "_concluded", False)

    def expect_late_changes(self, expected: bool = True) -> bool:
        """Stop warning of late changes, or begin again; returns what was set before."""
        before, self._late_is_expected = self._late_is_expected, expected
        return before

    def check_late(self) -> None:
        """Does nothing: a late change is warned of when it is made."""

    def _note_change(self, key: str) -> None:
        if self._concluded and not self._late_is_expected:
            text = (
                f"session[{cut(repr(key))}] was changed after the session was saved, "
                "and is lost: change a session before the body's first block"
            )
            LOG.warn(LateSessionChange, text)


_PERMANENT = "_permanent"  # the key of session.permanent in Flask's data
_FACTS = ("created", "expires_at", "issued", "status")  # only our sessions have them
SessionMixin.register(ForeignSession)  # pyright: ignore[reportAttributeAccessIssue]
