"""Sites before they moved, and after: cookies of each format, and a store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from session_middleware import SecureCookieSessionInterface
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.beaker import BeakerCookies
from session_middleware.formats.django import DjangoCookies
from session_middleware.formats.flask import FlaskCookies
from session_middleware.formats.ours import OurCookies
from session_middleware.formats.pyramid import PyramidCookies
from session_middleware.formats.starlette import StarletteCookies
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

from ...formats.flask_apps import flask_app, flask_writes
from ...formats.test_beaker import from_beaker
from ...formats.test_django import from_django
from ...formats.test_pyramid import TestPyramid
from ...formats.test_starlette import TestStarlette
from ...support import make_interface
from ...support.visits import respond, stored, touch

OLD = "the key of all these cookies before the sessions moved"
DAY = 86400


def in_a_store(store, **members):
    """Interfaces that keep their sessions there, each with an owner."""

    def make(self, config=None):
        ServerSideSessionInterface.__init__(self, config, store, owner_key="user")

    return type("Site", (ServerSideSessionInterface,), {"__init__": make, **members})


class Legacy:
    """A site before it moved: its reader, and the cookies that it gave."""

    def __init__(self, name, reader, write):
        self.name = name
        self.reader = reader
        self.write = write

    def cookie(self, **data):
        return f"{self.name}={self.write(data)}"


def of_ours(base, clock):
    before = make_interface(base, clock, secret_key=OLD, cookie_name="before")

    def write(data):
        cookie = stored(before, **data)
        respond(
            before, touch, cookie
        )  # or a store takes it for a visitor's who is gone
        return cookie.partition("=")[2]

    return Legacy("before", OurCookies(before), write)


def of_flask(clock):
    def write(data):
        return flask_writes(flask_app(OLD), data).partition("=")[2]

    return Legacy("session", FlaskCookies(OLD), write)


SITES = {
    "signed": lambda clock: of_ours(SecureCookieSessionInterface, clock),
    "encrypted": lambda clock: of_ours(EncryptedCookieSessionInterface, clock),
    "another store": lambda clock: of_ours(
        in_a_store(MemoryStore(), salt="other:"), clock
    ),
    "Flask": of_flask,
    "Starlette": lambda clock: Legacy(
        "session", StarletteCookies(OLD), lambda data: TestStarlette().write(data, OLD)
    ),
    "Pyramid": lambda clock: Legacy(
        "session",
        PyramidCookies(OLD, timeout=None),
        lambda data: TestPyramid().write(data, OLD),
    ),
    "Django": lambda clock: Legacy(
        "sessionid",
        DjangoCookies(OLD),
        lambda data: from_django(lambda session: session.update(data), OLD),
    ),
    "Beaker": lambda clock: Legacy(
        "beaker.session.id", BeakerCookies(OLD), lambda data: from_beaker(data, OLD)
    ),
}


def look(site, cookie):
    return respond(site, lambda s: (dict(s), s.status), cookie).body.decode()


def sent(answer):
    """The Cookie header of a browser that has done as it was told."""
    kept = [line.partition(";")[0] for line in answer.set_cookies]
    return "; ".join(pair for pair in kept if not pair.endswith("="))


def sessions_in(store):
    return [r for r in store._records.values() if r.successor is None]


def at_once(uses):
    """Do each in a thread of its own; what each gave."""
    with ThreadPoolExecutor(len(uses)) as pool:
        return [each.result(30) for each in [pool.submit(use) for use in uses]]
