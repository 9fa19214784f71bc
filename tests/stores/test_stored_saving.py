"""What a request asks of the store, and what its response says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from session_middleware import (
    SessionMiddleware,
    SessionTooLarge,
    SessionUnavailable,
    StoreUnavailable,
)
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stored import place

from ..support import KEY, OTHER_KEY, app_of, call
from ..support.visits import (
    change,
    kind,
    log_out,
    names,
    overriding,
    respond,
    stored,
    touch,
)
from .noting import NotingStore, Shop


@pytest.fixture
def shop():
    return Shop()


def cookie_in(shop, **data):
    """The Cookie header of a session that came back once, and was noted as used."""
    cookie = stored(shop.interface, **data)
    respond(shop.interface, touch, cookie)
    shop.store.asked_since()
    shop.events.clear()
    return cookie


def test_an_untouched_session_asks_nothing_and_leaves_the_response_alone(shop):
    cookie = cookie_in(shop)

    answer = respond(shop.interface, lambda s: None, cookie)

    assert shop.store.asked_since() == []
    assert answer.headers == [("Content-Type", "text/plain")]


def test_a_read_reads_once_and_writes_nothing(shop):
    cookie = cookie_in(shop, a=1, b=[2])

    answer = respond(shop.interface, lambda s: (s["a"], s["b"], len(s)), cookie)

    assert answer.body == b"(1, [2], 2)"
    assert shop.store.asked_since() == ["read"]
    assert answer.headers == [("Content-Type", "text/plain"), ("Vary", "Cookie")]


def test_a_change_reads_and_updates_once_and_sends_no_cookie(shop):
    cookie = cookie_in(shop)

    answer = respond(shop.interface, change, cookie)

    assert shop.store.asked_since() == ["read", "update"]
    assert answer.set_cookies == []
    assert answer.all("Vary") == ["Cookie"]
    assert answer.all("Cache-Control") == ["private"]
    assert respond(shop.interface, dict, cookie).body == b"{'n': 2}"


def test_a_change_takes_a_response_away_from_shared_caches(shop):
    """The cookie stays the same, so a cache would serve the cart of yesterday."""
    cookie = cookie_in(shop)
    headers = [("Cache-Control", "public, max-age=60"), ("CDN-Cache-Control", "x")]

    answer = respond(shop.interface, change, cookie, headers=headers)

    assert answer.all("Cache-Control") == ["max-age=60, private"]
    assert answer.all("CDN-Cache-Control") == []
    assert names(shop.interface) == ["made_private"]


def test_a_change_leaves_a_response_alone_that_is_for_nobody_else(shop):
    cookie = cookie_in(shop)
    headers = [("Cache-Control", "no-store")]

    answer = respond(shop.interface, change, cookie, headers=headers)

    assert answer.all("Cache-Control") == ["no-store"]
    assert names(shop.interface) == []


def test_a_new_session_is_created_and_its_cookie_sent(shop):
    answer = respond(shop.interface, change)

    assert shop.store.asked_since() == ["create"]
    assert kind(answer) == "cookie"
    assert answer.all("Cache-Control") == ["private"]
    assert respond(shop.interface, dict, answer.cookie).body == b"{'n': 2}"


def test_a_cookie_holds_nothing_of_the_session(shop):
    small, large = stored(shop.interface), stored(shop.interface, x="y" * 100_000)

    assert len(small) == len(large) < 200


def be_permanent(session):
    session.permanent = True


def regenerate(session):
    session.regenerate()


@pytest.mark.parametrize("use", [be_permanent, regenerate])
def test_a_cookie_that_has_to_say_something_new_is_sent(shop, use):
    cookie = cookie_in(shop)

    answer = respond(shop.interface, use, cookie)

    assert kind(answer) == "cookie"
    assert ("Max-Age" in answer.set_cookies[0]) is (use is be_permanent)
    assert respond(shop.interface, dict, answer.cookie).body == b"{'n': 1}"


def test_what_the_record_says_of_permanence_counts_and_the_cookie_follows(shop):
    cookie = cookie_in(shop)
    respond(shop.interface, be_permanent, cookie)  # its response was lost

    answer = respond(shop.interface, lambda s: s.permanent, cookie)

    assert answer.body == b"True"
    assert "Max-Age" in answer.set_cookies[0]


def test_a_cookie_is_issued_anew_when_that_is_due(shop):
    cookie = cookie_in(shop)
    shop.clock.forward(days=3)
    assert kind(respond(shop.interface, touch, cookie)) == "nothing"
    shop.clock.forward(days=1)

    answer = respond(shop.interface, touch, cookie)

    assert kind(answer) == "cookie"
    assert shop.key(answer.cookie) == shop.key(cookie)


def test_an_older_keys_cookie_is_signed_anew(shop):
    cookie = cookie_in(shop)
    newer = Shop(store=shop.store, secret_key=OTHER_KEY, secret_key_fallbacks=[KEY])

    answer = respond(newer.interface, dict, cookie)

    assert answer.body == b"{'n': 1}"
    assert newer.key(answer.cookie, [OTHER_KEY]) == shop.key(cookie)
    assert names(newer.interface) == ["old_key"]


RESPONSES = [
    ("200 OK", []),
    ("200 OK", [("Cache-Control", "public")]),
    ("304 Not Modified", []),
    ("404 Not Found", []),
]


@pytest.mark.parametrize(("status", "headers"), RESPONSES)
def test_a_session_that_is_read_is_noted_as_used_now_and_then(shop, status, headers):
    cookie = cookie_in(shop)
    plain = respond(shop.interface, touch, cookie, status=status, headers=headers)
    shop.clock.forward(minutes=9)
    respond(shop.interface, touch, cookie, status=status, headers=headers)
    assert shop.store.asked_since() == ["read", "read"]
    shop.clock.forward(minutes=1)

    noted = respond(shop.interface, touch, cookie, status=status, headers=headers)

    assert shop.store.asked_since() == ["read", "update"]
    assert noted.headers == plain.headers  # and no header shows it
    assert shop.record(cookie).used == shop.clock.now


def test_an_error_lets_that_wait(shop):
    cookie = cookie_in(shop)
    shop.clock.forward(minutes=11)

    respond(shop.interface, touch, cookie, status="500 Error")

    assert shop.store.asked_since() == ["read"]


def test_a_session_in_use_never_ends_before_the_absolute_limit(shop):
    cookie = cookie_in(shop)
    for _ in range(29):
        shop.clock.forward(days=1)
        assert respond(shop.interface, dict, cookie).body == b"{'n': 1}"
    shop.clock.forward(days=1, minutes=2)

    assert respond(shop.interface, lambda s: s.status, cookie).body == b"expired"
    assert shop.events[-1][1]["limit"] == "absolute"


def test_a_session_that_nobody_uses_ends_with_the_idle_limit(shop):
    cookie = cookie_in(shop)
    shop.clock.forward(days=14, minutes=2)

    assert respond(shop.interface, lambda s: s.status, cookie).body == b"expired"
    assert names(shop.interface) == ["expired"]


def test_a_limit_counts_with_the_skew_that_clocks_may_have(shop):
    cookie = cookie_in(shop)
    shop.clock.forward(days=14, seconds=59)

    assert respond(shop.interface, dict, cookie).body == b"{'n': 1}"


def test_a_session_whose_cookie_never_comes_back_is_kept_for_a_day(shop):
    cookie = stored(shop.interface)
    assert shop.record(cookie).expires == shop.clock.now + 24 * 3600
    shop.clock.forward(hours=24, minutes=2)

    assert respond(shop.interface, lambda s: s.status, cookie).body == b"expired"


def test_the_first_return_of_its_cookie_makes_it_live_its_full_time(shop):
    cookie = stored(shop.interface)
    shop.clock.forward(seconds=5)

    respond(shop.interface, touch, cookie)

    assert shop.record(cookie).expires == shop.clock.now + 14 * 24 * 3600


def test_some_of_what_has_expired_is_deleted_as_sessions_are_created(shop):
    for _ in range(99):
        stored(shop.interface)
    shop.clock.forward(days=2)

    stored(shop.interface)

    assert shop.live() == 1


def test_cleaning_that_fails_loses_nobodys_session(shop):
    def fail(now, limit):
        raise StoreUnavailable("away")

    shop.store.delete_expired = fail

    for _ in range(100):
        assert kind(respond(shop.interface, change)) == "cookie"

    assert names(shop.interface) == ["not_cleaned"]


# -- what is not saved ----------------------------------------------------


def test_nothing_is_written_of_what_is_too_large(shop):
    cookie = cookie_in(shop)

    with pytest.raises(SessionTooLarge, match=r"'big' \(1048580 bytes\)"):
        respond(shop.interface, lambda s: s.update(big="x" * (2**20 - 1)), cookie)

    assert shop.store.asked_since() == ["read"]
    assert respond(shop.interface, dict, cookie).body == b"{'n': 1}"


def test_a_record_may_be_as_large_as_the_limit(shop):
    name, quotes = len("big"), len('""')

    cookie = stored(shop.interface, big="x" * (2**20 - name - quotes))

    assert len(shop.record(cookie).values["big"]) == 2**20 - name


def test_what_is_taken_out_then_is_saved():
    def drop_the_big(self, environ, session, error):
        assert error.limit == 2**20
        del session["big"]

    base = overriding(ServerSideSessionInterface, handle_too_large=drop_the_big)
    shop = Shop(base=base)
    cookie = cookie_in(shop)

    def use(session):
        session["n"] = 2
        session["big"] = "x" * 2**20

    respond(shop.interface, use, cookie)

    assert respond(shop.interface, dict, cookie).body == b"{'n': 2}"


def test_an_expiration_that_cannot_be_is_found_before_anything_is_written():
    def past(self, environ, session):
        raise LookupError("no time")

    shop = Shop(base=overriding(ServerSideSessionInterface, get_expiration_time=past))

    with pytest.raises(LookupError):
        respond(shop.interface, change)

    assert shop.store.asked_since() == []


def test_a_long_key_is_refused_by_name(shop):
    with pytest.raises(TypeError, match="255 characters at most"):
        respond(shop.interface, lambda s: s.update({"k" * 256: 1}))


KEYS = ["", " ", "é", "\ud800", 'a"b\\c', "\0", "v:n", "m:used", " t", "k" * 255]


def test_any_other_key_is_kept_as_it_is(shop):
    data = {key: index for index, key in enumerate(KEYS)}
    cookie = stored(shop.interface, **data)

    found = []
    respond(shop.interface, lambda s: found.append(dict(s)), cookie)

    assert found == [data]
    assert all(name.isascii() for name in shop.record(cookie).values)


@pytest.mark.parametrize(
    ("use", "verbs"),
    [(change, ["read", "update"]), (regenerate, ["read", "create", "retire"])],
)
def test_a_change_on_an_error_is_not_saved(shop, use, verbs):
    cookie = cookie_in(shop)

    answer = respond(shop.interface, use, cookie, status="500 Error")

    assert kind(answer) == "nothing"
    assert shop.store.asked_since() == verbs[:1]
    assert names(shop.interface) == ["not_saved"]


def test_logging_out_on_an_error_counts(shop):
    cookie = cookie_in(shop)

    answer = respond(shop.interface, log_out, cookie, status="500 Error")

    assert kind(answer) == "deletion"
    assert shop.live() == 0


@pytest.mark.parametrize("send", [True, False])
def test_an_own_should_set_cookie_has_the_last_word(send):
    base = overriding(
        ServerSideSessionInterface, should_set_cookie=lambda self, environ, s: send
    )
    shop = Shop(base=base)
    cookie = stored(Shop(store=shop.store).interface)

    respond(shop.interface, change, cookie)

    assert ("update" in shop.store.asked_since()) is send


# -- the store is away ----------------------------------------------------


def test_a_request_that_does_not_touch_its_session_is_served(shop):
    cookie = cookie_in(shop)
    shop.store.away = True

    assert respond(shop.interface, lambda s: "served", cookie).body == b"served"
    assert shop.store.asked_since() == []


def test_a_failed_read_is_no_empty_session_and_is_not_tried_twice(shop):
    cookie = cookie_in(shop)
    shop.store.away = True

    def use(session):
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                session.get("n")
        raise LookupError("the app's own error page")

    with pytest.raises(LookupError):
        respond(shop.interface, use, cookie)

    assert shop.store.asked_since() == ["read"]


def test_others_fail_at_once_for_a_second():
    shop = Shop()
    cookie, seconds = cookie_in(shop), [100.0]
    shop.interface.guarded._clock = lambda: seconds[0]
    shop.store.away = True

    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            respond(shop.interface, touch, cookie)
    assert shop.store.asked_since() == ["read"]

    seconds[0] += 1.0
    shop.store.away = False
    assert respond(shop.interface, dict, cookie).body == b"{'n': 1}"
    assert respond(shop.interface, dict, cookie).body == b"{'n': 1}"


def test_one_request_finds_out_whether_the_store_is_there_again():
    """While it waits for the time-out, others do not.

    All threads of a worker waited for a Redis that hung, for two of three seconds, and
    whoever needed no session waited for a thread.
    """
    shop = Shop()
    cookie, seconds = cookie_in(shop), [100.0]
    shop.interface.guarded._clock = lambda: seconds[0]
    shop.store.away = True
    with pytest.raises(StoreUnavailable):
        respond(shop.interface, touch, cookie)
    seconds[0] += 1.0
    shop.store.asked_since()
    others = []

    class Slow(type(shop.store)):
        def read(self, key):
            with pytest.raises(StoreUnavailable, match="is not asked") as caught:
                respond(shop.interface, touch, cookie)
            others.append(caught.value)
            return super().read(key)

    shop.store.__class__ = Slow
    with pytest.raises(StoreUnavailable):
        respond(shop.interface, touch, cookie)

    assert len(others) == 1
    assert shop.store.asked_since() == ["read"]


def test_an_interface_may_serve_without_sessions_meanwhile():
    base = overriding(
        ServerSideSessionInterface, handle_store_error=lambda self, environ, error: None
    )
    shop = Shop(base=base)
    cookie = cookie_in(shop)
    shop.store.away = True

    def use(session):
        session.get("n")
        assert (dict(session), session.status, session.new) == ({}, "unavailable", True)
        for write in (
            lambda: session.update(n=2),
            lambda: session.clear(),
            lambda: session.setdefault("n", 1),
            lambda: session.increment("n"),
            session.regenerate,
            session.invalidate,
            lambda: setattr(session, "permanent", True),
            lambda: setattr(session, "modified", True),
        ):
            with pytest.raises(SessionUnavailable, match="handle_store_error"):
                write()

    answer = respond(shop.interface, use, cookie)

    # A cache is not to keep the page of a visitor without a session for all.
    assert answer.headers == [("Content-Type", "text/plain"), ("Vary", "Cookie")]
    shop.store.away = False
    shop.interface.guarded._closed_until = 0
    assert respond(shop.interface, dict, cookie).body == b"{'n': 1}"


@pytest.mark.parametrize(
    "write",
    [
        lambda session: session.update(n=2),
        lambda session: session.clear(),
        lambda session: session.regenerate(),
        lambda session: session.invalidate(),
        lambda session: setattr(session, "permanent", True),
    ],
)
def test_a_write_that_is_the_first_touch_is_refused_as_well(write):
    asked = []
    base = overriding(
        ServerSideSessionInterface,
        handle_store_error=lambda self, environ, error: asked.append((environ, error)),
    )
    shop = Shop(base=base)
    cookie = cookie_in(shop)
    shop.store.away = True

    def use(session):
        with pytest.raises(SessionUnavailable):
            write(session)

    answer = respond(shop.interface, use, cookie)

    assert kind(answer) == "nothing"
    [(environ, error)] = asked
    assert environ["HTTP_COOKIE"] == cookie
    assert isinstance(error, StoreUnavailable)


@pytest.mark.parametrize("verb", ["create", "update", "delete", "retire"])
def test_what_cannot_be_written_is_an_error_before_the_body(verb):
    shop = Shop()
    cookie = cookie_in(shop)
    uses = {
        "create": (change, None),
        "update": (change, cookie),
        "delete": (log_out, cookie),
        "retire": (regenerate, cookie),
    }
    use, brought = uses[verb]
    shop.store.fails_once.add(verb)

    with pytest.raises(StoreUnavailable):
        respond(shop.interface, use, brought)


def test_saving_again_after_a_lost_reply_leaves_one_session(shop):
    """An app may answer with an error page, and its session is committed again."""

    def save(interface, environ, use):
        session = interface.load(environ)
        use(session)
        interface.guarded._closed_until = 0
        with pytest.raises(StoreUnavailable):
            interface.commit(environ, session, "200 OK", [])
        interface.guarded._closed_until = 0
        session["again"] = 1
        return interface.commit(environ, session, "200 OK", [])

    shop.store.fails_once.add("create")
    environ = {"wsgi.url_scheme": "https"}
    headers = save(shop.interface, environ, change)

    [cookie] = [value for name, value in headers if name == "Set-Cookie"]
    cookie = cookie.partition(";")[0]
    assert shop.live() == 1
    app = SessionMiddleware(app_of(dict), shop.interface)
    assert call(app, cookie=cookie).body == b"{'n': 2, 'again': 1}"


def test_an_id_that_is_taken_is_drawn_again(monkeypatch, shop):
    ids = iter(["A" * 43, "A" * 43, "B" * 43])
    monkeypatch.setattr(place, "draw", lambda: next(ids, "C" * 43))
    first = stored(shop.interface, n=1)

    second = stored(shop.interface, n=2)

    assert first != second
    assert respond(shop.interface, dict, first).body == b"{'n': 1}"
    assert respond(shop.interface, dict, second).body == b"{'n': 2}"


def test_a_store_that_takes_no_id_is_an_error():
    class Full(NotingStore):
        def create(self, key, record):
            return False

    shop = Shop(store=Full())

    with pytest.raises(Exception, match="every id that was drawn is taken"):
        respond(shop.interface, change)


def test_limits_that_are_shortened_end_a_session_earlier():
    def lifetime(self, session):
        return timedelta(minutes=5) if session.get("brief") else timedelta(days=14)

    shop = Shop(base=overriding(ServerSideSessionInterface, get_lifetime=lifetime))
    cookie = cookie_in(shop)

    respond(shop.interface, lambda s: s.update(brief=True), cookie)

    assert shop.record(cookie).expires == shop.clock.now + 300
