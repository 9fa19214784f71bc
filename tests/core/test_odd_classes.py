"""Whatever a class does, its value comes back equal or is refused, with the way out."""

from __future__ import annotations

import contextlib
import contextvars
import enum
import sys
from collections import Counter, OrderedDict, UserDict, deque
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from numbers import Integral
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from session_middleware import SerializationError
from session_middleware.formats import flask_json
from session_middleware.tokens.tagged_json import dumps, loads

from ..support.examples import examples
from .test_subclasses import Html, Point, Text, raises, subclass
from .test_tagged_json import PLACES, TAGS


def unequal(base):
    return subclass(base, __eq__=lambda self, other: self is other, __hash__=None)


@dataclass
class Data:
    x: int = 1


class Number(Integral):
    """As numpy's."""


Number.__abstractmethods__ = frozenset()
ADVICE = {
    "enum": (enum.Enum("Shade", "DARK").DARK, "store its value"),
    "deque": (deque(), "store list(...)"),
    "range": (range(2), "store list(...)"),
    "mapping": (UserDict(a=1), "store dict(...)"),
    "view": ({"a": 1}.keys(), "store set(...)"),
    "bytearray": (bytearray(b"a"), "store bytes(...)"),
    "another int": (Number(), "store int(...)"),
    "dataclass": (Data(), "store dataclasses.asdict(...)"),
    "no base": (object(), "store None, bool, int"),
    "dict": (unequal(dict)(a=1), "not equal to the dict it would come back as"),
    "str": (unequal(str)("a"), "not equal to the str it would come back as"),
    "datetime": (
        unequal(datetime)(2027, 1, 1),
        "not equal to the datetime it would come back as",
    ),
    "a failing ==": (subclass(int, __eq__=raises)(1), "own methods raise LookupError"),
    "a failing __html__": (subclass(str, __html__=raises)(), "raise LookupError"),
    "NaN": (subclass(float)("nan"), "JSON has no NaN"),
    "Decimal NaN": (subclass(Decimal)("NaN"), "must be finite"),
    "a zone that fails": (
        subclass(datetime)(2027, 1, 1, tzinfo=tzinfo()),
        "no fixed offset",
    ),
}


