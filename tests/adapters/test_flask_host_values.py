"""What only Flask stores, in a token of ours: NaN, many levels, an app's own tags.

It is in the token as Flask's own JSON, which others keep and do not read.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import math
import pickle
from collections import OrderedDict, defaultdict
from dataclasses import replace
from datetime import date

import flask
import pytest
from flask.json.provider import DefaultJSONProvider
from flask.json.tag import JSONTag
from flask.sessions import session_json_serializer

from session_middleware import SecureCookieSessionInterface, SessionMiddleware
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.flask import FlaskCookies, FlaskCookieSessionInterface
from session_middleware.tokens.listed_types import HostValue

from ..core.test_tagged_json import fingerprint
from ..support import KEY, call, make_interface
from .test_flask_values import Patient, Point, make_app, round_trip

pytestmark = pytest.mark.filterwarnings("ignore:absolute_lifetime")


class TagOrderedDict(JSONTag):
    key = " od"

    def check(self, value):
        return isinstance(value, OrderedDict)

    def to_json(self, value):
        return [[key, self.serializer.tag(item)] for key, item in value.items()]

    def to_python(self, value):
        return OrderedDict(value)


class TagComplex(JSONTag):
    key = " c"

    def check(self, value):
        return isinstance(value, complex)

    def to_json(self, value):
        return [value.real, value.imag]

    def to_python(self, value):
        return complex(*value)


@pytest.fixture
def tags(monkeypatch):
    """Flask's own serializer, with two tags of the app's until the test ends."""
    monkeypatch.setattr(
        session_json_serializer, "tags", {**session_json_serializer.tags}
    )
    monkeypatch.setattr(
        session_json_serializer, "order", [*session_json_serializer.order]
    )
    serializer = FlaskSessionInterface().serializer
    serializer.register(TagOrderedDict, index=0)
    serializer.register(TagComplex)


def nested(levels, wrap=lambda inner: [inner], core=1):
    return functools.reduce(lambda inner, _: wrap(inner), range(levels), core)


NUMBERS = {
    "NaN": math.nan,
    "infinities": [math.inf, -math.inf],
    "NaN in all": {"a": [(math.nan, {" j": math.nan})]},
    "NaN in a dataclass": Point(math.nan, {2: math.nan}),
}
DEEP = {
    "64 lists": nested(64),
    "65 lists": nested(65),
    "100 tuples": nested(100, lambda inner: (inner,)),
    "200 dicts": nested(200, lambda inner: {"a": inner, "b": (1,)}),
    "dicts that look like tags": nested(90, lambda inner: {" j": inner}),
    "a dataclass at the bottom": nested(63, core=Point(1, [[1]])),
    "dates below": nested(70, core=date(2027, 1, 2)),
}
AS_FLASK = {**NUMBERS, **DEEP}


@pytest.mark.parametrize("value", AS_FLASK.values(), ids=AS_FLASK)
@pytest.mark.parametrize("provider", [DefaultJSONProvider, Patient])
def test_it_comes_back_as_flask_gives_it(value, provider):
    ours = round_trip(make_app(provider=provider), value)

    flasks = round_trip(make_app(None, provider), value)
    assert fingerprint(ours) == fingerprint(flasks)


def test_so_it_does_from_an_encrypted_cookie():
    app = make_app(lambda: FlaskSessionInterface(EncryptedCookieSessionInterface))

    assert str(round_trip(app, [math.nan])) == "[nan]"


def test_what_ours_keep_is_kept_as_it_is_beside_it():
    back = round_trip(make_app(), [{1, 2}, date(2027, 1, 2), math.nan])

    assert fingerprint(back) == fingerprint([{1, 2}, date(2027, 1, 2), math.nan])


def test_of_a_json_that_has_no_nan_it_is_what_that_makes_of_it():
    class NoNaN(DefaultJSONProvider):
        def dumps(self, value, **options):
            text = super().dumps(value, **options)
            return text.replace("NaN", "null").encode()  # bytes, as orjson's

    assert round_trip(make_app(provider=NoNaN), [math.nan]) == [None]
    assert round_trip(make_app(provider=NoNaN), nested(70)) == nested(70)


def test_what_was_only_looked_at_is_not_sent_again(tags):
    app = make_app()
    app.add_url_rule("/look", "look", lambda: repr(flask.session["v"]["deep"]))
    app.value = {"number": math.nan, "deep": nested(99), "complex": 1j}
    cookie = call(app, "/?keep").cookie

    assert call(app, "/look", cookie=cookie).set_cookies == []


def test_a_change_beside_it_is_saved_and_it_stays():
    app = make_app()

    @app.route("/change")
    def change():
        flask.session["v"]["b"].append(nested(80))
        return "ok"

    app.value = {"a": [math.nan], "b": []}
    cookie = call(app, "/?keep").cookie
    call(app, cookie=call(app, "/change", cookie=cookie).cookie)

    assert str(app.found["v"]) == str({"a": [math.nan], "b": [nested(80)]})


def test_flasks_own_cookie_moves_in_with_it():
    app = make_app(None)
    app.value = [math.nan, nested(80)]
    old = call(app, "/?keep").cookie

    def accepting(config):
        config = replace(config, cookie_name="ours", accept=[FlaskCookies(KEY)])
        return SecureCookieSessionInterface(config)

    ours = make_app(lambda: FlaskSessionInterface(accepting))
    moved, _ = call(ours, cookie=old).set_cookies
    call(ours, cookie=moved.partition(";")[0])

    assert str(ours.found["v"]) == str(app.value)


@pytest.mark.parametrize("core", [object(), "itself"], ids=["an object", "itself"])
def test_what_flask_cannot_store_either_is_refused_at_any_depth(core):
    value = nested(70, core=core)
    if core == "itself":
        value = []
        value.append(value)
    app = make_app()

    with pytest.raises(TypeError, match=r"^session\['v'\].*more than 64 levels"):
        round_trip(app, value)


# -- an app's own tags --------------------------------------------------------

TAGGED = {
    "unknown to ours": [1j, (2j,)],
    "equal to what ours know": [OrderedDict(a=1, b=[OrderedDict()])],
    "in each other": OrderedDict(a=1j, b=(Point(1, OrderedDict()),)),
    "with NaN": OrderedDict(a=math.nan),
    "deep": nested(80, core=1j),
}


@pytest.mark.usefixtures("tags")
@pytest.mark.parametrize("value", TAGGED.values(), ids=TAGGED)
def test_what_an_app_s_own_tag_stores_comes_back_by_it(value):
    ours = round_trip(make_app(), value)

    assert fingerprint(ours) == fingerprint(round_trip(make_app(None), value))


@pytest.mark.usefixtures("tags")
def test_what_no_tag_of_the_app_s_knows_is_stored_as_ever():
    value = [{1}, date(2027, 1, 2), {3: Point(1)}, defaultdict(list, a=[1])]

    back = round_trip(make_app(), value)

    kept = [{1}, date(2027, 1, 2), {"3": {"x": 1, "y": None}}, {"a": [1]}]
    assert fingerprint(back) == fingerprint(kept)


def test_what_cannot_be_read_any_more_raises_nothing(tags, monkeypatch):
    """As when a tag is gone with the extension that registered it, or has changed."""
    app = make_app()
    app.value = [1j, 2]
    cookie = call(app, "/?keep").cookie
    monkeypatch.setattr(TagComplex, "to_python", lambda self, value: 1 / 0)

    call(app, cookie=cookie)

    assert app.found["v"] == [HostValue('{" c":[0.0,1.0]}'), 2]


@pytest.mark.usefixtures("tags")
def test_in_flasks_own_format_an_app_s_tags_are_not_known():
    app = make_app(lambda: FlaskSessionInterface(FlaskCookieSessionInterface))

    assert fingerprint(round_trip(app, OrderedDict(a=1))) == fingerprint({"a": 1})
    with pytest.raises(TypeError, match=r"complex cannot be stored"):
        round_trip(app, 1j)


# -- the stack ----------------------------------------------------------------


def test_a_stack_that_is_almost_full_reads_it_too():
    app = make_app()
    app.value = [nested(150), math.nan]
    cookie = call(app, "/?keep").cookie
    found = []

    def use_up(frames):
        if frames:
            use_up(frames - 1)
            return
        with app.test_request_context(headers={"Cookie": cookie}):
            found.append(flask.session["v"])

    last = 0
    with contextlib.suppress(RecursionError):
        while True:
            use_up(last)
            last += 1

    assert last > 500
    assert {str(each) for each in found} == {str(app.value)}


# -- outside of Flask ---------------------------------------------------------


def shared(interface=None):
    """A Flask app and another, with one interface: they share a session."""
    interface = interface or make_interface(cookie_name="shared", cookie_secure=False)
    app = make_app(lambda: FlaskSessionInterface(lambda config: interface))

    def other(environ, start_response):
        session = environ["session"]
        session["seen"] = True
        body = repr([session["v"], session.status])
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body.encode()]

    plain = make_interface(cookie_name="shared", cookie_secure=False)
    return app, SessionMiddleware(other, plain)


def test_outside_of_flask_it_is_kept_and_the_rest_of_its_session_is_read():
    app, other = shared()
    app.value = [math.nan, nested(80), "text"]

    answer = call(other, cookie=call(app, "/?keep").cookie)
    call(app, cookie=answer.cookie)

    assert answer.body.startswith(b"[[<a value that only its host can read>, [[[")
    assert answer.body.endswith(b"'text'], 'ok']")
    assert app.found["seen"] is True
    assert str(app.found["v"]) == str(app.value)


@pytest.mark.parametrize(
    "value", [{" j": "NaN"}, [{" j": "[1]"}, '{" j":"NaN"}', " j"]], ids=repr
)
def test_what_only_looks_like_it_is_not_taken_for_it(value):
    app, other = shared()

    assert round_trip(app, value) == value
    assert repr(value).encode() in call(other, cookie=call(app, "/?keep").cookie).body


def test_a_host_s_value_is_a_value_and_shows_nothing():
    value = HostValue("[1]")

    assert value == HostValue("[1]") != HostValue("[2]")
    assert value != "[1]"
    assert len({value, HostValue("[1]"), copy.deepcopy(value)}) == 1
    assert pickle.loads(pickle.dumps(value)) == value
    assert "1" not in repr(value)
    with pytest.raises(TypeError):
        json.dumps(value)
