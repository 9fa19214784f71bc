"""What a host may ask of any session, what one was found in, and the null session."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from copy import deepcopy
from typing import Any, Literal, NamedTuple, NoReturn, Protocol

from .cookies import Cookie
from .exceptions import SessionUnavailable

__all__ = ["Loaded", "NullSession", "SessionMixin"]

#: What a session is when the response's headers are about to go.
Outcome = Literal["untouched", "read", "due", "changed", "emptied"]
UNTOUCHED: Literal["untouched"] = "untouched"
READ: Literal["read"] = "read"
DUE: Literal["due"] = "due"  # read, and to be re-issued
CHANGED: Literal["changed"] = "changed"
EMPTIED: Literal["emptied"] = "emptied"


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
    #: Whether ``invalidate()`` was called and the browser's cookie must go.
    invalidated: bool = False
    #: Whether no session came with the request.
    new: bool = False
    #: Whether the cookie outlives the browser.
    permanent: bool = False
    #: Whether the same data is to be re-issued.
    due: bool = False
    #: The name of the cookie it comes from; ``None`` if it is not known.
    cookie_name: str | None = None

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {**self, **other}

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {**other, **self}

    def conclude(self) -> Outcome:
        """Decide what is to become of the session; from here on a change is late.

        Called once, when the response's headers are about to go.
        """
        if not self.accessed:
            return UNTOUCHED
        if self.modified:
            return CHANGED if self else EMPTIED
        return DUE if self.due else READ

    def resume(self) -> None:
        """Called when saving failed and nothing was sent: what follows is not late."""

    def give_up(self, error: Exception) -> None:
        """Called when saving failed and the app's error page will be sent instead.

        What that page does to the session counts on its own.
        """

    def forget_changes(self) -> None:
        """Called when changes are not saved; an invalidation still is."""

    def expect_late_changes(self, expected: bool = True) -> bool:
        """Called when a test or a debugger keeps a finished request.

        A change is no mistake of the app's then, and no warning. ``False`` is for code
        of the app's that still runs after that.

        :returns: what was said before.
        """
        return False

    def check_late(self) -> None:
        """Called when a body is closed, to say what was changed too late."""

    def changed_keys(self) -> list[str]:
        """The keys whose values differ from what the request's cookie held."""
        return list(self)


class NullSession(OfOneRequest, SessionMixin):
    """Is there where no session can be: reads as empty, refuses every write.

    A write raises :class:`~session_middleware.SessionUnavailable`.
    """

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


class Loaded(NamedTuple):
    """What a request's cookies led to, once and for all.

    :param status: how the session opened.
    :param created: when it began, in seconds since the epoch, as ``issued``.
    :param issued: when its cookie was signed, from where the idle limit counts;
        ``None`` for a new session.
    :param permanent: whether the cookie outlives the browser.
    :param text: what its backend's ``encode`` gives for it, such as its JSON; ``None``
        if no session was opened.
    :param values: how many cookies of our name the request has.
    :param kept: what the backend keeps for itself.
    """

    status: str
    created: int
    issued: int | None
    permanent: bool
    text: Any
    values: int
    kept: Any

    def __repr__(self) -> str:
        return f"<Loaded {self.status}>"  # no value of a session in a traceback


#: A third of the time of ``Loaded(...)``: ``new_loaded(Loaded, (status, ...))``.
new_loaded: Callable[[type[Loaded], tuple[Any, ...]], Loaded] = tuple.__new__


class SessionBackend(Protocol):
    """What a session asks of where it is kept."""

    cookie: Cookie
    #: Whether a new session starts permanent.
    permanent: bool

    def open(self, session: Any) -> dict[str, Any]:
        """Find the session, call its ``start`` with that, and give its data."""
        ...

    def encode(self, created: int, permanent: bool, data: dict[str, Any]) -> Any:
        """The text of a session, to keep and to compare; it has a length.

        :raises SerializationError: with the path to what cannot be stored.
        """
        raise NotImplementedError

    def decode(self, text: Any) -> dict[str, Any]:
        """The data in a text."""
        raise NotImplementedError

    def end_late(self, session: Any) -> None:
        """Called when a session is invalidated after the headers have gone."""
        return

    def issued(self, session: Any) -> int | None:
        """From when the idle limit counts, in seconds; ``None``: it is new."""
        loaded: Loaded = session.loaded
        return loaded.issued

    def ends(self, session: Any) -> int:
        """When the session ends if it is not used again, in seconds since the epoch."""
        ...

    def seconds(self) -> int:
        """Now, in whole seconds since the epoch."""
        ...

    def report(self, session: Any, name: str, **facts: object) -> None:
        """Send an event."""
        ...
