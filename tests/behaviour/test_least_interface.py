"""An interface of one's own, with the least that a session and an interface can be."""

from __future__ import annotations

import pytest
from itsdangerous import SignatureExpired

from session_middleware import (
    NullSession,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionInterface,
    SessionMiddleware,
    SessionMixin,
    SignedSerializer,
)

from ..support import KEY, app_of, call, make_interface


class LeastSession(SessionMixin):
    """Cannot note its own use, and never says how."""

    def __init__(self):
        self._data = {}

    def __getitem__(self, key):
        return self._data[key]

    def __setitem__(self, key, value):
        self._data[key] = value

    def __delitem__(self, key):
        del self._data[key]

    def __iter__(self):
        return iter(self._data)

    def __len__(self):
        return len(self._data)


class LeastInterface(SessionInterface):
    """Writes the session's keys into a cookie, and cannot read them back."""

    def __init__(self):
        super().__init__()
        self.events = []

    def open_session(self, environ):
        return LeastSession()

    def save_session(self, environ, session, headers):
        headers.append(("Set-Cookie", f"keys={'.'.join(session)}"))

    def event(self, name, **facts):
        self.events.append((name, facts))


def test_a_session_that_cannot_note_its_use_varies_and_is_saved():
    app = SessionMiddleware(app_of(lambda s: s.update(a=1, b=2)), LeastInterface())

    answer = call(app)

    assert answer.set_cookies == ["keys=a.b"]
    assert answer.all("Vary") == ["Cookie"]
    assert answer.all("Cache-Control") == ["private"]


@pytest.mark.parametrize("due", [False, True], ids=["read", "due"])
def test_one_that_says_that_nothing_changed_is_sent_if_it_is_due(due):
    def look(session):
        session.modified, session.due = False, due

    answer = call(SessionMiddleware(app_of(look), LeastInterface()))

    assert answer.all("Vary") == ["Cookie"]
    assert answer.set_cookies == (["keys="] if due else [])


def test_what_it_has_is_not_saved_on_an_error_and_the_keys_are_named():
    interface = LeastInterface()
    fails = app_of(lambda s: s.update(a=1), status="500 Internal Server Error")

    answer = call(SessionMiddleware(fails, interface))

    [(name, facts)] = interface.events
    assert answer.set_cookies == []
    assert (name, facts["keys"]) == ("not_saved", ["a"])


def test_a_stream_of_its_is_closed_without_a_warning():
    def stream(environ, start_response):
        start_response("200 OK", [])
        yield b"one"
        environ["session"]["a"] = 1

    answer = call(SessionMiddleware(stream, LeastInterface()))

    assert answer.body == b"one"


def test_saving_that_fails_passes():
    class Failing(LeastInterface):
        def save_session(self, environ, session, headers):
            raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        call(SessionMiddleware(app_of(lambda s: s.update(a=1)), Failing()))


def test_the_default_answers_are_there_to_be_asked():
    interface = make_interface()
    given = make_interface(cookie_name="s")
    https = {"wsgi.url_scheme": "https"}
    session = interface.load(https)

    session["a"] = 1

    assert interface.get_cookie_name(https) == "__Host-session"
    assert given.get_cookie_name(https) == "s"
    assert isinstance(interface.get_signing_serializer(https), SignedSerializer)
    assert interface.should_set_cookie(https, session)
    assert interface.is_null_session(interface.make_null_session(https))
    assert interface.accept_session(session)
    assert isinstance(interface.make_null_session(https), NullSession)
    assert not interface.is_null_session(session)


def test_an_interface_without_a_configuration_has_the_defaults():
    assert SessionInterface().config == SessionConfig(secret_key=None)


def test_a_serializer_that_calls_a_token_expired_gives_that_status():
    class Expiring(SignedSerializer):
        def verify(self, token):
            raise SignatureExpired("too old, says this one")

    class Own(SecureCookieSessionInterface):
        def get_signing_serializer(self, environ):
            return serializer

    serializer = Expiring([KEY], "salt")
    interface = make_interface(Own)

    answer = call(
        SessionMiddleware(app_of(lambda s: s.status), interface),
        cookie="__Host-session=a.b.c",
    )

    assert answer.body == b"expired"
    assert interface.events == [("expired", {"cookie": "__Host-session"})]
