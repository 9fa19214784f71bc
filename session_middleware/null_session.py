"""NullSession: what the app sees where there can be no session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from .exceptions import SessionUnavailable
from .session_mixin import OfOneRequest, SessionMixin


class NullSession(OfOneRequest, SessionMixin):
    """Stands where there can be no session: reads as empty, refuses every write."""

    __slots__ = ()

    accessed = False
    modified = False
    new = True

    created = issued = expires_at = None
    status = "unavailable"
    #: What a refused write says: why, and what to do.
    reason = (
        "there is no session to write to: the interface has no secret key. Give "
        "SessionConfig a secret_key (python -m session_middleware keygen makes one)"
    )

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SessionUnavailable(self.reason)

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = _refuse
    setdefault: Any = _refuse
    update: Any = _refuse
    invalidate = regenerate = _refuse

    def __setattr__(self, name: str, value: object) -> None:
        self._refuse()

    def __getitem__(self, key: str) -> NoReturn:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def revert(self) -> None:
        """Nothing was changed."""

    def __repr__(self) -> str:
        return "<NullSession>"
