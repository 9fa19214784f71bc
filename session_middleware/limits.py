"""How long a session lives: the idle and the absolute limit, and when it is re-issued.

Functions of numbers, in whole seconds since the epoch; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

from .cookies import MAX_AGE
from .exceptions import ConfigurationError

NEVER = 1 << 50  # seconds


class Limits(NamedTuple):
    """The limits of one session.

    :param idle: seconds from when its cookie was issued, to which a re-issue adds.
    :param refresh: seconds after which a session in use is re-issued; less than idle.
    :param absolute: seconds from its creation, to which nothing adds.
    :param not_before: sessions that were created earlier are refused.
    :param skew: seconds that the clock of another machine may be ahead.
    """

    idle: int
    refresh: int
    absolute: int
    not_before: int
    skew: int

    def judge(self, now: int, created: int, issued: int) -> Verdict:
        """Whether a session has passed a limit, is due for a re-issue, or neither."""
        idle, refresh, absolute, not_before, skew = self
        age = now - issued
        if age < -skew:
            return _IN_THE_FUTURE
        if created > issued + skew:
            return _MADE_LATER
        if age > idle:
            return _IDLE
        if now - created > absolute:
            return _ABSOLUTE
        if created < not_before:
            return _NOT_BEFORE
        return _DUE if age >= refresh else _GOOD

    def ends(self, created: int, issued: int) -> int:
        """When a session ends if it is not used again; the earlier limit."""
        return min(issued + self.idle, created + self.absolute)

    def longest_age(self, created: int, now: float) -> int:
        """Seconds that a browser may keep the cookie: until the absolute limit."""
        return max(created + self.absolute - int(now), 1)


class Verdict(NamedTuple):
    """What the limits say of a session.

    :param refusal: the status of one that has passed a limit; empty: it is good.
    :param due: whether a good one is to be re-issued.
    :param facts: for the event of a refusal.
    """

    refusal: str
    due: bool = False
    facts: Mapping[str, str] = {}


_GOOD = Verdict("")
_DUE = Verdict("", due=True)
_IN_THE_FUTURE = Verdict("expired", facts={"limit": "issued in the future"})
_MADE_LATER = Verdict("malformed", facts={"reason": "made after it was issued"})
_IDLE = Verdict("expired", facts={"limit": "idle"})
_ABSOLUTE = Verdict("expired", facts={"limit": "absolute"})
_NOT_BEFORE = Verdict("refused", facts={"limit": "not_before"})
NOT_ACCEPTED = Verdict("refused")


def refresh_age(idle: int, refresh_after: timedelta | None) -> int:
    """The age at which a session in use is re-issued, which is less than the limit."""
    quarter = idle // 4
    if refresh_after is None:
        return quarter
    refresh = seconds_of(refresh_after)
    return refresh if refresh < idle else quarter


def max_age(expires: object, now: float) -> int:
    """The seconds from now to what ``get_expiration_time`` gave.

    :raises ConfigurationError: it is no aware datetime, or is past.
    """
    option = "get_expiration_time"
    if not isinstance(expires, datetime) or expires.utcoffset() is None:
        raise ConfigurationError(option, "must give an aware datetime, or None")
    age = round(expires.timestamp() - now)
    if age < 1:
        raise ConfigurationError(option, "must give a time to come")
    return age


def expiration(now: float, idle: int) -> float:
    """When a browser may forget a permanent session's cookie (RFC 6265bis 5.5)."""
    return now + min(idle, MAX_AGE)


def first_second(moment: datetime | None) -> int:
    """The first whole second that is not before this moment."""
    return 0 if moment is None else ceil(moment.timestamp())


def seconds_of(length: timedelta | None) -> int:
    """The whole seconds of a length of time; ``None`` is a length without end."""
    return NEVER if length is None else length.days * 86400 + length.seconds
