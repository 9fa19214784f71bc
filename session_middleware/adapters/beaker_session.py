"""A session with Beaker's methods, and with its rule that a change needs ``save()``."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, NoReturn

from ..exceptions import SessionUnavailable
from ..session import SecureCookieSession
from ..session_base import NullSession, Outcome
from ..tracking import FORCED


class Answer(int):
    """A bool that can be called too: ``session.accessed``, ``session.accessed()``."""

    def __call__(self) -> bool:
        return bool(self)


class BeakerWords(SecureCookieSession):
    """What Beaker's sessions say; times are in seconds since the epoch.

    The keys ``_creation_time`` and ``_accessed_time`` can be read and are not listed.
    ``_id`` is not listed until it or :attr:`id` is read, which stores it.
    """

    __slots__ = ()

    #: Whether changes are kept without ``save()``.
    auto = False

    _identity: str | None  # what was told for the id and is not kept yet; or not set
    _saved: bool  # not set: no

    def __getitem__(self, key: str) -> Any:
        try:
            return super().__getitem__(key)
        except KeyError:
            if key not in _FACTS:
                raise
        return _FACTS[key](self)

    def get(self, key: str, default: Any = None) -> Any:
        if key in _FACTS:
            return self[key]
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        if key in self:
            return super().pop(key)
        nothing: dict[str, Any] = {}  # what is not listed cannot be removed
        return nothing.pop(key, *default)

    @property
    def id(self) -> str:
        """A random id, made when it is first read, and stored in the session.

        If the request has a cookie that cannot be opened, the id is stored only with
        another change: to read the id does not replace that cookie.
        """
        found: str | None = self._open().get("_id", getattr(self, "_identity", None))
        if found is None:
            found = uuid.uuid4().hex
            if self.loaded.values and self.loaded.text is None:
                self._identity = found
            else:
                self["_id"] = found
        return found

    @property
    def is_new(self) -> bool:
        """Whether the request had no valid session."""
        return self.new

    @property
    def created(self) -> float:  # type: ignore[override]
        """When the session began, in seconds since the epoch, as Beaker has it."""
        self._open()
        return float(self._created)

    @property
    def last_accessed(self) -> float | None:
        """When it was last sent or used, in seconds since the epoch.

        ``None`` for a new session.
        """
        self._open()
        issued = self._backend.issued(self)
        return None if issued is None else float(issued)

    @property
    def accessed(self) -> Answer:  # type: ignore[override]
        """Whether anything was read or written."""
        return Answer(self._data is not None)

    def has_key(self, key: str) -> bool:
        """The same as ``key in session``."""
        return key in self

    def save(self, accessed_only: bool = False) -> None:
        """Have the session saved with the response, as it is by then.

        :param accessed_only: save no change, and no more than that it was used.
        """
        if accessed_only:
            self._open()
        else:
            self._saved = True

    def dirty(self) -> bool:
        """Whether :meth:`save` or :meth:`delete` was called."""
        return getattr(self, "_saved", False)

    def persist(self) -> None:
        """Does nothing: a session is saved with the response."""

    def load(self) -> None:
        """Undo every change; the same as ``revert()``."""
        self.revert()

    def invalidate(self) -> None:
        super().invalidate()
        self._identity = None

    def delete(self) -> None:
        """Empty the session and delete its cookie."""
        self.invalidate()
        self.save()

    def regenerate_id(self) -> None:
        """A new identity with the same data: call it at login, and save."""
        self._open().pop("_id", None)
        self._identity = None
        self.regenerate()

    def lock(self) -> NoReturn:
        """Not possible for a session in a cookie.

        :raises SessionUnavailable: always.
        """
        raise SessionUnavailable(
            "a session in a cookie cannot be locked: requests at the same time have a "
            "copy each, and the last response wins. Remove the call, and keep what "
            "they share in a database"
        )

    unlock = lock

    def get_by_id(self, id: str) -> NoReturn:
        """Not possible for a session in a cookie.

        :raises SessionUnavailable: always.
        """
        refuse_other_sessions()

    # -- at commit --------------------------------------------------------

    def conclude(self) -> Outcome:
        if self._concluded is None:
            if self.auto or self.dirty():
                self._keep_id()
            elif self.modified:
                self._drop_changes()
        return super().conclude()

    def _keep_id(self) -> None:
        """Store the id that the app has read, if the session is stored."""
        identity = getattr(self, "_identity", None)
        if identity is not None and self and self.modified:
            self._open().setdefault("_id", identity)

    def _drop_changes(self) -> None:
        """Drop what was not saved, as Beaker does, and report it.

        A log-out is kept, and so is an id.
        """
        if self.invalidated:
            if self:
                self._report_not_saved(list(self))
            self.forget_changes()
            return
        identity = None if self.new else self._open().get("_id")
        keys = self.changed_keys()
        if self._change >= FORCED or keys != ["_id"]:
            self._report_not_saved(keys)
        self.revert()
        if identity is not None:
            self["_id"] = identity

    def _report_not_saved(self, keys: list[str]) -> None:
        self._backend.report(self, "not_saved", keys=keys, advice=_SAVE)


class BeakerSession(BeakerWords):
    """A session in a cookie, in Beaker's words."""

    __slots__ = ("_identity", "_saved")


class SelfSavingBeakerSession(BeakerSession):
    """A session with Beaker's ``auto``: changes are saved without ``save()``."""

    __slots__ = ()

    auto = True


class NullBeakerSession(NullSession):
    """The session of a request that can have none: empty, and refuses every write."""

    __slots__ = ()

    accessed = Answer(False)  # type: ignore[assignment]
    is_new = True
    id = ""
    last_accessed = None

    def has_key(self, key: str) -> bool:
        """Always False."""
        return False

    def save(self, accessed_only: bool = False) -> None:
        """Does nothing, since nothing can have been changed."""

    def dirty(self) -> bool:
        """Always False."""
        return False

    persist = load = NullSession.revert
    delete = regenerate_id = lock = unlock = get_by_id = NullSession.invalidate


def refuse_other_sessions(*args: object) -> NoReturn:
    """The error for whatever in Beaker finds a session by its id.

    :raises SessionUnavailable: always.
    """
    raise SessionUnavailable(
        "the only session here is the one of this request: every other is its own "
        "visitor's. Keep what is not this visitor's in a database"
    )


_FACTS: dict[str, Callable[[BeakerWords], Any]] = {
    "_id": lambda session: session.id,
    "_creation_time": lambda session: session.created,
    "_accessed_time": lambda session: float(session._backend.seconds()),
}
_SAVE = "call session.save(), or set session.auto to True, to keep changes"
