"""``revert()`` takes back every change, as a transaction that is tried again needs."""

from __future__ import annotations

import pytest

from ..support import Clock, make_interface
from ..support.visits import drop, log_out, names, respond, stored

CHANGES = {
    "a-key": lambda s: s.update(n=2),
    "nested": lambda s: s["cart"].append(3),
    "emptied": drop,
    "logged-out": log_out,
    "regenerated": lambda s: s.regenerate(keep=[]),
    "permanent": lambda s: setattr(s, "permanent", True),
    "insisted": lambda s: setattr(s, "modified", True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_is_as_it_came_and_nothing_is_sent(change):
    interface = make_interface()
    cookie = stored(interface, n=1, cart=[1, 2])

    def use(session):
        change(session)
        session.revert()
        return dict(session), session.modified, session.new, session.permanent

    answer = respond(interface, use, cookie)

    assert answer.body.decode() == str(({"n": 1, "cart": [1, 2]}, False, False, False))
    assert answer.set_cookies == []


def test_what_is_changed_afterwards_is_saved():
    interface = make_interface()
    cookie = stored(interface, n=1)

    def use(session):
        session["lost"] = True
        session.revert()
        session["n"] = 2

    again = respond(interface, use, cookie).cookie

    assert respond(interface, dict, again).body == b"{'n': 2}"


def test_a_new_session_is_empty_again():
    def use(session):
        session["n"] = 1
        session.revert()

    assert respond(make_interface(), use).set_cookies == []


def test_a_session_that_was_due_is_still_re_issued():
    clock = Clock()
    interface = make_interface(clock=clock)
    cookie = stored(interface, n=1)
    clock.forward(days=5)

    def use(session):
        session["n"] = 2
        session.revert()

    again = respond(interface, use, cookie).cookie

    assert respond(interface, dict, again).body == b"{'n': 1}"


def test_an_untouched_session_stays_so():
    interface = make_interface()

    answer = respond(interface, lambda s: s.revert(), stored(interface, n=1))

    assert answer.all("Vary") == []


def test_a_bad_cookie_is_reported_once():
    interface = make_interface()

    def use(session):
        session["n"] = 1
        session.revert()

    answer = respond(interface, use, "__Host-session=bad.bad.bad")

    assert answer.set_cookies == []
    assert names(interface) == ["bad_signature"]
