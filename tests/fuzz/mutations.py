"""Bytes made odd: by a seeded random generator, so that every run can be repeated."""

from __future__ import annotations

import pickle
import zlib
from random import Random

# What parsers trip over: separators, padding, signs, quotes, and half a character.
_PIECES = [
    *(b".", b":", b"=", b"==", b"-", b"_", b"+", b"/", b"|", b";", b",", b" ", b'"'),
    *(b"\\", b"\\u", b"\\ud800", b"\x00", b"\x7f", b"\x80", b"\xff", b"\xc3", b"%00"),
    *(b"{", b"}", b"[", b"]", b"null", b"NaN", b"1e999", b"-1", b"0", b"9" * 25),
    *(b'{" t":1}', b'{" di":0}', b'{" b":"!"}', b'{" d":"x"}', b'"a":', b"[" * 200),
    *(b"gAR9lC4", b"x\x9c", b"eJ", b".eJ", b"a0nSAA", b"_permanent", b"session="),
]
_JSON = [
    *(b"{}", b"[]", b"null", b"0", b'"text"', b"true", b'{"user":"ada"}'),
    *(b'{"_permanent":true}', b'{"a":{" t":[1,{" u":"x"}]}}', b"[1800000000,0,{}]"),
    *(b'[1800000000,1,{"a":[1.5,null,{"b":"\xc3\xa9"}]}]', b"[1,1,{}]", b'{"":{}}'),
    b'{"_accessed_time":1800000000.5,"_creation_time":1800000000,"a":1}',
]


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


def odd_payload(rng: Random) -> bytes:
    """What somebody with the key might sign: odd JSON, compressed or not, a pickle."""
    raw = mutated(rng, rng.choice(_JSON))
    kind = rng.randrange(12)
    if kind == 0:
        return pickle.dumps({"a": 1}, protocol=rng.choice([0, 2, 4]))
    if kind == 1:
        return zlib.compress(b'{"a":"' + b"x" * rng.choice([100, 70_000]) + b'"}')
    if kind <= 5:
        return mutated(rng, zlib.compress(raw), most=1)
    return raw
