"""SessionCookie: finds its session in a Cookie header, and makes the token of one.

A visitor's cookie never raises here: whatever is wrong with it is an empty session,
a status and one event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from itsdangerous import BadData, BadPayload, BadSignature, SignatureExpired

from . import tagged_json
from .config import Foreign, SessionReader
from .cookies import Cookie, read_values
from .exceptions import SerializationError, SessionTooLarge
from .serializers import MAX_TEXT, Contents, SessionSerializer, Verified
from .sessions import CameIn, SecureCookieSession

if TYPE_CHECKING:
    from .interface import SessionInterface

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
        self._interface = interface
        self._permanent = config.permanent
        self._accept = config.accept
        absolute, refresh = config.absolute_lifetime, config.refresh_after
        self._absolute = _NEVER if absolute is None else int(absolute.total_seconds())
        self._refresh = None if refresh is None else int(refresh.total_seconds())

    # -- opening ----------------------------------------------------------

    def open(self, session: SecureCookieSession, header: str) -> None:
        now = self.seconds()
        values = read_values(header, self.cookie.name) if header else []
        status = "new"
        if values:
            try:
                verified = self._choose(values, now)
                contents = self.serializer.decode(verified.payload)
            except BadData as error:
                status = _status(error)
            else:
                self._start(session, now, len(values), verified, contents)
                return
        if self._accept and self._migrate(session, now, header, len(values)):
            return
        if status != "new":
            self.event(status, cookie=self.cookie.name)
        self._start_empty(session, now, status, len(values))

    def _choose(self, values: list[str], now: int) -> Verified:
        """The newest token that verifies; of equals the later made, then the greater."""
        if len(values) == 1:
            verified = self.serializer.verify(values[0])
            if verified.issued > now + self._interface.clock_skew:
                raise SignatureExpired("issued in the future")
            return verified
        found = self._verify_all(values)
        usable = [
            each for each in found if each[0].issued <= now + self._interface.clock_skew
        ]
        if not usable:
            raise SignatureExpired("issued in the future")
        if len(usable) > 1:
            self.event("ambiguous", cookie=self.cookie.name, valid=len(usable))
        newest = max(verified.issued for verified, _ in usable)
        ties = [each for each in usable if each[0].issued == newest]
        return max(ties, key=self._rank)[0] if len(ties) > 1 else ties[0][0]

    def _rank(self, candidate: tuple[Verified, str]) -> tuple[int, str]:
        verified, value = candidate
        return self.serializer.decode(verified.payload).created, value

    def _verify_all(self, values: list[str]) -> list[tuple[Verified, str]]:
        """All that verify, if no more than four different ones are well-formed."""
        found: list[tuple[Verified, str]] = []
        refused = 0
        for value in dict.fromkeys(values):
            try:
                found.append((self.serializer.verify(value), value))
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

    def _start(
        self,
        session: SecureCookieSession,
        now: int,
        values: int,
        verified: Verified,
        contents: Contents,
    ) -> None:
        payload, issued, key = verified
        created, permanent, data, text = contents
        status = "old_key" if key else "ok"
        session.start(
            CameIn(payload, text, created, issued, permanent, status, values), data
        )
        if self._is_ended(session, now):
            return
        if key:
            self.event("old_key", cookie=self.cookie.name, key=key)
            session.due = True

    def _is_ended(self, session: SecureCookieSession, now: int) -> bool:
        """Whether a limit has passed or it is refused; it is then started empty."""
        came = session.came
        issued = now if came.issued is None else came.issued
        idle = self._interface.lifetime(session)
        if came.created > issued + self._interface.clock_skew:
            status, facts = "malformed", {"reason": "created after it was issued"}
        elif now - issued > idle:
            status, facts = "expired", {"limit": "idle"}
        elif now - came.created > self._absolute:
            status, facts = "expired", {"limit": "absolute"}
        elif not self._interface.accept_session(session):
            status, facts = "refused", {}
        else:
            session.due = now - issued >= self._refresh_after(idle)
            return False
        self.event(status, cookie=self.cookie.name, **facts)
        self._start_empty(session, now, status, came.values)
        return True

    def _refresh_after(self, idle: int) -> int:
        """Never so late that a session in use ends first."""
        if self._refresh is None or self._refresh >= idle:
            return idle // 4
        return self._refresh

    def _start_empty(
        self, session: SecureCookieSession, now: int, status: str, values: int
    ) -> None:
        session.start(CameIn(b"", None, now, None, self._permanent, status, values), {})

    # -- other formats ----------------------------------------------------

    def _migrate(
        self, session: SecureCookieSession, now: int, header: str, values: int
    ) -> bool:
        """Start from the first format of ``accept`` that verifies, if any does."""
        for reader in self._accept:
            for value in dict.fromkeys(read_values(header, reader.cookie.name)[:4]):
                try:
                    foreign = reader.read(value)
                    self._start_foreign(session, now, values, foreign)
                except BadData:
                    continue
                except SerializationError as error:
                    self.event(
                        "malformed", cookie=reader.cookie.name, reason=str(error)
                    )
                    continue
                if not self._is_ended(session, now):
                    session.due = True
                    reader_name = type(reader).__name__
                    self.event(
                        "migrated", cookie=reader.cookie.name, format=reader_name
                    )
                return True
        return False

    def _start_foreign(
        self, session: SecureCookieSession, now: int, values: int, foreign: Foreign
    ) -> None:
        data, issued, created, permanent = foreign
        if issued > now + self._interface.clock_skew:
            raise SignatureExpired("issued in the future")
        created = now if created is None else created
        text = self.serializer.encode(created, permanent, data)
        issued = max(issued, created)
        session.start(
            CameIn(b"", text, created, issued, permanent, "migrated", values), data
        )

    def left_behind(self, header: str) -> list[str]:
        """The Set-Cookie values that delete the other formats' cookies which came."""
        ours = self.cookie
        return [
            reader.cookie.deletion()
            for reader in self._accept
            if read_values(header, reader.cookie.name)
            and (ours.name, ours.domain, ours.path) != _place(reader)
        ]

    # -- closing ----------------------------------------------------------

    def token(self, session: SecureCookieSession) -> str:
        """The session, signed now; a mere re-issue keeps the payload that came.

        :raises SerializationError: a value cannot be stored.
        :raises SessionTooLarge: no reader would inflate it.
        """
        payload = b"" if session.modified else session.came.payload
        if not payload:
            text = session.text()
            if len(text) > MAX_TEXT:
                raise SessionTooLarge(len(text), MAX_TEXT, largest_keys(session))
            payload = self.serializer.pack(text)
        return self.serializer.sign(payload, self.seconds())

    def empty_token(self) -> str:
        """An empty session signed now, newer than any other that the browser has."""
        now = self.seconds()
        text = self.serializer.encode(now, self._permanent, {})
        return self.serializer.sign(self.serializer.pack(text), now)

    # -- asked by the session ---------------------------------------------

    def decode(self, text: str) -> dict[str, Any]:
        return self.serializer.decode(self.serializer.pack(text)).data

    def start_again(self) -> tuple[int, bool]:
        return self.seconds(), self._permanent

    def deadline(self, session: SecureCookieSession, created: int) -> int:
        issued = session.came.issued
        idle = self._interface.lifetime(session)
        return min(
            (self.seconds() if issued is None else issued) + idle,
            created + self._absolute,
        )

    def seconds(self) -> int:
        return int(self._interface.now())


def largest_keys(session: SecureCookieSession) -> list[tuple[str, int]]:
    """The five keys that take the most JSON, with their sizes in bytes."""
    sizes = [(key, len(tagged_json.dumps(session[key]))) for key in session]
    return sorted(sizes, key=lambda pair: -pair[1])[:5]


def _status(error: BadData) -> str:
    if isinstance(error, SignatureExpired):
        return "expired"
    return "bad_signature" if isinstance(error, BadSignature) else "malformed"


def _place(reader: SessionReader) -> tuple[str, str | None, str]:
    return reader.cookie.name, reader.cookie.domain, reader.cookie.path


_NEVER = 1 << 50  # seconds
