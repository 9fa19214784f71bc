"""What a signed payload may hold: bounded times, bounded size, and no junk."""

from __future__ import annotations

import json
import random
import sys
import threading
import tracemalloc
import zlib
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import BadPayload

from session_middleware import SerializationError
from session_middleware.tokens.parts import MAX_TEXT
from session_middleware.tokens.signed import SignedSerializer, inspect_token

from ..support import KEY, START
from ..support.examples import examples

OURS = SignedSerializer([KEY], "session_middleware.v1:__Host-session")


def unpadded(raw):
    return urlsafe_b64encode(raw).rstrip(b"=")


def compressed(raw, wbits=zlib.MAX_WBITS):
    compressor = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"." + unpadded(compressor.compress(raw) + compressor.flush())


def session_of(size):
    """JSON of a session, of exactly that many bytes."""
    frame = f'[{START},0,{{"a":""}}]'
    return frame.replace('""', '"' + "x" * (size - len(frame)) + '"').encode()


# -- times --------------------------------------------------------------------


def with_timestamp(raw):
    """A token with these bytes as the time it was issued."""
    signed = unpadded(b"[0,0,{}]") + b"." + unpadded(raw)
    return (signed + b"." + OURS._sign(signed)).decode()


@pytest.mark.parametrize("issued", [0, 1, 255, 256, 2**31 - 1, 2**31, 2**32, 2**40 - 1])
def test_times_up_to_two_to_the_forty_are_read(issued):
    token = OURS.sign(b"e30", issued)

    assert OURS.verify(token)[1] == issued


@pytest.mark.parametrize(
    "raw",
    [
        (2**40).to_bytes(6, "big"),
        (2**63).to_bytes(8, "big"),
        (2**64 - 1).to_bytes(8, "big"),
        (2**64).to_bytes(9, "big"),
        b"\xff" * 1000,
    ],
    ids=["2^40", "2^63", "2^64-1", "2^64", "1,000 bytes"],
)
def test_later_times_are_a_bad_payload(raw):
    with pytest.raises(BadPayload, match="no possible time"):
        OURS.verify(with_timestamp(raw))


@pytest.mark.parametrize("timestamp", [b"A", b"AAAAA", b"A.A", b"-"])
def test_a_timestamp_that_is_no_base64_is_a_bad_payload(timestamp):
    signed = b"WzAsMCx7fV0." + timestamp
    token = (signed + b"." + OURS._sign(signed)).decode()

    try:
        payload, _, _ = OURS.verify(token)
    except BadPayload:
        return
    with pytest.raises(BadPayload):  # a dot more belongs to the payload
        OURS.decode(payload)


def test_a_clock_before_1970_does_not_raise():
    assert OURS.verify(OURS.sign(b"e30", -1))[1] == 0


# -- size ---------------------------------------------------------------------


@pytest.mark.parametrize("wbits", [9, 12, 15])
@pytest.mark.parametrize("size", [MAX_TEXT - 1, MAX_TEXT])
def test_text_up_to_the_limit_is_inflated(size, wbits):
    created, _, data, text = OURS.decode(compressed(session_of(size), wbits))

    assert (created, len(text)) == (START, size)
    assert set(data["a"]) == {"x"}


def test_text_that_hardly_compresses_is_inflated_up_to_the_limit():
    letters = random.Random(1)
    noise = "".join(letters.choices("abcdefghijklmnop", k=MAX_TEXT))
    raw = session_of(MAX_TEXT).decode().replace("x" * 60000, noise[:60000]).encode()

    assert len(OURS.decode(compressed(raw))[3]) == MAX_TEXT


@pytest.mark.parametrize("size", [MAX_TEXT + 1, MAX_TEXT * 2, 10_000_000])
def test_more_is_a_bad_payload(size):
    with pytest.raises(BadPayload, match="cannot be read"):
        OURS.decode(compressed(session_of(size)))


