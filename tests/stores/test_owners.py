"""Whose sessions they are: listed, revoked one by one, and all at once."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

import pytest

from session_middleware import (
    ConfigurationError,
    SecureCookieSession,
    SessionConfig,
    SessionMiddleware,
)
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores import open_store
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, app_of, call, make_interface
from ..support.visits import kind, log_out, names, overriding, respond, stored, touch
from .noting import Shop

ADA, BOB = UUID(int=1), "bob"


@pytest.fixture
def shop():
    return Shop(owner_key="user")


def log_in(shop, user):
    return stored(shop.interface, user=user)


def public_id(shop, cookie):
    return respond(shop.interface, lambda s: s.public_id, cookie).body.decode()


def is_in(shop, cookie):
    return respond(shop.interface, lambda s: "user" in s, cookie).body == b"True"


def test_the_sessions_of_an_owner_are_listed_with_their_times(shop):
    first = log_in(shop, ADA)
    log_in(shop, BOB)
    shop.clock.forward(hours=1)
    second = log_in(shop, ADA)
    shop.clock.forward(seconds=1)
    respond(shop.interface, touch, first)

    listed = shop.interface.sessions_of(ADA)

    assert [info.public_id for info in listed] == [
        public_id(shop, first),
        public_id(shop, second),
    ]
    assert [info.data for info in listed] == [{"user": ADA}] * 2
    begun = [info.created.timestamp() - shop.clock.now for info in listed]
    assert begun == [-3601, -1]
    assert listed[0].used.timestamp() == shop.clock.now
    assert listed[0].expires_at - listed[0].used == timedelta(days=14)
    assert not listed[0].permanent


def test_what_has_expired_is_not_listed(shop):
    log_in(shop, ADA)
    shop.clock.forward(days=2)

    assert shop.interface.sessions_of(ADA) == []


def test_one_session_is_revoked(shop):
    mine, other = log_in(shop, BOB), log_in(shop, BOB)

    assert shop.interface.revoke(BOB, public_id(shop, other))

    assert (is_in(shop, mine), is_in(shop, other)) == (True, False)
    assert not shop.interface.revoke(BOB, public_id(shop, other))


def test_nobody_revokes_a_session_that_is_anothers(shop):
    cookie = log_in(shop, ADA)

    assert not shop.interface.revoke(BOB, public_id(shop, cookie))

    assert is_in(shop, cookie)


def test_all_others_are_revoked_and_the_own_one_stays(shop):
    mine, *others = [log_in(shop, BOB) for _ in range(4)]
    elses = log_in(shop, ADA)

    counts = []
    respond(
        shop.interface,
        lambda s: counts.append(shop.interface.revoke_all(BOB, keep=s)),
        mine,
    )

    assert counts == [3]
    assert [is_in(shop, each) for each in (mine, elses)] == [True, True]
    assert not any(is_in(shop, each) for each in others)


@pytest.mark.parametrize(
    "keep",
    ["a public id", {}, make_interface().load({})],
    ids=["str", "dict", "a session in a cookie"],
)
def test_what_is_to_be_kept_is_a_session_and_else_none_is_revoked(shop, keep):
    """It was an AttributeError, which named no way out."""
    cookie = log_in(shop, BOB)

    with pytest.raises(TypeError, match="keep takes a session that is in a store"):
        shop.interface.revoke_all(BOB, keep=keep)

    assert is_in(shop, cookie)


def test_everyone_is_revoked_after_a_breach(shop):
    cookies = [log_in(shop, user) for user in (ADA, BOB, 7)]
    cookies.append(stored(shop.interface, n=1))

    assert shop.interface.revoke_everyone() == 4

    assert not any(is_in(shop, each) for each in cookies)


def test_a_revoked_session_is_not_revived_by_a_request_that_runs(shop):
    cookie = log_in(shop, BOB)

    def view(session):
        dict(session)
        shop.interface.revoke_all(BOB)
        session["n"] = 1

    answer = respond(shop.interface, view, cookie)

    assert kind(answer) == "nothing"
    assert shop.live() == 0
    assert names(shop.interface) == ["gone"]


def test_a_login_that_replaces_a_session_meanwhile_is_revoked_with_it(shop):
    cookie = log_in(shop, BOB)

    def view(session):
        session.regenerate()

    new = respond(shop.interface, view, cookie).cookie
    shop.interface.revoke_all(BOB)

    assert not is_in(shop, new)
    assert shop.live() == 0


def test_a_session_knows_the_public_id_it_will_have(shop):
    told = []

    def view(session):
        told.append(session.public_id)
        session["user"] = BOB

    answer = respond(shop.interface, view)

    [info] = shop.interface.sessions_of(BOB)
    assert told == [info.public_id] == [public_id(shop, answer.cookie)]


def test_a_public_id_opens_nothing_and_is_no_id_of_the_store(shop):
    cookie = log_in(shop, BOB)
    shown = public_id(shop, cookie)

    assert shown not in cookie
    assert shown not in shop.key(cookie)
    assert shop.store.read(shown) is None


def test_the_store_has_no_owners_name(shop):
    log_in(shop, "ada@example.org")

    [(_, record)] = shop.store._records.items()
    assert "ada" not in record.owner
    assert len(record.owner) == 64


@pytest.mark.parametrize("owners", [("42", 42), (42, "42")])
def test_an_owner_is_known_by_its_text(owners):
    shop = Shop(owner_key="user")
    stored(shop.interface, user=owners[0])

    assert len(shop.interface.sessions_of(owners[1])) == 1


def test_sessions_from_before_there_were_owners_are_indexed_when_they_are_used():
    before = Shop()
    cookie = stored(before.interface, user=BOB)
    after = Shop(store=before.store, owner_key="user")
    assert after.interface.sessions_of(BOB) == []

    answer = respond(after.interface, touch, cookie)

    assert kind(answer) == "nothing"
    assert len(after.interface.sessions_of(BOB)) == 1


def test_get_owner_may_be_any_rule():
    def get_owner(self, session):
        return session.get("account", {}).get("id")

    shop = Shop(base=overriding(ServerSideSessionInterface, get_owner=get_owner))
    cookie = stored(shop.interface, account={"id": 7})

    assert len(shop.interface.sessions_of(7)) == 1
    respond(shop.interface, log_out, cookie)
    assert shop.interface.sessions_of(7) == []


@pytest.mark.parametrize("owner", [True, 1.5, b"x", ["a"]])
def test_an_owner_of_another_type_is_refused_by_name(owner):
    shop = Shop(owner_key="user")

    with pytest.raises(ConfigurationError, match="get_owner: must give a str"):
        stored(shop.interface, user=owner)

    assert shop.store.asked_since() == []


# -- how it is configured -------------------------------------------------


def make(store, **options):
    return ServerSideSessionInterface(SessionConfig(secret_key=KEY), store, **options)


@pytest.mark.parametrize("store", [None, "redis://x", MemoryStore, {}])
def test_what_is_no_store_is_refused(store):
    with pytest.raises(ConfigurationError, match="store: must be a SessionStore"):
        make(store)


@pytest.mark.parametrize("owner_key", ["", 7, b"user"])
def test_an_owner_key_is_a_key_of_the_session(owner_key):
    with pytest.raises(
        ConfigurationError, match=r'owner_key: must be a key .*"user_id"'
    ):
        make(MemoryStore(), owner_key=owner_key)


def test_a_session_class_of_another_kind_is_refused():
    base = overriding(ServerSideSessionInterface, session_class=SecureCookieSession)

    with pytest.raises(ConfigurationError, match=r"session_class: .* StoredSession"):
        base(SessionConfig(secret_key=KEY), MemoryStore())


def test_without_a_key_there_are_no_sessions_and_one_warning():
    with pytest.warns(UserWarning, match="sessions are disabled"):
        interface = ServerSideSessionInterface(
            SessionConfig(secret_key=None), MemoryStore()
        )

    assert respond(interface, lambda s: s.status).body == b"unavailable"


@pytest.mark.parametrize("store", ["memory:", "memory://", MemoryStore()])
def test_one_word_keeps_sessions_in_a_store(store):
    app = SessionMiddleware(
        app_of(lambda s: s.increment("n")),
        secret_key=KEY,
        store=store,
        owner_key="user",
    )
    cookie = call(app).cookie

    assert call(app, cookie=cookie).body == b"2"
    assert isinstance(app.interface, ServerSideSessionInterface)
    assert app.interface.owner_key == "user"


def test_an_owner_key_without_a_store_is_refused():
    with pytest.raises(ConfigurationError, match=r"owner_key: .* give store= too"):
        SessionMiddleware(app_of(dict), secret_key=KEY, owner_key="user")


@pytest.mark.parametrize(
    "option", [{"store": "memory:"}, {"owner_key": "user"}], ids=lambda o: next(iter(o))
)
def test_what_is_of_stores_belongs_in_an_interface_that_is_given(shop, option):
    """It was said to belong in the SessionConfig, which does not take it."""
    with pytest.raises(ConfigurationError, match=r"ServerSideSessionInterface\("):
        SessionMiddleware(app_of(dict), shop.interface, **option)


def test_a_client_is_no_store_and_its_store_is_named():
    with pytest.raises(ConfigurationError, match=r"a store, as RedisStore\(client\)"):
        open_store(object())


SECRET = "hunter2"
WRONG = [
    None,
    7,
    b"redis://x",
    "",
    "redis",
    f"redsi://user:{SECRET}@host/0",
    f"{SECRET}://host",
    f"postgres ql://u:{SECRET}@host",
    f"memory:{SECRET}",
]


@pytest.mark.parametrize("url", WRONG, ids=repr)
def test_a_wrong_url_is_refused_at_once_and_never_shown(url):
    with pytest.raises(ConfigurationError, match=r"^store: ") as caught:
        SessionMiddleware(app_of(dict), secret_key=KEY, store=url)

    assert SECRET not in str(caught.value)


def test_a_typo_is_told_what_it_may_mean():
    with pytest.raises(ConfigurationError, match="did you mean redis:"):
        open_store("redsi://localhost/0")


def test_a_store_of_one_process_says_so_where_there_are_several():
    shop = Shop(store=MemoryStore())

    for _ in range(2):
        respond(shop.interface, touch, environ={"wsgi.multiprocess": True})
        respond(shop.interface, touch)

    assert names(shop.interface) == ["unshared_store"]


def test_no_id_and_no_owner_is_in_a_log(shop, caplog):
    caplog.set_level(logging.DEBUG)
    cookie = log_in(shop, "ada@example.org")
    environ = {"wsgi.url_scheme": "https", "HTTP_COOKIE": cookie}
    session = shop.interface.load(environ)
    dict(session)
    shown = repr((session.place, session.loaded, session.place.record))
    shop.interface.revoke_all("ada@example.org")
    session["n"] = 1
    shop.interface.commit(environ, session, "200 OK", [])

    said = shown + caplog.text
    for secret in (shop.key(cookie), session.place.id, "ada", cookie):
        assert secret not in said
