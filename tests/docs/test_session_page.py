"""What docs/session.rst says of values, of methods and of errors is so."""

from __future__ import annotations

import dataclasses
import enum
import json
import re
import uuid
from collections import namedtuple
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from markupsafe import Markup

from session_middleware import (
    SecureCookieSessionInterface,
    SerializationError,
    SessionConfig,
    SessionMiddleware,
)
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores import open_store

from ..support import KEY, ROOT, app_of, call

PAGE = (ROOT / "docs/session.rst").read_text(encoding="utf-8")
VALUES = {
    "None": None,
    "bool": True,
    "int": 2**70,
    "float": 0.1,
    "str": "é",
    "list": [1],
    "tuple": (1, (2,)),
    "dict": {"a": {" t": 1}},
    "bytes": b"\0\xff",
    "datetime": datetime(2026, 1, 2, 3, 4, 5, 6, timezone.utc),
    "date": date(2026, 1, 2),
    "time": time(3, 4),
    "timedelta": timedelta(-1, 2, 3),
    "UUID": uuid.UUID(int=5),
    "Decimal": Decimal("1.10"),
    "set": {1, "a"},
    "frozenset": frozenset({(1, 2)}),
    "Markup": Markup("<b>"),
}
Point = namedtuple("Point", "x y")
Item = dataclasses.make_dataclass("Item", ["name"])


class Level(enum.IntEnum):
    """An int of a subclass."""

    HIGH = 2


class Link:
    """What writes itself as HTML."""

    def __html__(self):
        return "<a>"


def kept(values):
    """What a session has in the next request, that was given these."""
    found = {}
    put = SessionMiddleware(app_of(lambda s: s.update(values)), secret_key=KEY)
    get = SessionMiddleware(app_of(lambda s: found.update(s)), secret_key=KEY)
    call(get, cookie=call(put).cookie)
    return found


def session_of(interface, use, cookie=None):
    """What ``use(session)`` gives, and the answer."""
    got = []
    app = SessionMiddleware(app_of(lambda s: got.append(use(s))), interface)
    return got, call(app, cookie=cookie)


def test_the_types_that_it_names_come_back_as_they_are():
    named = PAGE[PAGE.index("* Values are") : PAGE.index("inside each other")]

    back = kept(VALUES)

    assert set(re.findall(r"``(\w+)``", named)) == set(VALUES)
    assert back == VALUES
    assert [*map(type, back.values())] == [*map(type, VALUES.values())]


def test_an_instance_of_a_subclass_comes_back_as_the_type_in_the_list():
    back = kept({"level": Level.HIGH, "point": Point(1, 2), "html": Link()})

    assert back == {"level": 2, "point": (1, 2), "html": Markup("<a>")}
    assert [*map(type, back.values())] == [int, tuple, Markup]


def test_values_are_inside_each_other_up_to_64_levels_with_the_session():
    def nested(levels):
        return [nested(levels - 1)] if levels > 1 else []

    assert kept({"a": nested(63)}) == {"a": nested(63)}
    with pytest.raises(SerializationError):
        kept({"a": nested(64)})


def test_it_is_no_dict_and_a_dict_of_it_is_one():
    rules = SecureCookieSessionInterface(SessionConfig(secret_key=KEY))

    [text], _ = session_of(rules, lambda s: json.dumps(dict(s)))

    assert text == "{}"
    with pytest.raises(TypeError):
        session_of(rules, json.dumps)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (
            ["a", "b", Item("c")],
            (
                "session['cart'][2]: a shop.Item cannot be stored exactly; "
                "store dataclasses.asdict(...)"
            ),
        ),
        (
            float("nan"),
            "session['price']: JSON has no NaN and no infinity; store None or a str",
        ),
    ],
)
def test_what_is_refused_is_named_as_it_says(value, says, monkeypatch):
    monkeypatch.setattr(Item, "__module__", "shop")
    key = re.match(r"session\['(\w+)'\]", says)[1]

    with pytest.raises(SerializationError) as caught:
        kept({key: value})

    assert str(caught.value) == says
    assert f"SerializationError: {says}" in " ".join(PAGE.split())


def test_every_name_in_the_table_is_one_of_a_session_in_a_store():
    table = PAGE[PAGE.index("\nWhat it can do\n") : PAGE.index("\n``status`` is")]
    column = [line[:27] for line in table.splitlines()]
    named = re.findall(r"``(\w+)(?:\(.*?\))?``", "\n".join(column))
    rules = ServerSideSessionInterface(
        SessionConfig(secret_key=KEY), open_store("memory:")
    )

    session_of(rules, lambda s: [getattr(s, each) for each in named])

    assert len(named) == 13


def test_its_methods_do_what_it_says():
    rules = SecureCookieSessionInterface(SessionConfig(secret_key=KEY))

    [was], _ = session_of(rules, lambda s: (s.accessed, s.modified))
    assert was == (False, False)
    [facts], answer = session_of(rules, _change_and_revert)
    assert facts == ("new", None, timedelta(days=14), False)
    assert answer.set_cookies == []
    [left], _ = session_of(rules, _keep_one)
    assert left == {"a": 1}
    _, lasting = session_of(rules, _be_permanent)
    assert "Max-Age=" in lasting.set_cookies[0]
    _, left = session_of(rules, lambda s: s.invalidate(), lasting.cookie)
    assert "Max-Age=0" in left.set_cookies[0]
    [status], _ = session_of(rules, lambda s: s.status, "__Host-session=made-up")
    assert status == "malformed"


def _change_and_revert(session):
    session["n"] = 1
    assert session.modified
    session.revert()
    lasts = session.expires_at - session.created
    return session.status, session.issued, lasts, session.modified


def _keep_one(session):
    session.update(a=1, b=2)
    session.regenerate(keep=["a"])
    return dict(session)


def _be_permanent(session):
    session.increment("n", 5)
    session.permanent = True
