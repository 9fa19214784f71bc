"""Whatever an app asks of a session counts as a read; what we ask does not."""

from __future__ import annotations

import copy

import pytest

from session_middleware import SecureCookieSessionInterface, SessionMiddleware

from ..support import app_of, call, make_interface

HEADERS = [("Content-Type", "text/plain"), ("X-Mine", "1")]


def answer(use, *, came=True, **options):
    """The answer of an app that does ``use(session)``, with a cookie or without."""
    interface = make_interface(**options)
    app = SessionMiddleware(app_of(lambda s: s.update(user=1, cart=[1])), interface)
    cookie = call(app).cookie if came else None
    return call(
        SessionMiddleware(app_of(use, headers=HEADERS), interface), cookie=cookie
    )


def matched(session):
    match session:
        case {"user": user}:
            return user
    return None


def missing(session):
    with pytest.raises(KeyError):
        session["missing"]


def starred(**found):
    return found


TOUCHES = {
    "[]": lambda s: s["user"],
    "[] of a missing key": lambda s: missing(s),
    "get": lambda s: s.get("user"),
    "get of a missing key": lambda s: s.get("missing"),
    "in": lambda s: "user" in s,
    "not in": lambda s: "missing" not in s,
    "len": len,
    "bool": bool,
    "not": lambda s: not s,
    "iter": lambda s: next(iter(s)),
    "for": lambda s: [key for key in s],  # noqa: C416
    "list": list,
    "sorted": sorted,
    "keys": lambda s: list(s.keys()),
    "len of keys": lambda s: len(s.keys()),
    "in keys": lambda s: "user" in s.keys(),  # noqa: SIM118
    "items": lambda s: list(s.items()),
    "values": lambda s: list(s.values()),
    "in values": lambda s: 1 in s.values(),
    "== a dict": lambda s: s == {"user": 1},
    "a dict ==": lambda s: {"user": 1} == s,  # noqa: SIM300
    "!=": lambda s: s != {},
    "== itself": lambda s: s == s,
    "|": lambda s: s | {"x": 1},
    "| from the right": lambda s: {"x": 1} | s,
    "copy": lambda s: s.copy(),
    "copy.copy": copy.copy,
    "dict": dict,
    "** in a dict": lambda s: {**s},
    "** in a call": lambda s: starred(**s),
    "update of a dict": lambda s: {}.update(s),
    "match": matched,
    "repr": repr,
    "str": str,
    "format": lambda s: f"{s}",
    "%": lambda s: "%(user)s" % s,  # noqa: UP031
    "format_map": lambda s: "{user}".format_map(s),
    "pop": lambda s: s.pop("missing", None),
    "setdefault": lambda s: s.setdefault("user", 1),
    "an equal value": lambda s: s.update(user=1),
    "permanent": lambda s: s.permanent,
    "permanent set to the same": lambda s: setattr(s, "permanent", False),
    "new": lambda s: s.new,
    "created": lambda s: s.created,
    "issued": lambda s: s.issued,
    "expires_at": lambda s: s.expires_at,
    "status": lambda s: s.status,
    "modified set": lambda s: setattr(s, "modified", False),
}


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_cve_2026_27205_every_touch_is_a_read(touch):
    # Flask noted ``[]`` and missed ``in`` and ``len``: pages that differed by them
    # went to shared caches without Vary. Django had it before (CVE-2014-1418).
    read = answer(touch)

    assert read.headers == [*HEADERS, ("Vary", "Cookie")]


EMPTY = set(TOUCHES) - {"[]", "iter", "%", "format_map", "setdefault", "an equal value"}


@pytest.mark.parametrize("name", sorted(EMPTY))
def test_a_touch_counts_where_no_cookie_came(name):
    # The page of a stranger is as much for this stranger alone.
    read = answer(TOUCHES[name], came=False)

    assert read.headers == [*HEADERS, ("Vary", "Cookie")]


NO_TOUCHES = {
    "nothing": lambda s: None,
    "modified": lambda s: s.modified,
    "accessed": lambda s: s.accessed,
    "invalidated": lambda s: s.invalidated,
    "isinstance": lambda s: isinstance(s, dict),
    "is None": lambda s: s is None,
    "id": id,
    "callable": callable,
}


@pytest.mark.parametrize("came", [True, False], ids=["with a cookie", "without"])
@pytest.mark.parametrize("look", NO_TOUCHES.values(), ids=NO_TOUCHES)
def test_a_look_from_outside_is_no_read(look, came):
    untouched = answer(look, came=came)

    assert untouched.headers == HEADERS
    assert untouched.headers[0] is HEADERS[0]


def test_modified_and_accessed_are_false_until_the_first_touch():
    looks = []

    def use(session):
        looks.append((session.accessed, session.modified))
        session.get("user")
        looks.append((session.accessed, session.modified))

    answer(use)

    assert looks == [(False, False), (True, False)]


def test_an_untouched_session_is_never_opened():
    class Loud(SecureCookieSessionInterface):
        def accept_session(self, session):
            raise AssertionError("opened")

    interface = make_interface(Loud)
    stored = call(
        SessionMiddleware(app_of(lambda s: s.update(user=1)), make_interface())
    )
    app = SessionMiddleware(app_of(lambda s: (s.modified, s.accessed)), interface)

    untouched = call(app, cookie=stored.cookie)

    assert untouched.body == b"(False, False)"
    assert interface.events == []


@pytest.mark.parametrize(
    "cookie", ["junk", "a.b.c", "", "=", '"x', "\xff\x00"], ids=ascii
)
def test_an_untouched_bad_cookie_is_never_judged(cookie):
    interface = make_interface(cookie_name="s")
    app = SessionMiddleware(app_of(lambda s: "x", headers=HEADERS), interface)

    untouched = call(app, cookie=f"s={cookie}")

    assert untouched.headers == HEADERS
    assert interface.events == []
