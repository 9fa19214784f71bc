"""The page's vector of a sealed token, and its own reader of it."""

from __future__ import annotations

import re
import textwrap

import pytest

from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.tokens import sealed
from session_middleware.tokens.sealed import SealedSerializer

from .test_token_vectors import KEY, read_page, reader_on_the_page

PAGE = read_page("encrypted-token.rst")
NAME = "__Host-session"
CONTENT = (1_800_000_000, 1, {"user_id": 42})
ISSUED = 1_800_003_600


@pytest.fixture
def serializer():
    return SealedSerializer([KEY], EncryptedCookieSessionInterface.salt, NAME)


@pytest.fixture
def vector():
    """The words of the page's last block, by their names."""
    begin = PAGE.index("    cookie name  __Host-session\n    key ")
    block = textwrap.dedent(PAGE[begin : PAGE.index("\nNext\n", begin)])
    pairs = re.findall(r"^(\w[\w, ]+?)  +(\S.*(?:\n {5,}\S+)*)", block, re.MULTILINE)
    return {name: re.sub(r"\s+", "", value) for name, value in pairs}


def test_the_page_s_token_is_ours(serializer, vector, monkeypatch):
    nonce = bytes.fromhex(vector["nonce"])
    monkeypatch.setattr(sealed, "new_nonce", lambda: nonce)
    created, flags, data = CONTENT

    text = serializer.encode(created, bool(flags), data)
    token = serializer.sign(serializer.pack(text), ISSUED)

    assert (text, token) == (vector["text"], vector["token"])


def test_the_page_s_reader_opens_what_we_seal(serializer):
    open_sealed = reader_on_the_page("open_sealed", PAGE)
    created, flags, data = CONTENT
    text = serializer.encode(created, bool(flags), data)

    token = serializer.sign(serializer.pack(text), ISSUED)

    assert open_sealed(token, KEY.encode(), NAME) == (*CONTENT, ISSUED)


def test_the_page_s_reader_refuses_what_we_refuse(vector):
    open_sealed = reader_on_the_page("open_sealed", PAGE)

    for token in vector["token"][:-1] + "R", vector["token"] + "=", "":
        with pytest.raises(ValueError, match="form"):
            open_sealed(token, KEY.encode(), NAME)
    with pytest.raises(ValueError, match="not this key"):
        open_sealed(vector["token"], KEY.encode() + b"!", NAME)


def test_the_steps_on_the_page_lead_to_the_token(vector):
    parts = [vector["key id"], vector["nonce"], vector["sealed, tag"]]

    raw = b"\x01" + bytes.fromhex("".join(parts))

    assert sealed._to_base64(raw) == vector["token"]
    assert (
        vector["plaintext"]
        == (ISSUED.to_bytes(8, "big") + vector["text"].encode()).ljust(64, b"\0").hex()
    )
