"""Asking for a Beaker session's id, where a cookie came that could not be read."""

from __future__ import annotations

import pytest

from session_middleware.adapters.beaker import BeakerSession, SelfSavingBeakerSession

from ..support import OTHER_KEY, Clock
from ..support.visits import kind, names
from .beaker_visits import ask, content, make, saved

ASKED = {
    "id": lambda s: s.id,
    "subscript": lambda s: s["_id"],
    "get": lambda s: s.get("_id"),
    "setdefault": lambda s: s.setdefault("_id", ""),
}
CLASSES = {"save": BeakerSession, "auto": SelfSavingBeakerSession}
UNREAD = ["not-known", "expired", "junk", "two"]
asked = pytest.mark.parametrize("ask_it", ASKED.values(), ids=list(ASKED))
classes = pytest.mark.parametrize("session_class", CLASSES.values(), ids=list(CLASSES))


@pytest.fixture(params=UNREAD)
def unread(request):
    """A Cookie header that opens no session at the time of ``make()``'s clock."""
    before = Clock()
    before.forward(days=-40 if request.param == "expired" else 0)
    key = {} if request.param == "expired" else {"secret_key": OTHER_KEY}
    cookie = saved(make(clock=before, **key), name="Ada")
    name = cookie.partition("=")[0]
    also = saved(make(clock=before, **key), name="Eve")
    return {"junk": f"{name}=junk", "two": f"{cookie}; {also}"}.get(
        request.param, cookie
    )


@asked
@classes
def test_it_leaves_the_cookie_alone(ask_it, session_class, unread):
    """It was replaced: one page that logged the id logged its visitor out."""
    interface = make(session_class)

    def use(session):
        first = ask_it(session)
        session.save()
        return len(first), first == session.id == session["_id"], dict(session)

    answer = ask(interface, use, unread)

    assert answer.body == b"(32, True, {})"
    assert answer.set_cookies == []
    assert "not_saved" not in names(interface)


@classes
def test_it_is_kept_with_what_else_is(session_class, unread):
    interface = make(session_class)

    def use(session):
        asked = session.id
        session["name"] = "Grace"
        session.save()
        return asked

    answer = ask(interface, use, unread)

    kept = {"name": "Grace", "_id": answer.body.decode()}
    assert content(interface, answer.cookie) == repr(kept)


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda s: s.update(n=1), id="not-saved"),
        pytest.param(
            lambda s: (s.update(n=1), setattr(s, "modified", False), s.save()),
            id="put-aside",
        ),
        pytest.param(lambda s: (s.update(n=1), s.load(), s.save()), id="taken-back"),
    ],
)
def test_it_is_not_kept_where_nothing_else_is(use, unread):
    answer = ask(make(), lambda s: (s.id, use(s)), unread)

    assert answer.set_cookies == []


@pytest.mark.parametrize("end", [BeakerSession.clear, BeakerSession.invalidate])
def test_a_log_out_is_one_still(end):
    unread = saved(make(secret_key=OTHER_KEY), name="Ada")

    answer = ask(make(), lambda s: (s.id, end(s), s.save(), s.id), unread)

    assert kind(answer) == "deletion"


@pytest.mark.parametrize("end", [BeakerSession.regenerate_id, BeakerSession.invalidate])
def test_a_new_identity_has_a_new_id(end, unread):
    def use(session):
        before = session.id
        end(session)
        return before == session.id

    assert ask(make(), use, unread).body == b"False"


def test_an_app_s_own_id_is_kept():
    interface = make()
    unread = saved(make(secret_key=OTHER_KEY), name="Ada")

    answer = ask(interface, lambda s: (s.id, s.update(_id="mine"), s.save()), unread)

    assert content(interface, answer.cookie) == "{'_id': 'mine'}"


@pytest.mark.parametrize("key", ["_id", "_creation_time", "_accessed_time", "other"])
@pytest.mark.parametrize("cookie", [None, "__Host-session=junk"], ids=["new", "junk"])
def test_what_is_not_listed_cannot_be_popped(key, cookie):
    def use(session):
        session.save()
        with pytest.raises(KeyError):
            session.pop(key)
        return session.pop(key, "none")

    answer = ask(make(), use, cookie)

    assert (answer.body, answer.set_cookies) == (b"none", [])


def test_what_is_listed_can():
    interface = make()
    cookie = saved(interface, name="Ada", _id="mine")

    answer = ask(interface, lambda s: (s.pop("_id"), s.save())[0], cookie)

    assert answer.body == b"mine"
    assert content(interface, answer.cookie) == "{'name': 'Ada'}"
