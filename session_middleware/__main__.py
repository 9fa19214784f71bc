"""``python -m session_middleware``: make a key, explain a cookie.

Reading a cookie without its key is what ``decode`` is for, so it says of everything
whether a key vouches for it. No key is taken from the command line, and none is
printed.
"""

from __future__ import annotations

import argparse
import re
import secrets
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from itsdangerous import BadData

from . import tagged_json
from .config import SessionConfig
from .cookies import MAX_HEADER
from .exceptions import ConfigurationError, SerializationError
from .keys import read_key_file
from .secure_cookie import SecureCookieSessionInterface
from .serializers import Contents, SignedSerializer, inspect_token

VERIFIED, NOT_VERIFIED, WRONG_USAGE, UNREADABLE = range(4)  # exit codes

NAMES = ("__Host-session", "__Secure-session", "session")
_FIELD = re.compile(r"\s*(?:set-)?cookie:", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


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
        help="the secret keys, one per line, the newest first",
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


def _keys_or_exit(parser: argparse.ArgumentParser, path: str | None) -> list[str]:
    if path is None:
        return []
    try:
        return read_key_file("--secret-key-file", path)
    except ConfigurationError as error:
        parser.error(str(error))


def _read_cookie(argument: str) -> str:
    if argument != "-":
        return argument
    return sys.stdin.buffer.read(MAX_HEADER).decode("utf-8", "replace")


def _decode(line: str, name: str | None, keys: list[str]) -> int:
    """Explain each cookie of a line that may be a session; the best exit code."""
    codes = [_explain(found, keys) for found in _choose(line, name)]
    if not codes:
        print("there is no session cookie in this", file=sys.stderr)
    return min(codes, default=UNREADABLE)


def _choose(line: str, name: str | None) -> list[Found]:
    """The cookies of the line with that name, a usual one, or else that are tokens."""
    pairs = list(_pairs(_FIELD.sub("", line, count=1)))
    if name is not None:
        return [Found([name], value) for key, value in pairs if key in (name, None)]
    usual = [
        Found(NAMES if key is None else [key], value)
        for key, value in pairs
        if key is None or key in NAMES
    ]
    return usual or [Found([key or ""], value) for key, value in pairs if _opens(value)]


def _pairs(content: str) -> Iterator[tuple[str | None, str]]:
    """Name and value of each cookie; no name where there is only a value."""
    for pair in content.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            yield name.strip(), value.strip()
        elif ";" not in content and name.strip():
            yield None, name.strip()


def _opens(value: str) -> bool:
    try:
        inspect_token(value)
    except BadData:
        return False
    return True


def _explain(found: Found, keys: list[str]) -> int:
    try:
        contents, issued = inspect_token(found.value)
        sizes = {key: len(tagged_json.dumps(item)) for key, item in contents[2].items()}
    except (BadData, SerializationError) as error:
        print(f"unreadable: {_reason(error)}", file=sys.stderr)
        return UNREADABLE
    verified, verdict = _verify(found, keys)
    _print_contents(contents, issued, len(found.value), verdict)
    _print_data(contents[2], sizes, verified)
    return VERIFIED if verified else NOT_VERIFIED


def _reason(error: BadData | SerializationError) -> str:
    """Why, in words that have nothing of the cookie in them."""
    if isinstance(error, SerializationError):
        return "no session can hold its data"
    original = getattr(error, "original_error", None)
    if original is None:
        return error.message
    return f"its payload is not a session's ({type(original).__name__})"


def _verify(found: Found, keys: list[str]) -> tuple[bool, str]:
    """Whether a key verifies it, and which, in words."""
    if not keys:
        return False, "no: no key was given, see --secret-key-file"
    for name in found.names:
        serializer = SignedSerializer(keys, SecureCookieSessionInterface.salt + name)
        try:
            _, _, index = serializer.verify(found.value)
        except BadData:
            continue
        return True, f"by key {index + 1} of {len(keys)}, as the cookie {name!r}"
    names = ", ".join(map(repr, found.names))
    return False, f"NO: none of {len(keys)} keys signed it as the cookie {names}"


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
