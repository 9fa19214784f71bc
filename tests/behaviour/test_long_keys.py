"""A key may be long, as whoever chose it liked: no message repeats it whole."""

from __future__ import annotations

import logging
import warnings

import pytest

from session_middleware import (
    LateSessionChange,
    SecureCookieSessionInterface,
    SessionMiddleware,
)
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

from ..adapters.flask_apps import answer as flask_answer
from ..support import call, make_interface
from ..support.visits import respond, stored

SEEN = "k" * 70  # of each key, enough to find it
LONG = f"{SEEN}{'k' * 5000}"
AS_LONG_AS_A_STORE_TAKES = "k" * 255


class Stored(ServerSideSessionInterface):
    def __init__(self, config=None):
        super().__init__(config, MemoryStore())


def refused(value, base=SecureCookieSessionInterface, **options):
    """A request that stores ``value`` under the long key."""

    def happens():
        interface = make_interface(base, **options)
        respond(interface, lambda s: s.update({LONG: value}))

    return happens


def nested():
    value = {"a": [{LONG: {LONG: object()}}]}
    respond(make_interface(), lambda s: s.update(value))


def in_flask():
    use, raising = (lambda s: s.update({LONG: float})), {"TESTING": True}
    flask_answer(use, interface=make_interface(), **raising)


def counted():
    respond(make_interface(), lambda s: s.update({LONG: "one"}) or s.increment(LONG))


def at_500():
    use, status = (lambda s: s.update({LONG: 1})), "500 Internal Server Error"
    respond(make_interface(), use, status=status)


def late(nest):
    def app(environ, start_response):
        session = environ["session"]
        session[LONG] = []
        start_response("200 OK", [])
        yield b"first"
        if nest:
            session[LONG].append(1)
        else:
            session[LONG] = 1

    return lambda: call(SessionMiddleware(app, make_interface()))


def twice():
    """Two requests at once write the same key of a session in a store."""
    interface, key = make_interface(Stored), AS_LONG_AS_A_STORE_TAKES
    cookie = stored(interface)

    def use(session):
        dict(session)
        respond(interface, lambda s: s.update({key: 1}), cookie)
        session[key] = 2

    respond(interface, use, cookie)


def unreadable():
    """What somebody has written into the store, who was not us."""
    interface, key = make_interface(Stored), AS_LONG_AS_A_STORE_TAKES
    cookie = stored(interface, **{key: 1})
    [(id, record)] = interface.store._records.items()
    interface.store._records[id] = record._replace(values={key: "junk"})
    respond(interface, lambda s: s.get(key), cookie)


MESSAGES = {
    "an object": refused(object()),
    "an object, encrypted": refused(object(), EncryptedCookieSessionInterface),
    "an object, in Flask": in_flask,
    "an object, in Flask's format": refused(
        object(), FlaskCookieSessionInterface, absolute_lifetime=None
    ),
    "an object deep inside": nested,
    "too many digits": refused(10**5000),
    "a surrogate pair": refused("\ud800\udc00"),
    "too long for a store": refused(1, Stored),
    "too large": refused("".join(map(chr, range(32, 5000)))),
    "far too large": refused("x" * 70_000),
    "counted": counted,
    "at 500": at_500,
    "late": late(nest=False),
    "late, nested": late(nest=True),
    "overwritten": twice,
    "unreadable in a store": unreadable,
}


@pytest.mark.parametrize("happens", MESSAGES.values(), ids=MESSAGES.keys())
def test_a_long_key_is_named_by_its_first_80_characters(happens, caplog):
    """A form had field names of 5,000 characters, and then the log had them too."""
    caplog.set_level(logging.INFO)
    said = []

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", LateSessionChange)
        try:
            happens()
        except Exception as error:
            said.append(str(error))
    said += [str(warning.message) for warning in warned]
    said += [record.getMessage() for record in caplog.records]

    named = [text for text in said if SEEN in text]
    assert named
    assert [text for text in named if "k" * 80 in text or len(text) > 500] == []
