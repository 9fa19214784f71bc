"""StoredSession: a session that is kept in a store."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NoReturn

from ..exceptions import SessionUnavailable, StoreError
from ..session import Session
from ..session_base import DUE, READ, Loaded, Outcome
from ..stores.base import MAX_COUNT
from .ids import key_of_id, public_id_of
from .names import name_of
from .place import Place
from .values import Texts, text_of


class StoredSession(Session):
    """A session that is kept in a store; its cookie holds an id."""

    __slots__ = ("_failure", "_steps", "place")

    #: Where it is in the store. For the backend.
    place: Place
    _failure: StoreError  # not set: the store has not failed this request
    _steps: dict[str, tuple[int, int]]  # key to what was added, and its value then

    def start(self, loaded: Loaded, data: dict[str, Any]) -> dict[str, Any]:
        self._steps = {}
        self.place = Place() if loaded.kept is None else loaded.kept
        return super().start(loaded, data)

    def conclude(self) -> Outcome:
        outcome = super().conclude()
        return DUE if outcome == READ and self.place.due else outcome

    def give_up(self, error: Exception) -> None:
        super().give_up(error)
        self.place.due = self.place.is_replaced = False

    @property
    def public_id(self) -> str:
        """What a page may show, to tell its user's sessions apart: it opens nothing."""
        self._open()
        return public_id_of(key_of_id(self.place.target_of(self)))

    @property
    def gets_new_id(self) -> bool:
        """Whether it is to be kept under another id, if it is saved as it is now."""
        return self.regenerated and self.modified

    @property
    def stays(self) -> frozenset[str] | None:
        """What may stay of all that is in the store by now; ``None``: every key."""
        return self.only if self.modified else None

    def increment(self, key: str, by: int = 1) -> int:
        before = self._added_to(key)
        value = super().increment(key, by)
        self._steps.pop(key, None)
        if before is not None and abs(before + by) < MAX_COUNT:
            self._steps[key] = before + by, value
        return value

    def steps(self) -> dict[str, int]:
        """What was added to each counter, and no more than that. For the backend."""
        if not self._steps:
            return {}
        return {key: by for key, (by, _) in self._steps.items() if self._is_step(key)}

    def _is_step(self, key: str) -> bool:
        """Whether a counter is as its last increment left it."""
        value = self._open().get(key)
        return type(value) is int and value == self._steps[key][1] and self._stays(key)

    def _added_to(self, key: str) -> int | None:
        """What was added to a counter so far; ``None``: it was assigned or deleted.

        Others' counts are no part of such a one, and so it is not added to theirs.
        """
        value = self._open().get(key)
        if key in self._steps:
            return self._steps[key][0] if self._is_step(key) else None
        text: Texts | None = self.loaded.text
        came = None if text is None else text.values.get(name_of(key))
        here = None if value is None else text_of(key, value)
        return 0 if came == here and self._stays(key) else None

    def _stays(self, key: str) -> bool:
        """Whether a key was in no ``clear()`` and not left out by ``regenerate()``."""
        return self.only is None or key in self.only


def become_null(session: StoredSession, loaded: Loaded) -> dict[str, Any]:
    """Have a session read as empty, refuse every write and send nothing."""
    session.__class__ = _null_of(type(session))
    return session.start(loaded, _NoValues())


@lru_cache
def _null_of(kind: type[StoredSession]) -> type[StoredSession]:
    return type(f"Null{kind.__name__}", (_Null, kind), {"__slots__": ()})


class _Null:
    """What comes before a session's class while its store is away."""

    __slots__ = ()

    def conclude(self) -> Outcome:
        return READ  # the page may be another one for whoever has a session

    def _note_change(self, key: str) -> None:
        _refuse()


class _NoValues(dict[str, Any]):
    """The data of a session whose store is away."""

    __slots__ = ()

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        _refuse()

    def clear(self) -> NoReturn:
        _refuse()


def _refuse() -> NoReturn:
    raise SessionUnavailable(
        "the store that holds this session is away, so it reads as empty and refuses "
        "to be written; see handle_store_error"
    )
