"""Options as text, such as those of an ini file, for those of the one-line form.

How a text is read follows from the annotations of ``SessionConfig``. A value that is
not a str is taken as it is, since settings may be made in Python too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

from ..config import SessionConfig, unknown_option
from ..exceptions import ConfigurationError
from ..interface import SessionInterface
from ..keys import KEYGEN, read_key_file
from ..open_interface import OF_STORES, SessionOptions, open_interface

__all__ = ["interface_from_text"]


def interface_from_text(
    settings: Mapping[str, Any], prefix: str = ""
) -> SessionInterface:
    """The interface that the settings under a prefix describe.

    Durations are ``14d``, ``12h``, ``20m`` or a number of seconds, and ``off`` for
    none; a time is ``2026-12-24T18:00:00Z``; lists are separated by white space.
    ``secret_key_file`` and ``secret_key_env`` name where the key is, and
    ``secret_key_fallbacks_file`` and ``secret_key_fallbacks_env`` where the older ones
    are. ``store_env`` names the variable that has the store's URL: its password is not
    for a file, where its ``%`` would mean something too.

    :param settings: by name; one that does not begin with the prefix is ignored.
    :param prefix: such as ``session_middleware.``.
    :raises UnknownOption: for a name that is no option.
    :raises ConfigurationError: naming the setting as it was written.
    """
    options: dict[str, Any] = {}
    written: dict[str, str] = {}
    for setting, value in settings.items():
        if not setting.startswith(prefix):
            continue
        name, fetch = _split(setting, prefix)
        if name in options:
            raise ConfigurationError(setting, f"{written[name]} is given too")
        written[name] = setting
        options[name] = _read_option(setting, name, fetch(setting, value))
    if options.get("secret_key") is None:
        raise ConfigurationError(f"{prefix}secret_key", f"is required; {KEYGEN}")
    try:
        return open_interface(cast(SessionOptions, options))
    except ConfigurationError as error:
        name = written.get(error.option, f"{prefix}{error.option}")
        raise ConfigurationError(name, error.reason) from None


def _split(setting: str, prefix: str) -> tuple[str, Callable[[str, Any], Any]]:
    """The option's name, and what fetches its value."""
    name = setting.removeprefix(prefix)
    if name in _KINDS:
        return name, _as_written
    option, _, place = name.rpartition("_")
    source = {"file": _from_file, "env": in_environment}.get(place)
    if source is None or place not in _PLACES.get(option, ()):
        raise unknown_option(setting, name, [*_KINDS], prefix=prefix)
    return option, source


def _as_written(setting: str, value: Any) -> Any:
    return value


def _from_file(setting: str, path: Any) -> str | list[str]:
    keys = read_key_file(setting, path)
    if "fallbacks" in setting:
        return keys
    if len(keys) > 1:
        raise ConfigurationError(
            setting,
            f"the file has {len(keys)} lines, and a key is one line; put older keys "
            "into a file for secret_key_fallbacks_file",
        )
    return keys[0]


def in_environment(setting: str, name: Any) -> str:
    """What the variable of this name holds.

    :raises ConfigurationError: there is none.
    """
    value = os.environ.get(str(name))
    if value is None:
        # Its name is not repeated: somebody may have written the key itself there.
        raise ConfigurationError(setting, "no variable of that name in the environment")
    return value


def _read_option(setting: str, name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return _read(_KINDS[name], value.strip())
    except ValueError as error:
        raise ConfigurationError(setting, str(error)) from None


def _read(kinds: Sequence[Any], text: str) -> Any:
    """The value that ``text`` means: a fixed word of a kind, or what the kinds read."""
    for kind in kinds:
        words = _WORDS.get(kind)
        if words is None:
            words = {str(each).lower(): each for each in get_args(kind)}
        if text.lower() in words:
            return words[text.lower()]
    if timedelta in kinds:
        return _read_duration(text)
    if datetime in kinds:
        return _read_time(text)
    if _generic(kinds[0]) is Sequence:
        return _read_list(kinds[0], text)
    if str in kinds:
        return text
    known = [word for kind in kinds for word in _WORDS.get(kind) or get_args(kind)]
    raise ValueError(f"must be one of {', '.join(known)}")


def _read_duration(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,9})\s*([a-z]?)", text.lower())
    if found is None or found[2] not in _UNITS:
        raise ValueError("must be a length of time: 14d, 12h, 20m or 3600 (seconds)")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _read_time(text: str) -> datetime:
    try:
        # Python 3.10 does not know the Z.
        return datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
    except ValueError:
        raise ValueError("must be a time, such as 2026-12-24T18:00:00Z") from None


def _read_list(kind: Any, text: str) -> list[str]:
    if str not in get_args(get_args(kind)[0]):
        raise ValueError(
            "cannot be written as text; wrap the application in Python, with "
            "SessionMiddleware(app, interface)"
        )
    return text.split()


def _kinds(annotation: Any) -> Sequence[Any]:
    """The types that an annotation allows, one by one; a ``Literal``'s words first."""
    is_union = _generic(annotation) not in (None, Literal, Sequence)
    kinds = [*get_args(annotation)] if is_union else [annotation]
    return sorted(kinds, key=lambda kind: _generic(kind) is not Literal)


def _generic(annotation: Any) -> Any:
    return get_origin(annotation)  # its declared type is too narrow to compare


_UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_TRUE = dict.fromkeys(("true", "yes", "on", "1"), True)
_FALSE = dict.fromkeys(("false", "no", "off", "0"), False)
_WORDS: dict[Any, dict[str, Any]] = {
    bool: {**_TRUE, **_FALSE},
    type(None): {"none": None, "off": None},
    str: {},
    bytes: {},
    timedelta: {},
    datetime: {},
}
_PLACES = {
    "secret_key": ("file", "env"),
    "secret_key_fallbacks": ("file", "env"),
    "store": ("env",),
}
_TYPES = get_type_hints(SessionConfig)
_KINDS: dict[str, Sequence[Any]] = {
    **{each.name: _kinds(_TYPES[each.name]) for each in fields(SessionConfig)},
    **dict.fromkeys(OF_STORES, (str,)),
}
