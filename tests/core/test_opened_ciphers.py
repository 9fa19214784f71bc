"""What is remembered of sealed tokens: little, and only of authentic ones."""

from __future__ import annotations

import pytest
from itsdangerous import BadSignature

from session_middleware.tokens import sealed
from session_middleware.tokens.sealed import SealedSerializer

from ..support import KEY, OTHER_KEY

MOST = sealed.MAX_REMEMBERED // sealed.CIPHER_SIZE


@pytest.fixture(autouse=True)
def nothing_remembered():
    sealed._opened.clear()


def make(name="session", *keys):
    return SealedSerializer(keys or [KEY], "salt", name)


def tokens_of(serializer, count):
    payload = serializer.pack("[0,0,{}]")
    return [serializer.sign(payload, 0) for _ in range(count)]


def test_what_does_not_verify_is_not_remembered():
    """Whoever sent junk with our key's id, which is no secret, pushed others out."""
    serializer = make()
    for token in tokens_of(serializer, 20):
        spoilt = token[:-1] + ("A" if token[-1] != "A" else "Q")
        with pytest.raises(BadSignature):
            serializer.verify(spoilt)

    assert sealed._opened == {}


def test_all_keys_and_cookies_of_a_process_share_one_bound():
    serializers = [make(f"cookie{n}", KEY, OTHER_KEY) for n in range(10)]
    for serializer in serializers:
        for token in tokens_of(serializer, 60):
            serializer.verify(token)

    assert 0 < len(sealed._opened) <= MOST


def test_a_token_opens_again_from_what_is_remembered():
    serializer = make()
    [token] = tokens_of(serializer, 1)

    first = serializer.verify(token)
    [cipher] = sealed._opened.values()
    again = serializer.verify(token)

    assert first == again
    assert list(sealed._opened.values()) == [cipher]


def test_a_message_key_is_remembered_for_its_own_key_alone():
    """One nonce under two keys, as whoever chooses nonces may have it."""
    one, other = make("session", KEY), make("session", OTHER_KEY)
    [token] = tokens_of(one, 1)
    one.verify(token)

    with pytest.raises(BadSignature):
        other.verify(token)
