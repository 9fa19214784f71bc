"""What a host may ask of any session, what one was found in, and the null session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from copy import deepcopy
from typing import Any, NamedTuple, NoReturn, Protocol

from .exceptions import SessionUnavailable


class OfOneRequest(MutableMapping[str, Any]):
    """What belongs to its request: a copy is a plain dict, and a pickle is refused."""

    __slots__ = ()

    def copy(self) -> dict[str, Any]:
        """A dict with the same content."""
        return dict(self)

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return deepcopy(dict(self), memo)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} belongs to its request and is not pickled: "
            "store dict(session)"
        )


class SessionMixin(MutableMapping[str, Any]):
    """What a host may ask of any session.

    These defaults suit a session that cannot note its own use: it counts as read
    and as changed.
    """

    __slots__ = ()

    #: Whether anything was read or written.
    accessed: bool = True
    #: Whether there is something to save.
    modified: bool = True
    #: Whether :meth:`invalidate` was called and the browser's cookie must go.
    invalidated: bool = False
    #: Whether no session came with the request.
    new: bool = False
    #: Whether the cookie outlives the browser.
    permanent: bool = False
    #: Whether the same data is to be re-issued.
    due: bool = False

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {**self, **other}

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {**other, **self}

    def settle(self) -> None:
        """Called once, when the response's headers are about to go."""

    def unsettle(self) -> None:
        """Called when saving failed and nothing was sent after all."""

    def forget_changes(self) -> None:
        """Called when changes are not saved; an invalidation still is."""

    def hush(self, hushed: bool = True) -> bool:
        """Called when a finished request is in the hands of a test or a debugger.

        A change is no mistake of the app's then, and no warning. ``False`` is for code
        of the app's that still runs after that.

        :returns: what was said before.
        """
        return False

    def check_late(self) -> None:
        """Called when a body is closed, to say what was changed too late."""

    def changed_keys(self) -> list[str]:
        """The keys whose values differ from what came in."""
        return list(self)


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


class CameIn(NamedTuple):
    """What a request brought, once and for all.

    :param payload: the verified payload as it came, or empty.
    :param text: its JSON, or ``None`` if no session was opened.
    :param created: seconds since the epoch, as ``issued``.
    :param issued: ``None`` for a new session.
    :param status: how it opened.
    :param values: how many cookies of our name came.
    """

    payload: bytes
    text: str | None
    created: int
    issued: int | None
    permanent: bool
    status: str
    values: int

    def __repr__(self) -> str:
        return f"<CameIn {self.status}>"


class SessionOrigin(Protocol):
    """Where a session comes from, and what it asks there."""

    def open(self, session: Any, header: str) -> None:
        """Find the session in a Cookie header, and have it started with that."""
        ...

    def encode(self, created: int, permanent: bool, data: dict[str, Any]) -> str:
        """The text of a session, to sign and to compare."""
        ...

    def decode(self, text: str) -> dict[str, Any]:
        """The data in a text."""
        ...

    def start_again(self) -> tuple[int, bool]:
        """The creation time and permanence of a session that begins now."""
        ...

    def deadline(self, session: Any, created: int) -> int:
        """When the session ends if it is not used again, in seconds."""
        ...

    def event(self, name: str, **facts: object) -> None:
        """Report what happened."""
        ...
