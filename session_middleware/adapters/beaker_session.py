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
    """True or False, for who reads ``session.accessed`` and for who calls it."""

    def __call__(self) -> bool:
        return bool(self)


class BeakerSession(SecureCookieSession):
    """A session in Beaker's words; times are in seconds since the epoch.

    The keys ``_creation_time`` and ``_accessed_time`` are answered and not listed; so
    is ``_id``, until it or :attr:`id` is asked for, which keeps it in the session.
    """

    __slots__ = ("_identity", "_saved")

    #: Whether changes are kept without :meth:`save`.
    auto = False

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
        nothing: dict[str, Any] = {}  # what is answered and not listed stays
        return nothing.pop(key, *default)

    @property
    def id(self) -> str:
        """A random name, made when first asked for and kept with the session.

        Where a cookie came that cannot be read, only another change keeps it: to ask
        does not replace that cookie.
        """
        found: str | None
        found = self._open().get("_id", getattr(self, "_identity", None))
        if found is None:
            found = uuid.uuid4().hex
            if self.loaded.values and self.loaded.text is None:
                self._identity: str | None = found
            else:
                self["_id"] = found
        return found

    @property
    def is_new(self) -> bool:
        """Whether no valid session came with the request."""
        return self.new

    @property
    def created(self) -> float:  # type: ignore[override]
        """When the session began."""
        self._open()
        return float(self._created)

    @property
    def last_accessed(self) -> float | None:
        """When the cookie that came was sent; ``None`` for a new session."""
        self._open()
        issued = self.loaded.issued
        return None if issued is None else float(issued)

    @property
    def accessed(self) -> Answer:  # type: ignore[override]
        """Whether anything was read or written."""
        return Answer(self._data is not None)

    def has_key(self, name: str) -> bool:
        """The same as ``name in session``."""
        return name in self

    def save(self) -> None:
        """Keep what is in the session when the response goes."""
        self._saved = True

    def dirty(self) -> bool:
        """Whether :meth:`save` or :meth:`delete` was called."""
        return getattr(self, "_saved", False)

    def persist(self) -> None:
        """Does nothing, and needs not be called: saving is on the way out."""

    def load(self) -> None:
        """Take back every change, as ``revert()``."""
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
        """Impossible.

        :raises SessionUnavailable: always.
        """
        raise SessionUnavailable(
            "a session in a cookie cannot be locked: requests at the same time have a "
            "copy each, and the last response wins. Remove the call, and keep what "
            "they share in a database"
        )

    unlock = lock

    def get_by_id(self, id: str) -> NoReturn:
        """Impossible.

        :raises SessionUnavailable: always.
        """
        refuse_another()

    # -- at commit --------------------------------------------------------

    def conclude(self) -> Outcome:
        if self._concluded is None:
            if self.auto or self.dirty():
                self._keep_id()
            elif self.modified:
                self._drop_changes()
        return super().conclude()

    def _keep_id(self) -> None:
        """Write down the id that was told, if a session begins here."""
        identity = getattr(self, "_identity", None)
        if identity is not None and self and self.modified:
            self._open().setdefault("_id", identity)

    def _drop_changes(self) -> None:
        """As Beaker does, but not in silence; a log-out stands, and so does an id."""
        if self.invalidated:
            if self:
                self._note_unsaved(list(self))
            self.forget_changes()
            return
        identity = None if self.new else self._open().get("_id")
        keys = self.changed_keys()
        if self._change >= FORCED or keys != ["_id"]:
            self._note_unsaved(keys)
        self.revert()
        if identity is not None:
            self["_id"] = identity

    def _note_unsaved(self, keys: list[str]) -> None:
        self._backend.report(self, "not_saved", keys=keys, advice=_SAVE)


class SelfSavingBeakerSession(BeakerSession):
    """With Beaker's ``auto``: what was changed is saved."""

    __slots__ = ()

    auto = True


class NullBeakerSession(NullSession):
    """Stands where there can be no session: reads as empty, refuses every write."""

    __slots__ = ()

    accessed = Answer(False)  # type: ignore[assignment]
    is_new = True
    id = ""
    last_accessed = None

    def has_key(self, name: str) -> bool:
        """No."""
        return False

    def save(self) -> None:
        """Nothing was changed."""

    persist = load = save
    delete = regenerate_id = lock = unlock = get_by_id = NullSession.invalidate


def refuse_another(*args: object) -> NoReturn:
    """Stands for all that finds a session by its id.

    :raises SessionUnavailable: always.
    """
    raise SessionUnavailable(
        "the only session here is the one of this request: every other is in its own "
        "visitor's browser. Keep what is not this visitor's in a database"
    )


_FACTS: dict[str, Callable[[BeakerSession], Any]] = {
    "_id": lambda session: session.id,
    "_creation_time": lambda session: session.created,
    "_accessed_time": lambda session: float(session._backend.seconds()),
}
_SAVE = "call session.save(), or set session.auto to True, to keep changes"
