"""SessionIds: the id in a session's cookie, and what is derived from it.

The cookie is a signed token with ``[created, flags, id]`` in it, so that no id of a
visitor's making reaches a store; an id of ``null`` is a session that is empty. A store
knows a session by a hash of its id, and so nobody who reads a store can take one over.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from base64 import urlsafe_b64encode
from binascii import a2b_base64
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from itsdangerous import BadPayload

from ..candidates import newest
from ..keys import HoldsKeys, Key, key_bytes
from ..tokens.signed import PERMANENT, SignedSerializer

# The id has 32 bytes, in base64url.
_CONTENT = re.compile(r'\[([0-9]{1,12}),([0-9]{1,9}),(?:null|"([A-Za-z0-9_-]{43})")\]')
_STANDARD = bytes.maketrans(b"-_", b"+/")


class Opened(NamedTuple):
    """What a cookie's token proves.

    :param id: ``None``: of an empty session.
    :param issued: seconds since the epoch.
    :param key: the number of the key that signed it; 0 signs.
    :param valid: how many of the cookies are authentic.
    """

    id: str | None
    permanent: bool
    issued: int
    key: int
    valid: int

    def __repr__(self) -> str:
        return "<Opened>"  # no id in a traceback


class SessionIds(HoldsKeys):
    """Draws ids, and signs and reads the cookies that hold them.

    :param keys: the first signs, all verify.
    :param salt: tells these tokens from all others signed with the same key.
    """

    def __init__(self, keys: Sequence[Key], salt: str) -> None:
        self._tokens = SignedSerializer(keys, salt)
        name = f"{salt}:moved".encode()
        self._secrets = [
            hmac.digest(key_bytes("secret_key", key), name, "sha256") for key in keys
        ]

    def open(self, values: list[str], latest: int) -> Opened:
        """The newest of a request's cookies that verifies.

        :param latest: when one may have been issued, in seconds since the epoch.
        :raises itsdangerous.BadSignature: none is authentic.
        :raises itsdangerous.BadData: none is a session's.
        """
        token, valid = values[0], 1
        if len(values) > 1:
            token, valid = newest(
                values,
                latest,
                self._tokens.verify,
                lambda payload: read_payload(payload)[0],
            )
        payload, issued, key = self._tokens.verify(token)
        _, permanent, id = read_payload(payload)
        return _opened(Opened, (id, permanent, issued, key, valid))

    def sign(self, id: str | None, created: int, permanent: bool, issued: int) -> str:
        """The token for a cookie."""
        flags = PERMANENT if permanent else 0
        text = f"[{created},{flags},{json.dumps(id)}]"
        return self._tokens.sign(self._tokens.pack(text), issued)

    def moved(self, content: str) -> list[str]:
        """The ids that a session of another format leads to, one for each key of ours.

        Always the same, so that requests at once with one old cookie make one session.

        :param content: what is in it, and not its token, which has other spellings.
        """
        message = content.encode()
        digests = (hmac.digest(key, message, "sha256") for key in self._secrets)
        return [_text(digest) for digest in digests]

    def shares_tokens(self, other: SessionIds) -> bool:
        """Whether tokens of the one may open as the other's: by key, salt and name."""
        return not set(self._secrets).isdisjoint(other._secrets)


# A third of the time that Opened(...) takes.
_opened: Callable[..., Opened] = tuple.__new__


def draw() -> str:
    """A new id: 256 random bits of the operating system's."""
    return secrets.token_urlsafe(32)


def key_of_id(id: str) -> str:
    """What a store knows a session by."""
    return sha256(b"session_middleware.store:" + id.encode()).hexdigest()


def public_id_of(key: str) -> str:
    """What a page may show of a session: it opens nothing.

    :param key: what the store knows it by.
    """
    return sha256(b"session_middleware.public:" + key.encode()).hexdigest()[:32]


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def read_payload(payload: bytes) -> tuple[int, bool, str | None]:
    """What is in a verified payload: when it began, whether it is permanent, its id.

    :raises itsdangerous.BadPayload: it is no session's.
    """
    try:
        text = a2b_base64(payload.translate(_STANDARD) + b"==").decode("ascii")
    except ValueError:
        text = ""
    found = _CONTENT.fullmatch(text)
    if found is None:  # authentic, so it is a newer writer's
        raise BadPayload("not [created, flags, id]")
    created, flags, id = found.groups()
    return int(created), int(flags) & PERMANENT != 0, id
