"""``python -m session_middleware``: make a key, explain a cookie.

Reading a cookie without its key is what ``decode`` is for, so it says of everything
whether a key vouches for it. No key is taken from the command line, and none is
printed.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from itsdangerous import BadData

from .config import SessionConfig
from .cookies import MAX_HEADER
from .encrypted_cookie import EncryptedCookieSessionInterface, load_serializer
from .exceptions import ConfigurationError, SerializationError
from .keys import key_bytes, read_key_file
from .secure_cookie import SecureCookieSessionInterface
from .tokens import tagged_json
from .tokens.signed import (
    Contents,
    SessionSerializer,
    SignedSerializer,
    inspect_token,
)

VERIFIED, NOT_VERIFIED, WRONG_USAGE, UNREADABLE = range(4)  # exit codes

NAMES = ("__Host-session", "__Secure-session", "session")
_VARIABLE = "SECRET_KEY"
_NO_KEY = f"no key was given: see --secret-key-file, or set {_VARIABLE}"
_SEALED = re.compile(r"A[Q-Za-f][\w-]{100,}", re.ASCII)  # begins with the version, 1
_FIELD = re.compile(r"\s*(?:set-)?cookie:", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it ended."""
    parser = _parser()
    options, unknown = parser.parse_known_args(arguments)
    if unknown:  # not repeated: one of them may be a key
        parser.error("too many arguments, or an unknown one; keys are read from a file")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if options.command == "decode":
        keys = _keys_or_exit(parser, options.secret_key_file)
        return _decode(_read_cookie(options.cookie), options.cookie_name, keys)
    print(secrets.token_urlsafe(32))
    return VERIFIED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m session_middleware", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("keygen", help="print a new secret key", allow_abbrev=False)
    decode = commands.add_parser(
        "decode",
        allow_abbrev=False,
        help="print what is in a cookie, and whether a key of yours signed it",
        description="Print what is in a cookie, and whether a key of yours signed it.",
        epilog="Exit code: 0 a key verifies it, 1 none does or none was given, 2 wrong "
        "usage, 3 it cannot be read.",
    )
    decode.add_argument(
        "--secret-key-file",
        metavar="FILE",
        help="the secret keys, one per line, the newest first; without it the key "
        f"in the environment variable {_VARIABLE} is tried, if it is set",
    )
    decode.add_argument(
        "--cookie-name",
        metavar="NAME",
        help="default: the name in the line, or one of " + ", ".join(NAMES),
    )
    decode.add_argument(
        "cookie",
        metavar="COOKIE",
        help="a value, or a Cookie or Set-Cookie line; - reads it from standard input",
    )
    return parser


def _keys_or_exit(parser: argparse.ArgumentParser, path: str | None) -> Keys:
    try:
        if path is not None:
            return Keys(read_key_file("--secret-key-file", path))
        key = os.environ.get(_VARIABLE)
        if not key:
            return Keys([])
        key_bytes(_VARIABLE, key)
        return Keys([key], f" in {_VARIABLE}")
    except ConfigurationError as error:
        parser.error(str(error))


def _read_cookie(argument: str) -> str:
    if argument != "-":
        return argument
    return sys.stdin.buffer.read(MAX_HEADER).decode("utf-8", "replace")


def _decode(line: str, name: str | None, keys: Keys) -> int:
    """Explain each cookie of a line that may be a session; the best exit code."""
    try:
        codes = [_explain(found, keys) for found in _choose(line, name, keys)]
    except ConfigurationError as error:  # cryptography is not installed
        print(f"unreadable: {error}", file=sys.stderr)
        return UNREADABLE
    if not codes:
        print("there is no session cookie in this", file=sys.stderr)
    return min(codes, default=UNREADABLE)


def _choose(line: str, name: str | None, keys: Keys) -> list[Found]:
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


def _pairs(content: str) -> Iterator[tuple[str | None, str]]:
    """Name and value of each cookie; no name where there is only a value."""
    for pair in content.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            yield name.strip(), value.strip()
        elif ";" not in content and name.strip():
            yield None, name.strip()


def _explain(found: Found, keys: Keys) -> int:
    try:
        opened = _open(found, keys)
        contents = opened.contents
        sizes = {key: len(tagged_json.dumps(item)) for key, item in contents[2].items()}
    except (BadData, SerializationError) as error:
        print(f"unreadable: {_reason(error)}", file=sys.stderr)
        return UNREADABLE
    _print_contents(contents, opened.issued, len(found.value), opened.verdict)
    _print_data(contents[2], sizes, opened.verified)
    return VERIFIED if opened.verified else NOT_VERIFIED


def _reason(error: BadData | SerializationError) -> str:
    """Why, in words that have nothing of the cookie in them."""
    if isinstance(error, SerializationError):
        return "no session can hold its data"
    original = getattr(error, "original_error", None)
    if original is None:
        return error.message
    return f"its payload is not a session's ({type(original).__name__})"


def _opens(found: Found, keys: Keys) -> bool:
    try:
        _open(found, keys)
    except BadData:
        return False
    return True


def _open(found: Found, keys: Keys) -> Opened:
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


def _print_contents(contents: Contents, issued: int, size: int, verdict: str) -> None:
    created, permanent, _, text = contents
    print(f"verified   {verdict}")
    print(f"created    {_when(created)}")
    print(f"issued     {_when(issued)}")
    print(f"expires    {_expiry(created, issued)}")
    print(f"permanent  {'yes' if permanent else 'no'}")
    print(f"size       {size} bytes, {len(text)} as JSON")


def _expiry(created: int, issued: int) -> str:
    config = SessionConfig(secret_key=None)
    idle, absolute = config.permanent_lifetime, config.absolute_lifetime
    assert absolute is not None
    ends = min(issued + _seconds(idle), created + _seconds(absolute))
    limits = f"{idle.days} days idle, {absolute.days} in all"
    return f"{_when(ends)}, by the default limits ({limits})"


def _print_data(data: dict[str, object], sizes: dict[str, int], verified: bool) -> None:
    print("data" if verified else "data, which anyone could have written")
    for key, value in data.items():
        print(f"  {key!r}: {value!r} ({sizes[key]} bytes)")
    if not data:
        print("  none")


def _when(seconds: int) -> str:
    try:
        return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} UTC"
    except OverflowError:
        return f"{seconds} seconds after 1970, past all dates"


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


if __name__ == "__main__":
    sys.exit(main())
