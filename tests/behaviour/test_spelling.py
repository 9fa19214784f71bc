"""Another writer's spelling of the same data is no change, and stays as it is.

``docs/token.rst`` lets others write tokens, and not each of their JSON libraries can be
told to write as ours does.
"""

from __future__ import annotations

import pytest

from session_middleware import (
    LateSessionChange,
    SerializationError,
    SessionMiddleware,
    SignedSerializer,
)

from ..support import KEY, START, Clock, call, make_interface
from ..support.visits import names, respond
from .test_changes import Endless

NAME = "__Host-session"
SERIALIZER = SignedSerializer([KEY], "session_middleware.v1:" + NAME)
SPELLINGS = {
    "blanks": '[1800000000, 0, {"cart": [1, {"a": 2}]}]',
    "lines": '[1800000000,\n0,\n{"cart":[1,{"a":2}]}\n]',
    "unsorted-set": '[1800000000,0,{"cart":[{" s":[2,1,3]}]}]',
    "exponent": '[1800000000,0,{"cart":[1e2,1E-2,2.50]}]',
    "not-ascii": '[1800000000,0,{"cart":["é"],"naïve":1}]',
    "escaped": '[1800000000,0,{"cart":["\\u0061\\/"]}]',
    "key-twice": '[1800000000,0,{"cart":0,"n":1,"cart":[1]}]',
    "unknown-flag": '[1800000000,2,{"cart":[1]}]',
    "offset-of-z": '[1800000000,0,{"cart":[{" d":"2026-01-02T03:04:05+00:00:00"}]}]',
    "too-deep-for-ours": f'[1800000000,0,{{"cart":{"[" * 70}{"]" * 70}}}]',
}
spellings = pytest.mark.parametrize("text", SPELLINGS.values(), ids=list(SPELLINGS))


def cookie_of(text, issued=START):
    return f"{NAME}={SERIALIZER.sign(SERIALIZER.pack(text), issued)}"


@spellings
def test_a_list_that_is_only_looked_at_is_not_sent(text):
    """It was: compared was the text, which ours never had written."""
    interface = make_interface()

    answer = respond(interface, lambda s: (s["cart"], s.modified)[1], cookie_of(text))

    assert (answer.body, answer.set_cookies) == (b"False", [])
    assert names(interface) == []


@spellings
def test_a_re_issue_keeps_their_very_payload(text):
    clock = Clock()
    interface = make_interface(clock=clock)
    came = cookie_of(text)
    clock.forward(days=5)

    sent = respond(interface, lambda s: s["cart"], came)

    assert sent.cookie.split(".")[:-2] == came.split(".")[:-2]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: s["cart"].append(1), id="nested"),
        pytest.param(lambda s: s["cart"].__setitem__(0, True), id="1-to-True"),
        pytest.param(lambda s: (s["cart"], s.update(n=1)), id="assigned"),
        pytest.param(lambda s: setattr(s, "modified", s["cart"]), id="insisted"),
        pytest.param(lambda s: (s["cart"], s.regenerate()), id="regenerated"),
    ],
)
def test_a_change_is_noticed_as_ever(change):
    interface = make_interface()
    expected = []

    def use(session):
        change(session)
        expected.append(repr(dict(session)))

    sent = respond(interface, use, cookie_of(SPELLINGS["blanks"]))

    assert respond(interface, lambda s: repr(dict(s)), sent.cookie).body == (
        expected[0].encode()
    )


@pytest.mark.parametrize(
    ("text", "change", "path"),
    [
        ("blanks", lambda cart: cart.append(object()), r"\['cart'\]\[2\]"),
        ("too-deep-for-ours", lambda cart: cart.append(1), r"\['cart'\]"),
        (
            "too-deep-for-ours",
            lambda cart: cart.__setitem__(0, Endless()),
            r"\['cart'\]\[0\]: a tests",
        ),
    ],
    ids=["no-type-of-ours", "too-deep-as-it-came", "endless-in-the-place-of-that"],
)
def test_a_change_that_cannot_be_stored_is_an_error_with_its_path(text, change, path):
    with pytest.raises(SerializationError, match=path):
        respond(
            make_interface(), lambda s: change(s["cart"]), cookie_of(SPELLINGS[text])
        )


@spellings
def test_a_list_that_is_looked_at_late_is_no_late_change(text):
    def app(environ, start_response):
        session = environ["session"]
        start_response("200 OK", [])
        yield str("cart" in session).encode()
        yield str(len(session["cart"])).encode()

    answer = call(SessionMiddleware(app, make_interface()), cookie=cookie_of(text))

    assert answer.body.startswith(b"True")


def test_a_late_change_inside_a_list_is_the_only_one_that_is_said():
    def app(environ, start_response):
        session = environ["session"]
        start_response("200 OK", [])
        yield str(session["other"]).encode()
        session["cart"].append(1)

    came = cookie_of('[1800000000, 0, {"cart": [1e1], "other": [1e2]}]')
    with pytest.warns(LateSessionChange) as said:
        call(SessionMiddleware(app, make_interface()), cookie=came)

    [warning] = said
    assert "session['cart']" in str(warning.message)


def test_what_became_storable_after_it_was_put_aside_is_saved():
    def use(session):
        session["cart"] = [object()]
        session.modified = False
        session["cart"].clear()

    sent = respond(make_interface(), use)

    assert respond(make_interface(), dict, sent.cookie).body == b"{'cart': []}"
