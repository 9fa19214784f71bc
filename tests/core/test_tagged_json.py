"""Tagged JSON: what goes in comes out, type included, or is refused with its path."""

from __future__ import annotations

import enum
import json
import math
import sys
from collections import deque
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from session_middleware import SerializationError
from session_middleware.tokens.tagged_json import dumps, loads

from ..support.examples import examples

TAGS = [" e", " t", " s", " f", " b", " d", " y", " h", " i", " u", " n", " m", " j"]

# -- every type, nested -------------------------------------------------------

zones = st.integers(-86399, 86399).map(lambda s: timezone(timedelta(seconds=s)))
aware_or_naive = st.none() | st.just(timezone.utc) | zones
texts = st.text() | st.sampled_from(["\0", "\u2028\u2029", "😀", "\\ud83d", "\x7f", ""])
finite = st.floats(allow_nan=False, allow_infinity=False)
hashable_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    finite,
    texts,
    st.binary(),
    st.datetimes(timezones=aware_or_naive, allow_imaginary=True),
    st.dates(),
    st.times(timezones=aware_or_naive),
    st.timedeltas(),
    st.uuids(),
    st.decimals(allow_nan=False, allow_infinity=False),
    texts.map(Markup),
)
hashables = st.recursive(
    hashable_leaves,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner),
    max_leaves=5,
)
keys = texts | st.sampled_from([*TAGS, *(tag + "__" for tag in TAGS), " ", " t t"])
values = st.recursive(
    hashables,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(keys, inner, min_size=1, max_size=1),
        st.sets(hashables),
    ),
    max_leaves=8,
)


