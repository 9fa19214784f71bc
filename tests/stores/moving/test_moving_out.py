"""Moving out of a store, into a signed cookie."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from itsdangerous import BadData

from session_middleware import SecureCookieSessionInterface
from session_middleware.exceptions import StoreUnavailable
from session_middleware.formats.ours import OurCookies

from ...support import START, make_interface
from ...support.visits import log_out, respond, stored, touch
from .sites import OLD, in_a_store, look


@pytest.fixture
def leaving(store, clock):
    """The site with a store, and the one after it with a signed cookie."""
    before = make_interface(in_a_store(store), clock, secret_key=OLD)
    after = make_interface(
        SecureCookieSessionInterface, clock, accept=[OurCookies(before)]
    )
    return before, after


def test_data_and_times_move_out_of_a_store(leaving, clock):
    before, after = leaving
    cookie = stored(before, user="ada", cart=[1, (2,)])
    clock.forward(hours=5)
    respond(before, touch, cookie)
    clock.forward(days=5)

    first = respond(after, lambda s: (dict(s), s.status, s.created), cookie)
    [line] = first.set_cookies
    second = look(after, line.partition(";")[0])

    data = {"user": "ada", "cart": [1, (2,)]}
    born = datetime.fromtimestamp(START, timezone.utc)
    assert first.body.decode() == repr((data, "migrated", born))
    assert second == repr((data, "ok"))
    clock.forward(days=9, hours=1)  # after the last use, not after moving out
    assert look(after, cookie).startswith("({}, ")


def test_permanent_moves_out_too(leaving):
    before, after = leaving

    def stay(session):
        session["n"] = 1
        session.permanent = True

    cookie = respond(before, stay).cookie

    assert respond(after, lambda s: s.permanent, cookie).body == b"True"


ENDS = {
    "logged out": lambda site, clock, cookie: respond(site, log_out, cookie),
    "replaced": lambda site, clock, cookie: respond(
        site, lambda s: s.regenerate(), cookie
    ),
    "not seen for a day": lambda site, clock, cookie: clock.forward(days=2),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=list(ENDS))
def test_what_has_ended_in_the_store_does_not_move_out(leaving, clock, end):
    before, after = leaving
    cookie = stored(before, user="ada")
    end(before, clock, cookie)

    assert look(after, cookie).startswith("({}, ")


def test_the_empty_session_of_a_store_moves_out_as_one(leaving):
    before, after = leaving
    cookies = "; ".join(stored(before, n=n) for n in range(2))
    [line] = respond(before, log_out, cookies).set_cookies

    assert look(after, line.partition(";")[0]).startswith("({}, ")


def test_what_cannot_be_read_stays_behind_and_says_so(leaving, store):
    before, after = leaving
    cookie = stored(before, user="ada", n=1)
    [(key, record)] = store._records.items()
    store._records[key] = record._replace(values={**record.values, "n": "{"})

    assert look(after, cookie) == "({'user': 'ada'}, 'migrated')"
    assert ("malformed", "n") in [(n, f.get("key")) for n, f in before.events]


def test_a_store_that_is_away_empties_no_session(leaving, monkeypatch, store):
    before, after = leaving
    cookie = stored(before, user="ada")

    def away(key):
        raise StoreUnavailable("it is away")

    monkeypatch.setattr(store, "read", away)

    with pytest.raises(StoreUnavailable):
        look(after, cookie)


@pytest.mark.parametrize("value", ["junk", "", "a.b.c"])
def test_what_is_none_of_a_stores_is_bad_data(leaving, value):
    before, _ = leaving

    with pytest.raises(BadData):
        OurCookies(before).read(value)
