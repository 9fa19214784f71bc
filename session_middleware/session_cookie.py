"""SessionCookie: finds its session in a Cookie header, and makes the token of one.

A visitor's cookie never raises here: whatever is wrong with it is an empty session,
a status and one event.
"""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from itsdangerous import BadData, BadPayload, BadSignature

from .config import Foreign
from .cookie_settings import overrides
from .cookies import Cookie, check_value, read_values
from .exceptions import SerializationError, SessionTooLarge
from .interface import SessionInterface
from .migration import AcceptedFormats, status_of
from .session import SecureCookieSession
from .session_base import CameIn
from .session_settings import seconds_of, yes_or_no
from .tokens.signed import MAX_TEXT, SessionSerializer, Verified

MAX_CANDIDATES = 4  # different values of our name that are tried


class SessionCookie:
    """One cookie of ours, the serializer of its tokens, and the rules of its interface.

    Made once for each combination and shared by all requests.
    """

    def __init__(
        self, cookie: Cookie, serializer: SessionSerializer, interface: SessionInterface
    ) -> None:
        config = interface.config
        self.cookie = cookie
        self.serializer = serializer
        self.event = interface.event
        self.encode = serializer.encode
        self._verify = serializer.verify
        self._decode = serializer.decode
        self._says_created = getattr(serializer, "says_created", True)
        self._interface = interface
        self._name = cookie.name
        self._permanent = config.permanent
        self._accept = AcceptedFormats(config.accept, self.event, cookie.secure)
        self._accepts = bool(config.accept)
        self._not_before = _begins(config.not_before)
        self._refresh = config.refresh_after
        self._limits: tuple[int, int, int] | None = None  # where always the same
        if not overrides(interface, SessionInterface, *_LIMITS):
            self._limits = self._limits_of(None)
        self._asks_acceptance = overrides(interface, SessionInterface, "accept_session")

    # -- opening ----------------------------------------------------------

    def open(self, session: SecureCookieSession, header: str) -> None:
        now = int(self._interface.now())
        values = read_values(header, self._name) if header else []
        status = "new"
        if values:
            try:
                token = values[0] if len(values) == 1 else self._newest(values, now)
                payload, issued, key = self._verify(token)
                created, permanent, data, text = self._decode(payload)
                begun = created
                if key and created > now:  # as whoever has a key that leaked may say
                    begun, payload = now, b""
                    text = self.encode(begun, permanent, data)
            except (BadData, SerializationError) as error:
                status = status_of(error)
            else:
                status = "old_key" if key else "ok"
                session.start(
                    (payload, text, begun, issued, permanent, status, len(values)),
                    data,
                )
                self._enforce_limits(session, now, created, issued)
                if session.came.text is None:  # it was refused
                    return
                if key:
                    self.event("old_key", cookie=self.cookie.name)
                    session.due = True
                if self._accepts:
                    self._accept.note_left(header, self._verify)
                return
        if self._accepts and self._migrate(session, now, header, len(values)):
            return
        if status != "new":
            self.event(status, cookie=self.cookie.name)
        self._start_empty(session, now, status, len(values))

    def _newest(self, values: list[str], now: int) -> str:
        """The newest that verifies; of equals the later made, then the greater.

        One that is issued in the future is chosen only if there is no other.
        """
        found = self._verify_all(values)
        if len(found) > 1:
            self.event("ambiguous", cookie=self.cookie.name, valid=len(found))
        latest = now + self._interface.clock_skew
        times = {value: verified[1] for value, verified in found.items()}
        newest = max(times.values(), key=lambda issued: (issued <= latest, issued))
        ties = [value for value, issued in times.items() if issued == newest]
        if len(ties) > 1:
            ties.sort(key=lambda value: (self._decode(found[value][0])[0], value))
        return ties[-1]

    def _verify_all(self, values: list[str]) -> dict[str, Verified]:
        """All that verify, if no more than four different ones are well-formed."""
        found: dict[str, Verified] = {}
        refused = 0
        for value in dict.fromkeys(values):
            try:
                found[value] = self._verify(value)
            except BadPayload:
                continue
            except BadSignature:
                refused += 1
            if len(found) + refused > MAX_CANDIDATES:
                raise BadPayload(f"more than {MAX_CANDIDATES} different values")
        if found:
            return found
        raise (
            BadSignature("none verifies") if refused else BadPayload("none is a token")
        )

    def _enforce_limits(
        self, session: SecureCookieSession, now: int, created: int, issued: int
    ) -> None:
        """Start the session empty if a limit has passed or the interface refuses it."""
        idle, refresh, absolute = self._limits or self._limits_of(session)
        age = now - issued
        skew = self._interface.clock_skew
        if age < -skew:
            self._refuse(session, now, "expired", limit="issued in the future")
        elif created > issued + skew:
            self._refuse(session, now, "malformed", reason="made after it was issued")
        elif age > idle:
            self._refuse(session, now, "expired", limit="idle")
        elif now - created > absolute:
            self._refuse(session, now, "expired", limit="absolute")
        elif created < self._not_before:
            self._refuse(session, now, "refused", limit="not_before")
        elif self._asks_acceptance and not self._accepts_session(session):
            self._refuse(session, now, "refused")
        else:
            session.due = age >= refresh and bool(session)

    def _accepts_session(self, session: SecureCookieSession) -> bool:
        answer = self._interface.ask("accept_session", session)
        return yes_or_no("accept_session", answer)

    def _limits_of(self, session: SecureCookieSession | None) -> tuple[int, int, int]:
        """The idle limit, the age to re-issue at, always before it, and the absolute.

        :param session: ``None`` where no limit is asked for each.
        """
        idle = self._interface.lifetime(session)
        absolute = self._interface.longest_lifetime(session)
        refresh = idle // 4 if self._refresh is None else seconds_of(self._refresh)
        return idle, refresh if refresh < idle else idle // 4, absolute

    def _refuse(
        self, session: SecureCookieSession, now: int, status: str, **facts: str
    ) -> None:
        self.event(status, cookie=self.cookie.name, **facts)
        self._start_empty(session, now, status, session.came.values)

    def _start_empty(
        self, session: SecureCookieSession, now: int, status: str, values: int
    ) -> None:
        session.start((b"", None, now, None, self._permanent, status, values), {})

    # -- other formats ----------------------------------------------------

    def _migrate(
        self, session: SecureCookieSession, now: int, header: str, values: int
    ) -> bool:
        """Start from the first accepted format that verifies, if any does."""
        for reader, foreign in self._accept.read(header, self._name):
            try:
                self._start_foreign(session, now, values, foreign)
            except SerializationError as error:
                self._accept.refuse(reader, error)
                continue
            if session.came.text is not None:
                session.due = True
                name, format = reader.cookie.name, type(reader).__name__
                self.event("migrated", cookie=name, format=format)
            return True
        return False

    def _start_foreign(
        self, session: SecureCookieSession, now: int, values: int, foreign: Foreign
    ) -> None:
        data, issued, created, permanent = foreign
        # Not when it moves in: a copy would begin anew each time that it is sent.
        created = issued if created is None else created
        begun = min(created, now)
        text = self.serializer.encode(begun, permanent, data)
        session.start((b"", text, begun, issued, permanent, "migrated", values), data)
        self._enforce_limits(session, now, created, issued)

    def left_behind(self, header: str) -> list[str]:
        """The Set-Cookie values that delete the other formats' cookies which came."""
        return self._accept.deletions(header, self.cookie)

    # -- closing ----------------------------------------------------------

    def token(self, session: SecureCookieSession) -> str:
        """The session, signed now; a mere re-issue keeps the payload that came.

        :raises SerializationError: a value cannot be stored.
        :raises SessionTooLarge: no reader would inflate it.
        """
        came = session.came
        payload = b"" if session.modified else came.payload
        if not payload:
            text = (None if session.modified else came.text) or session.text()
            if len(text) > MAX_TEXT:
                raise SessionTooLarge(len(text), MAX_TEXT, largest_keys(session))
            payload = self.serializer.pack(text)
        # Where a token says no other beginning, a time to come would be one.
        issued = self._after(came) if self._says_created else self.seconds()
        return check_value(_SIGNS, self.serializer.sign(payload, issued))

    def _after(self, came: CameIn) -> int:
        """Now; where several came, after the newest, whoever's clock made it."""
        now = self.seconds()
        if came.values < 2 or came.issued is None:
            return now
        return max(now, min(came.issued + 1, now + self._interface.clock_skew))

    def empty_token(self, session: SecureCookieSession) -> str:
        """An empty session that is newer than any other which the browser has."""
        text = self.serializer.encode(self.seconds(), self._permanent, {})
        payload = self.serializer.pack(text)
        issued = self._after(session.came)
        return check_value(_SIGNS, self.serializer.sign(payload, issued))

    # -- asked by the session ---------------------------------------------

    def decode(self, text: str) -> dict[str, Any]:
        try:
            return self._decode(self.serializer.pack(text))[2]
        except BadData:  # what is too large to be sent
            return {}

    def start_again(self) -> tuple[int, bool]:
        return self.seconds(), self._permanent

    def deadline(self, session: SecureCookieSession, created: int) -> int:
        issued = session.came.issued
        idle, _, absolute = self._limits or self._limits_of(session)
        return min(
            (self.seconds() if issued is None else issued) + idle, created + absolute
        )

    def longest_age(self, session: SecureCookieSession, now: float) -> int:
        """Seconds to the absolute limit, which no browser is to keep a cookie past."""
        limits = self._limits
        absolute = limits[2] if limits else self._interface.longest_lifetime(session)
        return max(session._created + absolute - int(now), 1)

    def seconds(self) -> int:
        """Now, in whole seconds since the epoch."""
        return int(self._interface.now())


def largest_keys(session: SecureCookieSession) -> list[tuple[str, int]]:
    """The five keys that take the most JSON, with their sizes in bytes."""
    sizes = [(_name(key)[:_LONGEST_NAME], _size(session, key)) for key in session]
    return sorted(sizes, key=lambda pair: -pair[1])[:5]


def _name(key: Any) -> str:
    """In Flask a key may be an int; of an enum the value is what is written."""
    return str.__str__(key) if isinstance(key, str) else repr(key)


def _size(session: SecureCookieSession, key: str) -> int:
    """What one value adds to the text, whatever the serializer makes of it."""
    written = session._written
    with_null = len(written(0, False, {key: None})) - len("null")
    return len(written(0, False, {key: session[key]})) - with_null


def _begins(moment: datetime | None) -> int:
    """The first whole second that is not before this moment."""
    return 0 if moment is None else ceil(moment.timestamp())


_SIGNS = "get_signing_serializer"  # what is at fault where a token is none
_LONGEST_NAME = 80  # characters of a key's name in a message
_LIMITS = ("get_lifetime", "get_absolute_lifetime")
