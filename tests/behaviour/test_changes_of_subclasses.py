"""A value of a subclass is saved, and told from what is there by what is written."""

from __future__ import annotations

import enum
from collections import OrderedDict, defaultdict, namedtuple

import pytest

from .test_changes import Visitor


class Word(str, enum.Enum):
    RED = "red"
    ONE = "1"


Pair = namedtuple("Pair", "x y")
SUBCLASSES = {
    "str": ("red", Word.RED),
    "int": (1, type("Number", (int,), {})(1)),
    "dict": ({"a": [1]}, OrderedDict(a=[1])),
    "tuple": (("x", ["y"]), Pair("x", ["y"])),
    "nested": ({"a": [("x", "red")]}, defaultdict(list, a=[Pair("x", Word.RED)])),
}


@pytest.mark.parametrize(("base", "value"), SUBCLASSES.values(), ids=SUBCLASSES)
def test_from_a_base_to_its_subclass_and_back_is_no_change(base, value):
    visitor = Visitor(x=base)

    assert visitor.visit(lambda s: s.update(x=value)).set_cookies == []
    assert (
        visitor.visit(lambda s: (s.update(x=value), s.update(x=base))).set_cookies == []
    )
    assert repr(visitor.data()) == repr({"x": base})


@pytest.mark.parametrize(("base", "value"), SUBCLASSES.values(), ids=SUBCLASSES)
def test_a_subclass_in_the_place_of_something_else_is_a_change(base, value):
    visitor = Visitor(x="other")

    assert len(visitor.visit(lambda s: s.update(x=value)).set_cookies) == 1
    assert repr(visitor.data()) == repr({"x": base})


def test_a_subclass_is_watched_for_changes_inside():
    visitor = Visitor(n=1)

    def use(session):
        session["cart"] = cart = defaultdict(list)
        session.modified = False
        cart["pears"].append(1)

    visitor.visit(use)

    assert visitor.data() == {"n": 1, "cart": {"pears": [1]}}


def test_a_key_of_a_subclass_is_the_key_that_is_there():
    visitor = Visitor(red=1)

    visitor.visit(lambda s: s.update({Word.RED: 2, Word.ONE: 3}))

    assert repr(visitor.data()) == repr({"red": 2, "1": 3})


def test_what_a_lazy_value_writes_into_the_session_when_it_is_written_is_saved():
    visitor = Visitor(n=1)

    class Lazy:
        def __init__(self, session):
            self.session = session

        def __html__(self):
            self.session["language"] = "nl"
            return "dag"

    visitor.visit(lambda s: s.update(message=Lazy(s)))

    assert visitor.data() == {"n": 1, "message": "dag", "language": "nl"}
