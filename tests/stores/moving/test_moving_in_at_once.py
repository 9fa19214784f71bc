"""Requests at once, and workers with different keys, while sessions move in."""

from __future__ import annotations

import itertools
import threading

import pytest

from session_middleware.stored.moving import has_successor
from session_middleware.stores.base import Record

from ...support import KEY, OTHER_KEY, START
from ...support.visits import log_out, respond, touch
from .sites import DAY, at_once, look, sent, sessions_in

# -- several requests at once ---------------------------------------------


def test_six_requests_at_once_make_one_record(legacy, open_site, store):
    site = open_site(legacy)
    cookie = legacy.cookie(user="ada", visits=3)
    barrier = threading.Barrier(6)

    def visit(number):
        def use(session):
            session.increment("visits")
            session[f"page {number}"] = True
            barrier.wait(30)

        return lambda: respond(site, use, cookie)

    answers = at_once([visit(number) for number in range(6)])

    [record] = sessions_in(store)
    assert record.values["visits"] == "9"
    assert len(record.values) == 8
    for answer in answers:
        assert "'visits': 9" in look(site, sent(answer))


def test_who_only_looks_gets_the_record_that_another_has_made(legacy, open_site, store):
    site = open_site(legacy)
    cookie = legacy.cookie(user="ada")
    barrier = threading.Barrier(2)

    def both(use):
        def meet(session):
            use(session)
            barrier.wait(30)

        return lambda: respond(site, meet, cookie)

    answers = at_once([both(touch), both(lambda s: s.update(n=1))])

    for answer in answers:
        assert look(site, sent(answer)) == "({'user': 'ada', 'n': 1}, 'ok')"


class Meanwhile:
    """A session's use, in the middle of which other requests come and go."""

    def __init__(self, site, cookie):
        self.site = site
        self.cookie = cookie

    def __call__(self, use, *others):
        """The answer to one that touches, waits for the others, and does ``use``."""

        def slowly(session):
            touch(session)
            for other in others:
                respond(self.site, other, self.cookie)
            use(session)

        return respond(self.site, slowly, self.cookie)


@pytest.fixture
def meanwhile(flask_site, open_site):
    return Meanwhile(open_site(flask_site), flask_site.cookie(user="ada", n=1))


def test_who_logged_out_meanwhile_stays_logged_out(meanwhile, store):
    answer = meanwhile(lambda s: s.update(n=2), log_out)

    assert answer.set_cookies == []
    assert ("not_saved", ["n"]) in [
        (name, facts.get("keys")) for name, facts in meanwhile.site.events
    ]
    assert sessions_in(store) == []
    assert look(meanwhile.site, meanwhile.cookie) == "({}, 'gone')"


def test_a_logout_ends_what_another_has_moved_in_meanwhile(meanwhile, store):
    answer = meanwhile(log_out, lambda s: s.update(n=2))

    assert sent(answer) == ""
    assert sessions_in(store) == []
    assert look(meanwhile.site, meanwhile.cookie) == "({}, 'gone')"


def test_a_new_identity_has_what_others_wrote_meanwhile(meanwhile, store):
    """It was lost with the record that they had made."""
    answer = meanwhile(lambda s: s.regenerate(), lambda s: s.update(cart=[7]))

    assert "'cart': [7]" in look(meanwhile.site, sent(answer))
    assert len(sessions_in(store)) == 1


def test_of_two_new_identities_the_first_stays(meanwhile, store):
    def regenerate(session):
        session.regenerate()

    answer = meanwhile(regenerate, regenerate)

    assert sent(answer) == ""
    assert len(sessions_in(store)) == 1


def test_a_chain_of_ends_is_followed_to_where_somebody_waits(store):
    """No further than that, however many have replaced each other."""
    keys = [f"{number:064x}" for number in range(12)]
    for key, successor in itertools.pairwise(keys):
        store.create(key, Record({}, START, START, START + DAY, successor=successor))
    store.create(keys[-1], Record({}, START, START, START + DAY))

    found = [has_successor(store, store.read(key), START) for key in keys]

    assert found == [False] * 4 + [True] * 8


def test_a_new_identity_of_who_logged_out_meanwhile_is_none(meanwhile, store):
    answer = meanwhile(lambda s: s.regenerate(), log_out)

    assert answer.set_cookies == []
    assert sessions_in(store) == []


def test_to_be_permanent_is_not_undone_by_who_did_not_know_of_it(meanwhile, store):
    def stay(session):
        session.permanent = True

    meanwhile(lambda s: s.update(n=2), stay)

    [record] = sessions_in(store)
    assert (record.permanent, record.values["n"]) == (True, "2")


def test_what_begins_anew_after_an_end_has_nothing_of_others(meanwhile, store):
    def begin_anew(session):
        session.invalidate()
        session["language"] = "en"

    answer = meanwhile(begin_anew, lambda s: s.update(cart=[7]))

    assert look(meanwhile.site, sent(answer)) == "({'language': 'en'}, 'ok')"
    assert len(sessions_in(store)) == 1


# -- several workers ------------------------------------------------------

ROTATIONS = {
    "known before": ([KEY], [KEY, OTHER_KEY]),
    "signing": ([KEY, OTHER_KEY], [OTHER_KEY, KEY]),
    "alone": ([OTHER_KEY, KEY], [OTHER_KEY]),
}
each_rotation = pytest.mark.parametrize(
    ("before", "after"), ROTATIONS.values(), ids=list(ROTATIONS)
)
each_order = pytest.mark.parametrize("turned", [False, True], ids=["to", "fro"])


@each_rotation
@each_order
def test_workers_with_different_keys_make_one_record(
    legacy, open_site, store, before, after, turned
):
    workers = [open_site(legacy, *before), open_site(legacy, *after)]
    first, second = reversed(workers) if turned else workers
    cookie = legacy.cookie(user="ada")

    one = sent(respond(first, lambda s: s.update(a=1), cookie))
    two = sent(respond(second, lambda s: s.update(b=2), cookie))

    assert len(sessions_in(store)) == 1
    for worker in workers:
        for each in (one, two):
            assert look(worker, each).startswith("({'user': 'ada', 'a': 1, 'b': 2}")
    respond(second, log_out, two)
    assert [look(worker, cookie) for worker in workers] == ["({}, 'gone')"] * 2


def test_what_both_workers_made_at_once_does_not_come_back(flask_site, open_site):
    """Each under its own newest key; then the logout of one is the end of both."""
    one = open_site(flask_site, KEY, OTHER_KEY)
    other = open_site(flask_site, OTHER_KEY, KEY)
    copy = flask_site.cookie(user="ada")

    def slowly(session):
        touch(session)
        respond(other, touch, copy)

    respond(one, slowly, copy)
    respond(one, log_out, copy)

    assert look(one, copy) == look(other, copy) == "({}, 'gone')"


@pytest.mark.parametrize("older", [[KEY], []], ids=["a fallback", "gone"])
def test_an_end_is_found_as_long_as_the_key_is_a_fallback(flask_site, open_site, older):
    """docs/security.rst says so of a copy that comes back where the key is gone."""
    copy = flask_site.cookie(user="ada")
    respond(open_site(flask_site), log_out, copy)

    opened = look(open_site(flask_site, OTHER_KEY, *older), copy)

    assert opened == ("({}, 'gone')" if older else "({'user': 'ada'}, 'migrated')")
