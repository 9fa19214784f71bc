"""A store does as it is told, its reply is lost, and the host saves once more."""

from __future__ import annotations

import pytest

from session_middleware.exceptions import StoreError
from session_middleware.stores.memory import MemoryStore

from ..support import make_interface
from ..support.exchange import make_environ
from ..support.visits import respond, stored
from .moving.sites import in_a_store, look, sessions_in

VERBS = ["create", "update", "retire", "delete"]


class Losing(MemoryStore):
    """Loses the reply to one verb, once."""

    lost = ""

    def _lose(self, verb, *arguments):
        done = getattr(MemoryStore, verb)(self, *arguments)
        if self.lost == verb:
            self.lost = ""
            raise StoreError("the reply was lost")
        return done


for verb in VERBS:
    setattr(Losing, verb, lambda self, *a, verb=verb: self._lose(verb, *a))


def log_in(session):
    session.regenerate()
    session["user"] = "ada"


def log_in_without_a_word(session):
    session["user"] = "ada"


def begin_anew(session):
    session.invalidate()
    session["user"] = "ada"


@pytest.mark.parametrize("use", [log_in, log_in_without_a_word, begin_anew])
@pytest.mark.parametrize("verb", VERBS)
def test_a_login_is_saved_with_the_second_response(verb, use):
    """The new session took itself for the one that had replaced the old one."""
    store = Losing()
    site = make_interface(in_a_store(store))
    before = stored(site, n=1)
    environ = make_environ(HTTP_COOKIE=before)
    session = site.load(environ)
    use(session)

    store.lost = verb
    try:
        headers = site.commit(environ, session, "200 OK", [])
    except StoreError:
        headers = site.commit(environ, session, "200 OK", [])
    store.lost = ""

    [line] = [value for name, value in headers if name == "Set-Cookie"]
    assert "'user': 'ada'" in look(site, line.partition(";")[0])
    assert "ada" not in look(site, before)
    assert len(sessions_in(store)) == 1
    assert [info.data["user"] for info in site.sessions_of("ada")] == ["ada"]


@pytest.mark.parametrize("verb", ["update", "create"])
def test_a_counter_is_counted_once(verb):
    store = Losing()
    site = make_interface(in_a_store(store))
    cookie = stored(site, visits=1) if verb == "update" else None
    environ = make_environ(**({"HTTP_COOKIE": cookie} if cookie else {}))
    session = site.load(environ)
    session.increment("visits")

    store.lost = verb
    with pytest.raises(StoreError):
        site.commit(environ, session, "200 OK", [])
    site.commit(environ, session, "200 OK", [])

    [record] = sessions_in(store)
    assert record.values["visits"] == ("2" if verb == "update" else "1")


def test_a_logout_is_one_though_its_reply_was_lost():
    store = Losing()
    site = make_interface(in_a_store(store))
    cookie = stored(site, user="ada")
    environ = make_environ(HTTP_COOKIE=cookie)
    session = site.load(environ)
    session.invalidate()

    store.lost = "delete"
    with pytest.raises(StoreError):
        site.commit(environ, session, "200 OK", [])
    headers = site.commit(environ, session, "200 OK", [])

    assert "Max-Age=0" in dict(headers)["Set-Cookie"]
    assert respond(site, dict, cookie).body == b"{}"
