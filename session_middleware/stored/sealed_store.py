"""SealedStore: a store in which nobody can read a value without the key.

Each value is sealed by XAES-256-GCM, as an encrypted cookie is
(:mod:`..tokens.sealed`), in base64url without padding::

    version (1 byte), key id (4), nonce (24), the sealed text, tag (16)

HKDF-SHA-256 (RFC 5869) makes of a secret key the one that seals values, and the
associated data bind a value to its place::

    use              "session_middleware", 0, version, "store"
    key, key id      HKDF(secret key, salt=salt, info=use): 32 and 4 bytes
    associated data  use, key id, key in the store, name

A value that is moved to another name or another session is as good as none. Names,
sizes and times are not hidden, and an older value can be put back in its place.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..keys import HoldsKeys, Key, key_bytes
from ..stores.base import Changes, Record, SessionStore, Updated
from ..tokens.sealed import (
    KEY_ID_SIZE,
    KEY_SIZE,
    NONCE_SIZE,
    VERSION,
    new_nonce,
    prepare,
    xaes_256_gcm,
)
from .guard import GuardedStore

_USE = b"session_middleware\0" + bytes([VERSION]) + b"store"
_KEY_ID = slice(1, 1 + KEY_ID_SIZE)
_NONCE = slice(_KEY_ID.stop, _KEY_ID.stop + NONCE_SIZE)
_HALF = NONCE_SIZE // 2


class _Opened(str):
    """The text of a value, and what the store has in its place."""

    __slots__ = ("sealed",)

    sealed: str

    @classmethod
    def of(cls, text: str, sealed: str) -> _Opened:
        opened = cls(text)
        opened.sealed = sealed
        return opened


class SealedStore(GuardedStore):
    """Seals what is written, and opens what is read.

    What cannot be opened, also for not being sealed, is the text of no value.

    :param keys: of at least 32 bytes; the first seals, all open.
    :param salt: tells these values from all others sealed with the same key.
    """

    #: Nothing can add to a value that it cannot read: the later of two counts wins.
    adds = False

    def __init__(self, store: SessionStore, keys: Sequence[Key], salt: str) -> None:
        super().__init__(store)
        sealing = [_ValueKey(key, salt) for key in keys]
        self._sealing = sealing[0]
        self._keys: dict[bytes, list[_ValueKey]] = {}
        for key in sealing:
            self._keys.setdefault(key.id, []).append(key)

    def read(self, key: str) -> Record | None:
        record = super().read(key)
        return None if record is None else self._open_all(key, record)

    def create(self, key: str, record: Record) -> bool:
        values = {name: self._seal(key, name, t) for name, t in record.values.items()}
        return super().create(key, record._replace(values=values))

    def update(self, key: str, changes: Changes) -> Updated:
        sealed = {
            name: (_as_stored(before), self._seal(key, name, text))
            for name, (before, text) in changes.set.items()
        }
        deleted = {name: _as_stored(text) for name, text in changes.deleted.items()}
        return super().update(key, changes._replace(set=sealed, deleted=deleted))

    def retire(self, key: str, until: int, successor: str) -> Record | None:
        record = super().retire(key, until, successor)
        return None if record is None else self._open_all(key, record)

    def owned_by(self, owner: str) -> Iterable[tuple[str, Record]]:
        for key, record in super().owned_by(owner):
            yield key, self._open_all(key, record)

    def _seal(self, key: str, name: str, text: str) -> str:
        return self._sealing.seal(text, f"{key}{name}".encode())

    def _open_all(self, key: str, record: Record) -> Record:
        values = record.values.items()
        opened = {name: self._open(key, name, sealed) for name, sealed in values}
        return record._replace(values=opened)

    def _open(self, key: str, name: str, sealed: str) -> str:
        try:
            raw = urlsafe_b64decode(sealed + "==")
        except ValueError:
            raw = b""
        for each in self._keys.get(raw[_KEY_ID], ()):
            try:
                return _Opened.of(each.open(raw, f"{key}{name}".encode()), sealed)
            except InvalidTag:
                continue
        return _Opened.of(_UNREADABLE, sealed)


class _ValueKey(HoldsKeys):
    """What a secret key is for the values of a store."""

    __slots__ = ("_associated", "_head", "_prepared", "id")

    def __init__(self, secret: Key, salt: str) -> None:
        derivation = HKDF(SHA256(), KEY_SIZE + KEY_ID_SIZE, salt.encode(), _USE)
        derived = derivation.derive(key_bytes("secret_key", secret))
        self.id = derived[KEY_SIZE:]
        self._prepared = prepare(derived[:KEY_SIZE])
        self._head = bytes([VERSION]) + self.id
        self._associated = _USE + self.id

    def seal(self, text: str, place: bytes) -> str:
        nonce = new_nonce()
        cipher = xaes_256_gcm(self._prepared, nonce)
        sealed = cipher.encrypt(nonce[_HALF:], text.encode(), self._associated + place)
        return urlsafe_b64encode(self._head + nonce + sealed).rstrip(b"=").decode()

    def open(self, raw: bytes, place: bytes) -> str:
        """The text that was sealed for this place.

        :raises cryptography.exceptions.InvalidTag: none was, by this key.
        """
        nonce = raw[_NONCE]
        if raw[:1] != self._head[:1] or len(nonce) < NONCE_SIZE:
            raise InvalidTag
        cipher = xaes_256_gcm(self._prepared, nonce)
        sealed = raw[_NONCE.stop :]
        return cipher.decrypt(nonce[_HALF:], sealed, self._associated + place).decode()


def _as_stored(text: str | None) -> str | None:
    """What the store had where a request read this."""
    return text.sealed if isinstance(text, _Opened) else text


_UNREADABLE = "sealed otherwise"  # the text of no value
