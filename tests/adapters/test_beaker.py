"""Apps written for Beaker: beside Beaker itself, and with the host's shared tests."""

from __future__ import annotations

import time

import pytest
from beaker.middleware import SessionMiddleware as BeakersOwn
from hypothesis import given
from hypothesis import strategies as st

from session_middleware import get_session
from session_middleware.adapters.beaker import (
    BeakerSession,
    BeakerSessionMiddleware,
    NullBeakerSession,
    SelfSavingBeakerSession,
)
from session_middleware.formats.beaker import BeakerCookies

from ..servers import servers
from ..support import KEY, call
from ..support.cookie_rules import UserAgent
from ..support.examples import examples
from .host import HostBehaviour


def app_calling(interface, view, status):
    def app(environ, start_response):
        session = get_session(environ, "beaker.session")
        answer = view(session)
        session.save()
        start_response(f"{status} Said", [("Content-Type", "text/plain")])
        return [answer.encode()] if isinstance(answer, str) else answer

    return BeakerSessionMiddleware(app, interface=interface)


OWN_READS = {
    "has_key": lambda s: s.has_key("cart"),
    "is_new": lambda s: s.is_new,
    "last_accessed": lambda s: s.last_accessed,
    "accessed()": lambda s: (len(s), s.accessed()),
    "times": lambda s: (s["_creation_time"], s.get("_accessed_time")),
    "pop of what is not listed": lambda s: s.pop("_creation_time", None),
    "load": lambda s: (len(s), s.load(), s.get("cart", [])),
}


class TestWithSave(HostBehaviour):
    own_reads = OWN_READS

    def kind(self, interface):
        return BeakerSession

    def wrap(self, interface, view, status=200):
        interface.session_class = self.kind(interface)
        interface.null_session_class = NullBeakerSession
        return app_calling(interface, view, status)


class TestWithAuto(HostBehaviour):
    own_reads = OWN_READS

    def kind(self, interface):
        return SelfSavingBeakerSession

    def wrap(self, interface, view, status=200):
        interface.session_class = self.kind(interface)
        interface.null_session_class = NullBeakerSession

        def app(environ, start_response):
            answer = view(environ["beaker.session"])
            start_response(f"{status} Said", [("Content-Type", "text/plain")])
            return [answer.encode()] if isinstance(answer, str) else answer

        return BeakerSessionMiddleware(app, interface=interface)


# -- beside Beaker --------------------------------------------------------


def app(environ, start_response):
    """Does what the path says, and answers what the app can see of its session."""
    session = environ["beaker.session"]
    for word in environ["PATH_INFO"].strip("/").split("/"):
        STEPS[word](session)
    seen = {key: session[key] for key in session if not key.startswith("_")}
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr(sorted(seen.items())).encode()]


STEPS = {
    "read": lambda session: None,
    "login": lambda session: session.__setitem__("user", "Ada"),
    "change-user": lambda session: session.__setitem__("user", "Grace"),
    "cart": lambda session: session.setdefault("cart", []),
    "buy": lambda session: session["cart"].append("apple"),
    "forget-user": lambda session: session.pop("user", None),
    "purchase": lambda session: session.setdefault("cart", []).append("pear"),
    "clear": lambda session: session.clear(),
    "save": lambda session: session.save(),
    "delete": lambda session: session.delete(),
    "invalidate": lambda session: session.invalidate(),
    "revert": lambda session: session.revert(),
}

SCRIPTS = {
    "a login that is saved": ["login/save", "read"],
    "a change that is not saved": ["login/save", "change-user", "read"],
    "a first change that is not saved": ["login", "read"],
    "a change after save": ["login/save", "save/change-user", "read"],
    "a nested change, saved": ["login/cart/save", "buy/save", "buy/save", "read"],
    "one key deleted, saved": ["login/cart/save", "forget-user/save", "read"],
    "one key deleted, not saved": ["login/cart/save", "forget-user", "read"],
    "cleared, saved": ["login/save", "clear/save", "read"],
    "cleared, not saved": ["login/save", "clear", "read"],
    "deleted": ["login/save", "delete", "read", "login/save", "read"],
    "invalidated, saved": ["login/cart/save", "invalidate/save", "read"],
    "invalidated and logged in again": [
        *("login/cart/save", "invalidate/change-user/save", "read")
    ],
    "reverted": ["login/save", "change-user/revert", "read"],
    "reverted before save": ["login/save", "change-user/revert/save", "read"],
    "saved before reverting": ["login/save", "change-user/save/revert", "read"],
}
OPTIONS = {
    "session.type": "cookie",
    "session.data_serializer": "json",
    "session.validate_key": KEY,
    "session.cookie_expires": True,
    "session.invalidate_corrupt": True,
}
SELF_SAVING = {**OPTIONS, "session.auto": True}


