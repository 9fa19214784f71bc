"""Backend: where the sessions of one cookie are kept.

It opens a session from a Cookie header, holds it to its limits, lets other formats'
cookies in, and writes the Set-Cookie lines. Where the data are, in the cookie or
elsewhere, is for a subclass to say, in three verbs: find, write and erase.

A visitor's cookie never raises here: a wrong one is an empty session and one event.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData

from .cookies import MAX_AGE, Cookie, check_value, read_values
from .exceptions import SerializationError, SessionTooLarge
from .interface import SessionInterface
from .limits import NOT_ACCEPTED, Verdict, max_age
from .migration import Migration, MovedIn, SessionReader, status_of
from .reporting import LARGE
from .session import Session
from .session_base import CHANGED, EMPTIED, Loaded, SessionBackend, new_loaded
from .tracking import largest_keys

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["Backend"]


class Backend(SessionBackend):
    """Where the sessions of one cookie are kept, by the rules of one interface.

    Made once for each cookie and shared by all requests.

    :param cookie: leads to the session.
    :param interface: has the rules.
    """

    #: The method named in the error for a value that no cookie can carry.
    value_from = "write"

    def __init__(self, cookie: Cookie, interface: SessionInterface) -> None:
        config = interface.config
        self.cookie = cookie
        self.permanent = config.permanent
        self._interface = interface
        self._name = cookie.name
        self._checked: Callable[[str], str] = partial(check_value, self.value_from)
        self._limits = interface.fixed_limits
        self._migration = Migration(config.accept, cookie.secure)
        self._accepts = bool(config.accept)

    # -- written by subclasses, as encode and decode are ------------------

    def find(self, values: list[str], now: int) -> tuple[Loaded, dict[str, Any]]:
        """The session that the cookie leads to, and its data.

        :param values: all that the request has under the cookie's name, one at least.
        :param now: seconds since the epoch.
        :raises itsdangerous.BadSignature: none is authentic.
        :raises itsdangerous.BadData: none is a session's, or it cannot be read.
        """
        raise NotImplementedError

    def write(self, session: Session) -> str:
        """Keep the session, and give the cookie's value that leads to it.

        Called for a changed session, and for one that is due for a re-issue.

        :returns: what a cookie can carry (RFC 6265bis section 4.1.1).
        :raises SerializationError: a value cannot be stored.
        :raises SessionTooLarge: nothing was kept.
        """
        raise NotImplementedError

    def erase(self, session: Session) -> str:
        """Keep it no longer, if it was kept; gives a value that opens empty.

        It is sent where one of several cookies could come back.
        """
        raise NotImplementedError

    def open(self, session: Session) -> dict[str, Any]:
        """Find a session by its header, start it, and give its data."""
        interface = self._interface
        now = int(interface.now())
        values = read_values(session.header, self._name) if session.header else []
        found, status = None, "new"
        if values:
            try:
                found = self.find(values, now)
            except (BadData, SerializationError) as error:
                status = status_of(error)
        loaded, data = found or self._find_foreign(session, now, len(values), status)
        data = session.start(loaded, data)
        status, created, issued, _, text, _, _ = loaded
        if text is None or issued is None:  # there is none yet
            if found and status != "new":
                self.report(session, status, cookie=self._name)
            return data
        limits = self._limits or self._ask(session, interface.limits_of)
        verdict = limits.judge(now, created, issued)
        if created > now and status == "migrated":  # as by another key that leaked
            data = session.start(loaded._replace(created=now), data)
        if not verdict.refusal and interface.asks_acceptance:
            verdict = verdict if self._ask(session, interface.accepts) else NOT_ACCEPTED
        if verdict.refusal:
            return self.refuse(session, now, verdict)
        session.due = verdict.due and bool(data)
        if status != "ok" or self._accepts:
            return self.welcome(session, now, data)
        return data

    def _find_foreign(
        self, session: Session, now: int, values: int, status: str
    ) -> tuple[Loaded, dict[str, Any]]:
        """The first of another format that verifies and fits ours; else an empty."""
        if self._accepts:
            report, header = partial(self.report, session), session.header
            found = self._migration.find(
                header, self._name, now, session._written, report
            )
            if found is not None:
                return self.move_in(found, values)
        if status != "new":
            self.report(session, status, cookie=self._name)
        return self._empty(status, now, values), {}

    def move_in(self, found: MovedIn, values: int) -> tuple[Loaded, dict[str, Any]]:
        """A session in another format, which is one of ours from now on."""
        _, _, data, created, issued, permanent, text = found
        return Loaded("migrated", created, issued, permanent, text, values, found), data

    def _empty(self, status: str, now: int, values: int, kept: Any = None) -> Loaded:
        found = (status, now, None, self.permanent, None, values, kept)
        return new_loaded(Loaded, found)

    def _ask(self, session: Session, question: Callable[[Session], Any]) -> Any:
        """What an override says of a session, which is closed again if it raises."""
        try:
            return question(session)
        except BaseException:
            session.shut()
            raise

    def refuse(self, session: Session, now: int, verdict: Verdict) -> dict[str, Any]:
        self.report(session, verdict.refusal, cookie=self._name, **verdict.facts)
        _, _, _, _, _, values, kept = session.loaded
        return session.start(self._empty(verdict.refusal, now, values, kept), {})

    def welcome(
        self, session: Session, now: int, data: dict[str, Any]
    ) -> dict[str, Any]:
        """Report what an operator wants to know of a good session; renew an old one."""
        status = session.loaded.status
        report = partial(self.report, session)
        if status == "migrated":
            reader: SessionReader = session.loaded.kept.reader
            format = type(reader).__name__
            report("migrated", cookie=reader.cookie.name, format=format)
        elif status == "old_key":
            report("old_key", cookie=self._name)
        session.due = session.due or status != "ok"
        if status != "migrated":
            self._migration.report_left(
                session.header, lambda value: self.find([value], now), report
            )
        return data

    def save(self, environ: WSGIEnvironment, session: Session) -> list[str]:
        """Keep or erase a concluded session; gives the Set-Cookie values that say so.

        :raises SerializationError: a value cannot be stored.
        :raises SessionTooLarge: unless ``handle_too_large`` is content.
        """
        header, left_behind = session.header, self._migration.deletions
        if session.conclude() == EMPTIED:
            return self._deletion(session) + left_behind(header, self.cookie)
        try:
            lines = self.keep(environ, session)
        except SessionTooLarge as error:
            lines = self._reduced(environ, session, error)
        if lines and session.loaded.status == "migrated":
            lines += left_behind(header, self.cookie)
        return lines

    def _reduced(
        self, environ: WSGIEnvironment, session: Session, error: SessionTooLarge
    ) -> list[str]:
        """What is sent after :meth:`handle_too_large` has returned."""
        interface = self._interface
        interface.report_too_large(environ, error)
        if not session.modified:  # a mere re-issue is nothing the app did
            return []
        session.resume()  # what is taken out now is not late
        interface.handle_too_large(environ, session, error)
        outcome = session.conclude()
        if outcome != CHANGED:
            return self._deletion(session) if outcome == EMPTIED else []
        try:
            return self.keep(environ, session)
        except SessionTooLarge:
            return []

    def keep(self, environ: WSGIEnvironment, session: Session) -> list[str]:
        """Keep the session; gives the Set-Cookie value that leads to it.

        :raises SessionTooLarge: no browser would keep it.
        """
        interface, cookie = self._interface, self.cookie
        value = self._checked(self.write(session))
        size, limit = len(self._name) + len(value), interface.max_cookie_size
        if size > limit:
            raise SessionTooLarge(size, limit, largest_keys(session))
        if size >= LARGE:
            interface.report_large(environ, size)
        expires = interface.get_expiration_time(environ, session)
        if expires is None:
            return [cookie.line(value)]
        now = interface.now()
        longest = interface.limits_of(session).longest_age(session.begun, now)
        return [cookie.line(value, min(max_age(expires, now), longest), now)]

    def _deletion(self, session: Session) -> list[str]:
        """The Set-Cookie value that deletes the cookie of this request.

        Where the request had several of the name, to delete one would bring another
        back. Then an empty session is sent instead, newer than all of them.
        """
        value, values = self.erase(session), session.loaded.values
        if values > 1:
            return [self.cookie.line(self._checked(value), MAX_AGE, self.seconds())]
        return [self.cookie.deletion()] if values else []

    # -- called by sessions and subclasses --------------------------------

    def issue_time(self, session: Session) -> int:
        """Now; or just after the newest, if the request had several of the name.

        :returns: seconds since the epoch.
        """
        now, issued = int(self._interface.now()), session.loaded.issued
        if session.loaded.values < 2 or issued is None:
            return now
        return max(now, min(issued + 1, now + self._interface.clock_skew))

    def ends(self, session: Session) -> int:
        """When the session ends if it is not used again; the earlier limit."""
        issued = self.issued(session)
        issued = self.seconds() if issued is None else issued
        return self._interface.limits_of(session).ends(session.begun, issued)

    def seconds(self) -> int:
        """Now, in whole seconds since the epoch."""
        return int(self._interface.now())

    def report(self, session: Session, name: str, **facts: object) -> None:
        """Send an event about the session's request."""
        asked = self._interface.event_takes_environ
        request = getattr(session, "_request", None) if asked else None
        self._interface.report(request, name, **facts)
