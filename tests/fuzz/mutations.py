"""Odd values and odd bytes, by a seeded generator: every run can be repeated."""

from __future__ import annotations

import json
import pickle
import zlib
from random import Random
from typing import Any

from ..support import START

# What parsers trip over: separators, padding, signs, quotes, and half a character.
_PIECES = [
    *(b".", b":", b"=", b"==", b"-", b"_", b"+", b"/", b"|", b";", b",", b" ", b'"'),
    *(b"\\", b"\\u", b"\\ud800", b"\x00", b"\x7f", b"\x80", b"\xff", b"\xc3", b"%00"),
    *(b"{", b"}", b"[", b"]", b"null", b"NaN", b"1e999", b"-1", b"0", b"9" * 25),
    *(b'{" t":1}', b'{" di":0}', b'{" b":"!"}', b'{" d":"x"}', b'"a":', b"[" * 200),
    *(b"gAR9lC4", b"x\x9c", b"eJ", b".eJ", b"a0nSAA", b"_permanent", b"\r\n", b"\t"),
]
# Each tag of our format and of Flask's, and what stands behind one of them.
_TAGS = [f" {tag}" for tag in "etsfbdyhiunmj"] + [" di", " t__", " x", " "]
_TAGGED = [
    *("2027-01-15T08:00:00+00:00", "2027-01-15", "08:00:00.000001", "24:00:00"),
    *("Fri, 15 Jan 2027 08:00:00 GMT", "12345678123456781234567812345678", "eA==", "!"),
    *("1.5", "Infinity", "1E+999999999", "-0", "<b>", "9999-12-31T23:59:59-23:59"),
    *([1, 2, 3], [10**9, 0, 0], ["2027-01-15T02:00:00", 1], ["a", 1], [[1], [1]]),
]
_SCALARS = [
    *(None, True, False, 0, -1, 2**53, 10**30, -0.0, 5e-324, 1e308, "", "a", "\0"),
    *(float("inf"), float("nan"), "é", "\u2028", "\U0001f36a", "\ud800", "x" * 3000),
]
_KEYS = ["user", "n", "", "é", "\ud800", "_permanent", "_session_expiry", "_id", " t"]
_TIMES = [START, START, START, START - 86400, 0, -1, 1, 1.5, 2**40, 2**63, 1e300, "1"]

LIMIT = 64 * 1024  # bytes that a payload may inflate to
_LONG = [
    b'{"a":"' + b"x" * (size - 8) + b'"}' for size in (LIMIT, LIMIT + 1, 1_000_000)
]
_STREAMS = [
    *map(zlib.compress, _LONG),
    zlib.compress(zlib.compress(_LONG[2])),
    zlib.compress(b"{}") * 2,
    zlib.compress(_LONG[0])[:-4],
]


class Trap:
    """Says so when somebody unpickles it."""

    sprung = 0

    def __reduce__(self) -> Any:
        return spring, ()


def spring() -> dict[str, Any]:
    Trap.sprung += 1
    return {}


def mutated(rng: Random, raw: bytes, most: int = 4) -> bytes:
    """``raw`` with a few random changes, or none."""
    for _ in range(rng.randint(0, most)):
        start = rng.randint(0, len(raw))
        end = min(len(raw), start + rng.choice([0, 1, 1, 2, 8, 64]))
        piece = rng.choice(
            [
                b"",
                rng.randbytes(rng.randint(1, 4)),
                rng.choice(_PIECES),
                raw[start:end] * rng.choice([2, 2, 50]),
                bytes(byte ^ (1 << rng.randrange(8)) for byte in raw[start:end]),
            ]
        )
        raw = raw[:start] + piece + raw[end:]
    return raw[:8192]


def odd_time(rng: Random) -> Any:
    return rng.choice(_TIMES)


def odd_data(rng: Random) -> dict[str, Any]:
    """A session's data, of anything that JSON holds and some that it does not."""
    return {rng.choice(_KEYS): _odd(rng, 0) for _ in range(rng.randint(0, 3))}


def _odd(rng: Random, depth: int) -> Any:
    kind = rng.randrange(4 if depth < 4 else 1)
    if kind == 0:
        return rng.choice(_SCALARS)
    if kind == 1:
        inner = _odd(rng, depth + 1) if rng.random() < 0.3 else rng.choice(_TAGGED)
        return {rng.choice(_TAGS): inner}
    items = [_odd(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind == 2:
        return items
    return {rng.choice(_KEYS + _TAGS): item for item in items}


def odd_payload(rng: Random, content: Any) -> bytes:
    """What somebody with the key might sign: JSON, compressed or not, or a pickle."""
    kind = rng.randrange(16)
    if kind == 0:
        return pickle.dumps(rng.choice([Trap(), {"a": Trap()}]), rng.choice([0, 2, 4]))
    if kind == 1:
        return rng.choice(_STREAMS)
    if kind == 2:
        content = _odd(rng, 0)
    text = json.dumps(content, ensure_ascii=rng.random() < 0.5)
    raw = text.encode(errors="surrogatepass")
    if kind <= 6:
        raw = mutated(rng, raw)
    if rng.random() < 0.5:
        return raw
    compressed = zlib.compress(raw)
    return mutated(rng, compressed, most=2) if kind in (3, 7) else compressed


def odd_header(rng: Random, name: str, values: list[str]) -> str:
    """A Cookie header with these values, repeated, quoted, cut up or as they are."""
    pairs = [f"{name}={value}" for value in values]
    kind = rng.randrange(8)
    if kind == 0:
        pairs *= rng.choice([2, 3, 50])
    elif kind == 1:
        pairs = [f'{name}="{value}"' for value in values]
    elif kind == 2:
        pairs.insert(
            rng.randint(0, len(pairs)), rng.choice(["", "=", name, "a=b", "$"])
        )
    elif kind == 3:
        # No server sends what is not Latin-1; a test client may.
        odd = rng.choice(["\u2713", "\ud800", "\xe9", "\0", "\r\n"])
        pairs.append(rng.choice([odd, f"{name}={odd}", f"{name}{odd}={values[0]}"]))
    header = rng.choice(["; ", "; ", ";", ",", " ; ", "\t;", "&"]).join(pairs)
    if kind in (4, 5):
        return mutated(rng, header.encode("latin-1")).decode("latin-1")
    return header
