"""What becomes of a change that an app written for Beaker did not save."""

from __future__ import annotations

import pytest

from session_middleware import LateSessionChange
from session_middleware.adapters.beaker import (
    BeakerSessionMiddleware,
    SelfSavingBeakerSession,
)

from ..support import Clock, call
from ..support.visits import kind, names
from .beaker_visits import ask, content, make, saved


def test_a_change_is_an_event_that_names_its_keys_and_the_way_out():
    interface = make()
    cookie = saved(interface, name="Ada", cart=[])
    interface.events.clear()

    def change(session):
        session["name"] = "Grace"
        session["cart"].append("apple")

    answer = ask(interface, change, cookie)

    assert answer.set_cookies == []
    [(name, facts)] = interface.events
    assert (name, facts["keys"]) == ("not_saved", ["name", "cart"])
    assert "session.save()" in facts["advice"]


def test_reading_without_save_is_no_event():
    interface = make()
    cookie = saved(interface, cart=[1])

    ask(interface, lambda s: s["cart"], cookie)

    assert names(interface) == []


def test_what_cannot_be_stored_is_dropped_too():
    interface = make()
    cookie = saved(interface, name="Ada")

    answer = ask(interface, lambda s: s.update(bad=object()), cookie)

    assert answer.set_cookies == []
    assert [facts["keys"] for _, facts in interface.events] == [["bad"]]


def test_a_due_session_is_sent_again_without_the_change():
    clock = Clock()
    interface = make(clock=clock)
    cookie = saved(interface, name="Ada")
    clock.forward(days=5)

    answer = ask(interface, lambda s: s.update(name="Grace"), cookie)

    assert content(interface, answer.cookie) == "{'name': 'Ada'}"


def test_what_is_written_after_a_log_out_is_dropped_with_an_event():
    interface = make()
    cookie = saved(interface, name="Ada")

    def log_in_anew(session):
        session.invalidate()
        session["name"] = "Grace"

    answer = ask(interface, log_in_anew, cookie)

    assert kind(answer) == "deletion"
    assert [facts["keys"] for _, facts in interface.events] == [["name"]]


def test_a_log_out_alone_is_no_event():
    interface = make()
    cookie = saved(interface, name="Ada")

    answer = ask(interface, lambda s: s.invalidate(), cookie)

    assert (kind(answer), names(interface)) == ("deletion", [])


def test_a_change_after_the_headers_warns_as_ever():
    def app(environ, start_response):
        session = environ["beaker.session"]
        session.save()
        start_response("200 OK", [])
        yield str(len(session)).encode()
        session["late"] = True

    with pytest.warns(LateSessionChange, match="late"):
        call(BeakerSessionMiddleware(app, interface=make()))


def test_persist_does_not_save():
    interface = make()
    cookie = saved(interface, name="Ada")

    answer = ask(interface, lambda s: (s.update(n=1), s.persist()), cookie)

    assert answer.set_cookies == []


def test_saving_the_access_alone_saves_no_change():
    """``save(accessed_only=True)`` of Beaker's sessions was a TypeError here."""
    interface = make()
    cookie = saved(interface, name="Ada")

    def change(session):
        session["name"] = "Grace"
        session.save(accessed_only=True)
        return session.dirty()

    answer = ask(interface, change, cookie)

    assert (answer.body, answer.set_cookies) == (b"False", [])
    assert names(interface) == ["not_saved"]


def test_saving_the_access_alone_takes_no_other_save_back():
    interface = make()
    cookie = saved(interface, name="Ada")

    def change(session):
        session["name"] = "Grace"
        session.save()
        session.save(accessed_only=True)

    after = ask(interface, change, cookie).cookie or cookie

    assert content(interface, after) == "{'name': 'Grace'}"


def test_saving_the_access_alone_is_a_use_of_the_session():
    clock = Clock()
    interface = make(clock=clock)
    cookie = saved(interface, name="Ada")
    clock.forward(days=13)

    cookie = ask(interface, lambda s: s.save(accessed_only=True), cookie).cookie

    clock.forward(days=13)
    assert content(interface, cookie) == "{'name': 'Ada'}"


def test_saving_the_access_of_a_new_session_begins_none():
    answer = ask(make(), lambda s: (s.update(n=1), s.save(accessed_only=True)))

    assert answer.set_cookies == []


def test_with_auto_nothing_needs_save():
    interface = make(SelfSavingBeakerSession)

    answer = ask(interface, lambda s: s.update(name="Ada"))

    assert content(interface, answer.cookie) == "{'name': 'Ada'}"
