"""XAES-256-GCM against what https://c2sp.org/XAES-256-GCM has published."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.exceptions import InvalidTag

from session_middleware.tokens.sealed import prepare, xaes_256_gcm

from ..support.examples import tries_all

NONCE = b"ABCDEFGHIJKLMNOPQRSTUVWX"
VECTORS = {
    # The two paths of a CMAC's first step: its highest bit is 0, and it is 1.
    "MSB=0": (
        b"\x01" * 32,
        b"",
        "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271",
    ),
    "MSB=1": (
        b"\x03" * 32,
        b"c2sp.org/XAES-256-GCM",
        "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
    ),
}
ACCUMULATED = {
    10_000: "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939",
    1_000_000: "2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15",
}
MOST = 32 + 24 + 2 * 256  # random bytes that one case of these takes


@pytest.mark.parametrize(("key", "associated", "sealed"), VECTORS.values(), ids=VECTORS)
def test_the_published_vectors(key, associated, sealed):
    cipher = xaes_256_gcm(prepare(key), NONCE)

    assert cipher.encrypt(NONCE[12:], b"XAES-256-GCM", associated).hex() == sealed
    assert (
        cipher.decrypt(NONCE[12:], bytes.fromhex(sealed), associated) == b"XAES-256-GCM"
    )


# The long one takes 12 seconds, so not every run has it.
CASES = ACCUMULATED if tries_all() else [10_000]


@pytest.mark.parametrize("cases", CASES, ids="{:,}".format)
def test_the_published_accumulated_vectors(cases):
    source = Random(cases)
    accumulated = hashlib.shake_128()

    for _ in range(cases):
        key, nonce = source.take(32), source.take(24)
        plain, associated = source.take_some(), source.take_some()
        cipher = xaes_256_gcm(prepare(key), nonce)
        sealed = cipher.encrypt(nonce[12:], plain, associated)
        assert cipher.decrypt(nonce[12:], sealed, associated) == plain
        accumulated.update(sealed)

    assert accumulated.hexdigest(32) == ACCUMULATED[cases]


class Random:
    """The bytes of SHAKE-128 over nothing."""

    def __init__(self, cases: int) -> None:
        mean = 32 + 24 + 2 * 128.5
        self.stream = memoryview(
            hashlib.shake_128().digest(int(cases * mean * 1.01) + MOST)
        )
        assert self.stream[:16].hex() == "7f9c2ba4e88f827d616045507605853e"

    def take(self, size: int) -> bytes:
        taken, self.stream = bytes(self.stream[:size]), self.stream[size:]
        return taken

    def take_some(self) -> bytes:
        """As many as the first of them says."""
        return self.take(self.take(1)[0])


@pytest.mark.parametrize("place", range(24))
def test_every_byte_of_the_nonce_counts(place):
    key = b"\x01" * 32
    other = bytearray(NONCE)
    other[place] ^= 1
    sealed = xaes_256_gcm(prepare(key), NONCE).encrypt(NONCE[12:], b"text", b"")

    with pytest.raises(InvalidTag):
        xaes_256_gcm(prepare(key), bytes(other)).decrypt(bytes(other[12:]), sealed, b"")