def visit(wrapped, script, jar=None):
    """The answers to requests of one browser."""
    jar = jar or UserAgent()
    answers = []
    for path in script:
        url = f"https://app.example/{path}"
        answer = call(wrapped, url, cookie=jar.header(url))
        jar.receive(url, answer.headers)
        answers.append(answer.body.decode())
    return answers


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
@pytest.mark.parametrize("kind", ["cookie", "memory"])
@pytest.mark.parametrize("options", [OPTIONS, SELF_SAVING], ids=["save", "auto"])
def test_an_app_sees_what_it_sees_with_beaker(script, options, kind):
    options = {**options, "session.type": kind}
    with_beaker = visit(BeakersOwn(app, options), script)

    with_ours = visit(BeakerSessionMiddleware(app, options), script)

    assert with_ours == with_beaker


def requests(*words, ending=()):
    """Requests that do up to three of these things, and then ``ending``."""
    some = st.lists(st.sampled_from(words), min_size=1, max_size=3)
    return some.map(lambda chosen: "/".join([*chosen, *ending]))


TOP_LEVEL = ("read", "login", "change-user", "forget-user", "clear")
SAVED = requests(*TOP_LEVEL, "invalidate", "purchase", ending=["save"])
PERHAPS_SAVED = requests(*TOP_LEVEL, "save")


@examples(300)
@given(
    st.lists(SAVED | PERHAPS_SAVED | st.just("delete"), max_size=5),
    st.booleans(),
    st.sampled_from(["cookie", "memory"]),
)
def test_an_app_sees_the_same_whatever_it_does_with_what_it_has(script, auto, kind):
    options = {**OPTIONS, "session.auto": auto, "session.type": kind}
    with_beaker = visit(BeakersOwn(app, options), script)

    with_ours = visit(BeakerSessionMiddleware(app, options), script)

    assert with_ours == with_beaker


# Where Beaker keeps or loses by chance, and how it ends here.
IMPROVED = {
    "a nested change, not saved": (["login/cart/save", "buy", "read"], "[]"),
    "logged in again after delete": (
        *(["login/save", "delete/change-user/save", "read"], "Grace"),
    ),
}


@pytest.mark.parametrize(("script", "ends"), IMPROVED.values(), ids=list(IMPROVED))
def test_where_it_differs_from_beaker_nothing_is_kept_or_lost_by_chance(script, ends):
    with_beaker = visit(BeakersOwn(app, OPTIONS), script)

    with_ours = visit(BeakerSessionMiddleware(app, OPTIONS), script)

    assert with_ours[:-1] == with_beaker[:-1]
    assert with_ours[-1] != with_beaker[-1]
    assert ends in with_ours[-1]


def test_the_facts_that_beaker_keeps_in_the_session_are_of_the_same_kind():
    def tell(environ, start_response):
        session = environ["beaker.session"]
        session["n"] = 1
        words = "_id", "_creation_time", "_accessed_time"
        found = [session.get(word) for word in words]
        session.save()
        start_response("200 OK", [])
        kinds = [type(value).__name__ for value in found]
        recent = [abs(value - time.time()) < 60 for value in found[1:] if value]
        return [f"{kinds} {len(found[0])} {recent}".encode()]

    with_beaker = visit(BeakersOwn(tell, OPTIONS), ["", ""])

    with_ours = visit(BeakerSessionMiddleware(tell, OPTIONS), ["", ""])

    assert with_ours[1] == with_beaker[1]


@pytest.mark.parametrize("name", ["beaker.session.id", None], ids=["same", "other"])
def test_who_is_logged_in_with_beaker_stays_so_when_the_line_is_replaced(name):
    jar = UserAgent()
    before = BeakersOwn(app, OPTIONS)
    after = BeakerSessionMiddleware(app, OPTIONS, key=name, accept=[BeakerCookies(KEY)])
    visit(before, ["login/cart/save"], jar)

    pages = visit(after, ["read", "buy/save", "read"], jar)

    assert pages[0] == repr([("cart", []), ("user", "Ada")])
    assert pages[2] == repr([("cart", ["apple"]), ("user", "Ada")])
    assert len(jar.cookies) == 1


# -- the example ----------------------------------------------------------


@pytest.mark.servers
def test_the_example_keeps_a_cart_for_each_visitor():
    with servers.script("examples/beaker_app.py", SECRET_KEY=KEY) as running:
        visitor, other = servers.Visitor(running.url), servers.Visitor(running.url)
        for path in ("/apple", "/pear"):
            visitor.ask(path, form={})

        full = visitor.text()
        visitor.jar.close_browser()
        kept = visitor.text()
        visitor.ask("/empty", form={})

        assert full == kept == "In your cart: apple, pear\n"
        assert visitor.text() == other.text() == "In your cart: nothing\n"
