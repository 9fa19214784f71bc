"""What an app may ask of ``environ["beaker.session"]``."""

from __future__ import annotations

import pytest

from session_middleware import (
    ConfigurationError,
    LateSessionChange,
    SessionUnavailable,
    get_session,
)
from session_middleware.adapters.beaker import (
    BeakerSession,
    BeakerSessionInterface,
    BeakerSessionMiddleware,
    NullBeakerSession,
    SelfSavingBeakerSession,
)

from ..support import START, Clock, call, make_interface
from ..visits import kind, names


def make(session_class=BeakerSession, **options):
    interface = make_interface(BeakerSessionInterface, **options)
    interface.session_class = session_class
    return interface


def ask(interface, use, cookie=None):
    """One request: ``use(session)``, and the answer with what it gave as text."""

    def app(environ, start_response):
        result = use(environ["beaker.session"])
        start_response("200 OK", [])
        return [str(result).encode()]

    return call(BeakerSessionMiddleware(app, interface=interface), cookie=cookie)


def saved(interface, **data):
    """The Cookie header of a session that holds ``data``."""
    return ask(interface, lambda s: (s.update(data), s.save()), None).cookie


def content(interface, cookie):
    return ask(interface, dict, cookie).body.decode()


class TestNotSaved:
    def test_a_change_is_an_event_that_names_its_keys_and_the_way_out(self):
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

    def test_reading_without_save_is_no_event(self):
        interface = make()
        cookie = saved(interface, cart=[1])

        ask(interface, lambda s: s["cart"], cookie)

        assert names(interface) == []

    def test_what_cannot_be_stored_is_dropped_too(self):
        interface = make()
        cookie = saved(interface, name="Ada")

        answer = ask(interface, lambda s: s.update(bad=object()), cookie)

        assert answer.set_cookies == []
        assert [facts["keys"] for _, facts in interface.events] == [["bad"]]

    def test_a_due_session_is_sent_again_without_the_change(self):
        clock = Clock()
        interface = make(clock=clock)
        cookie = saved(interface, name="Ada")
        clock.forward(days=5)

        answer = ask(interface, lambda s: s.update(name="Grace"), cookie)

        assert content(interface, answer.cookie) == "{'name': 'Ada'}"

    def test_what_is_written_after_a_log_out_is_dropped_with_an_event(self):
        interface = make()
        cookie = saved(interface, name="Ada")

        def log_in_anew(session):
            session.invalidate()
            session["name"] = "Grace"

        answer = ask(interface, log_in_anew, cookie)

        assert kind(answer) == "deletion"
        assert [facts["keys"] for _, facts in interface.events] == [["name"]]

    def test_a_log_out_alone_is_no_event(self):
        interface = make()
        cookie = saved(interface, name="Ada")

        answer = ask(interface, lambda s: s.invalidate(), cookie)

        assert (kind(answer), names(interface)) == ("deletion", [])

    def test_a_change_after_the_headers_warns_as_ever(self):
        def app(environ, start_response):
            session = environ["beaker.session"]
            session.save()
            start_response("200 OK", [])
            yield str(len(session)).encode()
            session["late"] = True

        with pytest.warns(LateSessionChange, match="late"):
            call(BeakerSessionMiddleware(app, interface=make()))

    def test_persist_does_not_save(self):
        interface = make()
        cookie = saved(interface, name="Ada")

        answer = ask(interface, lambda s: (s.update(n=1), s.persist()), cookie)

        assert answer.set_cookies == []

    def test_with_auto_nothing_needs_save(self):
        interface = make(SelfSavingBeakerSession)

        answer = ask(interface, lambda s: s.update(name="Ada"))

        assert content(interface, answer.cookie) == "{'name': 'Ada'}"


class TestIdentity:
    def test_an_id_stays_once_it_was_asked_for(self):
        interface = make()
        cookie = saved(interface, name="Ada")

        first = ask(interface, lambda s: s.id, cookie)
        second = ask(interface, lambda s: s["_id"], first.cookie)
        third = ask(interface, lambda s: s.get("_id"), first.cookie)

        assert len(first.body) == 32
        assert first.body == second.body == third.body
        assert second.set_cookies == []
        assert names(interface) == []

    def test_an_id_is_kept_where_other_changes_are_not(self):
        interface = make()
        cookie = saved(interface, name="Ada")

        answer = ask(interface, lambda s: (s.update(name="Eve"), s.id)[1], cookie)

        kept = content(interface, answer.cookie)
        assert kept == repr({"name": "Ada", "_id": answer.body.decode()})
        assert names(interface) == ["not_saved"]

    def test_who_has_no_saved_session_has_another_id_each_time(self):
        interface = make()

        first, second = (ask(interface, lambda s: s.id) for _ in range(2))

        assert first.body != second.body
        assert first.set_cookies == second.set_cookies == names(interface) == []

    @pytest.mark.parametrize(
        "end", [BeakerSession.regenerate_id, BeakerSession.invalidate]
    )
    def test_a_new_identity_has_a_new_id(self, end):
        interface = make()
        cookie = ask(interface, lambda s: s.id, saved(interface, n=1)).cookie

        def renew(session):
            before = session.id
            end(session)
            session.save()
            return session.id == before

        answer = ask(interface, renew, cookie)

        assert answer.body == b"False"
        assert kind(answer) == "cookie"

    def test_a_new_identity_keeps_the_data_and_begins_now(self):
        clock = Clock()
        interface = make(clock=clock)
        cookie = saved(interface, name="Ada")
        clock.forward(days=1)

        answer = ask(interface, lambda s: (s.regenerate_id(), s.save()), cookie)

        assert content(interface, answer.cookie) == "{'name': 'Ada'}"
        created = ask(interface, lambda s: s.created, answer.cookie).body
        assert float(created) == START + 86400

    def test_a_new_identity_that_is_not_saved_is_an_event(self):
        interface = make()
        cookie = saved(interface, name="Ada")

        answer = ask(interface, lambda s: s.regenerate_id(), cookie)

        assert answer.set_cookies == []
        assert names(interface) == ["not_saved"]


