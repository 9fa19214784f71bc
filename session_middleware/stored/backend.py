"""StoredBackend: opens the session that a cookie's id leads to, and ends it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from itsdangerous import SignatureExpired

from ..backend import Backend
from ..cookies import Cookie
from ..exceptions import StoreError
from ..limits import NOT_ACCEPTED, Verdict
from ..migration import Foreign, MovedIn
from ..session import Session
from ..session_base import Loaded, SessionMixin, new_loaded
from ..stores.base import Record
from .ids import SessionIds
from .moving import (
    Kept,
    check_reader,
    content_of,
    find_moved,
    has_successor,
    is_answering,
)
from .place import Place
from .session import StoredSession, become_null
from .values import StoredValues, Texts, texts_of
from .writing import Writer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from ..server_side import ServerSideSessionInterface

_Found = tuple[Loaded, dict[str, Any]]


class StoredBackend(Backend):
    """A store of sessions; the cookie holds the id of one of them.

    :param ids: signs and reads the cookie's value.
    """

    def __init__(
        self, cookie: Cookie, interface: ServerSideSessionInterface, ids: SessionIds
    ) -> None:
        super().__init__(cookie, interface)
        self._rules = interface
        self._ids = ids
        self._store = interface.guarded
        self._accept_others = self._accepts
        self._accepts = True  # so that welcome() is always called
        self._writer = Writer(interface)
        self.kept = Kept(interface.guarded, ids)
        for reader in self._migration.readers:
            check_reader(reader, self.kept)

    def open(self, session: Session) -> dict[str, Any]:
        assert isinstance(session, StoredSession)
        if hasattr(session, "_failure"):  # it is not asked twice for one request
            raise session._failure
        try:
            return super().open(session)
        except StoreError as error:
            session.shut()
            session._failure = error
            environ = getattr(session, "_request", {})
            self._rules.handle_store_error(environ, error)
            empty = self._empty("unavailable", self.seconds(), 0)
            return become_null(session, empty)

    def find(self, values: list[str], now: int) -> _Found:
        id, permanent, issued, key, valid = self._ids.open(
            values, now + self._rules.clock_skew
        )
        if valid > 1:
            self._rules.report(None, "ambiguous", cookie=self._name, valid=valid)
        place = Place(id)
        place.cookie_issued = issued
        if place.key is None:
            return self._absent("new", now, values, place), {}
        record = self._store.read(place.key)
        if record is None:
            return self._absent("gone", now, values, place), {}
        if record.successor is not None:
            place.is_mark = is_answering(record, now)
            status = "replaced" if place.is_mark else "gone"
            return self._absent(status, now, values, place), {}
        status = "old_key" if key else "ok"
        place.record = record
        place.cookie_is_due = bool(key) or permanent != record.permanent
        return self._present(status, record, now, len(values), place)

    def move_in(self, found: MovedIn, values: int) -> _Found:
        loaded, data = super().move_in(found, values)
        place = Place()
        place.moved = found
        return loaded._replace(kept=place), data

    def _join(self, session: Session, now: int, data: dict[str, Any]) -> dict[str, Any]:
        """Go on with what other requests have made of a session that moves in."""
        place: Place = session.loaded.kept
        assert place.moved is not None
        place.owner = self._ask(session, self._rules.owner_of)
        if not place.owner:
            return data
        ids = self._ids.moved(content_of(place.moved))
        alive_at = now - self._rules.clock_skew
        id, record = find_moved(self._store, ids, alive_at)
        place.be_at(id)
        if record is None:
            return data
        values = session.loaded.values
        if record.successor is not None:
            answering = is_answering(record, now)
            place.is_mark = answering and has_successor(self._store, record, alive_at)
            if not place.is_mark:
                place = Place()  # what is written begins a new session
            status = "replaced" if place.is_mark else "gone"
            self.report(session, status, cookie=self._name)
            return session.start(self._empty(status, now, values, place), {})
        place.record = record
        data = session.start(*self._present("migrated", record, now, values, place))
        verdict = self._judge(session, now)
        return self.refuse(session, now, verdict) if verdict.refusal else data

    def _judge(self, session: Session, now: int) -> Verdict:
        _, created, used, _, _, _, _ = session.loaded
        assert used is not None
        verdict = self._rules.limits_of(session).judge(now, created, used)
        if verdict.refusal or not self._rules.asks_acceptance:
            return verdict
        return verdict if self._ask(session, self._rules.accepts) else NOT_ACCEPTED

    def _present(
        self, status: str, record: Record, now: int, values: int, place: Place
    ) -> _Found:
        texts = Texts(record.permanent, record.values)
        used = min(record.used + self._rules.clock_skew, now)  # by whatever clock
        data = StoredValues(record.values, self._report_unreadable)
        loaded = (status, record.created, used, record.permanent, texts, values, place)
        return new_loaded(Loaded, loaded), data

    def _absent(self, status: str, now: int, values: list[str], place: Place) -> Loaded:
        return self._empty(status, now, len(values), place)

    def welcome(
        self, session: Session, now: int, data: dict[str, Any]
    ) -> dict[str, Any]:
        """Decide what of a good session is to be renewed: its cookie, its record."""
        place: Place = session.loaded.kept
        if place.moved is not None:
            data = self._join(session, now, data)
            if session.loaded.status != "migrated":
                return data
        record, limits = place.record, self._limits or self._rules.limits_of(session)
        if record is not None and record.expires < now - limits.skew:
            return self.refuse(session, now, _UNSEEN)
        if self._accept_others or session.loaded.status != "ok":
            super().welcome(session, now, data)
        if record is None or place.cookie_issued is None:  # it moves in
            return data
        old = now - place.cookie_issued >= limits.refresh
        session.due = old or place.cookie_is_due
        ends = limits.ends(record.created, record.used)
        unused = now - record.used >= min(self._rules.touch_seconds, limits.refresh)
        place.due = unused or record.expires < ends
        return data

    def refuse(self, session: Session, now: int, verdict: Verdict) -> dict[str, Any]:
        place: Place = session.loaded.kept
        place.record = place.moved = None  # what is written begins a new session
        return super().refuse(session, now, verdict)

    def move_out(self, value: str) -> Foreign:
        """A session as another interface may go on with it.

        :raises itsdangerous.BadData: the value is none of ours, or leads to none.
        """
        now = self.seconds()
        loaded, data = self.find([value], now)
        place: Place = loaded.kept
        if place.id is None:  # it says that there is no session
            return Foreign({}, place.cookie_issued or 0)
        alive_at = now - self._rules.clock_skew
        if place.record is None or place.record.expires < alive_at:
            raise SignatureExpired("it is not in the store any more")
        return Foreign(dict(data), place.record.used, loaded.created, loaded.permanent)

    # -- saving -----------------------------------------------------------

    def keep(self, environ: WSGIEnvironment, session: Session) -> list[str]:
        assert isinstance(session, StoredSession)
        return self._writer.keep(session, partial(super().keep, environ, session))

    def write(self, session: Session) -> str:
        """The cookie's value; what is in the store is the writer's."""
        assert isinstance(session, StoredSession)
        id, permanent = session.place.target_of(session), session.permanent
        return self._ids.sign(id, session.begun, permanent, self.issue_time(session))

    def erase(self, session: Session) -> str:
        now = self.issue_time(session)
        return self._ids.sign(None, self.seconds(), self.permanent, now)

    def touch(self, session: SessionMixin) -> None:
        """Tell the store that a session was used, where its cookie has to wait."""
        assert isinstance(session, StoredSession)
        self._writer.touch(session)

    def _deletion(self, session: Session) -> list[str]:
        assert isinstance(session, StoredSession)
        return super()._deletion(session) if self._writer.end(session) else []

    def end_late(self, session: Session) -> None:
        """The cookie stays, and leads to nothing."""
        assert isinstance(session, StoredSession)
        self._writer.end_late(session)

    def issued(self, session: Session) -> int | None:
        """When it was last used, without the skew that is granted to judge it."""
        assert isinstance(session, StoredSession)
        record = session.place.record
        if record is None:
            return super().issued(session)
        return min(record.used, self.seconds())

    def issue_time(self, session: Session) -> int:
        assert isinstance(session, StoredSession)
        issued, now = session.place.cookie_issued, self.seconds()
        if session.loaded.values < 2 or issued is None:
            return now
        return max(now, min(issued + 1, now + self._rules.clock_skew))

    # -- called by sessions -----------------------------------------------

    def encode(self, created: int, permanent: bool, data: dict[str, Any]) -> Texts:
        return texts_of(permanent, data)

    def decode(self, text: Texts) -> dict[str, Any]:
        return StoredValues(text.values, self._report_unreadable)

    def _report_unreadable(self, key: str) -> None:
        self._rules.report(None, "malformed", cookie=self._name, key=key)


# A limit that is no longer configured, or a cookie that has never come back.
_UNSEEN = Verdict("expired", facts={"limit": "in the store"})
