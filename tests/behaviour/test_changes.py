"""A change is noticed wherever it is made, and what is no change is not saved."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from session_middleware import SerializationError, SessionMiddleware

from ..support import Clock, call, make_interface, visits
from ..support.visits import respond, stored

DATA = {
    "n": 1,
    "cart": [1, [2], {"x": 3}],
    "prefs": {"a": 1, "deep": {"list": []}},
    "seen": {1, 2},
    "pair": ("x", ["y"]),
}


class Visitor(visits.Visitor):
    """One whose session holds something."""

    def __init__(self, **data):
        super().__init__(make_interface())
        if data:
            self.visit(lambda s: s.update(copy.deepcopy(data)))

    def data(self):
        """What the session holds in the next request."""
        return self.look(dict)


HANDED_OUT = {
    "[]": lambda s: s["cart"],
    "get": lambda s: s.get("cart"),
    "items": lambda s: dict(s.items())["cart"],
    "values": lambda s: next(value for value in s.values() if type(value) is list),
    "setdefault": lambda s: s.setdefault("cart", []),
    "copy": lambda s: s.copy()["cart"],
    "copy.copy": lambda s: copy.copy(s)["cart"],
    "dict": lambda s: dict(s)["cart"],
    "**": lambda s: {**s}["cart"],
    "|": lambda s: (s | {})["cart"],
    "| from the right": lambda s: ({} | s)["cart"],
    "update of a dict": lambda s: _updated(s)["cart"],
    "iteration": lambda s: next(s[key] for key in s if key == "cart"),
    "match": lambda s: _matched(s),
}


def _updated(session):
    other = {}
    other.update(session)
    return other


def _matched(session):
    match session:
        case {"cart": cart}:
            return cart


@pytest.mark.parametrize("take", HANDED_OUT.values(), ids=HANDED_OUT)
def test_a_nested_change_is_noticed_however_it_was_handed_out(take):
    visitor = Visitor(**DATA)

    changed = visitor.visit(lambda s: take(s).append("more"))

    assert len(changed.set_cookies) == 1
    assert visitor.data()["cart"] == [*DATA["cart"], "more"]


@pytest.mark.parametrize("take", HANDED_OUT.values(), ids=HANDED_OUT)
def test_handing_out_is_no_change(take):
    visitor = Visitor(**DATA)

    read = visitor.visit(take)

    assert read.set_cookies == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: s["cart"][1].append(3), id="list in a list"),
        pytest.param(lambda s: s["cart"][2].update(x=4), id="dict in a list"),
        pytest.param(lambda s: s["cart"].reverse(), id="order of a list"),
        pytest.param(lambda s: s["prefs"].update(b=2), id="dict"),
        pytest.param(lambda s: s["prefs"].pop("a"), id="key of a dict gone"),
        pytest.param(lambda s: s["prefs"].update(a=True), id="1 to True"),
        pytest.param(lambda s: s["prefs"].update(a=1.0), id="1 to 1.0"),
        pytest.param(lambda s: s["prefs"]["deep"]["list"].append(0), id="three deep"),
        pytest.param(lambda s: s["seen"].add(3), id="set"),
        pytest.param(lambda s: s["seen"].discard(1), id="member of a set gone"),
        pytest.param(lambda s: s["pair"][1].append("z"), id="list in a tuple"),
        pytest.param(lambda s: s.update(n=s.pop("cart")), id="moved"),
    ],
)
def test_a_change_is_noticed_in_every_container(change):
    visitor = Visitor(**DATA)
    expected = copy.deepcopy(DATA)
    change(expected)

    changed = visitor.visit(change)

    assert len(changed.set_cookies) == 1
    assert repr(visitor.data()) == repr(expected)


def test_a_container_that_was_just_put_in_is_saved_as_it_is_at_the_end():
    visitor = Visitor(n=1)

    def use(session):
        cart = session["cart"] = [1]
        session.setdefault("other", []).append(2)
        cart.append(3)

    visitor.visit(use)

    assert visitor.data() == {"n": 1, "cart": [1, 3], "other": [2]}


def test_a_nested_change_that_is_taken_back_is_none():
    visitor = Visitor(**DATA)

    def use(session):
        session["cart"].append(1)
        session["cart"].pop()

    assert visitor.visit(use).set_cookies == []


NO_CHANGES = {
    "int": lambda s: s.update(n=1),
    "list": lambda s: s.update(cart=[1, [2], {"x": 3}]),
    "the same list": lambda s: s.update(cart=s["cart"]),
    "set": lambda s: s.update(seen={2, 1}),
    "tuple": lambda s: s.update(pair=("x", ["y"])),
    "back and forth": lambda s: (s.update(n=2), s.update(n=1)),
    "new and gone": lambda s: (s.update(x=2), s.pop("x")),
    "permanent": lambda s: setattr(s, "permanent", False),
    "permanent back": lambda s: (
        setattr(s, "permanent", True),
        setattr(s, "permanent", False),
    ),
    "pop of nothing": lambda s: s.pop("missing", None),
    "setdefault of what is there": lambda s: s.setdefault("n", 5),
    "|= of what is there": lambda s: s.__ior__({"n": 1}),
    "|": lambda s: s | {"n": 2},
}


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_what_is_there_already_is_no_change(change):
    visitor = Visitor(**DATA)

    assert visitor.visit(change).set_cookies == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1, True),
        (True, 1),
        (1, 1.0),
        (1.0, 1),
        (0.0, -0.0),
        (0, False),
        ("", None),
        ("1", 1),
        ("a", b"a"),
        ((1,), [1]),
        ({1}, frozenset({1})),
        ({"a": 1}, {"a": True}),
    ],
    ids=repr,
)
def test_a_value_of_another_type_is_a_change_even_if_it_is_equal(before, after):
    visitor = Visitor(x=before)

    changed = visitor.visit(lambda s: s.update(x=after))

    assert len(changed.set_cookies) == 1
    assert repr(visitor.data()) == repr({"x": after})


CHANGES = {
    "set": (lambda s: s.__setitem__("x", 1), {"n": 1, "m": 2, "x": 1}),
    "replace": (lambda s: s.__setitem__("n", 2), {"n": 2, "m": 2}),
    "del": (lambda s: s.__delitem__("m"), {"n": 1}),
    "pop": (lambda s: s.pop("m"), {"n": 1}),
    "setdefault": (lambda s: s.setdefault("x", 3), {"n": 1, "m": 2, "x": 3}),
    "update": (lambda s: s.update({"n": 5}, m=6), {"n": 5, "m": 6}),
    "|=": (lambda s: s.__ior__({"n": 5}), {"n": 5, "m": 2}),
}


@pytest.mark.parametrize(("change", "after"), CHANGES.values(), ids=CHANGES)
def test_every_way_of_writing_is_saved(change, after):
    visitor = Visitor(n=1, m=2)
    looks = []

    changed = visitor.visit(lambda s: (change(s), looks.append(s.modified)))

    assert len(changed.set_cookies) == 1
    assert looks == [True]
    assert visitor.data() == after


def test_an_augmented_assignment_keeps_the_session():
    kept = []

    def app(environ, start_response):
        before = environ["session"]
        environ["session"] |= {"x": 1}
        kept.append(environ["session"] is before)
        start_response("200 OK", [])
        return []

    answer = call(SessionMiddleware(app, make_interface()))

    assert kept == [True]
    assert len(answer.set_cookies) == 1


def test_modified_set_to_true_sends_what_did_not_change():
    visitor = Visitor(**DATA)

    sent = visitor.visit(lambda s: setattr(s, "modified", True))

    assert len(sent.set_cookies) == 1
    assert visitor.data() == DATA


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: (s.update(n=2), s["cart"].append(5)), id="changes"),
        pytest.param(lambda s: s.invalidate(), id="invalidation"),
    ],
)
def test_modified_set_to_false_takes_back_what_was_done_so_far(change):
    visitor = Visitor(**DATA)

    def use(session):
        change(session)
        session.modified = False
        return session.modified, session.invalidated

    dropped = visitor.visit(use)

    assert dropped.body == b"(False, False)"
    assert dropped.set_cookies == []
    assert visitor.data() == DATA


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(lambda s, cart: s.update(n=3), id="set"),
        pytest.param(lambda s, cart: s.pop("seen"), id="pop"),
        pytest.param(lambda s, cart: s["cart"].append(6), id="nested"),
        pytest.param(lambda s, cart: cart.append(6), id="nested, held before"),
    ],
)
def test_a_change_after_modified_was_set_to_false_is_saved(later):
    visitor = Visitor(**DATA)
    expected = []

    def use(session):
        cart = session["cart"]
        session["prefs"] = {}
        session.modified = False
        later(session, cart)
        expected.append(copy.deepcopy(dict(session)))
        return session.modified

    saved = visitor.visit(use)

    assert saved.body == b"True"
    assert visitor.data() == expected[0]


def test_what_was_put_in_before_modified_was_set_to_false_is_watched_too():
    visitor = Visitor(**DATA)

    def use(session):
        cart = session["cart"] = []
        session.modified = False
        cart.append("more")

    visitor.visit(use)

    assert visitor.data()["cart"] == ["more"]


def test_what_cannot_be_stored_is_no_error_if_modified_is_set_to_false():
    visitor = Visitor(**DATA)

    def use(session):
        session["n"] = object()
        session.modified = False
        return list(session["cart"])

    assert visitor.visit(use).set_cookies == []
    assert visitor.data() == DATA


def test_a_drop_is_not_undone_by_a_due_re_issue():
    visitor = Visitor(**DATA)

    def use(session):
        session["n"] = 2
        session.modified = False
        return session["cart"]

    visitor.interface = make_interface(refresh_after=timedelta(0))

    assert len(visitor.visit(use).set_cookies) == 1
    assert visitor.data() == DATA


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda s: s.update(x=object()), "session['x']"),
        (lambda s: s["cart"].append(object()), "session['cart'][3]"),
        (lambda s: s["prefs"]["deep"].update(y=1j), "session['prefs']['deep']['y']"),
        (lambda s: s.update(x=float("nan")), "session['x']"),
        (lambda s: s.__setitem__(1, 2), "session"),
    ],
    ids=["new", "nested", "deep", "nan", "key"],
)
def test_what_cannot_be_stored_is_an_error_with_its_path(change, path):
    visitor = Visitor(**DATA)

    with pytest.raises(SerializationError) as caught:
        visitor.visit(change)

    assert str(caught.value).startswith(path + ":")
    assert visitor.data() == DATA


class Endless:
    def __eq__(self, other):
        return self == other

    __hash__ = None


class Anything:
    """Equal to all, as ``unittest.mock.ANY``."""

    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize("kind", [Endless, Anything])
def test_what_cannot_be_stored_is_never_asked_whether_it_is_what_came(kind):
    """Asked, one was a RecursionError, and the other was lost without a word."""
    visitor = Visitor(**DATA)

    with pytest.raises(SerializationError) as caught:
        visitor.visit(lambda s: s["cart"].__setitem__(1, kind()))

    assert caught.value.path == ("cart", 1)
    assert visitor.data() == DATA


def test_an_emptying_that_is_taken_back_is_re_issued_as_it_came():
    clock = Clock()
    interface = make_interface(clock=clock)
    cookie = stored(interface, user="ann")
    clock.forward(days=5)

    def use(session):
        session.clear()
        session.modified = False

    answer = respond(interface, use, cookie=cookie)

    assert respond(interface, dict, cookie=answer.cookie).body == b"{'user': 'ann'}"


def test_the_keys_of_what_is_too_large_to_compare_are_all_named():
    interface = make_interface()

    def use(session):
        session["big"] = "x" * 70_000
        session.modified = False
        session["small"] = 1

    answer = respond(interface, use, status="500 Internal Server Error")

    [(name, facts)] = interface.events
    assert answer.set_cookies == []
    assert (name, facts["keys"]) == ("not_saved", ["big", "small"])
