"""A third kind of backend, made for this test: a dict stands for a store.

It is written as anybody's would be, from what a backend must say, and has every rule
that is not about signatures without a line of the rooms that keep them.
"""

from __future__ import annotations

import json
import secrets

import pytest

from session_middleware import Cookie, SessionTooLarge
from session_middleware.backend import Backend
from session_middleware.candidates import newest
from session_middleware.cookie_interface import CookieSessionInterface, warn_if_disabled
from session_middleware.session_base import Loaded
from session_middleware.tokens.signed import SignedSerializer
from session_middleware.tokens.tagged_json import loads
from session_middleware.tracking import largest_keys

from .. import support
from ..adapters import test_middleware

LARGEST = 4000  # bytes of a record
EMPTY = b"none"  # a key that is never on the shelf
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
        token, _ = newest(values, now + 60, self.signer.verify, lambda key: 0)
        key, issued, age = self.signer.verify(token)
        if key not in TEXTS:  # its time of issue still counts: what follows is newer
            return Loaded("gone", issued, issued, False, None, len(values), None), {}
        created, permanent, data, text = self.signer.decode(TEXTS[key])
        status = "old_key" if age else "ok"
        times = (created, issued, permanent)
        return Loaded(status, *times, text, len(values), key), data

    def write(self, session):
        key = self.key_of(session)
        if key is None or session.regenerated:
            TEXTS.pop(key, None)
            key = secrets.token_urlsafe(32).encode()
        payload = self.signer.pack(session.text())
        if len(payload) > LARGEST:
            raise SessionTooLarge(len(payload), LARGEST, largest_keys(session))
        TEXTS[key] = payload
        return self.signer.sign(key, self.issue_time(session))

    def erase(self, session):
        TEXTS.pop(self.key_of(session), None)
        return self.signer.sign(EMPTY, self.issue_time(session))

    def decode(self, text):
        return loads(text)[2]

    def key_of(self, session):
        """Where it is on the shelf; one that moved in from elsewhere is not yet."""
        return None if session.loaded.status == "migrated" else session.loaded.kept


class ShelfInterface(CookieSessionInterface):
    """Keeps sessions on a shelf."""

    def __init__(self, config=None):
        super().__init__(config)
        warn_if_disabled(self.config)

    def make_backend(self, cookie):
        return None if self.config.secret_key is None else Shelf(cookie, self)


@pytest.fixture(autouse=True)
def on_a_shelf(monkeypatch):
    monkeypatch.setattr(support.Usual, "interface", ShelfInterface)


class TestOnAShelf(test_middleware.TestPlainWSGI):
    """Everything that any host does."""

    def respelled(self, interface, cookie):
        name, _, token = cookie.partition("=")
        shelf = Shelf(Cookie(name), interface)
        key, _, _ = shelf.signer.verify(token)
        text = json.dumps(json.loads(shelf.signer.decode(TEXTS[key])[3]), indent=1)
        TEXTS[key] = shelf.signer.pack(text.replace("100.0", "1e2"))
        return cookie

    @pytest.mark.parametrize("renew", ["regenerate", "invalidate"])
    def test_a_new_identity_leaves_nothing_under_the_old_key(self, renew):
        """A backend was not told, and a key that was known before a login stayed."""
        interface = support.make_interface()
        cookie = self.stored(interface, name="Ada")

        def log_in(session):
            getattr(session, renew)()
            session["user"] = 42
            return "in"

        new = self.ask(interface, log_in, cookie).cookie

        assert self.content(interface, cookie) == "{}"
        assert "'user': 42" in self.content(interface, new)