@pytest.mark.parametrize(("place", "path"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize(("value", "advice"), ADVICE.values(), ids=ADVICE)
def test_what_would_come_back_unequal_is_refused_with_the_way_out(
    value, advice, place, path
):
    with pytest.raises(SerializationError) as caught:
        dumps(place(value))

    assert caught.value.path == path
    assert advice in caught.value.reason


def test_equal_is_asked_both_ways():
    """Only a base of the class itself asks it second."""

    answers = [True, False]
    sometimes = subclass(dict, __eq__=lambda self, other: answers.pop(0))

    with pytest.raises(SerializationError, match="not equal"):
        dumps(sometimes())


ODD_MEMBERS = {
    "a hash of its own": subclass(str, __hash__=lambda self: 1)("a"),
    "one that has it": (1, (subclass(str, __hash__=lambda self: 1)("a"),)),
    "a dict with a hash": subclass(dict, __hash__=lambda self: 1)(a=1),
}


@pytest.mark.parametrize("member", ODD_MEMBERS.values(), ids=ODD_MEMBERS)
@pytest.mark.parametrize("container", [set, frozenset], ids=lambda kind: kind.__name__)
def test_a_member_that_would_not_be_found_again_is_refused(container, member):
    with pytest.raises(SerializationError, match="does not come back") as caught:
        dumps({"a": [container([member])]})

    assert caught.value.path == ("a", 0)


def test_a_subclass_in_itself_is_refused():
    found = OrderedDict()
    found["x"] = Point(found, 1)

    with pytest.raises(SerializationError, match="in itself"):
        dumps(found)


@pytest.mark.parametrize(
    "value",
    [
        Text("\ud83d\ude00"),
        subclass(Html, __html__=lambda self: "\ud83d\ude00")(),
        Point("\ud83d\ude00", 1),
        OrderedDict({Text("\ud83d\ude00"): 1}),
    ],
    ids=["str", "html", "in a tuple", "key"],
)
def test_a_surrogate_pair_in_a_subclass_is_found(value):
    with pytest.raises(SerializationError, match="surrogate pair") as caught:
        dumps({"ok": "😀", "a": value})

    assert caught.value.path[0] == "a"


@pytest.mark.skipif(
    not hasattr(sys, "get_int_max_str_digits"), reason="this Python has no limit"
)
def test_an_int_of_a_subclass_that_is_too_long_is_found():
    long = subclass(int, __repr__=lambda self: "1")(10**5000)

    with pytest.raises(SerializationError, match="too many digits") as caught:
        dumps({"ok": 1, "a": [Point(Text("x"), long)]})

    assert caught.value.path == ("a", 0, 1)


def test_what_changes_the_session_while_it_is_written_is_refused():
    found = {}

    class Asks:
        def __html__(self):
            found["language"] = "nl"
            return "dag"

    found["message"] = Asks()

    with pytest.raises(SerializationError, match="while it was written"):
        dumps(found)


# -- the stack ----------------------------------------------------------------


def in_every_stack(dump):
    """``dump()`` where few frames are left, and where fewer are; what it gave."""

    def use_up(frames):
        return use_up(frames - 1) if frames else dump()

    last = 0
    with contextlib.suppress(RecursionError):
        while use_up(last):
            last += 1
    return {use_up(last - 3 - frames) for frames in range(30)}


def test_a_stack_that_is_almost_full_loses_no_subclass_and_no_context():
    """A lazy translation asks the request for its language."""
    language = contextvars.ContextVar("language", default="none")
    language.set("nl")
    lazy = subclass(Html, __html__=lambda self: language.get())()

    texts = in_every_stack(lambda: dumps([Counter("a"), lazy, [[[[[[[[1]]]]]]]]]))

    assert texts == {'[{"a":1},{" m":"nl"},[[[[[[[[1]]]]]]]]]'}


def test_a_stack_that_is_almost_full_lets_no_surrogate_pair_through():
    """Written apart, two surrogates come back as one character."""

    def dump():
        try:
            return dumps([[[[[[[["\ud83d\ude00"]]]]]]]])
        except SerializationError as error:
            return error.reason

    [reason] = in_every_stack(dump)

    assert "surrogate" in reason


def endless_key():
    kind = subclass(str)
    found = {kind("a"): object(), 1: 1}
    kind.__eq__ = lambda self, other: self == other
    return found


ENDLESS = {
    "== of a key": endless_key(),
    "==": subclass(dict, __eq__=lambda self, other: self == other)(),
    "== of a str": subclass(
        str, __eq__=lambda self, other: self == other, __hash__=str.__hash__
    )("a"),
    "__html__": subclass(Html, __html__=lambda self: self.__html__())(),
}


@pytest.mark.parametrize("write", [dumps, flask_json.dumps], ids=["ours", "Flask's"])
@pytest.mark.parametrize("value", ENDLESS.values(), ids=ENDLESS)
def test_a_class_that_calls_itself_without_end_is_refused_with_its_path(value, write):
    """Its path was missing: which of a session's values it was, nothing said."""
    beside = [{"a": 1, Text("b"): Point(1, 2)}, object]

    with pytest.raises(SerializationError, match="without end") as caught:
        write({"ok": 1, Text("cart"): ({"a": [], "x": [1, value, *beside]},)})

    assert caught.value.path == ("cart", 0, "x", 1)
    assert type(caught.value.path[0]) is str


def test_so_it_is_in_a_set_whose_path_is_all_there_is():
    with pytest.raises(SerializationError, match="without end") as caught:
        dumps({"a": [{(ENDLESS["== of a str"],)}]})

    assert caught.value.path == ("a", 0)


# -- whatever a class does ----------------------------------------------------

NAMES = [
    *("__eq__", "__ne__", "__hash__", "__bool__", "__len__", "__iter__", "__str__"),
    *("__repr__", "__html__", "__getitem__", "__contains__", "__int__", "__index__"),
    *("__float__", "__getattr__", "__format__", "__copy__", "__reduce_ex__"),
    *("keys", "items", "values", "copy", "isoformat", "utcoffset", "tzinfo", "fold"),
    *("date", "timetz", "toordinal", "year", "days", "hex", "int", "encode", "split"),
]
ANSWERS = {
    "raises": raises,
    "recurses": lambda self, *args: self.__class__.__name__ + str(self == self),
    "True": lambda self, *args: True,
    "False": lambda self, *args: False,
    "None": lambda self, *args: None,
    "NotImplemented": lambda self, *args: NotImplemented,
    "text": lambda self, *args: Text("text"),
    "nothing": lambda self, *args: iter(()),
    "no method": 5,
}
oddities = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from([*ANSWERS.values()]), max_size=3
)
plain = st.one_of(
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.text().map(Markup),
    st.lists(st.integers() | st.text()),
    st.lists(st.text()).map(tuple),
    st.dictionaries(st.text() | st.sampled_from(TAGS), st.integers(), max_size=3),
    st.sets(st.integers() | st.text()),
    st.frozensets(st.text()),
    st.timedeltas(),
    st.dates(),
    st.datetimes(timezones=st.none() | st.just(timezone.utc)),
    st.times(timezones=st.none() | st.just(timezone.utc)),
    st.uuids(),
)


def instance(kind, value):
    """A subclass's, of the same content."""
    if isinstance(value, datetime):
        made = kind.combine(value.date(), value.timetz())
        return made.replace(fold=value.fold)
    if isinstance(value, date):
        return kind.fromordinal(value.toordinal())
    if isinstance(value, time):
        return kind(*value.__reduce_ex__(4)[1])
    if isinstance(value, timedelta):
        return kind(value.days, value.seconds, value.microseconds)
    return kind(int=value.int) if isinstance(value, UUID) else kind(value)


@examples(400)
@given(plain, oddities)
def test_whatever_its_class_does_it_comes_back_equal_or_is_refused(value, members):
    kind = subclass(type(value))
    odd = instance(kind, value)
    for name, member in members.items():
        setattr(kind, name, member)

    refusal = None
    try:
        back = loads(dumps({"cart": [0, odd]}))["cart"][1]
    except SerializationError as error:
        refusal = error

    if refusal is not None:
        assert refusal.path[:2] == ("cart", 1)
        return
    assert type(back) in (type(value), Markup)
    assert type(back) is Markup or (back == odd and odd == back)


@examples(200)
@given(plain, st.sampled_from(["values", "keys"]))
def test_a_subclass_that_changes_nothing_is_written_as_its_base(value, place):
    odd = instance(subclass(type(value)), value)
    if place == "keys" and type(value) is not str:
        return

    def written(part):
        try:
            return dumps({part: 1} if place == "keys" else [part])
        except SerializationError as error:
            return error.path

    assert written(odd) == written(value)
