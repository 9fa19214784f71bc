"""What comes back is equal to what went in: a subclass as its nearest listed base."""

from __future__ import annotations

import enum
from collections import Counter, OrderedDict, defaultdict, namedtuple
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from freezegun import freeze_time
from markupsafe import Markup
from werkzeug.datastructures import CombinedMultiDict, ImmutableMultiDict, MultiDict

from session_middleware import SerializationError
from session_middleware.tokens.tagged_json import dumps, loads

from .test_tagged_json import PLACES, fingerprint


def subclass(base, **members):
    return type(f"Odd{base.__name__.title()}", (base,), members)


class Text(str):
    __slots__ = ()

    def __str__(self):
        return "something else"


class Colour(enum.IntEnum):
    RED = 1


class Word(str, enum.Enum):
    A = "a"


class Day(date, enum.Enum):
    NEW_YEAR = 2027, 1, 1


class Right(enum.IntFlag):
    READ = 1
    WRITE = 2


class Moment(datetime):
    def date(self):
        raise AssertionError("asked")

    isoformat = utcoffset = date


class Html:
    def __html__(self):
        return subclass(str)("<b>")


def moved():
    """In another order than its dict's."""
    ordered = OrderedDict(a=1, b=2)
    ordered.move_to_end("a")
    return ordered


Point = namedtuple("Point", "x y")
BERLIN = ZoneInfo("Europe/Berlin")
FOLDED = (2027, 10, 31, 2, 30, 1, 5)
PLUS = timezone(timedelta(hours=2))
BASES = {
    "IntEnum": (Colour.RED, 1),
    "IntFlag": (Right.READ | Right.WRITE, 3),
    "enum of str": (Word.A, "a"),
    "enum of date": (Day.NEW_YEAR, date(2027, 1, 1)),
    "str": (Text("a"), "a"),
    "int": (subclass(int)(7), 7),
    "float": (subclass(float)(1.5), 1.5),
    "bytes": (subclass(bytes)(b"a"), b"a"),
    "list": (subclass(list)([1, (2,)]), [1, (2,)]),
    "namedtuple": (Point(1, [2]), (1, [2])),
    "OrderedDict": (moved(), {"b": 2, "a": 1}),
    "defaultdict": (defaultdict(list, a=[1]), {"a": [1]}),
    "Counter": (Counter("aab"), {"a": 2, "b": 1}),
    "dict like a tag": (OrderedDict({" t": [1]}), {" t": [1]}),
    "set": (subclass(set)({1}), {1}),
    "frozenset": (subclass(frozenset)({1}), frozenset({1})),
    "naive datetime": (Moment(*FOLDED, fold=1), datetime(*FOLDED, fold=1)),
    "aware datetime": (
        subclass(datetime)(*FOLDED, tzinfo=PLUS),
        datetime(*FOLDED, tzinfo=PLUS),
    ),
    "date": (subclass(date)(2027, 1, 2), date(2027, 1, 2)),
    "time": (subclass(time)(1, 2, 3, 4, fold=1), time(1, 2, 3, 4, fold=1)),
    "aware time": (subclass(time)(1, tzinfo=PLUS), time(1, tzinfo=PLUS)),
    "timedelta": (subclass(timedelta)(microseconds=-1), timedelta(microseconds=-1)),
    "UUID": (subclass(UUID)(int=10), UUID(int=10)),
    "Decimal": (subclass(Decimal)("-0.00"), Decimal("-0.00")),
    "Markup": (subclass(Markup)("<b>"), Markup("<b>")),
    "subclass of a subclass": (subclass(Text)("a"), "a"),
    "in another": (Point(Word.A, OrderedDict(x=Colour.RED)), ("a", {"x": 1})),
    "in a set": (
        {Word.A, Point(1, frozenset([Colour.RED]))},
        {"a", (1, frozenset([1]))},
    ),
}


@pytest.mark.parametrize("place", [place for place, _ in PLACES.values()], ids=PLACES)
@pytest.mark.parametrize(("value", "base"), BASES.values(), ids=BASES)
def test_a_subclass_comes_back_as_the_base_that_it_is_equal_to(value, base, place):
    back = loads(dumps(place(value)))

    assert fingerprint(back) == fingerprint(place(base))
    assert back == place(value)
    assert dumps(place(value)) == dumps(place(base))


def test_a_date_and_time_of_a_zone_comes_back_with_its_offset():
    value = subclass(datetime)(2027, 10, 31, 2, 30, tzinfo=BERLIN, fold=1)

    assert loads(dumps(value)).utcoffset() == timedelta(hours=1)


