"""Moving into a store, from cookies that held whole sessions."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from session_middleware.exceptions import StoreUnavailable

from ...support import START
from ...support.visits import log_out, names, respond, touch
from .sites import DAY, look, sent, sessions_in


def test_data_and_times_move_in_and_the_old_cookie_goes(
    legacy,
    open_site,
    store,
    clock,
):
    cookie = legacy.cookie(cart=[1, 2.5], user="ada")
    clock.forward(days=5)
    site = open_site(legacy)

    first = respond(site, lambda s: (dict(s), s.status, s.created), cookie)
    second = look(site, sent(first))

    born = datetime.fromtimestamp(START, timezone.utc)
    data = {"cart": [1, 2.5], "user": "ada"}
    assert first.body.decode() == repr((data, "migrated", born))
    assert second == repr((data, "ok"))
    assert names(site) == ["migrated"]
    assert first.set_cookies[1] == legacy.reader.cookie.deletion()
    [record] = sessions_in(store)
    assert (record.created, record.used) == (START, START + 5 * DAY)
    [info] = site.sessions_of("ada")
    assert info.data == data


def test_it_ends_by_the_absolute_limit_of_the_first_cookie(
    flask_site,
    open_site,
    clock,
):
    site = open_site(flask_site)
    cookie = flask_site.cookie(user="ada")
    clock.forward(days=10)
    cookie = sent(respond(site, touch, cookie))
    for _ in range(2):
        clock.forward(days=9, hours=23)
        cookie = sent(respond(site, touch, cookie)) or cookie

    clock.forward(hours=3)

    assert look(site, cookie) == "({}, 'expired')"


@pytest.mark.parametrize("later", [True, False], ids=["in a later request", "at once"])
def test_a_copied_cookie_does_not_come_back_after_the_logout(
    legacy,
    open_site,
    later,
    clock,
):
    site = open_site(legacy)
    copy = cookie = legacy.cookie(user="ada")
    clock.forward(days=1)
    if later:
        cookie = sent(respond(site, touch, cookie))

    respond(site, log_out, cookie)

    for days in (0, 6, 6.9):  # until its own limit
        clock.forward(days=days)
        assert look(site, copy) == "({}, 'gone')"
    clock.forward(hours=3)
    assert look(site, copy) in ("({}, 'expired')", "({}, 'new')")  # as readers have it


def test_a_copied_cookie_opens_nothing_after_a_revocation(legacy, open_site):
    site = open_site(legacy)
    copy = legacy.cookie(user="ada")
    respond(site, touch, copy)

    assert site.revoke_all("ada") == 1
    assert look(site, copy) == "({}, 'gone')"


def respelled(value):
    """Other texts that lenient decoders take for the same."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.find(value[-1])
    yield from (value[:-1] + alphabet[last ^ bit] for bit in (1, 2, 3) if last >= 0)
    yield from (value + "=", value + "==", value[:40].upper() + value[40:])


def test_nor_does_it_come_back_in_another_spelling(legacy, open_site):
    """What ended was the text of the cookie, which some formats may spell otherwise."""
    site = open_site(legacy)
    copy = legacy.cookie(user="ada")
    respond(site, log_out, copy)

    name, _, value = copy.partition("=")
    opened = {look(site, f"{name}={each}") for each in respelled(value)}

    assert opened <= {"({}, 'gone')", "({}, 'new')", "({}, 'bad_signature')"}


def test_a_copied_cookie_past_its_limit_does_not_open_what_lives_on(
    flask_site,
    open_site,
    clock,
):
    site = open_site(flask_site)
    copy = flask_site.cookie(user="ada")
    cookie = sent(respond(site, touch, copy))
    for _ in range(2):
        clock.forward(days=10)
        cookie = sent(respond(site, touch, cookie)) or cookie

    assert look(site, cookie) == "({'user': 'ada'}, 'ok')"
    assert look(site, copy) == "({}, 'expired')"


def test_a_new_identity_at_once_is_the_only_one(legacy, open_site, store):
    site = open_site(legacy)
    copy = legacy.cookie(user="ada")

    def log_in(session):
        session.regenerate()
        session["user"] = "bob"

    cookie = sent(respond(site, log_in, copy))

    assert look(site, cookie) == "({'user': 'bob'}, 'ok')"
    assert look(site, copy) == "({}, 'replaced')"
    assert len(sessions_in(store)) == 1
    respond(site, log_out, cookie)
    assert look(site, copy) == "({}, 'gone')"
    assert sessions_in(store) == []


