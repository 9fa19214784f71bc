"""What a cookie says, and whether a key vouches for it: for the command ``decode``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from itsdangerous import BadData, BadPayload

from .encrypted_cookie import EncryptedCookieSessionInterface, load_serializer
from .secure_cookie import SecureCookieSessionInterface
from .server_side import ServerSideSessionInterface
from .stored.ids import key_of_id, public_id_of, read_payload
from .tokens.parts import split_token
from .tokens.signed import Contents, SignedSerializer, Verified, inspect_token

NAMES = ("__Host-session", "__Secure-session", "session")  # as we choose them
VARIABLE = "SECRET_KEY"
_NO_KEY = f"no key was given: see --secret-key-file, or set {VARIABLE}"
_SEALED = re.compile(r"A[Q-Za-f][\w-]{100,}", re.ASCII)  # begins with the version, 1
_FIELD = re.compile(r"\s*(?:set-)?cookie:", re.IGNORECASE)


class Keys(NamedTuple):
    """The keys to try, and where they are if that is no file."""

    values: list[str]
    where: str = ""


class InStore(NamedTuple):
    """What a token says of a session whose data is in a store: no id that opens it.

    :param created: in seconds since the epoch.
    :param public_id: ``None``: there is no session.
    """

    created: int
    permanent: bool
    public_id: str | None


class Opened(NamedTuple):
    """What is in a token, and whether a key vouches for it, in words too."""

    contents: Contents | InStore
    issued: int
    verified: bool
    verdict: str


#: Verifies the tokens of one kind under one name, and decodes their payload.
_Reader = tuple[Callable[[str], Verified], Callable[[bytes], "Contents | InStore"]]


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
    contents, issued = _inspect(found.value)
    make = _of_store if isinstance(contents, InStore) else _signed
    if not keys.values:
        verdict = f"no: {_NO_KEY}"
        return Opened(contents, issued, False, verdict)
    names = ", ".join(map(repr, found.names))
    tried = f"{len(keys.values)} keys{keys.where}"
    verdict = f"NO: none of {tried} signed it as the cookie {names}"
    return _find_key(found, keys, make) or Opened(contents, issued, False, verdict)


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


def _inspect(token: str) -> tuple[Contents | InStore, int]:
    """What a token says, unverified, and when it was issued."""
    payload, issued = split_token(token)
    try:
        return _read_in_store(payload), issued
    except BadPayload:
        return inspect_token(token)


def _read_in_store(payload: bytes) -> InStore:
    created, permanent, id = read_payload(payload)
    public_id = None if id is None else public_id_of(key_of_id(id))
    return InStore(created, permanent, public_id)


def _unseal(found: Found, keys: Keys) -> Opened:
    if not keys.values:
        raise BadData(f"it looks encrypted, and {_NO_KEY}")
    opened = _find_key(found, keys, _sealed)
    if opened is None:
        raise BadData("it looks encrypted, and no key that was given opens it")
    return opened


def _find_key(
    found: Found, keys: Keys, make: Callable[[list[str], str], _Reader]
) -> Opened | None:
    """What the first key opens under one of the names."""
    for name in found.names:
        verify, decode = make(keys.values, name)
        try:
            payload, issued, index = verify(found.value)
            contents = decode(payload)
        except BadData:
            continue
        which = f"{index + 1} of {len(keys.values)}{keys.where}"
        verdict = f"by key {which}, as the cookie {name!r}"
        return Opened(contents, issued, True, verdict)
    return None


def _signed(keys: list[str], name: str) -> _Reader:
    serializer = SignedSerializer(keys, SecureCookieSessionInterface.salt + name)
    return serializer.verify, serializer.decode


def _of_store(keys: list[str], name: str) -> _Reader:
    salt = ServerSideSessionInterface.salt + name
    return SignedSerializer(keys, salt).verify, _read_in_store


def _sealed(keys: list[str], name: str) -> _Reader:
    salt = EncryptedCookieSessionInterface.salt
    serializer = load_serializer()(keys, salt, name)
    return serializer.verify, serializer.decode
