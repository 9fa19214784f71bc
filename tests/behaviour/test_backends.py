"""A third kind of backend, made for this test: a dict stands for a store.

It is written as anybody's would be, from what a backend must say, and has every rule
that is not about signatures without a line of the rooms that keep them.
"""

from __future__ import annotations

import secrets

from itsdangerous import BadData

from session_middleware.backend import Backend
from session_middleware.cookie_interface import CookieSessionInterface
from session_middleware.session_base import Loaded
from session_middleware.tokens.signed import SignedSerializer

TEXTS = {}  # what a store would be: every interface and thread has it


class Shelf(Backend):
    """A dict of texts; the cookie is signed, and holds the key of one of them."""

    def __init__(self, cookie, interface):
        super().__init__(cookie, interface)
        config = interface.config
        keys = [config.secret_key, *config.secret_key_fallbacks]
        self.signer = SignedSerializer(keys, f"shelf:{cookie.name}")
        self.encode = self.signer.encode

    def find(self, values, now):
        verified = {}
        for value in values:
            try:
                verified[value] = self.signer.verify(value)
            except BadData as error:
                wrong = error
        if not verified:
            raise wrong
        key, issued, age = max(verified.values(), key=lambda each: each[1])
        if key not in TEXTS:
            raise BadData("gone")
        created, permanent, data, text = self.signer.decode(TEXTS[key])
        status = "old_key" if age else "ok"
        times = (created, issued, permanent)
        return Loaded(status, *times, text, len(values), key), data

    def write(self, session):
        key = session.loaded.kept
        if not isinstance(key, bytes):
            key = secrets.token_urlsafe(32).encode()
        TEXTS[key] = self.signer.pack(session.text())
        return self.signer.sign(key, self.issue_time(session))

    def erase(self, session):
        TEXTS.pop(session.loaded.kept, None)
        return self.signer.sign(b"none", self.issue_time(session))

    def decode(self, text):
        return self.signer.decode(self.signer.pack(text))[2]


class ShelfInterface(CookieSessionInterface):
    """Keeps sessions on a shelf."""

    def make_backend(self, cookie):
        return None if self.config.secret_key is None else Shelf(cookie, self)
