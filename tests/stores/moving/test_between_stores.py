"""Moving from one store into another."""

from __future__ import annotations

import pytest

from session_middleware import ConfigurationError
from session_middleware.formats.ours import OurCookies
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

from ...support import KEY, OTHER_KEY, make_interface
from ...support.visits import log_out, names, respond, stored
from .sites import in_a_store, look

REFUSED = r"^accept: .*another cookie_name"


@pytest.fixture(name="old")
def _old(clock):
    """Makes the interface of the old store, as it was."""
    there = MemoryStore()
    return lambda **options: make_interface(in_a_store(there), clock, **options)


@pytest.fixture(name="new")
def _new(store, clock):
    """Makes the interface of the new store, which lets an old one's cookies in."""

    def make(old, members=None, **options):
        kind = in_a_store(store, **members or {})
        return make_interface(kind, clock, accept=[OurCookies(old)], **options)

    return make


# The old interface's options, and the new one's.
SAME = {
    "both by default": ({}, {}),
    "both of one name": ({"cookie_name": "a"}, {"cookie_name": "a"}),
    "the old key as a fallback": (
        {},
        {"secret_key": OTHER_KEY, "secret_key_fallbacks": [KEY]},
    ),
    "the new key as a fallback": (
        {"secret_key": OTHER_KEY, "secret_key_fallbacks": [KEY]},
        {},
    ),
    "key as bytes": ({}, {"secret_key": KEY.encode()}),
    "another path": ({"cookie_path": "/a", "cookie_name": "a"}, {"cookie_name": "a"}),
    "without Secure": ({"cookie_secure": False}, {"cookie_secure": False}),
    "on localhost, from a name": ({"cookie_name": "session"}, {}),
    "on localhost, to a name": ({}, {"cookie_name": "session"}),
}


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_the_same_key_and_cookie_name_are_refused(old, new, before, after):
    """It was accepted without a word, and every user was logged out."""
    there = old(**before)

    with pytest.raises(ConfigurationError, match=REFUSED):
        new(there, **after)


def test_it_is_refused_at_once_where_rules_ask_for_the_request(old, new):
    def accept_session(self, session, environ):
        return True

    with pytest.raises(ConfigurationError, match=REFUSED):
        new(old(), {"accept_session": accept_session})


def test_where_requests_have_names_of_their_own_it_is_refused_with_the_first(old, new):
    def get_cookie_name(self, environ):
        return environ["HTTP_HOST"].partition(".")[0]

    site = new(old(cookie_name="shop"), {"get_cookie_name": get_cookie_name})

    assert respond(site, dict, base_url="https://cafe.example").body == b"{}"
    with pytest.raises(ConfigurationError, match=REFUSED):
        respond(site, dict, base_url="https://shop.example")


def test_sealing_the_values_of_a_store_is_refused_likewise(store, clock):
    """What was stored without ``seal`` reads as absent with it."""

    class Sealed(ServerSideSessionInterface):
        def __init__(self, config):
            super().__init__(config, store, owner_key="user", seal=True)

    before = make_interface(in_a_store(store), clock)
    readers = [OurCookies(before)]

    with pytest.raises(ConfigurationError, match=REFUSED):
        make_interface(Sealed, clock, accept=readers)

    cookie = stored(before, user="ada")
    after = make_interface(Sealed, clock, accept=readers, cookie_name="sealed")
    assert look(after, cookie) == "({'user': 'ada'}, 'migrated')"


def test_the_same_store_needs_no_reader_and_may_have_one(store, new, clock):
    before = make_interface(in_a_store(store), clock)
    cookie = stored(before, user="ada")

    assert look(new(before), cookie) == "({'user': 'ada'}, 'ok')"


@pytest.mark.parametrize(
    ("name", "status"), [("new", b"migrated"), ("__Host-new", b"new")]
)
def test_on_localhost_a_secure_cookie_leaves_the_old_one_alone(old, new, name, status):
    """Anybody may set a cookie ``session`` there, over http."""
    before = old()
    there = {"base_url": "http://localhost"}
    cookie = respond(before, lambda s: s.update(user="ada"), **there).cookie

    answer = respond(new(before, cookie_name=name), lambda s: s.status, cookie, **there)

    assert answer.body == status


OTHERS = {
    "another name": {"cookie_name": "new"},
    "another key": {"secret_key": OTHER_KEY},
    "another salt": {"members": {"salt": "new:"}},
}


@pytest.mark.parametrize("options", OTHERS.values(), ids=OTHERS)
def test_users_stay_logged_in_and_are_logged_out_for_good(old, new, options):
    before = old()
    after = new(before, **options)
    cookie = stored(before, user="ada")

    moved = respond(after, lambda s: (dict(s), s.status), cookie)
    kept = moved.set_cookies[0].partition(";")[0]
    opened = look(after, kept)
    respond(after, log_out, kept)

    assert moved.body == b"({'user': 'ada'}, 'migrated')"
    assert opened == "({'user': 'ada'}, 'ok')"
    assert look(after, cookie) == "({}, 'gone')"
    assert look(after, kept) == "({}, 'gone')"
    assert names(after).count("migrated") == 1
