"""An interface may decide what lives, how long, and what is sent."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone

import pytest

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
    SignedSerializer,
)

from ..support import KEY, START, Clock, app_of, call, make_interface
from ..support.visits import (
    answers,
    change,
    drop,
    kind,
    log_out,
    names,
    overriding,
    respond,
    stored,
    touch,
)

NO_DIGEST = staticmethod(lambda raw=b"": hashlib.new("no such digest", raw))


def test_an_own_lifetime_is_the_limit_and_the_expiration():
    clock = Clock()
    hour = overriding(get_lifetime=answers(timedelta(hours=1)))
    interface = make_interface(hour, clock, permanent=True)

    [line] = respond(interface, change).set_cookies
    clock.forward(hours=1, seconds=1)

    assert "Max-Age=3600" in line
    assert respond(interface, len, line.partition(";")[0]).body == b"0"


@pytest.mark.parametrize(
    ("expires", "shows"),
    [
        (datetime.fromtimestamp(START + 90, timezone.utc), "Max-Age=90;"),
        (
            datetime.fromtimestamp(START + 90, timezone(timedelta(hours=5))),
            "Max-Age=90;",
        ),
        (datetime.max.replace(tzinfo=timezone.utc), "Max-Age=34560000;"),
        (None, "; Path=/"),
    ],
)
@pytest.mark.parametrize("permanent", [True, False], ids=["permanent", "not permanent"])
def test_an_own_expiration_time_is_what_the_browser_is_told(expires, shows, permanent):
    base = overriding(get_expiration_time=answers(expires))

    interface = make_interface(base, permanent=permanent, absolute_lifetime=None)
    [line] = respond(interface, change).set_cookies

    assert shows in line
    assert ("Max-Age" in line) is (expires is not None)


class Choosy(SecureCookieSessionInterface):
    send = True

    def should_set_cookie(self, environ, session):
        self.asked.append((session.modified, dict(session)))
        return self.send


def choosy(**members):
    interface = make_interface(overriding(Choosy, **members))
    interface.asked = []
    return interface


@pytest.mark.parametrize("answer", [None, 1, "yes"], ids=repr)
def test_a_should_set_cookie_that_gives_no_bool_is_an_error(answer):
    """One whose ``return`` was forgotten dropped every change in silence."""
    own = overriding(should_set_cookie=answers(answer))

    with pytest.raises(ConfigurationError, match="should_set_cookie: must return True"):
        respond(make_interface(own), change)


@pytest.mark.parametrize("send", [True, False])
@pytest.mark.parametrize("use", [touch, change], ids=["read", "changed"])
def test_an_own_should_set_cookie_has_the_last_word(use, send):
    interface = choosy(send=send)
    cookie = stored(make_interface())

    answer = respond(interface, use, cookie)

    assert kind(answer) == ("cookie" if send else "nothing")
    assert answer.all("Vary") == ["Cookie"]
    assert len(interface.asked) == 1


@pytest.mark.parametrize(
    ("use", "cookie", "status", "sent"),
    [
        pytest.param(lambda s: None, "__Host-session=x", "200 OK", "nothing", id="un"),
        pytest.param(touch, None, "200 OK", "nothing", id="empty"),
        pytest.param(touch, "__Host-session=junk", "200 OK", "nothing", id="bad"),
        pytest.param(drop, "__Host-session=junk", "200 OK", "deletion", id="emptied"),
        pytest.param(log_out, "__Host-session=x", "500 X", "deletion", id="logged out"),
        pytest.param(change, None, "500 X", "nothing", id="changed on an error"),
        pytest.param(
            lambda s: (s.invalidate(), s.update(n=1)),
            "__Host-session=x",
            "500 X",
            "deletion",
            id="logged out and written on an error",
        ),
    ],
)
def test_should_set_cookie_is_asked_only_of_touched_sessions_with_data(
    use, cookie, status, sent
):
    interface = choosy()

    answer = respond(interface, use, cookie, status=status)

    assert kind(answer) == sent
    assert interface.asked == []


@pytest.mark.parametrize(
    ("status", "headers"), [("304 X", []), ("200 OK", [("Cache-Control", "public")])]
)
def test_should_set_cookie_is_not_asked_where_a_mere_re_issue_is_unsafe(
    status, headers
):
    interface = choosy()
    cookie = stored(make_interface())

    answer = respond(interface, touch, cookie, status=status, headers=headers)

    assert answer.set_cookies == interface.asked == []


def test_log_a_user_out_everywhere_by_the_time_sessions_began():
    clock = Clock()
    valid_from = {}

    class Revocable(SecureCookieSessionInterface):
        def accept_session(self, session):
            since = valid_from.get(session.get("user"))
            return since is None or session.created >= since

    interface = make_interface(Revocable, clock)
    ann, bob = (stored(interface, user=user) for user in ("ann", "bob"))
    clock.forward(hours=1)
    valid_from["ann"] = datetime.fromtimestamp(clock.now, timezone.utc)
    look = lambda s: (s.get("user"), s.status)  # noqa: E731

    assert respond(interface, look, ann).body == b"(None, 'refused')"
    assert respond(interface, look, bob).body == b"('bob', 'ok')"
    assert respond(interface, look, stored(interface, user="ann")).body == (
        b"('ann', 'ok')"
    )
    assert names(interface) == ["refused"]


def test_accept_session_is_asked_once_and_only_of_what_verified():
    asked = []

    class Asking(SecureCookieSessionInterface):
        def accept_session(self, session):
            asked.append(dict(session))
            return True

    interface = make_interface(Asking)
    cookie = stored(interface)

    respond(interface, lambda s: (s.get("n"), len(s), s.created), cookie)
    respond(interface, touch, "__Host-session=junk")
    respond(interface, touch)

    assert asked == [{"n": 1}]


def test_a_refused_session_opens_empty_and_can_be_written_again():
    interface = make_interface(overriding(accept_session=answers(False)))
    cookie = stored(interface)

    assert respond(interface, lambda s: s.new, cookie).body == b"True"
    assert kind(respond(interface, touch, cookie)) == "nothing"
    assert kind(respond(interface, log_out, cookie)) == "deletion"
    assert kind(respond(interface, change, cookie)) == "cookie"


@pytest.mark.parametrize(
    "answer",
    [None, 1, "yes"],
    ids=["forgotten return", "int", "str"],
)
def test_an_acceptance_that_is_no_bool_is_an_error_and_no_logout(answer):
    """A forgotten ``return`` logged everyone out, and nothing said why."""
    interface = make_interface(overriding(accept_session=answers(answer)))

    with pytest.raises(ConfigurationError, match=r"accept_session: .* True or False"):
        respond(interface, touch, stored(make_interface()))


@pytest.mark.parametrize("method", ["accept_session", "get_lifetime"])
def test_what_an_override_fails_to_judge_stays_shut(method):
    def fail(self, session):
        raise LookupError("the database is away")

    interface = make_interface(overriding(**{method: fail}))

    def use(session):
        for _ in range(2):
            with pytest.raises(LookupError):
                session.get("n")
        return session.accessed

    assert respond(interface, use, stored(make_interface())).body == b"False"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("clock_skew", "60", id="clock_skew str"),
        pytest.param("clock_skew", 0.5, id="clock_skew float"),
        pytest.param("clock_skew", None, id="clock_skew None"),
        pytest.param("max_cookie_size", "4000", id="max_cookie_size str"),
        pytest.param("salt", b"x", id="salt bytes"),
        pytest.param("salt", None, id="salt None"),
        pytest.param("digest_method", "sha256", id="digest_method str"),
        pytest.param("digest_method", hashlib.shake_128, id="digest_method shake"),
        pytest.param("digest_method", NO_DIGEST, id="digest_method unknown"),
        pytest.param("session_class", dict, id="session_class dict"),
        pytest.param("null_session_class", None, id="null_session_class None"),
    ],
)
def test_a_class_attribute_of_the_wrong_kind_is_refused_by_its_name(option, value):
    with pytest.raises(ConfigurationError) as refused:
        make_interface(type("Own", (SecureCookieSessionInterface,), {option: value}))

    assert refused.value.option == option


@pytest.mark.parametrize("config", [{"secret_key": KEY}, KEY, 5, SessionConfig])
def test_what_is_no_configuration_is_refused(config):
    with pytest.raises(ConfigurationError, match="config: must be a SessionConfig"):
        SecureCookieSessionInterface(config)


def test_a_serializer_that_cannot_be_hashed_is_refused():
    class Unhashable(SignedSerializer):
        __hash__ = None

    class Own(SecureCookieSessionInterface):
        def get_signing_serializer(self, environ):
            return Unhashable([KEY], "salt")

    with pytest.raises(ConfigurationError, match="get_signing_serializer"):
        make_interface(Own).load({})


def test_an_expiration_in_the_past_is_refused_and_nothing_is_sent():
    class Own(SecureCookieSessionInterface):
        def get_expiration_time(self, environ, session):
            return datetime.fromtimestamp(START, timezone.utc)

    app = SessionMiddleware(app_of(lambda s: s.update(a=1)), make_interface(Own))

    with pytest.raises(ConfigurationError, match="get_expiration_time"):
        call(app)