def fingerprint(value):
    """The value with every type spelled out; one text for equal ones."""
    kind = type(value).__name__
    if isinstance(value, dict):
        return kind, [(key, fingerprint(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return kind, [fingerprint(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return kind, sorted(map(repr, map(fingerprint, value)))
    if isinstance(value, (datetime, time)):
        naive = value.tzinfo is None
        return kind, value.isoformat(), value.fold if naive else value.utcoffset()
    return kind, repr(value)


@examples(200)
@given(values)
def test_what_goes_in_comes_out_with_its_types(value):
    text = dumps(value)

    assert fingerprint(loads(text)) == fingerprint(value)
    assert text.isascii()


@examples(100)
@given(values)
def test_what_came_out_is_written_as_the_same_text(value):
    text = dumps(value)

    assert dumps(loads(text)) == text


@examples(100)
@given(values)
def test_the_text_is_plain_json(value):
    def refuse(name):
        raise AssertionError(name)

    json.loads(dumps(value), parse_constant=refuse)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1, "1"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        ([1, [2]], "[1,[2]]"),
        ({"a": {"b": 1}}, '{"a":{"b":1}}'),
        ((), '{" t":[]}'),
        (b"\xfb", '{" b":"+w=="}'),
        (
            datetime(2027, 1, 15, 8, microsecond=1),
            '{" d":"2027-01-15T08:00:00.000001"}',
        ),
        (
            datetime(2027, 1, 15, tzinfo=timezone.utc),
            '{" d":"2027-01-15T00:00:00+00:00"}',
        ),
        (datetime(2027, 10, 31, 2, fold=1), '{" d":["2027-10-31T02:00:00",1]}'),
        (date(1, 1, 1), '{" y":"0001-01-01"}'),
        (time(1, 2, fold=1), '{" h":["01:02:00",1]}'),
        (timedelta(microseconds=-1), '{" i":[-1,86399,999999]}'),
        (UUID(int=10), '{" u":"0000000000000000000000000000000a"}'),
        (Decimal("-0.00"), '{" n":"-0.00"}'),
        (Decimal("1E+5000"), '{" n":"1E+5000"}'),
        (Markup("<b>"), '{" m":"<b>"}'),
        ({" t": [1]}, '{" e":[" t",[1]]}'),
        ({" e": [" t", [1]]}, '{" e":[" e",[" t",[1]]]}'),
        ({" new": 1}, '{" e":[" new",1]}'),
        ({" ": ({" ": 1},)}, '{" e":[" ",{" t":[{" e":[" ",1]}]}]}'),
        ({" t": 1, "a": 2}, '{" t":1,"a":2}'),
        ("\ud800", '"\\ud800"'),
        ("\0\u2028\x7f", '"\\u0000\\u2028\\u007f"'),
    ],
    ids=repr,
)
def test_the_text_of_each_type(value, text):
    assert dumps(value) == text
    assert fingerprint(loads(text)) == fingerprint(value)


def test_an_aware_datetime_keeps_instant_and_offset_and_no_place():
    summer = datetime(2027, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))

    back = loads(dumps(summer))

    assert (back, back.utcoffset()) == (summer, timedelta(hours=2))
    assert type(back.tzinfo) is timezone


# -- equal data, equal text ---------------------------------------------------


@examples(100)
@given(st.lists(hashables, max_size=8), st.randoms(use_true_random=False))
def test_equal_sets_have_equal_text_in_whatever_order_they_were_filled(items, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    # Where 1, 1.0 and True are one element, which of them is in the set may differ.
    first, second = set(items), set(shuffled)

    if fingerprint(first) == fingerprint(second):
        assert dumps(first) == dumps(second)
        assert dumps(frozenset(first)) == dumps(frozenset(second))


def test_a_set_of_many_types_is_written_sorted_by_its_json():
    mixed = {3, 20, "a", None, (1, 2), b"x", frozenset([2, 10])}

    assert dumps(mixed) == (
        '{" s":["a",20,3,null,{" b":"eA=="},{" f":[10,2]},{" t":[1,2]}]}'
    )


def test_dicts_keep_their_order():
    assert dumps({"b": 1, "a": 2}) == '{"b":1,"a":2}'


# -- what is refused ----------------------------------------------------------


class Hostile:
    """Raises whatever is asked of it."""

    def _raise(self, *args):
        raise AssertionError("asked")

    __eq__ = __hash__ = __iter__ = __len__ = __bool__ = __repr__ = __str__ = _raise
    __html__ = __getitem__ = __int__ = __float__ = __json__ = __reduce_ex__ = _raise


REFUSED = [
    object(),
    Hostile(),
    enum.Enum("Colour", "RED").RED,
    deque(),
    Fraction(1, 2),
    1j,
    bytearray(b"a"),
    memoryview(b"a"),
    range(2),
    int,
    len,
    timezone.utc,
]
PLACES = {
    "alone": (lambda value: value, ()),
    "in a dict": (lambda value: {"a": value}, ("a",)),
    "in a list": (lambda value: {"cart": [0, 1, value]}, ("cart", 2)),
    "in a tuple": (lambda value: {"a": (0, {"b": value})}, ("a", 1, "b")),
    "under a tag's key": (lambda value: {"a": {" t": [value]}}, ("a", " t", 0)),
}


@pytest.mark.parametrize(("place", "path"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
def test_every_other_type_is_refused_with_its_path(value, place, path):
    with pytest.raises(SerializationError, match="cannot be stored exactly") as caught:
        dumps(place(value))

    assert caught.value.path == path
    assert type(value).__qualname__ in caught.value.reason


@pytest.mark.parametrize(("place", "path"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (math.nan, "no NaN"),
        (math.inf, "no infinity"),
        (-math.inf, "no infinity"),
        (Decimal("NaN"), "must be finite"),
        (Decimal("sNaN"), "must be finite"),
        (Decimal("-Infinity"), "must be finite"),
        ("\ud83d\ude00", "surrogate pair"),
        (Markup("a\ud83d\ude00b"), "surrogate pair"),
        (time(8, tzinfo=ZoneInfo("Europe/Berlin")), "no fixed offset"),
        (datetime(2027, 1, 1, tzinfo=tzinfo()), "no fixed offset"),
        # Python 3.10 would read it back as UTC.
        (time(8, tzinfo=timezone(timedelta(microseconds=1))), "no fixed offset"),
        ({2: 3}, "key of type int; JSON has only str"),
        ({b"a": 1}, "key of type bytes"),
        ({None: 1}, "key of type NoneType"),
        ({(): 1}, "key of type tuple"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_json_cannot_hold_is_refused_with_its_path(value, reason, place, path):
    with pytest.raises(SerializationError, match=reason) as caught:
        dumps(place(value))

    assert caught.value.path == path


def test_the_message_shows_the_way_from_the_session():
    with pytest.raises(SerializationError) as caught:
        dumps({"cart": [1, 2, object()]})

    assert str(caught.value).startswith("session['cart'][2]: a builtins.object cannot")


def test_a_key_that_cannot_be_shown_is_not_shown():
    class Key:
        def __repr__(self):
            raise AssertionError("shown")

    with pytest.raises(SerializationError, match="key of type Key"):
        dumps({"a": {Key(): 1}})


def test_in_a_set_the_path_leads_to_the_set():
    with pytest.raises(SerializationError) as caught:
        dumps({"a": [{1, Fraction(1, 2)}]})

    assert caught.value.path == ("a", 0)


@pytest.mark.parametrize("container", [set, frozenset], ids=lambda kind: kind.__name__)
def test_a_surrogate_pair_in_a_set_is_found(container):
    with pytest.raises(SerializationError, match="surrogate pair") as caught:
        dumps({"a": container(["\ud83d\ude00"])})

    assert caught.value.path == ("a",)


def test_a_surrogate_pair_in_a_key_is_found():
    with pytest.raises(SerializationError, match="surrogate pair") as caught:
        dumps({"a": {"\ud83d\ude00": 1}})

    assert caught.value.path == ("a", "\ud83d\ude00")


@pytest.mark.parametrize(
    "value",
    ["\ud83d", "\ude00\ud83d", "\ud83d😀", "😀\ude00", ["\ud83d", "\ude00"]],
    ids=ascii,
)
def test_surrogates_that_are_no_pair_come_back(value):
    assert loads(dumps(value)) == value


@pytest.mark.skipif(
    not hasattr(sys, "get_int_max_str_digits"), reason="this Python has no limit"
)
@pytest.mark.parametrize(("place", "path"), PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("sign", [1, -1], ids=["positive", "negative"])
def test_an_int_that_python_would_not_read_back_is_refused(place, path, sign):
    fits = 10 ** (sys.get_int_max_str_digits() - 1) * sign

    with pytest.raises(SerializationError, match="too many digits") as caught:
        dumps(place(10 * fits))

    assert caught.value.path == path
    assert loads(dumps(place(fits))) == place(fits)


@pytest.mark.skipif(
    not hasattr(sys, "get_int_max_str_digits"), reason="this Python has no limit"
)
def test_an_int_that_is_too_long_is_found_in_a_set_too():
    with pytest.raises(SerializationError, match="too many digits") as caught:
        dumps({"ok": [1, "a"], "a": {10**5000}})

    assert caught.value.path == ("a",)
