"""Secret keys: what one must be, where it is read, and how it stays out of sight."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from .events import LOGGER
from .exceptions import ConfigurationError

Key = str | bytes
_Given = TypeVar("_Given")
_Kept = TypeVar("_Kept")

MIN_KEY = 32  # bytes
MIN_DISTINCT = 8  # different bytes in a key
MAX_KEYS = 16  # what one rejected cookie may cost, in HMACs
NEEDS_CRYPTOGRAPHY = (
    "needs the package cryptography, which is not installed; "
    "pip install session-middleware[encrypted]"
)
KEYGEN = "make one with: python -m session_middleware keygen"

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # UTF-8's and UTF-16's


class HoldsKeys:
    """What has a secret key in it, and so is neither pickled nor copied."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} holds secret keys and is not pickled or copied"
        )


class _Unseen:
    """A key that no repr shows, and no ``dataclasses.asdict`` or pickle carries off."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<secret key>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret key is not pickled or copied")


class _UnseenText(_Unseen, str):
    __slots__ = ()


class _UnseenBytes(_Unseen, bytes):
    __slots__ = ()


def check_key(option: str, key: object, *, allow_weak: bool) -> Key:
    """A key of our own, out of sight.

    :raises ConfigurationError: it is none, or easily guessed; without the key in it.
    """
    raw = key_bytes(option, key, f"must be str or bytes; {KEYGEN}")
    if not allow_weak:
        _check_strength(option, raw)
        _check_ends(option, key)
    return _UnseenText(key) if isinstance(key, str) else _UnseenBytes(raw)


def key_bytes(option: str, key: object, advice: str = "must be str or bytes") -> bytes:
    """A key of any length as bytes.

    :param advice: what is said of a key of another type.
    :raises ConfigurationError: without the key in it.
    """
    if not isinstance(key, (str, bytes)):
        raise ConfigurationError(option, advice)
    # Not with strict errors: an exception would carry the key.
    raw = key.encode(errors="replace") if isinstance(key, str) else bytes(key)
    if isinstance(key, str) and raw.decode() != key:
        raise ConfigurationError(option, "must be text that UTF-8 can hold")
    if not raw:
        raise ConfigurationError(option, f"is empty; {KEYGEN}")
    return raw


def framework_key(option: str, key: object) -> bytes:
    """Another framework's key as bytes, of any length but none.

    :raises ConfigurationError: without the key in it.
    """
    return key_bytes(option, key, "must be the framework's own key, str or bytes")


def check_key_to_encrypt(option: str, key: Key | None) -> None:
    """A key that is guessed opens every cookie, also one that was kept for years.

    :param key: one of our own; ``None``, for no sessions, is let by.
    :raises ConfigurationError: it is too short, which no option allows.
    """
    size = MIN_KEY if key is None else len(key_bytes(option, key))
    if size < MIN_KEY:
        raise ConfigurationError(
            option,
            f"has {size} bytes; to encrypt takes at least {MIN_KEY}, which "
            f"allow_weak_secret does not change. {KEYGEN}",
        )


def check_keys(
    key: _Given, fallbacks: object, check: Callable[[str, _Given], _Kept]
) -> list[_Kept]:
    """A secret key and the older ones, the newest first.

    :param check: gives what is kept of one: ``check(option, key)``.
    :raises ConfigurationError: of ``check``, or there is no list of older keys.
    """
    older = _check_fallbacks(fallbacks)
    return [
        check("secret_key", key),
        *(check("secret_key_fallbacks", each) for each in older),
    ]


def read_key_file(option: str, path: Any) -> list[str]:
    """The keys in a file, one on a line, the newest first.

    A file that every user of the machine can read is used, and said to be that: the
    secrets that Docker and Kubernetes mount are such files.

    :raises ConfigurationError: it cannot be read, or has no key in it.
    """
    raw, text, shared, problem = b"", "", 0, "it has no key in it"
    try:
        raw = Path(path).read_bytes()
        shared = Path(path).stat().st_mode & stat.S_IROTH
        text = raw.decode()
    except (OSError, TypeError, ValueError) as error:
        problem = f"the file cannot be read: {type(error).__name__}"
    if raw.startswith(_MARKS):
        text, problem = (
            "",
            "it begins with a byte order mark; save it without, as UTF-8",
        )
    keys = [line.strip() for line in text.split("\n") if line.strip()]
    if not all(map(str.isprintable, keys)):
        keys, problem = [], "it has a character in it that nobody sees"
    if not keys:  # out here, since an error of decoding carries the key
        raise ConfigurationError(option, problem)
    if shared and os.name == "posix":
        LOGGER.warning("%s: every user of this machine can read the file", option)
    return keys


def _check_fallbacks(fallbacks: object) -> Sequence[Any]:
    """The older keys, not looked into yet.

    :raises ConfigurationError: it is no list of them, or one of too many.
    """
    if isinstance(fallbacks, (str, bytes, bytearray)) or not isinstance(
        fallbacks, Sequence
    ):
        raise ConfigurationError(
            "secret_key_fallbacks", "must be a list or tuple, as [old_key]"
        )
    if len(fallbacks) >= MAX_KEYS:
        raise ConfigurationError(
            "secret_key_fallbacks",
            f"at most {MAX_KEYS - 1}: every one is tried on every bad cookie",
        )
    return fallbacks


def _check_strength(option: str, raw: bytes) -> None:
    size, distinct = len(raw), len(set(raw))
    if size < MIN_KEY or distinct < MIN_DISTINCT:
        raise ConfigurationError(
            option,
            f"has {size} bytes, {distinct} of them different; it must have at least "
            f"{MIN_KEY} bytes, at least {MIN_DISTINCT} of them different, so that it "
            f"cannot be guessed. {KEYGEN}. For a key that another framework gave you: "
            "allow_weak_secret=True",
        )


def _check_ends(option: str, key: Any) -> None:
    """Refuse the line's end of a file or a command, which the next reader may strip."""
    random = isinstance(key, bytes) and not key.isascii()  # may end in anything
    if not random and key != key.strip():
        raise ConfigurationError(
            option,
            "has white space at an end, which other readers of the same key would not "
            "see; give key.strip(), or allow_weak_secret=True if it was signed with",
        )
