"""What a sealed token is bound to: keys, version, salt, cookie name; and nonces."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import tracemalloc

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from itsdangerous import BadSignature

from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.tokens.sealed import SealedSerializer

from ..support import KEY, OTHER_KEY, START, make_interface
from ..support.sealed_tokens import (
    NAME,
    OURS,
    SALT,
    Reference,
    opens,
    raw_of,
    read,
    token_of,
    write,
)
from ..support.visits import respond, stored

TOKEN = write({"user_id": 42})


# -- what a token is bound to ----------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        SealedSerializer([KEY], SALT, "__Secure-session"),
        SealedSerializer([KEY], SALT, NAME + "s"),
        SealedSerializer([KEY], SALT + ".", NAME),
        SealedSerializer([KEY], "", NAME),
        SealedSerializer([KEY[:-1]], SALT, NAME),
        SealedSerializer([OTHER_KEY, KEY + "."], SALT, NAME),
    ],
    ids=["name", "longer name", "salt", "no salt", "shorter key", "other keys"],
)
def test_another_name_salt_or_key_does_not_open(other):
    with pytest.raises(BadSignature):
        other.verify(TOKEN)


@pytest.mark.parametrize("head", ["version", "key id"])
def test_version_and_key_id_are_authenticated(head):
    """The right key refuses what was sealed with it under another head."""
    reference = Reference()
    other = Reference()
    if head == "version":
        other.associated = other.associated.replace(b"\0\1\0", b"\0\2\0")
    else:
        other.associated = other.associated.replace(other.id, b"none")
    assert other.associated != reference.associated

    with pytest.raises(BadSignature):
        OURS.verify(other.seal(START, b"[0,0,{}]", bytes(24)))


def test_name_and_salt_do_not_run_into_each_other():
    pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")]

    opened = [
        (written, read_as)
        for written in pairs
        for read_as in pairs
        if opens(
            SealedSerializer([KEY], *read_as), by=SealedSerializer([KEY], *written)
        )
    ]

    assert opened == [(pair, pair) for pair in pairs]


# -- keys -----------------------------------------------------------------------


def test_the_first_key_seals_and_the_index_tells_which_one_opened():
    keys = [f"{number} is the number of this key, of sixteen" for number in range(16)]
    rotated = SealedSerializer(keys, SALT, NAME)

    found = [
        rotated.verify(write({}, serializer=SealedSerializer([key], SALT, NAME)))[2]
        for key in keys
    ]

    assert found == list(range(16))
    assert opens(SealedSerializer(keys[:1], SALT, NAME), by=rotated)
    assert not opens(SealedSerializer(keys[1:], SALT, NAME), by=rotated)


def test_two_keys_of_one_id_both_open():
    """Found by trying a hundred thousand: four bytes tell keys apart, most times."""
    keys = [
        f"two keys of which one id is made: {number}" for number in (104377, 105240)
    ]
    alone = [SealedSerializer([key], SALT, NAME) for key in keys]
    tokens = [
        write({"key": key}, serializer=one)
        for key, one in zip(keys, alone, strict=True)
    ]
    assert raw_of(tokens[0])[:5] == raw_of(tokens[1])[:5]

    both = SealedSerializer(keys, SALT, NAME)

    assert [both.verify(token)[2] for token in tokens] == [0, 1]
    with pytest.raises(BadSignature):
        alone[0].verify(tokens[1])


def test_a_key_as_text_is_its_utf_8():
    text = SealedSerializer(["ключ" * 8], SALT, NAME)
    raw = SealedSerializer([("ключ" * 8).encode()], SALT, NAME)

    assert read(write({"a": 1}, serializer=text), serializer=raw)[2] == {"a": 1}


# -- nonces ---------------------------------------------------------------------

A_MILLION_NONCES = """
import os, threading
from session_middleware.tokens.sealed import new_nonce

def draw(found):
    found.append(b"".join(new_nonce() for _ in range(125_000)))

def draw_in_threads():
    found = []
    threads = [threading.Thread(target=draw, args=(found,)) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return b"".join(found)

new_nonce()  # what the processes would share if there were a counter
drawn, pipes = [], []
for _ in range(3):
    read, write = os.pipe()
    if not os.fork():
        os.close(read)
        with open(write, "wb") as file:
            file.write(draw_in_threads())
        os._exit(0)
    os.close(write)
    pipes.append(read)
drawn = draw_in_threads()
for pipe in pipes:
    with open(pipe, "rb") as file:
        drawn += file.read()
print(len(drawn) // 24, len({drawn[at : at + 24] for at in range(0, len(drawn), 24)}))
"""


def test_a_million_nonces_of_threads_and_forks_are_distinct():
    finished = subprocess.run(
        [sys.executable, "-c", A_MILLION_NONCES],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert finished.stdout.split() == ["1000000", "1000000"]


def test_every_token_has_a_nonce_of_its_own():
    payload, _, _ = OURS.verify(TOKEN)

    tokens = [OURS.sign(payload, START) for _ in range(1000)]

    assert len({raw_of(token)[5:29] for token in [TOKEN, *tokens]}) == 1001


def test_one_token_is_opened_in_many_threads_at_once():
    tokens = [write({"n": number}) for number in range(5)]
    found = []

    def open_all():
        found.extend(read(token)[2]["n"] for _ in range(200) for token in tokens)

    threads = [threading.Thread(target=open_all) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert found.count(3) == 8 * 200
    assert len(found) == 8 * 200 * 5


def test_what_visitors_send_is_forgotten_again():
    """Any nonce may come, under a key id that each visitor has in a cookie."""
    head = raw_of(TOKEN)[:5]
    forged = [token_of(head + os.urandom(72)) for _ in range(4000)]

    tracemalloc.start()
    try:
        refused = sum(not opens_token(token) for token in forged)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert refused == 4000
    assert kept / 4000 < 50  # bytes; what is remembered of a token takes 200 and more


def opens_token(token):
    try:
        return OURS.verify(token)
    except BadSignature:
        return None


# -- a version to come ------------------------------------------------------------


class Version2:
    """A format to come: another cipher, another head, and the first beside it."""

    def __init__(self, first):
        self.first = first
        self.encode, self.decode, self.pack = first.encode, first.decode, first.pack
        self.cipher = AESGCMSIV(bytes(32))

    def verify(self, token):
        if not token.startswith("Ag"):  # base64url of the byte 2, and 0
            return self.first.verify(token)
        raw = raw_of(token)
        payload = self.cipher.decrypt(raw[2:14], raw[14:], b"2")
        return payload[8:], int.from_bytes(payload[:8], "big"), 0

    def sign(self, payload, issued):
        nonce, plain = os.urandom(12), issued.to_bytes(8, "big") + payload
        return token_of(b"\2\0" + nonce + self.cipher.encrypt(nonce, plain, b"2"))


class InVersion2(EncryptedCookieSessionInterface):
    def make_serializer(self, cookie_name):
        return Version2(super().make_serializer(cookie_name))


def test_a_second_version_needs_no_change_of_the_first():
    first = make_interface(EncryptedCookieSessionInterface)
    second = make_interface(InVersion2)
    cookie = stored(first, n=1)

    answer = respond(second, lambda s: s.update(m=2), cookie)

    both = b"{'n': 1, 'm': 2}"
    assert answer.cookie.startswith(f"{NAME}=Ag")
    assert respond(second, lambda s: dict(s), answer.cookie).body == both
    assert respond(first, lambda s: dict(s), answer.cookie).body == b"{}"
    assert respond(first, lambda s: dict(s), cookie).body == b"{'n': 1}"
