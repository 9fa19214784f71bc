"""SessionConfig: every option, checked once."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Literal, TypedDict

from .cookies import Cookie, automatic_name, needs_secure, plain
from .exceptions import ConfigurationError, UnknownOption
from .keys import KEYGEN, HoldsKeys, Key, check_key, check_keys
from .migration import SessionReader, check_readers


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionConfig(HoldsKeys):
    """What a session may do, the same for every request.

    :param secret_key: signs and verifies; at least 32 bytes, 8 of them different.
        ``None`` disables sessions: they read as empty and refuse to be written.
    :param secret_key_fallbacks: older keys, the newest first, which verify and never
        sign. The same rule holds for them.
    :param allow_weak_secret: take short keys too, such as another framework's.
    :param cookie_name: ``None`` chooses ``__Host-session``, ``__Secure-session`` or
        ``session``, whichever protects most and still works.
    :param cookie_secure: ``"auto"`` is True except on plain http to a loopback host.
    :param cookie_domain: ``None`` keeps the cookie to the one host; a domain sends it
        to all hosts beneath it too.
    :param cookie_path: the cookie is sent for this path and those beneath it.
    :param cookie_httponly: hide the cookie from scripts.
    :param cookie_samesite: ``"Strict"``, ``"Lax"``, ``"None"``, or ``None`` to write no
        attribute.
    :param cookie_partitioned: a jar of its own for each site that embeds this one
        (CHIPS).
    :param permanent: whether a new session's cookie outlives the browser.
    :param permanent_lifetime: the idle limit, enforced for every session; at least a
        second, and at most ``absolute_lifetime``.
    :param absolute_lifetime: the limit from creation, never extended; ``None``: none.
    :param refresh_after: re-issue a session that is used and was issued this long
        ago, shorter than the idle limit; ``None``: a quarter of it.
    :param accept: readers of other formats, tried in their order when no token of ours
        verifies.
    :param not_before: refuse sessions that began, or moved in, before this time, an
        aware datetime; for when an older key or another format's has leaked.
    :raises ConfigurationError: naming the option, the rule and what to do.
    """

    secret_key: Key | None = field(repr=False)
    secret_key_fallbacks: Sequence[Key] = field(default=(), repr=False)
    allow_weak_secret: bool = False
    cookie_name: str | None = None
    cookie_secure: bool | Literal["auto"] = "auto"
    cookie_domain: str | None = None
    cookie_path: str = "/"
    cookie_httponly: bool = True
    cookie_samesite: Literal["Strict", "Lax", "None"] | None = "Lax"
    cookie_partitioned: bool = False
    permanent: bool = False
    permanent_lifetime: timedelta = timedelta(days=14)
    absolute_lifetime: timedelta | None = timedelta(days=30)
    refresh_after: timedelta | None = None
    accept: Sequence[SessionReader] = ()
    not_before: datetime | None = None

    def __post_init__(self) -> None:
        for option in ("allow_weak_secret", "permanent"):
            if not isinstance(getattr(self, option), bool):
                raise ConfigurationError(option, "must be True or False")
        for option in _TEXTS:
            _set(self, option, plain(getattr(self, option)))
        _check_keys(self)
        _set(self, "accept", check_readers(self.accept))
        _check_times(self)
        _check_cookie(self)

    @property
    def secret_keys(self) -> tuple[Key, ...]:
        """The keys, the newest first, which signs; none where sessions are disabled."""
        if self.secret_key is None:
            return ()
        return (self.secret_key, *self.secret_key_fallbacks)


class ConfigOptions(TypedDict, total=False):
    """The options of :class:`SessionConfig`, by keyword."""

    secret_key: Key
    secret_key_fallbacks: Sequence[Key]
    allow_weak_secret: bool
    cookie_name: str | None
    cookie_secure: bool | Literal["auto"]
    cookie_domain: str | None
    cookie_path: str
    cookie_httponly: bool
    cookie_samesite: Literal["Strict", "Lax", "None"] | None
    cookie_partitioned: bool
    permanent: bool
    permanent_lifetime: timedelta
    absolute_lifetime: timedelta | None
    refresh_after: timedelta | None
    accept: Sequence[SessionReader]
    not_before: datetime | None


def config_from_options(options: ConfigOptions) -> SessionConfig:
    """The one-line form's configuration, which must have a key.

    :raises UnknownOption: for a name that is no option.
    """
    known = [each.name for each in fields(SessionConfig)]
    for name in options:
        if name not in known:
            raise unknown_option(name, name, [*known, "store", "owner_key"])
    if options.get("secret_key") is None:
        raise ConfigurationError("secret_key", f"is required; {KEYGEN}")
    return SessionConfig(**options)


def unknown_option(
    written: str,
    name: str,
    known: Sequence[str],
    *,
    usable: Sequence[str] | None = None,
    prefix: str = "",
) -> UnknownOption:
    """The error for an option that does not exist, with the one that may be meant.

    :param written: the option as it was written, with its prefix; ``name`` is without.
    :param known: the names that are looked through, without a prefix.
    :param usable: the names that are told where none is alike; ``None``: all of them.
    """
    close = difflib.get_close_matches(name, known, n=1)
    names = [*(known if usable is None else usable)]
    hint = f"did you mean {prefix}{close[0]}?" if close else f"there are {names}"
    return UnknownOption(written, f"no such option; {hint}")


def check_lifetime(option: str, value: object) -> timedelta:
    """A length of time that can be counted in whole seconds."""
    if not isinstance(value, timedelta):
        raise ConfigurationError(option, "must be a timedelta, as timedelta(days=14)")
    if value < timedelta(seconds=1):
        raise ConfigurationError(option, "must be at least one second")
    return value


def _set(config: SessionConfig, option: str, value: object) -> None:
    object.__setattr__(config, option, value)


def _check_keys(config: SessionConfig) -> None:
    """Check the keys, and put them out of sight."""

    def check(option: str, key: object) -> Key | None:
        if key is None and option == "secret_key":
            return None
        return check_key(option, key, allow_weak=config.allow_weak_secret)

    key, *older = check_keys(config.secret_key, config.secret_key_fallbacks, check)
    _set(config, "secret_key", key)
    _set(config, "secret_key_fallbacks", tuple(older))


def _check_times(config: SessionConfig) -> None:
    idle = check_lifetime("permanent_lifetime", config.permanent_lifetime)
    if config.absolute_lifetime is not None:
        absolute = check_lifetime("absolute_lifetime", config.absolute_lifetime)
        if idle > absolute:
            raise ConfigurationError(
                "permanent_lifetime",
                f"{idle} is longer than absolute_lifetime, {absolute}, which ends "
                "every session; raise that too, or set it to None",
            )
    _check_not_before(config.not_before)
    refresh = config.refresh_after
    if refresh is None:
        return
    if not isinstance(refresh, timedelta) or refresh < timedelta(0):
        raise ConfigurationError(
            "refresh_after", "must be a timedelta of zero or more, or None"
        )
    if refresh >= idle:
        raise ConfigurationError(
            "refresh_after",
            f"must be shorter than permanent_lifetime, {idle}: a session in use "
            "would expire before it is re-issued",
        )


def _check_not_before(value: object) -> None:
    if value is None or (isinstance(value, datetime) and value.utcoffset() is not None):
        return
    raise ConfigurationError(
        "not_before",
        "must be a datetime with a time zone, as "
        "datetime(2026, 12, 24, 18, tzinfo=timezone.utc), or None",
    )


def _check_cookie(config: SessionConfig) -> None:
    """Build the cookie this gives, for the checks that come with it."""
    secure = config.cookie_secure
    if not isinstance(secure, bool) and secure != "auto":
        raise ConfigurationError("cookie_secure", "must be True, False or 'auto'")
    for each in (True, False) if secure == "auto" else (secure,):
        if not each and secure == "auto" and _always_secure(config):
            continue
        name = config.cookie_name
        if name is None:
            name = automatic_name(config.cookie_domain, config.cookie_path, bool(each))
        Cookie(
            name,
            config.cookie_domain,
            config.cookie_path,
            bool(each),
            config.cookie_httponly,
            config.cookie_samesite,
            config.cookie_partitioned,
        )


def _always_secure(config: SessionConfig) -> bool:
    name, samesite = config.cookie_name, config.cookie_samesite
    return needs_secure(
        name if isinstance(name, str) else None, samesite, config.cookie_partitioned
    )


_TEXTS = [f"cookie_{each}" for each in ("name", "secure", "domain", "path", "samesite")]
