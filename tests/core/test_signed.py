"""The token, against itsdangerous and against everything that is none of ours."""

from __future__ import annotations

import binascii
import hashlib
import json
import string
import zlib
from base64 import urlsafe_b64encode
from functools import partial
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import (
    BadPayload,
    BadSignature,
    TimestampSigner,
    URLSafeTimedSerializer,
)

from session_middleware.tokens.signed import SignedSerializer, inspect_token

from ..support import KEY, OTHER_KEY, START, tokens
from ..support.examples import examples

SALT = "session_middleware.v1:__Host-session"
OURS = SignedSerializer([KEY], SALT)
write = partial(tokens.write, serializer=OURS)
read = partial(tokens.read, serializer=OURS)
ALPHABET = string.ascii_letters + string.digits + "-_"


class ReferenceAt:
    """A plain itsdangerous serializer as the format's page describes it."""

    def __init__(self, issued=START, **signer):
        class Signer(TimestampSigner):
            def get_timestamp(self):
                return issued

        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256, **signer}
        self.serializer = URLSafeTimedSerializer(
            KEY, salt=SALT, signer=Signer, signer_kwargs=options
        )
        self.dumps = self.serializer.dumps

    def loads(self, token):
        value, issued = self.serializer.loads(token, return_timestamp=True)
        return value, int(issued.timestamp())


def authentic(raw, issued=START):
    """A token signed with our key around any bytes, or any JSON."""
    if not isinstance(raw, bytes):
        raw = json.dumps(raw).encode()
    return OURS.sign(urlsafe_b64encode(raw).rstrip(b"="), issued)


SHORT = write({"user_id": 42})
LONG = write({"text": "to be compressed, again and again " * 20})

# -- itsdangerous is the reference --------------------------------------------

times = st.integers(0, 253402300799 - 86400)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
).filter(lambda value: "Infinity" not in json.dumps(value))
sessions = st.dictionaries(st.text() | st.just("a" * 200), plain, max_size=5)


def is_plain(data):
    """Whether tagged JSON writes it without an escape."""
    return '{" ' not in json.dumps(data, separators=(",", ":"))


@examples(200)
@given(sessions.filter(is_plain), st.booleans(), times, times)
def test_itsdangerous_opens_our_tokens(data, permanent, created, issued):
    token = write(data, created, permanent, issued)

    assert ReferenceAt().loads(token) == ([created, int(permanent), data], issued)


@examples(200)
@given(sessions.filter(is_plain), st.booleans(), times, times)
def test_we_open_the_tokens_of_itsdangerous(data, permanent, created, issued):
    token = ReferenceAt(issued).dumps([created, int(permanent), data])

    assert read(token) == (created, permanent, data, issued, 0)


@examples(150)
@given(sessions, st.booleans(), times, times)
def test_we_open_our_own_tokens(data, permanent, created, issued):
    token = write(data, created, permanent, issued)

    assert read(token) == (created, permanent, data, issued, 0)
    (*contents, text), inspected = inspect_token(token)
    assert (*contents, inspected) == (created, permanent, data, issued)
    assert text == OURS.encode(created, permanent, data)


def test_a_payload_of_another_writer_s_letters_can_be_packed_again():
    token = ReferenceAt().dumps([START, 0, {"name": "Zoë"}])
    text = OURS.decode(OURS.verify(token)[0])[3]

    again = OURS.decode(OURS.pack(text))

    assert again[2] == {"name": "Zoë"}


def test_unknown_flags_are_ignored():
    assert read(authentic([START, 6, {}]))[1] is False
    assert read(authentic([START, 7, {}]))[1] is True


@pytest.mark.parametrize(
    "reference",
    [
        ReferenceAt(digest_method=hashlib.sha1),
        ReferenceAt(digest_method=hashlib.sha512),
        ReferenceAt(key_derivation="django-concat"),
        ReferenceAt(key_derivation="concat"),
        ReferenceAt(key_derivation="none"),
    ],
    ids=["SHA-1", "SHA-512", "django-concat", "concat", "none"],
)
def test_another_digest_or_derivation_does_not_verify(reference):
    with pytest.raises(BadSignature):
        OURS.verify(reference.dumps([START, 0, {}]))


@pytest.mark.parametrize(
    "salt",
    ["session_middleware.v1:session", "session_middleware.v2:__Host-session", "", "x"],
)
def test_another_name_version_or_salt_does_not_verify(salt):
    with pytest.raises(BadSignature):
        SignedSerializer([KEY], salt).verify(SHORT)


def test_another_digest_of_ours_signs_otherwise():
    other = SignedSerializer([KEY], SALT, hashlib.sha512)

    assert read(write({"a": 1}, serializer=other), serializer=other)[2] == {"a": 1}
    with pytest.raises(BadSignature):
        other.verify(SHORT)