@pytest.mark.parametrize(
    "earlier", [True, False], ids=["moved before", "moves with it"]
)
def test_a_browser_that_never_got_the_new_cookie_can_log_in_again(
    legacy, open_site, clock, earlier
):
    """What it wrote was dropped until the other format's cookie had expired."""
    site = open_site(legacy)
    cookie = legacy.cookie(user="ada")

    def log_in(session):
        session.regenerate()
        session["user"] = "bob"

    if earlier:
        cookie = sent(respond(site, touch, cookie))
    respond(site, log_in, cookie)  # an answer that was lost
    clock.forward(seconds=11)

    assert look(site, cookie) == "({}, 'gone')"
    anew = sent(respond(site, log_in, cookie))
    assert look(site, anew) == "({'user': 'bob'}, 'ok')"


@pytest.mark.parametrize(
    "before", [{"n": 1}, {"user": "eve"}], ids=["anonymous", "eve"]
)
def test_a_planted_cookie_does_not_lead_to_who_logs_in_with_it(
    legacy, open_site, before
):
    """Fixation: whoever had the same cookie came to the session of who logged in."""
    site = open_site(legacy)
    planted = legacy.cookie(**before)

    cookie = sent(respond(site, lambda s: s.update(user="ada"), planted))

    assert "ada" in look(site, cookie)
    assert "ada" not in look(site, planted)


def test_a_browser_that_keeps_the_old_cookie_has_sessions_after_a_logout(
    flask_site, open_site
):
    """Nothing was saved until the limit of a cookie that nobody could delete."""
    site = open_site(flask_site)
    stays = flask_site.cookie(user="ada")
    respond(site, log_out, stays)

    cookie = sent(respond(site, lambda s: s.update(n=1), stays))

    assert look(site, f"{stays}; {cookie}") == "({'n': 1}, 'ok')"


@pytest.mark.parametrize("user", ["ada", None], ids=["somebody's", "nobody's"])
def test_who_came_once_and_returns_after_days_has_the_session(
    flask_site, open_site, clock, user
):
    """It was over after a day, as of one who had never sent a cookie."""
    site = open_site(flask_site)
    cookie = sent(respond(site, touch, flask_site.cookie(user=user)))
    clock.forward(days=13)

    assert look(site, cookie) == repr(({"user": user}, "ok"))


def test_a_refused_session_does_not_move_in(flask_site, open_site, store):
    site = open_site(flask_site, accept_session=lambda self, session: False)

    assert look(site, flask_site.cookie(user="ada")) == "({}, 'refused')"
    assert sessions_in(store) == []


def test_what_has_moved_in_is_judged_by_what_it_has_become(flask_site, open_site):
    site = open_site(
        flask_site, accept_session=lambda self, session: "banned" not in session
    )
    copy = flask_site.cookie(user="ada")
    respond(site, lambda s: s.update(banned=True), copy)

    assert look(site, copy) == "({}, 'refused')"


def test_two_visitors_with_the_same_cookie_do_not_share_a_session(
    flask_site, open_site
):
    """Flask gives all who come in the same second the same cookie."""
    site = open_site(flask_site)
    first, second = (flask_site.cookie(visits=1) for _ in "12")

    ada = sent(respond(site, lambda s: s.update(address="Ada's"), first))
    bob = sent(respond(site, lambda s: s.update(cart=["Bob's"]), second))

    assert first == second
    assert look(site, ada) == """({'visits': 1, 'address': "Ada's"}, 'ok')"""
    assert look(site, bob) == """({'visits': 1, 'cart': ["Bob's"]}, 'ok')"""


def test_a_store_that_is_away_lets_nobody_in_halfway(
    flask_site, open_site, store, monkeypatch
):
    """What the store has made of a session is not what its old cookie says."""
    site = open_site(flask_site)
    cookie = flask_site.cookie(user="ada")

    def away(key):
        raise StoreUnavailable("it is away")

    monkeypatch.setattr(store, "read", away)

    def use(session):
        failures = []
        for _ in range(2):
            try:
                failures.append(dict(session))
            except StoreUnavailable:
                failures.append("away")
        return failures

    assert respond(site, use, cookie).body == b"['away', 'away']"
