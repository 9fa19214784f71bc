"""An owner's sessions, as a page of the account lists and ends them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from session_middleware import ConfigurationError, SessionConfig
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, OTHER_KEY, START, Clock
from ..support.visits import log_out, respond, stored


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def site(store, clock):
    return make_site(store, clock)


def make_site(store, clock, **options):
    class Site(ServerSideSessionInterface):
        def now(self):
            return clock.now

    config = SessionConfig(**{"secret_key": KEY, **options})
    return Site(config, store, owner_key="user")


def content(site, cookie):
    return respond(site, dict, cookie).body.decode()


def test_the_last_used_is_the_first_in_the_list(site, clock):
    cookies = []
    for number in range(3):
        cookies.append(stored(site, user="ada", n=number))
        clock.forward(minutes=20)
    respond(site, len, cookies[0])

    listed = site.sessions_of("ada")

    assert [info.data["n"] for info in listed] == [0, 2, 1]
    assert listed[0].used - listed[0].created == timedelta(hours=1)


@pytest.mark.parametrize("owner", ["ada", 42, UUID(int=7)], ids=["str", "int", "UUID"])
def test_all_but_the_own_session_end(site, owner):
    mine, *others = (stored(site, user=owner) for _ in "123")
    stranger = stored(site, user="bob")

    ended = respond(site, lambda s: site.revoke_all(owner, keep=s), mine).body

    assert ended == b"2"
    assert [content(site, cookie) for cookie in others] == ["{}", "{}"]
    assert "{}" not in (content(site, mine), content(site, stranger))


def test_a_new_identity_and_an_end_to_all_others_in_one_request(site):
    """A change of password: it deleted the session that the new one was to replace.

    Then there was nothing left to replace, and the user was logged out.
    """
    mine, other = (stored(site, user="ada") for _ in "12")

    def change_password(session):
        session.regenerate()
        return site.revoke_all("ada", keep=session)

    answer = respond(site, change_password, mine)

    assert answer.body == b"1"
    assert content(site, answer.cookie) == "{'user': 'ada'}"
    assert [content(site, cookie) for cookie in (mine, other)] == ["{}", "{}"]


def test_a_new_session_keeps_none_but_itself(site):
    other = stored(site, user="ada")

    def log_in(session):
        session["user"] = "ada"
        return site.revoke_all("ada", keep=session)

    answer = respond(site, log_in)

    assert answer.body == b"1"
    assert content(site, answer.cookie) == "{'user': 'ada'}"
    assert content(site, other) == "{}"


def test_one_is_ended_by_the_id_that_a_page_shows(site):
    mine, other = (stored(site, user="ada") for _ in "12")
    shown = respond(site, lambda s: s.public_id, other).body.decode()

    assert [site.revoke("ada", shown) for _ in "12"] == [True, False]
    assert [content(site, cookie) for cookie in (mine, other)] == [
        "{'user': 'ada'}",
        "{}",
    ]


def test_nobody_ends_a_session_of_another(site):
    cookie = stored(site, user="ada")
    [info] = site.sessions_of("ada")

    assert not site.revoke("bob", info.public_id)
    assert content(site, cookie) == "{'user': 'ada'}"


def test_what_was_ended_or_has_expired_is_not_listed(site, clock):
    respond(site, log_out, stored(site, user="ada"))
    stored(site, user="ada")
    clock.forward(days=2)  # its cookie never came back

    assert site.sessions_of("ada") == []
    assert site.revoke_all("ada") == 0


def test_an_owner_is_found_whatever_the_secret_key_is(site, store, clock):
    stored(site, user="ada")

    [found] = make_site(store, clock, secret_key=OTHER_KEY).sessions_of("ada")

    assert found.data == {"user": "ada"}


def test_no_value_is_in_a_repr(site):
    stored(site, user="ada", card="4111")

    [info] = site.sessions_of("ada")

    assert repr(info) == f"<SessionInfo {info.public_id}>"


def test_a_clock_past_all_dates_lists_them_too(site, clock):
    clock.now = START * 1000
    stored(site, user="ada")

    [info] = site.sessions_of("ada")

    assert info.expires_at.year == 9999


def test_any_text_may_be_an_owner(site):
    """Half of a character was an error of the codec's, at the end of the request."""
    stored(site, user="\ud800")

    [info] = site.sessions_of("\ud800")

    assert info.data == {"user": "\ud800"}


@pytest.mark.parametrize("owner", [True, None, 1.5, b"ada", ["ada"]])
def test_what_is_no_owner_is_refused(site, owner):
    with pytest.raises(ConfigurationError, match="get_owner: must give a str"):
        site.sessions_of(owner)


def test_everyone_is_logged_out_after_a_breach(site):
    cookies = [stored(site, user="ada"), stored(site, n=1)]

    assert site.revoke_everyone() == 2
    assert [content(site, cookie) for cookie in cookies] == ["{}", "{}"]
