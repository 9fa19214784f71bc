"""Inside Flask every value is stored that Flask's own sessions store."""

from __future__ import annotations

import contextlib
import enum
import functools
from collections import OrderedDict, deque
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

import flask
import pytest
from flask.json.provider import DefaultJSONProvider
from markupsafe import Markup
from werkzeug.datastructures import CombinedMultiDict, ImmutableMultiDict, MultiDict
from werkzeug.local import LocalProxy

from session_middleware import SerializationError, SessionTooLarge
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface

from ..core.test_tagged_json import fingerprint
from ..support import KEY, call, make_interface

pytestmark = pytest.mark.filterwarnings("ignore:absolute_lifetime")


def in_flasks_format():
    return FlaskSessionInterface(FlaskCookieSessionInterface)


@dataclass
class Point:
    x: int
    y: Any = None


class Unequal(dict):
    def __eq__(self, other):
        return self is other

    __hash__ = None


class UnequalTime(datetime):
    def __eq__(self, other):
        return self is other

    __hash__ = None


class Html:
    def __html__(self):
        return "<b>"


class Word(str, enum.Enum):
    A = "a"


class Patient(DefaultJSONProvider):
    """Writes a deque as a list, and leaves the keys in their order."""

    sort_keys = False

    @staticmethod
    def default(value):
        if isinstance(value, (deque, set)):
            return list(value)
        return DefaultJSONProvider.default(value)


def make_app(interface=FlaskSessionInterface, provider=DefaultJSONProvider):
    """``/?keep`` stores ``app.value``; ``app.found`` is what a view found."""
    app = flask.Flask("tests")
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    app.json = provider(app)
    if interface is not None:
        app.session_interface = interface()

    @app.route("/")
    def index():
        if "keep" in flask.request.args:
            flask.session["v"] = app.value
        app.found = dict(flask.session)
        return "ok"

    return app


def round_trip(app, value):
    """What comes back for a value in the next request."""
    app.value = value
    cookie = call(app, "/?keep").cookie
    call(app, cookie=cookie)
    return app.found["v"]


# What comes back that is not what went in, and in Flask's format too.
AS_FLASK = {
    "dataclass": Point(1, Point(2, date(2027, 1, 2))),
    "int keys": {2: "b", 1: [Point(1)]},
    "float keys": {1.5: 1},
    "None as key": {None: 1},
    "keys in a list": [{True: (1,)}],
    "Decimal NaN": Decimal("NaN"),
    "surrogate pair": "\ud83d\ude00",
    "surrogate pair as key": {"\ud83d\ude00": 1},
    "unequal dict": Unequal(a=(1, 2)),
    "unequal datetime": UnequalTime(2027, 1, 2, 3, tzinfo=timezone.utc),
    "proxy": LocalProxy(lambda: {"a": (1,)}),
    "OrderedDict of them": OrderedDict(a=Point(1)),
    "__html__": Html(),
    "request.values": CombinedMultiDict([MultiDict([("q", "a"), ("q", "b")])]),
    "request.args": ImmutableMultiDict([("q", "a"), ("q", "b")]),
    "enum of str": [Word.A],
    "in another": ([{"a": Point(1)}],),
}


@pytest.mark.parametrize(
    "interface",
    [FlaskSessionInterface, in_flasks_format],
    ids=["ours", "Flask's format"],
)
@pytest.mark.parametrize("value", AS_FLASK.values(), ids=AS_FLASK)
def test_what_ours_do_not_know_comes_back_as_flask_gives_it(value, interface):
    ours = round_trip(make_app(interface), value)

    assert fingerprint(ours) == fingerprint(round_trip(make_app(None), value))


def test_what_ours_do_know_comes_back_as_it_was_beside_it():
    kept = [{1}, date(2027, 1, 2), datetime(2027, 1, 2, 3, 4, 5, 6), Decimal("1.50")]

    back = round_trip(make_app(), [Point(1), kept, {3: time(4)}])

    assert fingerprint(back) == fingerprint([{"x": 1, "y": None}, kept, {"3": time(4)}])


def test_in_flasks_own_format_what_flasks_tags_make_of_it_comes_back():
    value = [datetime(2027, 1, 2, 3, 4, 5, 6), date(2027, 1, 2), Decimal("1.50")]

    ours = round_trip(make_app(in_flasks_format), value)

    assert fingerprint(ours) == fingerprint(round_trip(make_app(None), value))


def test_the_bytes_are_flasks_in_flasks_own_format(monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_800_000_000)
    cookies = []
    for app in (make_app(in_flasks_format), make_app(None)):
        app.value = AS_FLASK
        cookies.append(call(app, "/?keep").cookie)

    assert cookies[0] == cookies[1]


class Fails:
    @property
    def __html__(self):
        raise LookupError


