"""Beaker's options, translated to ours; an error for each that means nothing here.

An error names its option as it was written, with ``session.`` before it or without.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from ..config import SessionConfig, unknown_option
from ..cookies import MAX_AGE
from ..exceptions import ConfigurationError
from ..keys import KEYGEN


class Given(NamedTuple):
    """An option as it was written, with its prefix, and its value."""

    written: str
    value: Any

    def __repr__(self) -> str:
        return f"<Given {self.written}>"  # no key in a traceback


Options = dict[str, Given]


def read_options(
    config: Mapping[str, Any] | None, options: Mapping[str, Any]
) -> Options:
    """The options for sessions, by their names without a prefix.

    :param config: may hold other libraries' options, as with Beaker: only keys that
        begin with ``session.`` or ``beaker.session.`` are read.
    :param options: keyword arguments, with that prefix or without; they override
        ``config``.
    :raises UnknownOption: it is neither Beaker's nor ours.
    """
    found = {key: value for key, value in (config or {}).items() if _PREFIX.match(key)}
    if config and not found:
        raise ConfigurationError("config", "has no key that begins with 'session.'")
    given = {
        _PREFIX.sub("", written): Given(written, value)
        for written, value in [*found.items(), *options.items()]
    }
    for name, (written, value) in given.items():
        if name not in _KNOWN:
            meant = name.removeprefix("session_")
            raise unknown_option(written, meant, _KNOWN, usable=_USABLE)
        harmless = value is None or str(value).lower() == _HARMLESS.get(name)
        if name in _REFUSED and not harmless:
            raise ConfigurationError(written, _REFUSED[name])
    return given


def is_auto(given: Options) -> bool:
    """Whether changes are saved without ``save()``."""
    return _read(given, "auto", _flag) or False


def make_config(given: Options) -> SessionConfig:
    """The configuration that does what these options do in Beaker.

    :raises ConfigurationError: naming the option as it was written.
    """
    ours: dict[str, Any] = {"absolute_lifetime": None, **_lifetimes(given)}
    names = {"permanent_lifetime": "timeout" if "timeout" in given else _EXPIRES}
    for name, (our_name, read) in _MEANINGS.items():
        value = _read(given, name, read)
        if value is not None or (name == "samesite" and name in given):
            ours[our_name] = value
            names[our_name] = name
    if "secret_key" not in ours:
        raise ConfigurationError("validate_key", f"is required; {KEYGEN}")
    try:
        return SessionConfig(**ours)
    except ConfigurationError as error:
        name = names.get(error.option, error.option)
        written = given[name].written if name in given else name
        raise ConfigurationError(written, error.reason) from None


def _lifetimes(given: Options) -> dict[str, Any]:
    """The limits: in Beaker a session ends with its cookie, or after ``timeout``."""
    timeout = _read(given, "timeout", _seconds)
    expires = _read(given, _EXPIRES, _cookie_lifetime)
    keeps_access_time = _read(given, "save_accessed_time", _flag)
    if timeout is not None and keeps_access_time is False:
        raise ConfigurationError(
            given["timeout"].written,
            "counts from the last access, so save_accessed_time must not be False",
        )
    limits = [length for length in (timeout, expires) if length is not None]
    ours: dict[str, Any] = {"permanent": expires is not None}
    if limits:
        ours["permanent_lifetime"] = min(limits)
    if timeout is not None or keeps_access_time:
        ours["refresh_after"] = timedelta(0)
    return ours


def _read(given: Options, name: str, read: Callable[[Any], Any]) -> Any:
    """The value of an option; ``None`` if it was not given."""
    if name not in given or given[name].value is None:
        return None
    try:
        return read(given[name].value)
    except ValueError as error:
        raise ConfigurationError(given[name].written, str(error)) from None


def _flag(value: object) -> bool:
    """A bool, given as one or as Beaker's word for it."""
    word = value if isinstance(value, bool) else str(value).strip().lower()
    if word not in _WORDS:
        raise ValueError("must be True or False")
    return _WORDS[word]


def _seconds(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not re.fullmatch(r"\s*[0-9]{1,11}\s*", str(value)):
        raise ValueError("must be a whole number of seconds")
    return timedelta(seconds=int(str(value)))


def _cookie_lifetime(value: object) -> timedelta | None:
    """How long the browser keeps the cookie; ``None``: until it is closed."""
    word = value.strip().lower() if isinstance(value, str) else value
    if isinstance(word, bool) or (isinstance(word, str) and word in _WORDS):
        return None if _WORDS[word] else timedelta(seconds=MAX_AGE)
    try:
        return _seconds(value)
    except ValueError:
        raise ValueError(
            "must be True, False or a number of seconds; a fixed date would end every "
            "session at once, so give timedelta(days=...)"
        ) from None


def _as_it_is(value: Any) -> Any:
    return value


_PREFIX = re.compile(r"^(?:beaker\.)?session\.")
_EXPIRES = "cookie_expires"
_TRUE = ("true", "yes", "on", "y", "t", "1")  # Beaker's words
_FALSE = ("false", "no", "off", "n", "f", "0")
_WORDS: dict[object, bool] = {
    True: True,
    False: False,
    **dict.fromkeys(_TRUE, True),
    **dict.fromkeys(_FALSE, False),
}

# Beaker's option: ours, and what reads its value. Where two of Beaker's mean one of
# ours, the later line wins.
_MEANINGS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "secret": ("secret_key", _as_it_is),
    "validate_key": ("secret_key", _as_it_is),
    "key": ("cookie_name", _as_it_is),
    "secure": ("cookie_secure", _flag),
    "httponly": ("cookie_httponly", _flag),
    "samesite": ("cookie_samesite", _as_it_is),
    **{
        name: (name, _as_it_is)
        for name in (
            "cookie_domain",
            "cookie_path",
            # Beaker does not have these.
            "cookie_partitioned",
            "secret_key_fallbacks",
            "allow_weak_secret",
            "absolute_lifetime",
            "refresh_after",
            "accept",
            "not_before",
        )
    },
}
_NO_MEANING = "has no meaning here: leave it out"
_ENCRYPTION = (
    "sessions are not encrypted, and in a cookie visitors can read their own: keep "
    "private data in a store or a database, and leave this out"
)
_TABLES = (
    "a store has tables of its own: leave it out, or make an SqlStore(engine) and give "
    "it as store"
)
_REFUSED = {
    **dict.fromkeys(
        (
            *("id", "use_cookies", "namespace_class", "session_class"),
            "memcache_module",
        ),
        _NO_MEANING,
    ),
    **dict.fromkeys(("sa_opts", "table_name"), _TABLES),
    **dict.fromkeys(("encrypt_key", "encrypt_nonce_bits", "crypto_type"), _ENCRYPTION),
    "data_serializer": "must be 'json', which keeps types: pickle runs what it reads. "
    "Store an object's id or fields in place of the object",
    "invalidate_corrupt": "must be True: a bad cookie is an empty session and an event",
    "log_file": "events go to the logger 'session_middleware': use logging",
    "webtest_varname": "has no meaning here: a test reads its session with "
    "session_middleware.testing.session_transaction",
}
_HARMLESS = {  # values that ask for what we do anyway
    "data_serializer": "json",
    "crypto_type": "default",
    "invalidate_corrupt": "true",
    "use_cookies": "true",
}
_USABLE = [
    *_MEANINGS,
    *("timeout", _EXPIRES, "save_accessed_time", "auto"),
    # Where sessions are kept; read in another room.
    *("type", "data_dir", "lock_dir", "url", "store", "store_env", "owner_key"),
]
_KNOWN = [*_USABLE, *_REFUSED]