class TestFacts:
    def test_times_are_seconds_since_the_epoch(self):
        clock = Clock()
        interface = make(clock=clock)
        cookie = saved(interface, name="Ada")
        clock.forward(minutes=1)

        def tell(session):
            return [
                session.created,
                session["_creation_time"],
                session.last_accessed,
                session["_accessed_time"],
            ]

        answer = ask(interface, tell, cookie)

        start = float(START)
        assert answer.body.decode() == repr([start, start, start, start + 60])
        assert answer.set_cookies == []

    def test_a_new_session_was_never_accessed_before(self):
        answer = ask(make(), lambda s: [s.is_new, s.last_accessed])

        assert answer.body == b"[True, None]"

    def test_facts_are_not_listed_with_the_data(self):
        interface = make()
        cookie = saved(interface, name="Ada")

        answer = ask(interface, lambda s: (s["_creation_time"], dict(s))[1], cookie)

        assert answer.body == b"{'name': 'Ada'}"

    def test_other_keys_are_missing_as_ever(self):
        def miss(session):
            with pytest.raises(KeyError, match="_other"):
                session["_other"]
            return session.get("_other", "none")

        assert ask(make(), miss).body == b"none"

    def test_accessed_and_dirty_may_be_called_and_touch_nothing(self):
        def tell(session):
            before = [session.accessed(), bool(session.accessed), session.dirty()]
            session.has_key("n")
            session.save()
            return [*before, session.accessed(), session.dirty()]

        answer = ask(make(), tell)

        assert answer.body == b"[False, False, False, True, True]"

    def test_load_takes_back_every_change(self):
        interface = make()
        cookie = saved(interface, name="Ada")

        answer = ask(interface, lambda s: (s.clear(), s.load(), dict(s))[2], cookie)

        assert answer.body == b"{'name': 'Ada'}"


class TestWithoutMeaning:
    @pytest.mark.parametrize("word", ["lock", "unlock"])
    def test_a_lock_is_refused(self, word):
        def use(session):
            with pytest.raises(SessionUnavailable, match="cannot be locked"):
                getattr(session, word)()

        assert ask(make(), use).body == b"None"

    def test_another_session_is_refused(self):
        def app(environ, start_response):
            with pytest.raises(SessionUnavailable, match="visitor's browser"):
                environ["beaker.session"].get_by_id("abc")
            with pytest.raises(SessionUnavailable, match="visitor's browser"):
                environ["beaker.get_session"]()
            start_response("204 No Content", [])
            return []

        answer = call(BeakerSessionMiddleware(app, interface=make()))

        assert answer.status == "204 No Content"

    @pytest.mark.filterwarnings("ignore:sessions are disabled")
    def test_without_a_key_reading_works_and_writing_is_refused(self):
        interface = make(secret_key=None)

        def use(session):
            assert isinstance(session, NullBeakerSession)
            session.save()
            session.load()
            for word in ("delete", "regenerate_id", "invalidate"):
                with pytest.raises(SessionUnavailable):
                    getattr(session, word)()
            return [session.accessed(), session.has_key("n"), session.is_new]

        assert ask(interface, use).body == b"[False, False, True]"


class TestMiddleware:
    def test_get_session_finds_it_where_beaker_puts_it(self):
        def app(environ, start_response):
            session = get_session(environ, "mine")
            start_response("200 OK", [])
            return [type(session).__name__.encode()]

        wrapped = BeakerSessionMiddleware(app, None, "mine", interface=make())

        assert call(wrapped).body == b"BeakerSession"

    def test_attributes_are_those_of_the_app(self):
        def app(environ, start_response):
            raise NotImplementedError

        app.name = "shop"

        assert BeakerSessionMiddleware(app, interface=make()).name == "shop"

    def test_an_interface_must_speak_beakers_words(self):
        with pytest.raises(ConfigurationError, match=r"interface: .*BeakerSession"):
            BeakerSessionMiddleware(lambda *args: [], interface=make_interface())

    def test_an_interface_takes_no_options(self):
        with pytest.raises(ConfigurationError, match="auto: belongs in the interface"):
            BeakerSessionMiddleware(lambda *args: [], interface=make(), auto=True)
