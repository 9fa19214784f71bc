"""The sealed token, against a reader of its own and all that is none of ours."""

from __future__ import annotations

import os
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import BadData, BadPayload

from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.tokens.sealed import SealedSerializer
from session_middleware.tokens.signed import SignedSerializer

from ..support import KEY, START, make_interface
from ..support.examples import examples
from ..support.sealed_tokens import (
    NAME,
    OURS,
    SALT,
    Reference,
    raw_of,
    read,
    token_of,
    write,
)
from ..support.visits import respond, stored

TOKEN = write({"user_id": 42})
# Of one, two and three steps: their last characters have two, four and no spare bits.
TOKENS = {
    "small": write({}),
    "larger": TOKEN,
    "largest": write({"user_id": 42, "more": "text that needs another step"}),
}
assert {len(token) % 4 for token in TOKENS.values()} == {0, 2, 3}
every_length = pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)


# -- a reader that shares nothing with ours but AES -----------------------------

times = st.integers(0, (1 << 40) - 1)
texts = st.text(max_size=200)
secrets = st.text(st.characters(codec="utf-8"), min_size=32, max_size=80)


@examples(100)
@given(secrets, texts, times, times)
def test_another_reader_opens_our_tokens(secret, value, created, issued):
    ours = SealedSerializer([secret], SALT, NAME)

    token = write({"v": value}, created, True, issued, serializer=ours)

    text = ours.encode(created, True, {"v": value}).encode()
    assert Reference(secret).open(token) == (issued, text)


@examples(100)
@given(secrets, texts, times, times, st.binary(min_size=24, max_size=24))
def test_we_open_another_writer_s_tokens(secret, value, created, issued, nonce):
    ours = SealedSerializer([secret], SALT, NAME)
    text = ours.encode(created, True, {"v": value}).encode()

    token = Reference(secret).seal(issued, text, nonce)

    assert read(token, serializer=ours) == (created, True, {"v": value}, issued, 0)


PINNED = (  # with the nonce 000102 … 17
    "AfxVPBUAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhdTDfoT_uE8xGfxXN6hbvaJUidJc6A0C5"
    "HkhDMqmr4sIAGT9K02d-Boy9WeNvU2P0Qy3MWm2nBYSiBqbFmqDJCe4aoptN5s1j0uZvXDp09PgQ"
)


def test_a_token_is_as_it_ever_was(monkeypatch):
    """A literal: who changes the format logs everybody out."""
    monkeypatch.setattr(os, "urandom", lambda size: bytes(range(size)))

    token = write({"user_id": 42})

    assert token == PINNED
    assert read(PINNED) == (START, False, {"user_id": 42}, START, 0)


# -- only the canonical string, and every bit of it ------------------------------


def refused(token, serializer=OURS):
    with pytest.raises(BadData):
        serializer.verify(token)
    return True


@every_length
def test_every_bit_of_every_byte_counts(token):
    raw = raw_of(token)

    for place in range(len(raw)):
        for bit in range(8):
            flipped = bytearray(raw)
            flipped[place] ^= 1 << bit
            assert refused(token_of(flipped)), (place, bit)


@every_length
def test_every_truncation_is_refused(token):
    raw = raw_of(token)

    for size in range(len(raw)):
        assert refused(token_of(raw[:size])), size
        assert refused(token_of(raw[size + 1 :])), size
    for size in range(len(token)):
        assert refused(token[:size]), size


def changes(token):
    """Every string that is one small change away from the token."""
    others = string.printable + "\0\x7f\xe9\u0130😀\udc80"
    for place in range(len(token)):
        head, char, tail = token[:place], token[place], token[place + 1 :]
        yield head + tail
        yield head + char.swapcase() + tail
        for other in others:
            yield head + other + tail
            yield head + other + char + tail
    for more in ["=", "==", ".", "A", "AA", "AAA", "AAAA", "%3D", token, "\n", " "]:
        yield token + more
        yield more + token


@every_length
def test_every_small_change_to_a_token_is_refused(token):
    accepted = []
    for changed in set(changes(token)) - {token}:
        try:
            accepted.append(OURS.verify(changed))
        except BadData:
            continue

    assert accepted == []


