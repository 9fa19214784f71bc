"""What Flask would not give back as it was is refused, never coerced."""

from __future__ import annotations

import contextlib
import functools
from collections import OrderedDict
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple
from uuid import UUID

import pytest
from markupsafe import Markup

from session_middleware import SerializationError

from ..support.visits import respond, stored
from .flask_apps import flask_app, flask_reads, flask_writes, found, make_interface

pytestmark = pytest.mark.usefixtures("clock")


class Colour(IntEnum):
    RED = 1


class Point(NamedTuple):
    x: int


class Text(str):
    pass


class Html:
    def __html__(self):
        return "<p>"


class BadZone(tzinfo):
    def utcoffset(self, when):
        raise LookupError


UTC_NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)

DAY = datetime(2026, 2, 3, tzinfo=timezone.utc)

REFUSED = {
    "set": {1},
    "frozenset": frozenset(),
    "Decimal": Decimal(1),
    "date": date(2026, 2, 3),
    "time": time(1),
    "timedelta": timedelta(1),
    "naive datetime": UTC_NOW.replace(tzinfo=None),
    "microseconds": UTC_NOW.replace(microsecond=1),
    "another zone": UTC_NOW.astimezone(timezone(timedelta(hours=1))),
    "a zone that fails": datetime(2026, 2, 3, tzinfo=BadZone()),
    "the first century": datetime(70, 2, 3, tzinfo=timezone.utc),
    "unequal dict": type("Sub", (dict,), {"__eq__": lambda self, other: False})(),
    "subclass of what is refused": type("Sub", (set,), {})(),
    "bytearray": bytearray(b"x"),
    "object": object(),
    "int key": {1: 1},
    "None key": {None: 1},
    "surrogate pair": "\ud83c\udf6a",
    "surrogate pair as key": {"\ud83c\udf6a": 1},
}


KNOWN = {
    "IntEnum": (Colour.RED, 1),
    "namedtuple": (Point(1), (1,)),
    "str": (Text("x"), "x"),
    "key": ({Text(" t"): Text("x")}, {" t": "x"}),
    "OrderedDict": (OrderedDict(b=1, a=Point(2)), {"a": (2,), "b": 1}),
    "has __html__": (Html(), Markup("<p>")),
    "Markup": (type("Sub", (Markup,), {})("x"), Markup("x")),
    "bytes": (type("Sub", (bytes,), {})(b"x"), b"x"),
    "UUID": (type("Sub", (UUID,), {})(int=1), UUID(int=1)),
    "datetime": (type("Sub", (datetime,), {})(2026, 2, 3, tzinfo=timezone.utc), DAY),
}


@pytest.mark.parametrize(("value", "base"), KNOWN.values(), ids=KNOWN)
def test_a_subclass_is_written_as_flask_writes_it_and_comes_back_equal(value, base):
    interface = make_interface()

    cookie = stored(interface, x=value)

    assert cookie == flask_writes(flask_app(), {"x": value})
    assert found(interface, cookie) == ascii({"x": base})


@pytest.mark.parametrize("value", REFUSED.values(), ids=list(REFUSED))
def test_what_flask_would_not_give_back_is_refused_by_its_path(value):
    with pytest.raises(SerializationError) as caught:
        respond(make_interface(), lambda s: s.update(cart=[0, {"x": value}]))

    assert str(caught.value).startswith("session['cart'][1]['x']")


def test_an_int_that_cannot_be_read_back_is_refused():
    with pytest.raises(SerializationError, match="too many digits") as caught:
        respond(make_interface(), lambda s: s.update(n=[10**5000]))

    assert caught.value.path == ("n", 0)


def test_a_value_in_itself_is_refused():
    loop = []
    loop.append(loop)

    with pytest.raises(SerializationError, match="in itself"):
        respond(make_interface(), lambda s: s.update(loop=loop))


@pytest.mark.parametrize("depth", [65, 180])
def test_nesting_as_deep_as_flask_writes_is_read_and_written(depth):
    value = functools.reduce(lambda inner, _: [inner], range(depth), 1)
    interface = make_interface()

    cookie = flask_writes(flask_app(), {"x": value})

    assert respond(interface, lambda s: s["x"] == value, cookie).body == b"True"
    assert flask_reads(flask_app(), stored(interface, x=value)).data == {"x": value}


def test_a_stack_that_is_almost_full_loses_no_session():
    serializer = make_interface().make_serializer("session")
    flat, deep = {"x": 1}, {"x": functools.reduce(lambda x, _: [x], range(150), 1)}

    def round_trip(data):
        text = serializer.encode(0, False, data)
        return serializer.decode(serializer.pack(text))[2]

    def use_up(frames, data):
        return use_up(frames - 1, data) if frames else round_trip(data)

    last = 0
    with contextlib.suppress(RecursionError):
        while use_up(last, flat):
            last += 1

    for frames in range(40, 150, 10):
        assert use_up(last - frames, deep) == deep
