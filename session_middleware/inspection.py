"""What a cookie says, and whether a key vouches for it: for the command ``decode``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from itsdangerous import BadData

from .encrypted_cookie import EncryptedCookieSessionInterface, load_serializer
from .secure_cookie import SecureCookieSessionInterface
from .tokens.signed import (
    Contents,
    SessionSerializer,
    SignedSerializer,
    inspect_token,
)

NAMES = ("__Host-session", "__Secure-session", "session")  # as we choose them
VARIABLE = "SECRET_KEY"
_NO_KEY = f"no key was given: see --secret-key-file, or set {VARIABLE}"
_SEALED = re.compile(r"A[Q-Za-f][\w-]{100,}", re.ASCII)  # begins with the version, 1
_FIELD = re.compile(r"\s*(?:set-)?cookie:", re.IGNORECASE)


class Keys(NamedTuple):
    """The keys to try, and where they are if that is no file."""

    values: list[str]
    where: str = ""


class Opened(NamedTuple):
    """What is in a token, and whether a key vouches for it, in words too."""

    contents: Contents
    issued: int
    verified: bool
    verdict: str


class Found(NamedTuple):
    """A value that may be a token, and the cookie names it may be signed for."""

    names: Sequence[str]
    value: str


def find_sessions(line: str, name: str | None, keys: Keys) -> list[Found]:
    """The cookies of the line with that name, a usual one, or else that are tokens."""
    pairs = list(_pairs(_FIELD.sub("", line, count=1)))
    if name is not None:
        return [Found([name], value) for key, value in pairs if key in (name, None)]
    usual = [
        Found(NAMES if key is None else [key], value)
        for key, value in pairs
        if key is None or key in NAMES
    ]
    others = [Found([key or ""], value) for key, value in pairs]
    opened = [found for found in others if _opens(found, keys)]
    return usual or opened or [each for each in others if _is_sealed(each)]


def open_cookie(found: Found, keys: Keys) -> Opened:
    """What is in it: sealed, if a key opens it; else signed, by whomever.

    :raises itsdangerous.BadData: it cannot be read.
    """
    if _is_sealed(found):
        return _unseal(found, keys)
    contents, issued = inspect_token(found.value)
    if not keys.values:
        verdict = f"no: {_NO_KEY}"
        return Opened(contents, issued, False, verdict)
    names = ", ".join(map(repr, found.names))
    tried = f"{len(keys.values)} keys{keys.where}"
    verdict = f"NO: none of {tried} signed it as the cookie {names}"
    return _find_key(found, keys, _signed) or Opened(contents, issued, False, verdict)


def _pairs(content: str) -> Iterator[tuple[str | None, str]]:
    """Name and value of each cookie; no name where there is only a value."""
    for pair in content.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            yield name.strip(), value.strip()
        elif ";" not in content and name.strip():
            yield None, name.strip()


def _opens(found: Found, keys: Keys) -> bool:
    try:
        open_cookie(found, keys)
    except BadData:
        return False
    return True


def _is_sealed(found: Found) -> bool:
    """Whether it looks like an encrypted one."""
    return _SEALED.fullmatch(found.value) is not None


def _unseal(found: Found, keys: Keys) -> Opened:
    if not keys.values:
        raise BadData(f"it looks encrypted, and {_NO_KEY}")
    opened = _find_key(found, keys, _sealed)
    if opened is None:
        raise BadData("it looks encrypted, and no key that was given opens it")
    return opened


def _find_key(
    found: Found, keys: Keys, make: Callable[[list[str], str], SessionSerializer]
) -> Opened | None:
    """What the first key opens under one of the names."""
    for name in found.names:
        serializer = make(keys.values, name)
        try:
            payload, issued, index = serializer.verify(found.value)
            contents = serializer.decode(payload)
        except BadData:
            continue
        which = f"{index + 1} of {len(keys.values)}{keys.where}"
        verdict = f"by key {which}, as the cookie {name!r}"
        return Opened(contents, issued, True, verdict)
    return None


def _signed(keys: list[str], name: str) -> SessionSerializer:
    return SignedSerializer(keys, SecureCookieSessionInterface.salt + name)


def _sealed(keys: list[str], name: str) -> SessionSerializer:
    return load_serializer()(keys, EncryptedCookieSessionInterface.salt, name)
