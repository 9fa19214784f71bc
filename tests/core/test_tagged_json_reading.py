"""Tagged JSON at its limits: depth, the stack, and text that nobody of ours wrote."""

from __future__ import annotations

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_middleware import SerializationError
from session_middleware.tokens.tagged_json import dumps, loads
from session_middleware.tokens.tags import MAX_DEPTH

from ..support.examples import examples

TAGS = [" e", " t", " s", " f", " b", " d", " y", " h", " i", " u", " n", " m", " j"]
WRAPPERS = {
    "list": lambda value: [value],
    "tuple": lambda value: (value,),
    "dict": lambda value: {"a": value},
    "escaped dict": lambda value: {" a": value},
    "frozenset": lambda value: frozenset([value]),
    "all in turn": lambda value: [({" a": (value, "x")},)],
}
every_wrapper = pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)


def nest(wrap, depth):
    """A value of exactly that many containers within each other."""
    levels = 4 if wrap is WRAPPERS["all in turn"] else 1
    value = 1
    for _ in range(depth // levels):
        value = wrap(value)
    return value


def deep_in_the_stack(depth, function, *arguments):
    """Call ``function`` below that many frames of an app's."""
    if depth:
        return deep_in_the_stack(depth - 1, function, *arguments)
    return function(*arguments)


def in_a_thread(function, *arguments):
    """Where the depth of the test runner's own stack does not count."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*arguments)))
    thread.start()
    thread.join()
    return results[0]


def verdict(value):
    try:
        return dumps(value)
    except SerializationError as error:
        return error.reason


# -- depth --------------------------------------------------------------------


@every_wrapper
def test_sixty_four_levels_come_back(wrap):
    value = nest(wrap, MAX_DEPTH)

    assert loads(dumps(value)) == value


@every_wrapper
@pytest.mark.parametrize("depth", [MAX_DEPTH + 4, 500, 5_000])
def test_more_levels_are_refused(wrap, depth):
    value = nest(wrap, depth)

    with pytest.raises(SerializationError, match="nested more than 64 levels") as error:
        dumps(value)

    assert len(error.value.path) <= MAX_DEPTH
    del value


def test_one_level_more_is_refused():
    with pytest.raises(SerializationError, match="nested more than 64 levels"):
        dumps(nest(WRAPPERS["list"], MAX_DEPTH + 1))


def test_a_hundred_thousand_levels_are_refused():
    with pytest.raises(SerializationError, match="nested more than 64 levels"):
        dumps(nest(WRAPPERS["list"], 100_000))


def test_the_depth_error_shows_the_way_down():
    with pytest.raises(SerializationError) as caught:
        dumps({"cart": nest(WRAPPERS["list"], MAX_DEPTH)})

    assert caught.value.path == ("cart", *[0] * (MAX_DEPTH - 1))


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_what_contains_itself_is_refused(kind):
    cyclic = [] if kind == "list" else {}
    if kind == "list":
        cyclic.append(cyclic)
    else:
        cyclic["a"] = cyclic

    with pytest.raises(SerializationError, match="or in itself"):
        dumps({"a": cyclic})


@every_wrapper
@pytest.mark.parametrize("depth", [MAX_DEPTH - 4, MAX_DEPTH, MAX_DEPTH + 4])
@pytest.mark.parametrize("stack", [500, 880, 940])
def test_a_deep_stack_changes_no_verdict_on_writing(wrap, depth, stack):
    value = nest(wrap, depth)

    deep = in_a_thread(deep_in_the_stack, stack, verdict, value)

    assert deep == verdict(value)


@every_wrapper
@pytest.mark.parametrize("stack", [500, 880, 940])
def test_a_deep_stack_changes_nothing_on_reading(wrap, stack):
    value = nest(wrap, MAX_DEPTH)
    text = dumps(value)

    assert in_a_thread(deep_in_the_stack, stack, loads, text) == value


def test_a_refusal_deep_in_the_stack_still_has_its_path():
    value = {"a": (1, [nest(WRAPPERS["tuple"], 50), object()])}

    def path():
        with pytest.raises(SerializationError) as caught:
            dumps(value)
        return caught.value.path

    assert in_a_thread(deep_in_the_stack, 850, path) == ("a", 1, 1)


# -- text of another writer's -------------------------------------------------

MALFORMED = {
    "nothing": "",
    "blank": " ",
    "a blank before": " 1",
    "a blank behind": "1 ",
    "two values": "1 2",
    "a letter": "x",
    "a byte order mark": "\ufeff1",
    "an open list": "[1",
    "an open str": '"a',
    "a control character": '"\n"',
    "NaN": "NaN",
    "infinity": "[-Infinity]",
    "a float too large": "1e400",
    "a negative float too large": '{"a":[-1e999]}',
    "nesting": "[" * 100_000 + "]" * 100_000,
    "nested tags": '{" t":[' * 50_000 + "]}" * 50_000,
    "an unknown tag": '{" z":1}',
    "an unknown tag, nested": '{"a":[{" t":[{" z":1}]}]}',
    "a blank as tag": '{" ":1}',
    "an escape of text": '{" e":"ab"}',
    "an escape of one": '{" e":["a"]}',
    "an escape of three": '{" e":["a",1,2]}',
    "an escaped int": '{" e":[1,2]}',
    "an escaped list": '{" e":[[],2]}',
    "a tuple of text": '{" t":"ab"}',
    "a tuple of a dict": '{" t":{"a":1}}',
    "a tuple of null": '{" t":null}',
    "a set of text": '{" s":"ab"}',
    "a set of lists": '{" s":[[]]}',
    "a frozenset of a dict": '{" f":{"a":1}}',
    "a frozenset of dicts": '{" f":[{}]}',
    "bytes of an int": '{" b":1}',
    "bytes of bad base64": '{" b":"a"}',
    "bytes of other characters": '{" b":"YW*I="}',
    "bytes of other letters": '{" b":"é"}',
    "datetime junk": '{" d":"junk"}',
    "datetime of an int": '{" d":1}',
    "datetime of one": '{" d":["2027-01-15T08:00:00"]}',
    "datetime with a third fold": '{" d":["2027-01-15T08:00:00",2]}',
    "the 30th of February": '{" y":"2027-02-30"}',
    "date of null": '{" y":null}',
    "time junk": '{" h":"25:00:00"}',
    "timedelta of text": '{" i":"abc"}',
    "timedelta of texts": '{" i":["a"]}',
    "timedelta of a dict": '{" i":{"days":1}}',
    "timedelta too long": '{" i":[1000000000,0,0]}',
    "timedelta of too many": '{" i":[1,1,1,1,1,1,1,1]}',
    "UUID junk": '{" u":"12"}',
    "UUID of an int": '{" u":12}',
    "Decimal junk": '{" n":"junk"}',
    "Decimal NaN": '{" n":"NaN"}',
    "Decimal infinity": '{" n":"-Infinity"}',
    "Decimal of a float": '{" n":1.5}',
    "Decimal of a list": '{" n":[0,[1],0]}',
    "Markup of an int": '{" m":1}',
    "a host's value of a list": '{" j":[1]}',
    "a host's value of null": '{" j":null}',
    "Markup of a list": '{" m":["<b>"]}',
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_malformed_text_raises_and_is_never_data(text):
    with pytest.raises(Exception) as caught:  # noqa: PT011, of any kind
        loads(text)

    assert not isinstance(caught.value, (RecursionError, MemoryError))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(TAGS), inner, min_size=1, max_size=1)
    ),
    max_leaves=8,
)


@examples(200)
@given(json_values)
def test_tags_around_anything_are_data_that_can_be_written_or_raise(value):
    try:
        data = loads(json.dumps(value))
    except Exception:
        return

    assert dumps(loads(dumps(data))) == dumps(data)


def test_a_tag_whose_space_another_writer_has_escaped_is_a_tag():
    assert loads('[{"\\u0020t":[1,2]}]') == [(1, 2)]
