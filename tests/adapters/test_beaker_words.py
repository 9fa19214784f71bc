"""What an app may ask of ``environ["beaker.session"]``."""

from __future__ import annotations

import pytest

from session_middleware import (
    ConfigurationError,
    SessionUnavailable,
    get_session,
)
from session_middleware.adapters.beaker import (
    BeakerSession,
    BeakerSessionMiddleware,
    NullBeakerSession,
)

from ..support import START, Clock, call, make_interface
from ..support.visits import kind, names
from .beaker_visits import ask, content, make, saved


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
        cookie = ask(interface, lambda s: s.id, saved(interface, name="Ada")).cookie

        answer = ask(interface, lambda s: (s.regenerate_id(), s.id), cookie)

        assert kind(answer) == "cookie"
        assert names(interface) == ["not_saved"]

    def test_an_id_is_made_once_however_often_headers_are_sent(self):
        """``start_response`` may be called again with an error."""
        interface = make()
        environ = {"wsgi.url_scheme": "https", "HTTP_COOKIE": saved(interface, n=1)}
        session = interface.load(environ)
        assert session.id

        sent = [interface.commit(environ, session, "200 OK", []) for _ in range(2)]

        assert sent[0] == sent[1] != []


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
            session.has_key(key="n")
            session.save()
            return [*before, session.accessed(), session.dirty()]

        answer = ask(make(), tell)

        assert answer.body == b"[False, False, False, True, True]"

    def test_a_deleted_session_is_dirty_as_in_beaker(self):
        answer = ask(make(), lambda s: (s.delete(), s.dirty())[1])

        assert answer.body == b"True"

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
            with pytest.raises(SessionUnavailable, match="is its own visitor's"):
                environ["beaker.session"].get_by_id("abc")
            with pytest.raises(SessionUnavailable, match="is its own visitor's"):
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
            session.save(accessed_only=True)
            session.load()
            session.persist()
            for word in ("delete", "regenerate_id", "invalidate"):
                with pytest.raises(SessionUnavailable):
                    getattr(session, word)()
            told = [session.accessed(), session.has_key(key="n"), session.dirty()]
            return [*told, session.is_new]

        assert ask(interface, use).body == b"[False, False, False, True]"


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