REFUSED = {
    "object": object(),
    "a class that fails": [Fails()],
    "deque": [{"x": deque()}],
    "keys of two kinds": {1: 1, "a": 2},
    "bytes as key": {b"a": 1},
    "dataclass of a set": Point({1}),
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_what_flask_cannot_store_either_is_refused_with_its_path(value):
    with pytest.raises(SerializationError, match=r"^session\['v'\]"):
        round_trip(make_app(), value)


@pytest.mark.parametrize(
    "interface",
    [FlaskSessionInterface, in_flasks_format],
    ids=["ours", "Flask's format"],
)
def test_a_value_in_itself_is_refused(interface):
    loop = []
    loop.append(loop)

    with pytest.raises(SerializationError, match=r"^session\['v'\]\[1\].*in itself"):
        round_trip(make_app(interface), [Point(1), loop])


class EndlessHtml:
    def __html__(self):
        return self.__html__()


class EndlessEqual(str):
    def __eq__(self, other):
        return self == other

    __hash__ = str.__hash__


def test_a_class_that_calls_itself_without_end_is_refused_where_flask_does_too():
    with pytest.raises(SerializationError, match=r"^session\['v'\]\[2\].* without end"):
        round_trip(make_app(), [Point(1), EndlessEqual("a"), EndlessHtml()])


@pytest.mark.parametrize("value", [EndlessEqual("a"), {EndlessEqual("a"): 1}], ids=repr)
def test_what_flask_does_not_ask_for_its_equal_is_stored(value):
    ours = round_trip(make_app(), [value])

    assert fingerprint(ours) == fingerprint(round_trip(make_app(None), [value]))


def test_a_key_of_the_session_that_is_no_str_is_the_str_that_flask_makes_of_it():
    app = make_app()

    @app.route("/count")
    def counted():
        flask.session[1] = "one"
        return "ok"

    call(app, cookie=call(app, "/count").cookie)

    assert app.found == {"1": "one"}


def test_such_a_key_of_a_session_that_is_too_large_is_named():
    app = make_app()

    @app.route("/count")
    def counted():
        flask.session[1] = Point("".join(map(str, range(9999))))
        return "ok"

    with pytest.raises(SessionTooLarge, match="largest keys are '1'"):
        call(app, "/count")


def test_an_odd_value_in_itself_is_refused():
    loop = Unequal()
    loop["x"] = loop

    with pytest.raises(SerializationError, match="not equal"):
        round_trip(make_app(), loop)


# -- the app's own JSON -------------------------------------------------------


def test_the_app_s_own_json_stores_what_nothing_else_knows():
    back = round_trip(make_app(provider=Patient), [deque([1, 2]), {3}, (4,)])

    assert fingerprint(back) == fingerprint([[1, 2], {3}, (4,)])


def test_keys_keep_the_order_that_the_app_s_json_leaves_them_in():
    back = round_trip(make_app(provider=Patient), {"b": 1, 3: 2, "a": 3})

    assert [*back.items()] == [("b", 1), ("3", 2), ("a", 3)]


def test_what_only_the_app_s_json_knows_is_no_late_change():
    """When a stream ends, Flask's own functions no longer know the app."""
    app = make_app(provider=Patient)

    @app.route("/stream")
    def stream():
        flask.session["v"] = deque([1])
        return iter([b"one", b"two"])

    answer = call(app, "/stream")
    call(app, cookie=answer.cookie)

    assert app.found == {"v": [1]}


def test_what_was_only_looked_at_is_not_sent_again():
    app = make_app()
    app.value = {"point": Point(1)}
    cookie = call(app, "/?keep").cookie

    assert call(app, cookie=cookie).set_cookies == []


def test_an_interface_that_opens_a_session_elsewhere_stores_them_too():
    interface = make_interface()
    call(make_app(lambda: FlaskSessionInterface(lambda config: interface)))
    environ = {"wsgi.url_scheme": "https"}

    session = interface.load(environ)
    session["v"] = Point(1)
    headers = interface.commit(environ, session, "200 OK", [])

    cookie = dict(headers)["Set-Cookie"].partition(";")[0]
    again = interface.load({**environ, "HTTP_COOKIE": cookie})
    assert dict(again) == {"v": {"x": 1, "y": None}}


def test_a_stack_that_is_almost_full_loses_no_session():
    deep = functools.reduce(lambda inner, _: [inner], range(55), {1: Point(1)})
    app = make_app()

    def use_up(frames, value):
        if frames:
            return use_up(frames - 1, value)
        with app.test_request_context("/?keep"):
            flask.session["v"] = value
            interface = app.session_interface
            response = app.response_class()
            interface.save_session(app, flask.session._get_current_object(), response)
            return response.headers["Set-Cookie"].partition(";")[0]

    last = 0
    with contextlib.suppress(RecursionError):
        while use_up(last, 1):
            last += 1

    for frames in range(20, 100, 4):
        call(app, cookie=use_up(last - frames, deep))
        back = app.found["v"]
        assert str(back).strip("[]") == "{'1': {'x': 1, 'y': None}}"


def test_a_value_that_changes_the_session_whenever_it_is_written_is_stored():
    app = make_app()

    class Counts:
        def __html__(self):
            flask.session[f"n{len(flask.session)}"] = 1
            return ""

    back = round_trip(app, [Counts(), Point(1)])

    assert back == ["", {"x": 1, "y": None}]


def test_a_flashed_message_that_is_lazy_is_markup_as_in_flask():
    app = make_app()

    @app.route("/flash")
    def flashes():
        flask.flash(Html())
        return "ok"

    @app.route("/shown")
    def shown():
        [message] = flask.get_flashed_messages()
        return f"{message}{isinstance(message, Markup)}"

    assert call(app, "/shown", cookie=call(app, "/flash").cookie).body == b"<b>True"
