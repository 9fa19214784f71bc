"""Reports: what is said of a session that another request has changed or ended."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..stores.base import GONE, OTHER_OWNER, REPLACED, Outcome
from .names import key_of
from .records import Records
from .session import StoredSession

if TYPE_CHECKING:
    from ..server_side import ServerSideSessionInterface


class Reports:
    """The part of a writer that sends events.

    :param rules: of these sessions.
    """

    def __init__(self, rules: ServerSideSessionInterface) -> None:
        self._rules = rules
        self._store = rules.guarded
        self._records = Records(rules)

    def refused(self, session: StoredSession, outcome: Outcome) -> list[str]:
        """Nothing was saved, for this reason; gives no Set-Cookie value."""
        return self.not_saved(session, _REASONS[outcome], gone=outcome == GONE)

    def not_saved(
        self, session: StoredSession, reason: str, *, gone: bool = False
    ) -> list[str]:
        """Nothing was saved; gives no Set-Cookie value."""
        if session.modified:
            name = "gone" if gone else "not_saved"
            facts = {"keys": session.changed_keys(), "reason": reason}
            report(session, name, level=logging.WARNING, **facts)
        return []

    def overwritten(self, session: StoredSession, names: Iterable[str]) -> None:
        """Another request's values were there, and this one's have replaced them."""
        for name in names:
            report(session, "overwritten", key=key_of(name))


def report(session: StoredSession, name: str, **facts: object) -> None:
    """Send an event that names the session's cookie."""
    session._backend.report(session, name, cookie=session.cookie_name, **facts)


_REASONS = {
    GONE: "the session was ended, or has expired, while the request ran",
    REPLACED: "another session has replaced this one while the request ran",
    OTHER_OWNER: "the session belongs to another user since the request began",
}