def test_time_that_stands_still_is_stored_and_comes_back_as_it_is():
    """Under freezegun an app's ``datetime.now()`` is of a subclass."""
    with freeze_time("2027-01-02 03:04:05"):
        now, today = datetime.now(timezone.utc), date.today()
        back = loads(dumps({"now": now, "today": today}))

    assert fingerprint(back) == fingerprint(
        {
            "now": datetime(2027, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
            "today": date(2027, 1, 2),
        }
    )


# -- keys ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", [Word.A, Text("a"), Markup("a"), subclass(Text)("a")], ids=repr
)
def test_a_key_of_a_subclass_of_str_is_its_str(key):
    back = loads(dumps({"x": {"b": 1, key: (2,), "c": 3}}))

    assert fingerprint(back) == fingerprint({"x": {"b": 1, "a": (2,), "c": 3}})


def test_a_key_that_looks_like_a_tag_is_none():
    assert loads(dumps({Text(" t"): [1]})) == {" t": [1]}


def raises(*args):
    raise LookupError


ODD_KEYS = {
    "a hash of its own": {"__hash__": lambda self: 1},
    "no hash any more": {"__hash__": raises},
    "unequal": {"__eq__": lambda self, other: False, "__hash__": str.__hash__},
    "a failing ==": {"__eq__": raises, "__hash__": str.__hash__},
}


@pytest.mark.parametrize("members", ODD_KEYS.values(), ids=ODD_KEYS)
def test_a_key_under_which_nothing_would_be_found_again_is_refused(members):
    kind = type("Key", (str,), {})
    found = {"a": 1, kind("b"): 2}
    for name, method in members.items():
        setattr(kind, name, method)

    with pytest.raises(SerializationError, match="key of type Key") as caught:
        dumps({"x": found})

    assert caught.value.path == ("x", "b")


def test_of_two_keys_with_one_text_neither_is_lost_in_silence():
    class Key(str):
        __slots__ = ()

        def __eq__(self, other):
            return type(other) is str and str.__eq__(self, other)

        __hash__ = str.__hash__

    with pytest.raises(SerializationError, match="two keys") as caught:
        dumps({"x": {Key("a"): 1, Key("a"): 2}})

    assert caught.value.path == ("x", "a")


# -- __html__ -----------------------------------------------------------------

MARKED = {
    "an object": (Html(), "<b>"),
    "a str": (subclass(str, __html__=lambda self: f"<i>{self}</i>")("a"), "<i>a</i>"),
    "a Markup": (subclass(Markup, __html__=lambda self: "x")("a"), "x"),
    "no str": (subclass(Html, __html__=lambda self: 5)(), "5"),
    "an int": (subclass(int, __html__=lambda self: "one")(1), "one"),
}


@pytest.mark.parametrize(("value", "html"), MARKED.values(), ids=MARKED)
def test_what_has_html_comes_back_as_markup(value, html):
    assert fingerprint(loads(dumps([value]))) == fingerprint([Markup(html)])


def test_a_container_that_has_html_is_a_container_first():
    assert loads(dumps(subclass(dict, __html__=lambda self: "x")(a=1))) == {"a": 1}


def test_what_only_says_that_it_has_html_is_no_markup():
    assert loads(dumps(subclass(str, __html__=None)("a"))) == "a"


# -- what is not what it shows -------------------------------------------------


class Elsewhere(dict):
    """Keeps its items in another dict, as werkzeug's ``request.values`` does."""

    def __init__(self, items):
        super().__init__()
        self.kept = items

    def items(self):
        return self.kept.items()


class First(dict):
    """Shows the first of several values, as werkzeug's MultiDict does."""

    def items(self):
        return [(key, values[0]) for key, values in super().items()]


class Doubled(list):
    def __iter__(self):
        for item in super().__iter__():
            yield from (item, item)


class Shifted(tuple):
    __slots__ = ()

    def __iter__(self):
        return iter([item + 1 for item in super().__iter__()])


class Hiding(set):
    def __iter__(self):
        return iter(())


SHOWN = {
    "a dict kept elsewhere": Elsewhere({"a": 1}),
    "a dict of first values": First(a=[1, 2]),
    "a list": Doubled([1]),
    "a tuple": Shifted((1,)),
    "a set": Hiding({1}),
    "request.values": CombinedMultiDict([MultiDict([("q", "shoes")])]),
    "request.args": MultiDict([("q", "shoes"), ("q", "hats")]),
    "immutable": ImmutableMultiDict([("q", "shoes"), ("q", "hats")]),
}


@pytest.mark.parametrize("value", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("put", [lambda v: {"k": v}, lambda v: {"k": (1, [v])}])
def test_a_container_that_shows_other_than_it_has_is_refused(value, put):
    """``request.values`` came back as ``{}``, and nobody had been told."""
    with pytest.raises(SerializationError, match="cannot be stored exactly") as refused:
        dumps(put(value))

    assert refused.value.path[0] == "k"
