"""Every way to read a session, and every cookie that may come with a request.

What is read is often a list or a dict, and so is the default where there is none: an
app may hold either, and change it.
"""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

from session_middleware.csrf import check_csrf_token
from session_middleware.flash import peek_flash, pop_flash

from . import OTHER_KEY

DATA = {
    "name": "Ada",
    "cart": [{"price": 100.0}, ["é"]],
    "pair": ("x", ["y"]),
    "prefs": {"a": {}},
}


def subscripted(session):
    for key in ("missing", *DATA):
        with contextlib.suppress(KeyError):
            _ = session[key]


def deep(session):
    """All that is inside, which a template may go through."""
    return copy.deepcopy({"held": session}), list(map(repr, session.values()))


def present(session):
    return [session.setdefault(key, []) for key in DATA if key in session]


def matched(session):
    match session:
        case {"cart": [first, *_], **others}:
            return first, others
    return len(session)  # Flask's proxy matches nothing, and so is not asked


READS = {
    "[]": subscripted,
    "get": lambda s: [s.get(key) for key in DATA],
    "get with a list": lambda s: [s.get(key, []) for key in ("missing", *DATA)],
    "get with a dict": lambda s: s.get("missing", {}),
    "get with a set": lambda s: s.get("missing", set()),
    "get with a tuple": lambda s: s.get("missing", ([],)),
    "get with an object": lambda s: s.get("missing", object()),
    "get, and a change of the default": lambda s: s.get("missing", []).append(1),
    "pop of nothing": lambda s: s.pop("missing", None),
    "pop with a list": lambda s: s.pop("missing", []),
    "setdefault of what is there": present,
    "in": lambda s: ("cart" in s, "missing" in s),
    "len": len,
    "bool": bool,
    "iter": list,
    "keys": lambda s: (list(s.keys()), len(s.keys()), "cart" in s.keys()),  # noqa: SIM118
    "items": lambda s: (list(s.items()), ("cart", []) in s.items()),
    "values": lambda s: (list(s.values()), [] in s.values()),
    "==": lambda s: (s == {}, {} == s, s != DATA, s == s),  # noqa: SIM300
    "|": lambda s: (s | {"x": []}, {"x": []} | s),
    "copy": lambda s: (s.copy(), copy.copy(s), copy.deepcopy(s)),
    "dict": dict,
    "**": lambda s: {**s},
    "json": lambda s: json.dumps(dict(s), default=repr),
    "deep": deep,
    "match": matched,
    "repr": lambda s: (repr(s), str(s), f"{s}"),
    "peek_flash": lambda s: (peek_flash(s), peek_flash(s, "news")),
    "pop_flash of nothing": lambda s: (pop_flash(s), pop_flash(s, "news")),
    "check_csrf_token": lambda s: check_csrf_token(s, "a guess"),
    "modified": lambda s: (s.modified, len(s), s.accessed, s.modified),
    "status": lambda s: s.status,
    "new": lambda s: s.new,
    "permanent": lambda s: s.permanent,
    "created": lambda s: s.created,
    "issued": lambda s: s.issued,
    "expires_at": lambda s: s.expires_at,
}


def refusing(interface: Any) -> Any:
    """The same interface, which refuses whoever is banned."""

    def accept_session(self, session):
        return session.get("cart", []) is not None and "banned" not in session

    members = {"accept_session": accept_session}
    return type("Refusing", (type(interface),), members)(interface.config)


def all_cookies(host: Any, make_interface: Any, clock: Any) -> dict[str, Any]:
    """A Cookie header of each kind, written up to 31 days before the clock's time.

    :param host: a ``HostBehaviour``, whose own app writes them.
    """
    here = make_interface(clock=clock)
    elsewhere = make_interface(clock=clock, secret_key=OTHER_KEY)

    def touched(cookie):
        return host.ask(here, lambda s: str(s.update(at=clock.now)), cookie).cookie

    ancient = host.stored(here, **DATA)
    clock.forward(days=13)
    ancient = touched(ancient)
    idle = host.stored(here, **DATA)
    clock.forward(days=13)
    ancient = touched(ancient)
    clock.forward(days=3)
    ancient = touched(ancient)
    clock.forward(days=2)
    good, unknown = host.stored(here, **DATA), host.stored(elsewhere, **DATA)
    other, foreign = host.stored(here, n=[1]), host.stored(elsewhere, n=[1])
    name = good.partition("=")[0]
    return {
        "none": None,
        "of others": "theme=dark",
        "good": good,
        "in another spelling": host.respelled(here, good),
        "empty": f"{name}=",
        "junk": f"{name}=junk",
        "cut short": good[:-1],
        "of a key not known here": unknown,
        "idle for too long": idle,
        "too old": ancient,
        "refused": host.stored(here, banned=True, **DATA),
        "two good ones": f"{good}; {other}",
        "one of two": f"{unknown}; {good}",
        "two not known": f"{unknown}; {foreign}",
        "too many": "; ".join(f"{name}={n}.{n}.{n}" for n in range(9)),
    }


def respelled(interface: Any, cookie: str) -> str:
    """The cookie as a writer of other habits would have signed it."""
    name, _, token = cookie.partition("=")
    serializer = interface.make_serializer(name)
    payload, issued, _ = serializer.verify(token)
    content = json.loads(serializer.decode(payload)[3])
    text = json.dumps(content, ensure_ascii=False, indent=1)
    payload = serializer.pack(text.replace("100.0", "1e2"))
    return f"{name}={serializer.sign(payload, issued)}"
