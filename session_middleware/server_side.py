"""ServerSideSessionInterface: keeps sessions in a store, and an id in the cookie."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .config import SessionConfig
from .cookie_interface import CookieSessionInterface, warn_if_disabled
from .cookie_settings import overrides
from .cookies import Cookie
from .exceptions import ConfigurationError, StoreError
from .headers import HeaderList, has_cookie_or_caching, make_private
from .keys import NEEDS_CRYPTOGRAPHY, check_key_to_encrypt, check_keys
from .limits import seconds_of
from .session import Session
from .session_base import SessionMixin
from .stored.backend import StoredBackend
from .stored.guard import GuardedStore
from .stored.ids import SessionIds, public_id_of
from .stored.owners import OwnedSessions, hash_owner
from .stored.owners import SessionInfo as SessionInfo
from .stored.session import StoredSession
from .stores.base import SessionStore
from .stores.urls import open_store

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["ServerSideSessionInterface", "SessionInfo", "StoredSession"]


class ServerSideSessionInterface(CookieSessionInterface):
    """Keeps each session in a store. Logging out is final.

    Two requests at once both keep what they wrote.

    :param config: the settings.
    :param store: where sessions are kept.
    :param owner_key: the key of the session that says whose it is, such as
        ``"user_id"``: what :meth:`get_owner` gives.
    :param seal: encrypt each value, so that nobody can read it in the store; it needs
        the extra ``encrypted``. Values that were stored without it read as absent then.
    :raises ConfigurationError: naming the option, the rule and what to do.
    """

    #: What a request gets; a subclass of ``StoredSession``.
    session_class: type[Any] = StoredSession
    #: Before the cookie's name, it tells these tokens from any others under the key.
    salt = "session_middleware.store.v1:"
    #: Bytes of a session in the store.
    max_record_size = 1024 * 1024
    #: A session that is only read is marked as used at most once in this time, or in
    #: ``refresh_after`` if that is less; the idle limit counts from there.
    touch_after = timedelta(minutes=10)
    #: How long a session is kept, at most, whose cookie is never sent back.
    unseen_lifetime = timedelta(hours=24)
    #: Whether to open a session takes no more than the request.
    opening_is_free = False

    def __init__(
        self,
        config: SessionConfig | None,
        store: SessionStore,
        *,
        owner_key: str | None = None,
        seal: bool = False,
    ) -> None:
        _check(store, self.session_class, owner_key)
        self.store = store
        #: The same, as requests use it.
        self.guarded = self._guard(store, config, seal=seal)
        self.owner_key = owner_key
        self.unseen_seconds = seconds_of(self.unseen_lifetime)
        self.touch_seconds = seconds_of(self.touch_after)
        self._ids_for = lru_cache(maxsize=256)(self._make_ids)
        super().__init__(config)
        base = ServerSideSessionInterface
        self._has_owners = owner_key is not None or overrides(self, base, "get_owner")
        if overrides(self, base, "handle_store_error"):
            self.asks_environ = True
        is_plain = not (self.asks_environ or overrides(self, base, "open_session"))
        if is_plain and store.shared and self._fixed is not None:
            self._over_https = self._fixed[max(self._fixed)]
        self._prepare()
        warn_if_disabled(self.config)

    def _guard(
        self, store: SessionStore, config: SessionConfig | None, *, seal: bool
    ) -> GuardedStore:
        if not seal or config is None or config.secret_key is None:
            return GuardedStore(store)
        fallbacks = config.secret_key_fallbacks
        check_keys(config.secret_key, fallbacks, check_key_to_encrypt)
        try:
            from .stored.sealed_store import SealedStore
        except ModuleNotFoundError as error:
            raise ConfigurationError("seal", NEEDS_CRYPTOGRAPHY) from error
        return SealedStore(store, config.secret_keys, self.salt)

    # -- overridden to decide ---------------------------------------------

    def get_owner(self, session: Any) -> str | int | UUID | None:
        """Whose session it is; ``None``: nobody's.

        Called when a session is saved, and when it is marked as used. What is no str,
        int or UUID is a ``ConfigurationError``.
        """
        return None if self.owner_key is None else session.get(self.owner_key)

    def handle_store_error(self, environ: WSGIEnvironment, error: StoreError) -> None:
        """The store did not answer when a session was opened: raise ``error``.

        Or return: then the session reads as empty for this request, refuses writes and
        sends nothing, so that nobody is logged out.
        """
        raise error

    # -- whose sessions ---------------------------------------------------

    def sessions_of(self, owner: str | int | UUID) -> list[SessionInfo]:
        """The sessions of an owner, the last used first.

        :param owner: as :meth:`get_owner` gives it.
        :raises StoreError: the store did not answer.
        """
        return list(self._owned_by(owner))

    def revoke(self, owner: str | int | UUID, public_id: str) -> bool:
        """End one of an owner's sessions.

        :param owner: as :meth:`get_owner` gives it.
        :param public_id: as :class:`SessionInfo` and ``session.public_id`` give it.
        :returns: whether it was theirs, and there was one.
        :raises StoreError: the store did not do it.
        """
        return self._owned_by(owner).revoke(public_id)

    def revoke_all(self, owner: str | int | UUID, keep: Any = None) -> int:
        """End all sessions of an owner.

        :param owner: as :meth:`get_owner` gives it.
        :param keep: a session that stays, such as the request's own.
        :returns: how many were ended.
        :raises StoreError: the store did not do it.
        :raises TypeError: ``keep`` is no session that is in a store.
        """
        return self._owned_by(owner).revoke_all(() if keep is None else _ids_of(keep))

    def revoke_everyone(self) -> int:
        """End every session of the store.

        :returns: how many were ended.
        :raises StoreError: the store did not do it.
        """
        return self.store.delete_all()

    def _owned_by(self, owner: object) -> OwnedSessions:
        alive_at = int(self.now()) - self.clock_skew
        return OwnedSessions(self.guarded, self.hash_owner(owner), alive_at)

    # -- called by the rooms of stored sessions ---------------------------

    def owner_of(self, session: Session) -> str:
        """What the store knows the owner of a session by; empty: it has none.

        :raises ConfigurationError: ``get_owner`` gives something else.
        """
        if not self._has_owners:
            return ""
        owner = self.get_owner(session)
        return "" if owner is None else self.hash_owner(owner)

    def hash_owner(self, owner: object) -> str:
        """What the store knows an owner by: 64 hexadecimal digits, which show no name.

        :raises ConfigurationError: it is no str, int or UUID.
        """
        return hash_owner(self.salt, owner)

    def make_backend(self, cookie: Cookie) -> StoredBackend | None:
        if self.config.secret_key is None:
            return None
        return StoredBackend(cookie, self, self._ids_for(cookie.name))

    def _make_ids(self, cookie_name: str) -> SessionIds:
        return SessionIds(self.config.secret_keys, self.salt + cookie_name)

    def open_session(self, environ: WSGIEnvironment) -> Any:
        if not self.store.shared and environ.get("wsgi.multiprocess"):
            self.report_once(environ, "unshared_store", advice=_UNSHARED)
        return super().open_session(environ)

    # -- saving -----------------------------------------------------------

    def _save(
        self, environ: WSGIEnvironment, session: SessionMixin, headers: HeaderList
    ) -> HeaderList:
        """What was changed in the store makes the response private, as a cookie would.

        The cookie is the same as before, so a cache would serve what is of yesterday.
        """
        sent = super()._save(environ, session, headers)
        if sent is not headers or not _is_saved(session):
            return sent
        if not has_cookie_or_caching(headers):
            return [*headers, ("Cache-Control", "private")]
        sent = list(headers)
        if make_private(sent):
            reason = "what is in the session has changed"
            self.report(environ, "made_private", reason=reason)
        return sent

    def _postpone(
        self, environ: WSGIEnvironment, session: SessionMixin, status: str
    ) -> None:
        backend: StoredBackend = session._backend  # type: ignore[attr-defined]
        if status < "500":
            backend.touch(session)


def _check(store: object, session_class: type, owner_key: object) -> None:
    """What an interface is made of is of the kind that it must be."""
    if not isinstance(store, SessionStore):
        raise ConfigurationError(
            "store",
            "must be a SessionStore, as MemoryStore(); of a URL open_store(url) "
            "makes one, from session_middleware.stores",
        )
    if not issubclass(session_class, StoredSession):
        raise ConfigurationError("session_class", "must be a subclass of StoredSession")
    if not (owner_key is None or (isinstance(owner_key, str) and owner_key)):
        rule = 'must be a key of the session, as "user_id"'
        raise ConfigurationError("owner_key", rule)


_UNSHARED = (
    "the server has several processes, and each has sessions of its own: take a store "
    "that they share, as sqlite:///sessions.db"
)


def open_with(
    config: SessionConfig, store: SessionStore | str, owner_key: str | None = None
) -> ServerSideSessionInterface:
    """An interface whose store may be named by a URL.

    :raises ConfigurationError: naming the option, the rule and what to do.
    """
    return ServerSideSessionInterface(config, open_store(store), owner_key=owner_key)


def _ids_of(session: Any) -> set[str]:
    """The public ids of a session: until it is saved, also the one before a new one."""
    here = getattr(session, "place", None)
    before = set() if here is None or here.key is None else {public_id_of(here.key)}
    try:
        return {session.public_id, *before}
    except AttributeError:
        rule = "keep takes a session that is in a store, as the request's own"
        raise TypeError(rule) from None


def _is_saved(session: SessionMixin) -> bool:
    return isinstance(session, StoredSession) and session.place.saved