@pytest.mark.parametrize("raw", [b"[" * 100_000_000, session_of(100_000_000)])
def test_a_bomb_takes_no_more_memory_than_the_limit(raw):
    payload = compressed(raw)
    del raw

    tracemalloc.start()
    with pytest.raises(BadPayload):
        OURS.decode(payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * MAX_TEXT


@examples(200)
@given(st.text(max_size=400))
def test_a_payload_is_never_longer_than_without_compression(text):
    raw = json.dumps([START, 0, {"a": text}])

    payload = OURS.pack(raw)

    assert len(payload) <= len(unpadded(raw.encode()))
    assert OURS.decode(payload)[2] == {"a": text}


def test_what_compression_would_lengthen_is_left_as_it_is():
    printable = "".join(map(chr, range(35, 127))).replace("\\", "")
    noise = "".join(random.Random(1).choices(printable, k=120))
    raw = f'[{START},0,{{"a":"{noise}"}}]'

    assert OURS.pack(raw) == unpadded(raw.encode())


# -- junk that is signed ------------------------------------------------------

JUNK = {
    "a list": [],
    "a list of two": [START, 0],
    "a list of four": [START, 0, {}, {}],
    "an int": 1,
    "a str": "abc",
    "a str of three": "a",
    "null": None,
    "true": True,
    "a dict": {},
    "a dict of three": {"a": 1, "b": 2, "c": 3},
    "data that is a list": [START, 0, []],
    "data that is null": [START, 0, None],
    "data that is a str": [START, 0, "{}"],
    "data that is a tuple": [START, 0, {" t": []}],
    "data that is Markup": [START, 0, {" m": "a"}],
    "created as bool": [True, 0, {}],
    "created as float": [float(START), 0, {}],
    "created as str": [str(START), 0, {}],
    "created as null": [None, 0, {}],
    "created before 1970": [-1, 0, {}],
    "created at 2^40": [2**40, 0, {}],
    "created at 2^64": [2**64, 0, {}],
    "flags as bool": [START, True, {}],
    "flags as null": [START, None, {}],
    "flags as str": [START, "1", {}],
    "an unknown tag": [START, 0, {"a": {" z": 1}}],
    "a malformed tag": [START, 0, {"a": {" d": "junk"}}],
}
RAW = {
    "nothing": b"",
    "not JSON": b"hello",
    "pickle": b"\x80\x04]\x94.",
    "not UTF-8": b'[1,0,{"a":"\xff"}]',
    "UTF-16": "[1,0,{}]".encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf[1,0,{}]",
    "more behind": b"[1,0,{}]x",
    "cut short": b"[1,0,{}",
    "NaN": b'[1,0,{"a":NaN}]',
    "infinity": b'[1,0,{"a":-Infinity}]',
    "1e400": b'[1,0,{"a":1e400}]',
    "100,000 levels": b'[1,0,{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    "5,000 digits": b'[1,0,{"a":' + b"1" * 5000 + b"}]",
    "created of 5,000 digits": b"[" + b"1" * 5000 + b",0,{}]",
}
COMPRESSED = {
    "no zlib": b"." + unpadded(b"hello"),
    "nothing compressed": b".",
    "raw deflate": b"." + unpadded(zlib.compress(b"[1,0,{}]")[2:-4]),
    "cut short": b"." + unpadded(zlib.compress(b"[1,0,{}]")[:-1]),
    "a wrong checksum": b"." + unpadded(zlib.compress(b"[1,0,{}]")[:-1] + b"\0"),
    "more behind it": b"." + unpadded(zlib.compress(b"[1,0,{}]") + b"x"),
    "compressed twice": b"." + unpadded(zlib.compress(zlib.compress(b"[1,0,{}]"))),
    "100,000 levels": compressed(b"[" * 60_000),
    "not base64": b"W",
    "not base64, compressed": b".eJyLjtUx0DGorgUADTsCgQ"[:-2],
}
PAYLOADS = {
    **{name: unpadded(json.dumps(value).encode()) for name, value in JUNK.items()},
    **{f"raw: {name}": unpadded(raw) for name, raw in RAW.items()},
    **{f"compressed: {name}": payload for name, payload in COMPRESSED.items()},
}


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_signed_junk_is_a_bad_payload_and_nothing_else(payload, request):
    if "digits" in request.node.name and not hasattr(sys, "get_int_max_str_digits"):
        pytest.skip("this Python reads any number of digits")

    with pytest.raises(BadPayload):
        OURS.decode(payload)
    with pytest.raises(BadPayload):
        inspect_token(OURS.sign(payload, START))


@examples(500)
@given(st.binary(max_size=60) | st.text('[]{}0123456789,":. tsebnaul').map(str.encode))
def test_signed_noise_is_a_session_or_a_bad_payload(raw):
    for payload in (unpadded(raw), compressed(raw)):
        try:
            created, permanent, data, text = OURS.decode(payload)
        except BadPayload:
            continue
        assert type(created) is int
        assert type(permanent) is bool
        assert type(data) is dict
        assert text.encode() == raw


def test_a_stack_with_no_room_left_is_never_taken_for_a_bad_payload():
    contents = OURS.decode(unpadded(b'[1,0,{"a":{" t":[1]}}]'))

    def outcome(stack):
        if stack:
            return outcome(stack - 1)
        try:
            return OURS.decode(unpadded(b'[1,0,{"a":{" t":[1]}}]'))
        except BadPayload as error:
            return error

    outcomes = []

    def descend():
        for stack in range(900, sys.getrecursionlimit()):
            try:
                outcomes.append(outcome(stack))
            except RecursionError:
                outcomes.append(RecursionError)

    thread = threading.Thread(target=descend)
    thread.start()
    thread.join()

    assert outcomes[0] == contents
    assert outcomes[-1] is RecursionError
    assert all(each in (contents, RecursionError) for each in outcomes)


# -- errors when writing ------------------------------------------------------


def test_the_path_begins_at_the_session_and_not_at_the_token():
    with pytest.raises(SerializationError) as caught:
        OURS.encode(START, False, {"cart": [1, 2, object()]})

    assert caught.value.path == ("cart", 2)
    assert str(caught.value).startswith("session['cart'][2]: ")


def test_equal_sessions_have_equal_text():
    first = OURS.encode(START, True, {"a": {"x", "y", 3}})
    second = OURS.encode(START, True, {"a": {3, "y", "x"}})

    assert first == second


def test_creation_and_permanence_are_in_the_text():
    texts = {
        OURS.encode(created, permanent, {})
        for created in (START, START + 1)
        for permanent in (False, True)
    }

    assert len(texts) == 4
