"""SessionMixin: what a host may ask of any session; OfOneRequest: how one is copied."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from copy import deepcopy
from typing import Any, NoReturn


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
