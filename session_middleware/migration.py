"""Migration: the cookies of other formats that an operator lets in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from itsdangerous import BadData, BadSignature, SignatureExpired

from .cookies import Cookie, read_values
from .exceptions import ConfigurationError, SerializationError

MAX_TRIED = 4  # values of one name

#: Sends an event: its name, and its facts as keywords.
Report = Callable[..., None]


class Foreign(NamedTuple):
    """A session in another format.

    :param data: what is in it.
    :param issued: when its cookie was signed, in seconds since the epoch.
    :param created: when it began, likewise; ``None`` where the format has no such time.
    :param permanent: whether its cookie outlives the browser.
    """

    data: dict[str, Any]
    issued: int
    created: int | None = None
    permanent: bool = False

    def __repr__(self) -> str:
        return "<Foreign>"  # no value of a session in a traceback


class MovedIn(NamedTuple):
    """A session in another format that ours can carry.

    :param value: the cookie's.
    :param text: of our own format.
    """

    reader: SessionReader
    value: str
    data: dict[str, Any]
    created: int
    issued: int
    permanent: bool
    text: Any

    def __repr__(self) -> str:
        return "<MovedIn>"  # no value of a session in a traceback


class SessionReader(Protocol):
    """Reads another format's cookie for ``SessionConfig.accept``."""

    #: The other framework's: where it is read from, and deleted.
    cookie: Cookie

    def read(self, value: str) -> Foreign:
        """Verify a value, then decode it.

        :raises itsdangerous.BadData: it does not verify, or cannot be read.
        """
        ...


def check_readers(readers: object) -> tuple[SessionReader, ...]:
    """``SessionConfig.accept``, checked.

    :raises ConfigurationError: it is no sequence of readers.
    """
    if isinstance(readers, (str, bytes)) or not isinstance(readers, Sequence):
        raise ConfigurationError(
            "accept", "must be a list or tuple, as [FlaskCookies(key)]"
        )
    for reader in readers:
        readable = callable(getattr(reader, "read", None))
        if not (readable and isinstance(getattr(reader, "cookie", None), Cookie)):
            raise ConfigurationError(
                "accept",
                "every reader is an object, as FlaskCookies(key), with a Cookie "
                "`cookie` and a method `read(value)`",
            )
    return tuple(readers)


class Migration:
    """The readers of ``SessionConfig.accept``, and what they find in a header.

    :param readers: tried in this order.
    :param secure: whether our own cookie is, and so is one of ours that moves in.
    """

    def __init__(self, readers: Sequence[SessionReader], secure: bool) -> None:
        self.readers = readers if secure else list(_with_localhost(readers))

    def _read(
        self, header: str, ours: str, report: Report
    ) -> Iterator[tuple[SessionReader, str, Foreign]]:
        """All that verify, with reader and value of each, in the order of readers."""
        wrong: dict[str, BadData] = {}
        for reader in self.readers:
            for value in _values(reader, header):
                try:
                    yield reader, value, _check(reader.read(value))
                except BadData as error:
                    wrong.setdefault(reader.cookie.name, error)
                except SerializationError as error:
                    _refuse(reader, error, report)
        for name, refusal in wrong.items():
            if name != ours:
                report(status_of(refusal), cookie=name)

    def find(
        self,
        header: str,
        ours: str,
        now: int,
        encode: Callable[..., Any],
        report: Report,
    ) -> MovedIn | None:
        """The first that our own format can carry, with its text there.

        :param ours: the name of our own cookie, of which an event is sent elsewhere.
        :param now: seconds since the epoch; by its text, no session begins later.
        :param encode: ``encode(created, permanent, data)``.
        """
        for reader, value, foreign in self._read(header, ours, report):
            data, issued, created, permanent = foreign
            # Not when it moves in: a copy would begin anew each time that it is sent.
            created = issued if created is None else created
            try:
                text = encode(min(created, now), permanent, data)
            except SerializationError as error:
                _refuse(reader, error, report)
                continue
            return MovedIn(reader, value, data, created, issued, permanent, text)
        return None

    def report_left(
        self, header: str, verify: Callable[[str], object], report: Report
    ) -> None:
        """Report what still comes beside a session of ours: logging out leaves it.

        It was deleted when it moved in, and comes again if its Domain or Path is
        another than the reader's, or if the other application still sets it.

        :param verify: raises for what is not ours; a reader of ours may read that too.
        """
        for reader in self.readers:
            name, format = reader.cookie.name, type(reader).__name__
            if any(
                _verifies(reader.read, value) and not _verifies(verify, value)
                for value in _values(reader, header)
            ):
                report("left_behind", cookie=name, format=format, advice=_LEFT)

    def deletions(self, header: str, ours: Cookie) -> list[str]:
        """The Set-Cookie values that delete the other formats' cookies which came."""
        return [
            reader.cookie.deletion()
            for reader in self.readers
            if read_values(header, reader.cookie.name, most=1)
            and _place(ours) != _place(reader.cookie)
        ]


def _refuse(reader: SessionReader, error: SerializationError, report: Report) -> None:
    """Report a session that our own format cannot carry."""
    report("malformed", cookie=reader.cookie.name, reason=error.reason)


def status_of(error: Exception) -> str:
    """In one word, what was wrong with a cookie."""
    if isinstance(error, SignatureExpired):
        return "expired"
    return "bad_signature" if isinstance(error, BadSignature) else "malformed"


def _values(reader: SessionReader, header: str) -> Iterator[str]:
    """The different values of a reader's cookie that are tried."""
    return iter(dict.fromkeys(read_values(header, reader.cookie.name, MAX_TRIED)))


def _with_localhost(readers: Sequence[SessionReader]) -> Iterator[SessionReader]:
    """The readers; before one of our own cookies the reader of its name there.

    Not over https: a cookie of that name may be another application's, and any page
    over http can set it.
    """
    for reader in readers:
        there: SessionReader | None = getattr(reader, "on_localhost", None)
        if there is not None:
            yield there
        if there is None or there.cookie.name != reader.cookie.name:
            yield reader


def _verifies(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except (BadData, SerializationError):
        return False
    return True


_LEFT = (
    "it logs its user in again after logging out: give the reader the Domain and Path "
    "that it was set with; while the other application still sets it, log out there too"
)


def _check(foreign: Foreign) -> Foreign:
    """What a reader gave, with its times in whole seconds.

    :raises SerializationError: it is not what our format can carry.
    """
    try:
        data, issued, created, permanent = foreign
        issued = int(issued)
        created = None if created is None else int(created)
    except (TypeError, ValueError, OverflowError) as error:
        raise SerializationError("the reader gave no Foreign with times") from error
    if type(data) is not dict or min(issued, created or 0) < 0:
        raise SerializationError("the reader gave no dict, or a time before 1970")
    return Foreign(data, issued, created, bool(permanent))


def _place(cookie: Cookie) -> tuple[str, str | None, str]:
    return cookie.name, cookie.domain, cookie.path
