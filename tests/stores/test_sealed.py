"""Values in a store that nobody reads without the key, and nobody moves about."""

from __future__ import annotations

import sys

import pytest

from session_middleware import ConfigurationError, SessionConfig
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, OTHER_KEY
from ..support.visits import change, log_out, names, respond, stored
from .noting import Shop


class SealingShop(Shop):
    def __init__(self, **options):
        super().__init__(base=Sealing, **options)


class Sealing(ServerSideSessionInterface):
    def __init__(self, config, store, *, owner_key=None):
        super().__init__(config, store, owner_key=owner_key, seal=True)


@pytest.fixture
def shop():
    return SealingShop(owner_key="user")


def put(shop, cookie, **texts):
    key = shop.key(cookie)
    record = shop.store._records[key]
    shop.store._records[key] = record._replace(values={**record.values, **texts})


def found(shop, cookie):
    return respond(shop.interface, lambda s: sorted(dict(s).items()), cookie).body


def test_a_stolen_table_shows_names_and_no_values(shop):
    cookie = stored(shop.interface, secret="treasure", n=7)

    values = shop.record(cookie).values
    assert sorted(values) == ["n", "secret"]
    assert "treasure" not in repr(values)
    assert all(text.isascii() and len(text) > 45 for text in values.values())
    assert found(shop, cookie) == b"[('n', 7), ('secret', 'treasure')]"


def test_a_change_seals_what_changed_and_leaves_the_rest_as_it_is(shop):
    cookie = stored(shop.interface, n=1, cart=[1])
    before = shop.record(cookie).values

    respond(shop.interface, lambda s: (s["cart"], change(s)), cookie)

    after = shop.record(cookie).values
    assert after["cart"] == before["cart"]
    assert after["n"] != before["n"]
    assert names(shop.interface) == []


def test_two_values_alike_are_not_alike_in_the_store(shop):
    cookie = stored(shop.interface, a=1, b=1)

    values = shop.record(cookie).values
    assert values["a"] != values["b"]


def test_swapped_values_read_as_absent(shop):
    cookie = stored(shop.interface, admin=False, member=True)
    values = shop.record(cookie).values

    put(shop, cookie, admin=values["member"], member=values["admin"])

    assert found(shop, cookie) == b"[]"
    assert [(n, f["key"]) for n, f in shop.events] == [
        ("malformed", "admin"),
        ("malformed", "member"),
    ]


def test_a_value_of_another_session_reads_as_absent(shop):
    mine, theirs = stored(shop.interface, user=1), stored(shop.interface, user=2)

    put(shop, mine, user=shop.record(theirs).values["user"])

    assert found(shop, mine) == b"[]"


def test_a_value_that_somebody_wrote_into_the_table_reads_as_absent(shop):
    cookie = stored(shop.interface, n=1)

    for text in ("42", '"x"', "", "é", "AAAA", "A" * 200):
        put(shop, cookie, n=text)
        assert found(shop, cookie) == b"[]"
    respond(shop.interface, change, cookie)

    assert found(shop, cookie) == b"[('n', 2)]"


def test_every_bit_of_a_value_counts(shop):
    cookie = stored(shop.interface, n=1)
    sealed = shop.record(cookie).values["n"]

    for index in range(len(sealed) - 1):  # the last one has bits that count for nothing
        other = "A" if sealed[index] != "A" else "B"
        put(shop, cookie, n=sealed[:index] + other + sealed[index + 1 :])
        assert found(shop, cookie) == b"[]", index


def test_a_new_identity_seals_all_anew(shop):
    cookie = stored(shop.interface, n=1, cart=[1])
    before = set(shop.record(cookie).values.values())

    def log_in(session):
        respond(shop.interface, lambda s: s.update(late=1), cookie)
        session["user"] = 42

    new = respond(shop.interface, lambda s: (dict(s), log_in(s)), cookie).cookie

    assert found(shop, new) == b"[('cart', [1]), ('late', 1), ('n', 1), ('user', 42)]"
    assert before.isdisjoint(shop.record(new).values.values())


def test_an_older_key_opens_and_the_newest_seals(shop):
    cookie = stored(shop.interface, n=1, m=1)
    newer = SealingShop(
        store=shop.store, secret_key=OTHER_KEY, secret_key_fallbacks=[KEY]
    )

    new = respond(newer.interface, change, cookie).cookie

    assert found(newer, new) == b"[('m', 1), ('n', 2)]"
    without = SealingShop(store=shop.store, secret_key=OTHER_KEY)
    assert found(without, new) == b"[('n', 2)]"


def test_two_writers_are_told_as_ever(shop):
    cookie = stored(shop.interface, n=1, m=1)

    def view(session):
        dict(session)
        respond(shop.interface, lambda s: s.update(n=5, k=5), cookie)
        session.update(n=6, m=6)

    respond(shop.interface, view, cookie)

    assert found(shop, cookie) == b"[('k', 5), ('m', 6), ('n', 6)]"
    assert [(n, f["key"]) for n, f in shop.events] == [("overwritten", "n")]


def test_of_two_counts_the_later_wins_and_says_so(shop):
    """Nobody can add to what nobody can read."""
    cookie = stored(shop.interface, n=1)

    def view(session):
        dict(session)
        respond(shop.interface, lambda s: s.increment("n"), cookie)
        session.increment("n", 10)

    respond(shop.interface, view, cookie)

    assert found(shop, cookie) == b"[('n', 11)]"
    assert [(n, f["key"]) for n, f in shop.events] == [("overwritten", "n")]


def test_a_deletion_and_a_logout_are_as_ever(shop):
    cookie = stored(shop.interface, n=1, m=1)

    respond(shop.interface, lambda s: s.pop("m"), cookie)
    assert found(shop, cookie) == b"[('n', 1)]"
    respond(shop.interface, log_out, cookie)

    assert shop.live() == 0
    assert found(shop, cookie) == b"[]"


def test_an_owners_sessions_are_listed_with_their_data(shop):
    stored(shop.interface, user=42, n=1)

    [info] = shop.interface.sessions_of(42)

    assert info.data == {"user": 42, "n": 1}


def test_what_is_not_sealed_reads_as_absent():
    plain = Shop()
    cookie = stored(plain.interface, n=1)

    assert found(SealingShop(store=plain.store), cookie) == b"[]"


def test_a_short_key_is_refused_whatever_else_is_allowed():
    config = SessionConfig(secret_key="short", allow_weak_secret=True)

    with pytest.raises(ConfigurationError, match="secret_key: has 5 bytes"):
        Sealing(config, MemoryStore())


def test_without_cryptography_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "session_middleware.stored.sealed_store", None)

    with pytest.raises(ConfigurationError, match=r"seal: .*middleware\[encrypted\]"):
        Sealing(SessionConfig(secret_key=KEY), MemoryStore())


def test_without_a_key_there_is_nothing_to_seal_with():
    with pytest.warns(UserWarning, match="sessions are disabled"):
        Sealing(SessionConfig(secret_key=None), MemoryStore())