@pytest.mark.parametrize("size", [1, 63, 64, 65, 127, 128, 129, 1000])
@pytest.mark.parametrize(
    "digest", [hashlib.sha256, hashlib.sha512], ids=["SHA-256", "SHA-512"]
)
def test_keys_of_any_size_sign_as_itsdangerous_does(size, digest):
    key = bytes(range(256))[-size:] * (size // 256 + 1)
    options = {"key_derivation": "hmac", "digest_method": digest}
    reference = URLSafeTimedSerializer(key, salt=SALT, signer_kwargs=options)

    token = write({"a": 1}, serializer=SignedSerializer([key], SALT, digest))

    assert reference.loads(token) == [START, 0, {"a": 1}]


# -- keys ---------------------------------------------------------------------


def test_cve_2025_47278_the_first_key_signs_and_the_others_only_verify():
    """Flask 3.1.0 handed its keys on in the wrong order, so the oldest one signed."""
    rotated = SignedSerializer(["new" * 20, KEY, OTHER_KEY], SALT)

    token = write({}, serializer=rotated)

    assert SignedSerializer(["new" * 20], SALT).verify(token)[2] == 0
    with pytest.raises(BadSignature):
        SignedSerializer([KEY, OTHER_KEY], SALT).verify(token)


def test_the_index_tells_which_key_verified():
    keys = [f"{number}" * 40 for number in range(16)]
    rotated = SignedSerializer(keys, SALT)

    found = [
        rotated.verify(write({}, serializer=SignedSerializer([key], SALT)))[2]
        for key in keys
    ]

    assert found == list(range(16))


def test_a_key_as_text_is_its_utf_8():
    text, raw = (
        SignedSerializer(["ключ" * 9], SALT),
        SignedSerializer([("ключ" * 9).encode()], SALT),
    )

    assert write({}, serializer=text) == write({}, serializer=raw)


# -- only the canonical string ------------------------------------------------


def changes(token):
    """Every string that is one small change away from the token."""
    for place in range(len(token)):
        head, char, tail = token[:place], token[place], token[place + 1 :]
        yield head + tail
        yield head
        yield token[place:] if place else ""
        yield head + char.swapcase() + tail
        for other in ALPHABET + '.=+/ %"\0\n\x7f\xe9😀\udc80':
            yield head + other + tail
            yield head + other + char + tail
    for more in ["=", "==", ".", "..", "\n", " ", "\0", "A", "%3D", token, "." + token]:
        yield token + more
        yield more + token


@pytest.mark.parametrize("token", [SHORT, LONG], ids=["short", "compressed"])
def test_every_small_change_to_a_token_is_refused(token):
    accepted = []
    for changed in set(changes(token)) - {token}:
        try:
            accepted.append(OURS.verify(changed))
        except (BadPayload, BadSignature):
            continue

    assert accepted == []


@examples(300)
@given(st.text() | st.text(ALPHABET + ".") | st.from_regex(r"\A[\w-]*(\.[\w-]*){2}\Z"))
def test_text_that_is_no_token_is_refused(text):
    with pytest.raises((BadPayload, BadSignature)):
        OURS.verify(text)


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a", ".a.b", "a.b.", "..b", "é.a.b", "a=.b.c", "a.b.c\n"],
)
def test_what_has_not_a_token_s_form_is_a_bad_payload(token):
    with pytest.raises(BadPayload):
        OURS.verify(token)
    if token != "a.b.":
        with pytest.raises(BadPayload):
            inspect_token(token)


# -- nothing is decoded before it is verified ---------------------------------


@pytest.fixture
def decoders():
    """Every decoder that the module could call, counted."""
    module = "session_middleware.tokens.signed."
    with (
        mock.patch(module + "zlib.decompressobj", wraps=zlib.decompressobj) as inflate,
        mock.patch(module + "a2b_base64", wraps=binascii.a2b_base64) as unbase64,
        mock.patch(module + "scan", wraps=json.JSONDecoder().raw_decode) as scan,
        mock.patch(module + "read_time", wraps=lambda raw: START) as read_time,
    ):
        yield inflate, unbase64, scan, read_time


def calls(decoders):
    return [decoder.call_count for decoder in decoders]


def test_nothing_of_an_invalid_token_is_decoded(decoders):
    for token in [SHORT, LONG]:
        for changed in (token[:-1], token + "=", "A" + token, token[1:], "." + token):
            with pytest.raises((BadPayload, BadSignature)):
                OURS.verify(changed)

    assert calls(decoders) == [0, 0, 0, 0]


def test_the_decoders_are_the_ones_that_a_valid_token_needs(decoders):
    read(LONG)

    assert calls(decoders) == [1, 1, 1, 1]


def test_verifying_decodes_no_payload(decoders):
    OURS.verify(LONG)

    assert calls(decoders) == [0, 0, 0, 1]
