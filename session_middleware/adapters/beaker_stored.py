"""Sessions in a store, in Beaker's words."""

from __future__ import annotations

from typing import NoReturn

from ..config import SessionConfig
from ..exceptions import ConfigurationError, SessionUnavailable
from ..server_side import ServerSideSessionInterface
from ..stored.session import StoredSession
from ..stores.urls import open_store
from .beaker_places import Place
from .beaker_session import BeakerWords, NullBeakerSession

__all__ = [
    "SelfSavingStoredBeakerSession",
    "StoredBeakerSession",
    "StoredBeakerSessionInterface",
]


class StoredBeakerSession(  # pyright: ignore[reportIncompatibleMethodOverride, reportIncompatibleVariableOverride]
    BeakerWords, StoredSession
):
    """A session in a store, in Beaker's words."""

    __slots__ = ("_identity", "_saved")

    def lock(self) -> NoReturn:
        """Impossible, and not needed.

        :raises SessionUnavailable: always.
        """
        raise SessionUnavailable(
            "a session in a store is not locked: of requests at the same time each "
            "keeps what it changed, key by key, and increment() counts for all. "
            "Remove the call"
        )

    unlock = lock


class SelfSavingStoredBeakerSession(StoredBeakerSession):
    """With Beaker's ``auto``: what was changed is saved."""

    __slots__ = ()

    auto = True


class StoredBeakerSessionInterface(ServerSideSessionInterface):
    """Sessions in a store, which know Beaker's words."""

    session_class = StoredBeakerSession
    null_session_class = NullBeakerSession


def open_place(config: SessionConfig, place: Place) -> StoredBeakerSessionInterface:
    """An interface whose sessions are kept there.

    :raises ConfigurationError: naming the option as it was written.
    """
    owner_key = place.owner_key
    key = None if owner_key is None else owner_key.value
    try:
        store = open_store(place.store)
        return StoredBeakerSessionInterface(config, store, owner_key=key)
    except ConfigurationError as error:
        written = place.written
        if owner_key is not None and error.option == "owner_key":
            written = owner_key.written
        raise ConfigurationError(written, error.reason) from None
