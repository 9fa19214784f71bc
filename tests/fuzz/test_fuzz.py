"""A little of the fuzzing, always the same: ``python -m tests.fuzz`` does more."""

from __future__ import annotations

import zlib
from random import Random

import pytest
from itsdangerous import BadPayload

from session_middleware import Foreign

from .mutations import LIMIT, Trap, odd_payload, spring
from .rounds import CORPUS, Found, Fuzzer, watched
from .targets import TARGETS


@pytest.fixture(autouse=True)
def _watched():
    with watched():
        yield


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_that_is_kept_breaks_a_reader_or_a_request(target):
    Fuzzer(TARGETS[target]).run_corpus(target)


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks_a_reader_or_a_request(target):
    fuzzer = Fuzzer(TARGETS[target], seed=1)

    for _ in range(200):
        fuzzer.round()

    # Else it is an outer layer that refuses everything, and nothing is tested.
    assert {"read", "BadPayload", "session migrated with data"} <= set(fuzzer.reached)
    homes = TARGETS[target].homes()
    assert not homes or "session ok with data" in fuzzer.reached


@pytest.mark.parametrize("target", TARGETS)
def test_the_golden_cookie_is_read_and_is_in_what_is_kept(target):
    golden = TARGETS[target].golden

    assert TARGETS[target].reader().read(golden).data == {"user": "ada"}
    assert repr(golden) in (CORPUS / f"{target}.txt").read_text()


def test_a_seed_makes_the_same_inputs_again():
    first, second = (Fuzzer(TARGETS["flask"], seed=3) for _ in range(2))

    for fuzzer in first, second:
        for _ in range(50):
            fuzzer.round()

    assert first.reached == second.reached


class Careless:
    """A reader that breaks a promise, of a target that has no cookie at home."""

    golden = "e30.a0nSAA.x"
    content = staticmethod(lambda rng: {})
    homes = staticmethod(list)
    text_of = staticmethod(str)
    sign = sign_text = staticmethod(lambda payload: "signed")

    def __init__(self, read):
        self.cookie = TARGETS["signed"].reader().cookie
        self.read = read

    def reader(self):
        return self


def refuse(value):
    raise BadPayload("no")


def let_out(value):
    raise KeyError(value)


def read_no_dict(value):
    return Foreign([], 0)


def inflate(value):
    zlib.decompressobj().decompress(zlib.compress(bytes(LIMIT + 1)))
    refuse(value)


def inflate_without_a_bound(value):
    zlib.decompress(zlib.compress(b""))


def unpickle(value):
    spring()
    refuse(value)


_BROKEN = [let_out, read_no_dict, inflate, inflate_without_a_bound, unpickle]


@pytest.mark.parametrize("read", _BROKEN)
def test_a_reader_that_breaks_a_promise_is_found(read):
    with pytest.raises(Found, match=r"reading 'value'"):
        Fuzzer(Careless(read)).check("value")

    assert Trap.sprung == 0


def test_a_forged_session_is_found():
    forged = Fuzzer(TARGETS["starlette"]).signed(b'{"user":"eve"}')

    with pytest.raises(Found, match="reading"):
        Fuzzer(TARGETS["starlette"]).check(forged, expected={"user": "ada"})


def test_a_reader_that_keeps_them_is_not_found():
    Fuzzer(Careless(refuse)).round()


def test_a_refusal_of_what_is_not_signed_is_bad_data_and_nothing_else():
    hostile = Fuzzer(TARGETS["beaker"])
    pickled = hostile.signed(b"\x80\x04}.")

    hostile.check(pickled)

    with pytest.raises(Found, match="reading"):
        hostile.check(pickled, allowed=BadPayload)


def test_a_request_that_fails_is_found(monkeypatch):
    fuzzer = Fuzzer(TARGETS["starlette"])
    for _, app in fuzzer._visited:
        monkeypatch.setattr(app, "app", lambda environ, start_response: let_out("x"))

    with pytest.raises(Found, match="the Cookie header 'a=b'"):
        fuzzer.visit("a=b")


@pytest.mark.parametrize(
    ("status", "lines"),
    [
        ("500 Internal Server Error", []),
        ("200 OK", ["a=b", "a=c"]),
        ("200 OK", ["a=b\r\nX: y"]),
        ("200 OK", ["a=b c; Path=/"]),
        ("200 OK", ["a=b; Path=/; Colour=red"]),
    ],
    ids=["status", "twice", "line break", "blank", "attribute"],
)
def test_a_response_that_is_not_well_formed_is_found(monkeypatch, status, lines):
    def answer(environ, start_response):
        start_response(status, [("Set-Cookie", line) for line in lines])
        return []

    fuzzer = Fuzzer(TARGETS["starlette"])
    for _, app in fuzzer._visited:
        monkeypatch.setattr(app, "app", answer)

    with pytest.raises(Found, match="for a request with"):
        fuzzer.visit("a=b")


def test_pickles_and_streams_past_the_limit_are_among_the_payloads():
    rng = Random(0)

    payloads = [odd_payload(rng, {}) for _ in range(500)]

    assert any(payload.startswith(b"\x80") for payload in payloads)
    assert any(len(payload) < LIMIT < _inflated(payload) for payload in payloads)


def _inflated(payload):
    try:
        return len(zlib.decompressobj().decompress(payload, LIMIT + 1))
    except zlib.error:
        return 0