def test_the_standard_alphabet_is_another_spelling():
    """``+`` and ``/`` decode to the same bytes as ``-`` and ``_``."""
    while True:
        token = write({})
        if "-" in token and "_" in token:
            break

    assert refused(token.replace("-", "+"))
    assert refused(token.replace("_", "/"))


HEAD = raw_of(TOKEN)[:5]
visitors = st.one_of(
    st.text(),
    st.text(string.ascii_letters + string.digits + "-_=+/."),
    st.binary().map(token_of),
    st.binary(min_size=72, max_size=72).map(lambda rest: token_of(HEAD + rest)),
    st.integers(0, 40).map(lambda size: token_of(HEAD + bytes(8 * size))),
)


@examples(500)
@given(visitors)
def test_text_that_is_no_token_is_bad_data_and_nothing_else(text):
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '[0,0,{"user_id":1}', "\udc80", '[0,0,{"a":{" z":0}}]', "[0,-1,[]]"],
)
def test_what_is_authentic_and_cannot_be_read_is_a_bad_payload(text):
    raw = text.encode(errors="surrogatepass")
    token = Reference().seal(START, raw, bytes(24))
    payload, _, _ = OURS.verify(token)

    with pytest.raises(BadPayload):
        OURS.decode(payload)


def test_a_clock_before_1970_writes_1970():
    assert read(write({}, issued=-5)) == (START, False, {}, 0, 0)


@pytest.mark.parametrize("issued", [(1 << 40), (1 << 63), (1 << 64) - 1])
def test_a_time_that_is_past_all_dates_is_an_empty_session(issued):
    interface = make_interface(EncryptedCookieSessionInterface)
    token = Reference().seal(issued, b'[0,0,{"n":1}]', bytes(24))

    answer = respond(interface, lambda session: dict(session), f"{NAME}={token}")

    assert answer.body == b"{}"


# -- length ---------------------------------------------------------------------


@examples(300)
@given(st.text(max_size=600))
def test_only_the_step_of_its_text_tells_a_token_s_length(value):
    text = OURS.encode(START, False, {"v": value})
    steps = -(-(8 + len(text)) // 32)

    token = write({"v": value})

    assert len(raw_of(token)) == 1 + 4 + 24 + 32 * steps + 16


def test_all_within_a_step_are_as_long_as_each_other():
    lengths = [len(write({"v": "x" * size})) for size in range(200)]

    runs = [lengths.count(length) for length in sorted(set(lengths))]

    assert set(runs[1:-1]) == {32}


def test_cve_2012_4929_repeating_what_is_beside_it_makes_no_token_shorter():
    """CRIME: where a guess that is right compresses better, lengths tell secrets."""
    secret = "csrf=9f2c1b7ad04e4c6fb8835e17aa60d3b9" * 4
    wrong = "csrf=0a1d2e3f4b5c69788796a5b4c3d2e1f0" * 4

    right = write({"secret": secret, "guess": secret})

    assert len(right) == len(write({"secret": secret, "guess": wrong}))


# -- no other format ------------------------------------------------------------


def test_cve_2026_39324_what_cannot_be_opened_is_read_by_no_other_decoder():
    """rack-session fell back to plain decoding, so anybody could write a session."""
    text = OURS.encode(START, False, {"admin": True})
    signed = SignedSerializer([KEY], "session_middleware.v1:" + NAME)
    plain = [text, token_of(text.encode()), token_of(bytes(8) + OURS.pack(text))]
    others = [signed.sign(signed.pack(text), START), signed.pack(text).decode()]
    unsealed = token_of(raw_of(TOKEN)[:29] + bytes(8) + OURS.pack(text) + bytes(16))

    for token in [*plain, *others, unsealed]:
        interface = make_interface(EncryptedCookieSessionInterface)
        answer = respond(interface, lambda s: dict(s), f"{NAME}={token}")
        assert answer.body == b"{}", token
        assert len(interface.events) == 1


def test_cve_2026_39324_a_sealed_token_is_no_signed_one():
    cookie = stored(make_interface(EncryptedCookieSessionInterface), admin=True)

    answer = respond(make_interface(), lambda session: dict(session), cookie)

    assert answer.body == b"{}"
