"""``python -m session_middleware``: make a key, explain a cookie, end sessions.

Reading a cookie without its key is what ``decode`` is for, so it says of everything
whether a key vouches for it. No key is taken from the command line, and none is
printed.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import NoReturn

from itsdangerous import BadData

from . import sessions_command
from .config import SessionConfig
from .cookies import MAX_HEADER
from .exceptions import ConfigurationError, SerializationError
from .inspection import (
    NAMES,
    VARIABLE,
    Found,
    InStore,
    Keys,
    find_sessions,
    open_cookie,
)
from .interface import SessionInterface
from .keys import key_bytes, read_key_file
from .tokens import tagged_json
from .tokens.signed import Contents

VERIFIED, NOT_VERIFIED, WRONG_USAGE, UNREADABLE = range(4)  # exit codes

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


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
    if options.command == "sessions":
        return sessions_command.run(options)
    print(secrets.token_urlsafe(32))
    return VERIFIED


class _Parser(argparse.ArgumentParser):
    """Repeats no word that it does not know: it may be a key, or a store's URL."""

    def error(self, message: str) -> NoReturn:
        before, unknown, _ = message.partition("invalid choice: ")
        super().error(f"{before}{unknown}see --help" if unknown else message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("python -m session_middleware", allow_abbrev=False)
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
        f"in the environment variable {VARIABLE} is tried, if it is set",
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
    sessions_command.add_to(commands)
    return parser


def _keys_or_exit(parser: argparse.ArgumentParser, path: str | None) -> Keys:
    try:
        if path is not None:
            return Keys(read_key_file("--secret-key-file", path))
        key = os.environ.get(VARIABLE)
        if not key:
            return Keys([])
        key_bytes(VARIABLE, key)
        return Keys([key], f" in {VARIABLE}")
    except ConfigurationError as error:
        parser.error(str(error))


def _read_cookie(argument: str) -> str:
    if argument != "-":
        return argument
    return sys.stdin.buffer.read(MAX_HEADER).decode("utf-8", "replace")


def _decode(line: str, name: str | None, keys: Keys) -> int:
    """Explain each cookie of a line that may be a session; the best exit code."""
    try:
        codes = [_explain(found, keys) for found in find_sessions(line, name, keys)]
    except ConfigurationError as error:  # cryptography is not installed
        print(f"unreadable: {error}", file=sys.stderr)
        return UNREADABLE
    if not codes:
        print("there is no session cookie in this", file=sys.stderr)
    return min(codes, default=UNREADABLE)


def _explain(found: Found, keys: Keys) -> int:
    try:
        contents, issued, verified, verdict = open_cookie(found, keys)
        data = {} if isinstance(contents, InStore) else contents[2]
        sizes = {key: len(tagged_json.dumps(item)) for key, item in data.items()}
    except (BadData, SerializationError) as error:
        print(f"unreadable: {_reason(error)}", file=sys.stderr)
        return UNREADABLE
    print(f"verified   {verdict}")
    _print_contents(contents, issued, len(found.value))
    if isinstance(contents, InStore):
        _print_in_store(contents.public_id)
    else:
        _print_data(data, sizes, verified)
    return VERIFIED if verified else NOT_VERIFIED


def _reason(error: BadData | SerializationError) -> str:
    """Why, in words that have nothing of the cookie in them."""
    if isinstance(error, SerializationError):
        return "no session can hold its data"
    original = getattr(error, "original_error", None)
    if original is None:
        return error.message
    return f"its payload is not a session's ({type(original).__name__})"


def _print_contents(contents: Contents | InStore, issued: int, size: int) -> None:
    created, permanent, as_json = contents[0], contents[1], ""
    print(f"created    {_when(created)}")
    print(f"issued     {_when(issued)}")
    if not isinstance(contents, InStore):  # of which only the store knows
        print(f"expires    {_expiry(created, issued)}")
        as_json = f", {len(contents[3])} as JSON"
    print(f"permanent  {'yes' if permanent else 'no'}")
    print(f"size       {size} bytes{as_json}")


def _print_in_store(public_id: str | None) -> None:
    if public_id is None:
        print("data       none: the cookie says that there is no session")
        return
    print("data       in the store")
    print(f"public id  {public_id}, as the command sessions lists it")


def _expiry(created: int, issued: int) -> str:
    config = SessionConfig(secret_key=None)
    ends = SessionInterface(config).limits_of(None).ends(created, issued)
    idle, absolute = config.permanent_lifetime, config.absolute_lifetime
    assert absolute is not None
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


if __name__ == "__main__":
    sys.exit(main())
