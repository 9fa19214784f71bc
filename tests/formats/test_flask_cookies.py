"""Flask's cookies, read and written: one login for a Flask app and any other."""

from __future__ import annotations

import contextlib
import functools
import hashlib
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from markupsafe import Markup

from session_middleware import (
    ConfigurationError,
    SerializationError,
    SessionConfig,
    SessionMiddleware,
    SessionTooLarge,
    SignedSerializer,
)
from session_middleware.formats.flask import (
    FlaskCookieSessionInterface,
    FlaskSerializer,
)

from ..adapters import host
from ..adapters.host import HostBehaviour
from ..support import KEY, OTHER_KEY, START
from ..support import make_interface as make
from ..visits import kind, log_out, names, respond, stored, touch
from .flask_apps import (
    clock,  # noqa: F401, a fixture
    flask_app,
    flask_data,
    flask_reads,
    flask_writes,
)

make_interface = functools.partial(
    make, FlaskCookieSessionInterface, absolute_lifetime=None
)

EVERYTHING = {
    "none": None,
    "bool": True,
    "int": -(10**20),
    "float": 0.1,
    "text": "é 🍪 \ud800 \x00 </script>",
    "list": [1, [2.0, (3,)], {}],
    "tuple": (1, (), [None]),
    "bytes": b"\x00\xff.",
    "markup": Markup("<b>&amp;</b>"),
    "uuid": UUID("12345678123456781234567812345678"),
    "when": datetime(2026, 2, 28, 23, 59, 59, tzinfo=timezone.utc),
    "dict": {"b": {"a": 1, "": 2}, "a": ()},
    "like a tag": {" t": "not a tuple"},
    "like an escape": {" di": {" t__": [1]}},
    "unknown tag": {" zz": 1},
}
WRITTEN = ascii(
    {key: EVERYTHING[key] for key in sorted(EVERYTHING)}
    | {"dict": {"a": (), "b": {"": 2, "a": 1}}}
)


def found(interface, cookie):
    """The repr, which tells all types, of what an app finds in its session."""
    return respond(interface, lambda s: ascii(dict(s)), cookie).body.decode()


# -- what each writes, the other reads ------------------------------------


def test_ours_reads_what_a_flask_app_writes():
    cookie = flask_writes(flask_app(), EVERYTHING)

    assert found(make_interface(), cookie) == WRITTEN


def test_a_flask_app_reads_what_ours_writes():
    cookie = stored(make_interface(), **EVERYTHING)

    seen = flask_reads(flask_app(), cookie)

    assert ascii(seen.data) == WRITTEN


def test_both_write_the_same_bytes_at_the_same_second(clock):  # noqa: F811
    ours = stored(make_interface(clock=clock), **EVERYTHING)

    assert ours == flask_writes(flask_app(), EVERYTHING)
    assert ours.startswith("session=.eJ")


def test_a_cookie_of_flask_3_1_is_pinned():
    data = {"user": "ada", "cart": (1, 2)}
    cookie = (
        "session=eyJfcGVybWFuZW50Ijp0cnVlLCJjYXJ0Ijp7IiB0IjpbMSwyXX0sInVzZXIiOiJhZGEifQ"
        ".a0nSAA.nQ8rU7azc8C8xgoDZ6sPMgTixmQ"
    )

    written = respond(make_interface(permanent=True), lambda s: s.update(data))

    assert written.cookie == cookie
    assert flask_writes(flask_app(), data, permanent=True) == cookie
    assert found(make_interface(), cookie) == "{'cart': (1, 2), 'user': 'ada'}"


@given(data=flask_data)
def test_any_data_is_the_same_bytes_in_both_and_comes_back(data):
    app = flask_app()
    theirs = app.session_interface.get_signing_serializer(app)
    ours = FlaskSerializer([KEY], "cookie-session", hashlib.sha1)

    token = ours.sign(ours.pack(ours.encode(0, False, data)), START)

    payload, issued, _ = ours.verify(token)
    with app.app_context():  # for its settings of JSON
        assert theirs.dump_payload(data) == token.rsplit(".", 2)[0].encode()
    assert repr(theirs.loads(token)) == repr(ours.decode(payload)[2])
    assert sorted_repr(ours.decode(payload)[2]) == sorted_repr(data)
    assert issued == ours.decode(payload)[0] == START


def sorted_repr(value):
    """The repr with all dicts in order, as both write them."""
    if type(value) is dict:
        return repr([(key, sorted_repr(value[key])) for key in sorted(value)])
    if type(value) in (list, tuple):
        return f"{type(value)} {[sorted_repr(item) for item in value]}"
    return repr(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")], ids=str)
def test_floats_that_json_has_no_word_for_are_flasks_own(value):
    cookie = stored(make_interface(), x=value)

    assert repr(flask_reads(flask_app(), cookie).data) == repr({"x": value})
    assert found(make_interface(), cookie) == repr({"x": value})


# -- permanent ------------------------------------------------------------


def remember(session):
    session.permanent = True
    session["user"] = "ada"


def test_permanent_is_a_key_of_the_cookie_and_not_of_the_session(clock):  # noqa: F811
    interface = make_interface(clock=clock)

    answer = respond(interface, remember)

    assert "Max-Age=1209600" in answer.set_cookies[0]
    assert answer.cookie == flask_writes(flask_app(), {"user": "ada"}, permanent=True)
    seen = flask_reads(flask_app(), answer.cookie)
    assert seen.data == {"_permanent": True, "user": "ada"}
    assert found(interface, answer.cookie) == "{'user': 'ada'}"
    assert respond(interface, lambda s: s.permanent, answer.cookie).body == b"True"


def test_permanent_is_taken_back_in_both():
    cookie = flask_writes(flask_app(), {"n": 1}, permanent=True)

    answer = respond(make_interface(), lambda s: setattr(s, "permanent", False), cookie)

    assert flask_reads(flask_app(), answer.cookie).permanent is False
    assert flask_reads(flask_app(), answer.cookie).data == {"n": 1}


def test_the_key_that_flask_keeps_permanent_in_is_not_the_apps():
    with pytest.raises(
        SerializationError, match=r"session\['_permanent'\]: .*set that"
    ):
        respond(make_interface(), lambda s: s.update(_permanent=True))


def test_reading_what_flask_wrote_in_another_way_writes_nothing():
    # Its JSON may be set to the data's own order, and a taken back permanent stays.
    app = flask_app()
    app.json.sort_keys = False
    app.json.ensure_ascii = False
    cookie = flask_writes(app, {"z": [1], "a": {"é": []}, "_permanent": False})

    answer = respond(make_interface(), lambda s: (s["z"], s["a"]), cookie)

    assert answer.body == "([1], {'é': []})".encode()
    assert answer.set_cookies == []


# -- what Flask would not give back ---------------------------------------


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
    "IntEnum": Colour.RED,
    "namedtuple": Point(1),
    "str subclass": Text("x"),
    "has __html__": Html(),
    "Markup subclass": type("Sub", (Markup,), {})("x"),
    "bytearray": bytearray(b"x"),
    "object": object(),
    "int key": {1: 1},
    "None key": {None: 1},
    "surrogate pair": "\ud83c\udf6a",
    "surrogate pair as key": {"\ud83c\udf6a": 1},
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=list(REFUSED))
def test_what_flask_would_not_give_back_is_refused_by_its_path(value):
    with pytest.raises(SerializationError) as caught:
        respond(make_interface(), lambda s: s.update(cart=[0, {"x": value}]))

    assert str(caught.value).startswith("session['cart'][1]['x']")


def test_an_int_that_cannot_be_read_back_is_refused():
    with pytest.raises(SerializationError, match="too many digits"):
        respond(make_interface(), lambda s: s.update(n=10**5000))


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


# -- keys, tampering, time ------------------------------------------------


def test_a_fallback_key_of_either_is_read_by_the_other():
    before = flask_writes(flask_app(OTHER_KEY), {"n": 1})
    ours = make_interface(secret_key_fallbacks=[OTHER_KEY])
    theirs = flask_app(SECRET_KEY_FALLBACKS=[OTHER_KEY])

    answer = respond(ours, touch, before)

    assert flask_reads(flask_app(KEY), answer.cookie).data == {"n": 1}
    assert names(ours) == ["old_key"]
    old = stored(make_interface(secret_key=OTHER_KEY))
    assert flask_reads(theirs, old).data == {"n": 1}


@pytest.mark.parametrize("key", ["dev", b"\xff\x00", "ключ", b"k" * 200])
def test_a_key_that_flask_takes_is_taken_if_it_is_said_to_be_weak(key):
    interface = make_interface(secret_key=key, allow_weak_secret=True)

    assert found(interface, flask_writes(flask_app(key), {"n": 1})) == "{'n': 1}"
    with pytest.raises(ConfigurationError, match="allow_weak_secret=True"):
        make_interface(secret_key="dev")


def test_no_changed_character_passes():
    interface = make_interface()
    name, _, value = stored(interface, user="ada").partition("=")
    serializer = interface.make_serializer(name)

    for index, letter in enumerate(value):
        other = "A" if letter != "A" else "B"
        changed = f"{name}={value[:index]}{other}{value[index + 1 :]}"
        assert found(interface, changed) == "{}"
        assert flask_reads(flask_app(), changed).data == {} or index == len(value) - 1
        assert found(interface, f"{name}={value[:index]}") == "{}"
    assert serializer.verify(value)[1] == START


def test_the_limits_hold_from_the_issue_time(clock):  # noqa: F811
    interface = make_interface(clock=clock)
    cookie = stored(interface)
    clock.forward(days=14)
    last = found(interface, cookie)
    clock.forward(seconds=1)

    assert (last, found(interface, cookie)) == ("{'n': 1}", "{}")
    assert names(interface) == ["expired"]


def test_flask_ends_ours_after_its_own_lifetime(clock):  # noqa: F811
    app = flask_app(PERMANENT_SESSION_LIFETIME=timedelta(hours=1))
    cookie = stored(make_interface(clock=clock))
    clock.forward(hours=1)
    last = flask_reads(app, cookie).data
    clock.forward(seconds=1)

    assert (last, flask_reads(app, cookie).data) == ({"n": 1}, {})


def test_a_refresh_keeps_flasks_payload_and_moves_the_creation_time(clock):  # noqa: F811
    interface = make_interface(clock=clock)
    cookie = flask_writes(flask_app(), {"n": 1})
    clock.forward(days=5)

    facts = lambda s: (s.created.timestamp(), s.issued.timestamp())  # noqa: E731
    answer = respond(interface, facts, cookie)

    assert answer.body == str((float(START), float(START))).encode()
    assert answer.cookie.split(".")[0] == cookie.split(".")[0]
    assert answer.cookie == flask_writes(flask_app(), {"n": 1})
    assert respond(interface, facts, answer.cookie).body.count(b"1800432000.0") == 2


def test_of_several_the_last_issued_is_read_and_a_logout_ends_all(clock):  # noqa: F811
    interface = make_interface(clock=clock)
    old = stored(interface, n=1)
    clock.forward(hours=1)
    both = f"{stored(interface, n=2)}; {old}"

    answer = respond(interface, log_out, both)

    assert found(interface, both) == "{'n': 2}"
    assert kind(answer) == "cookie"
    assert found(interface, f"{both}; {answer.cookie}") == "{}"
    assert flask_reads(flask_app(), answer.cookie).data == {}


def test_much_is_compressed_to_flasks_bytes_and_too_much_is_refused(clock):  # noqa: F811
    interface = make_interface(clock=clock)
    data = {f"key {n}": "x" * n for n in range(200)}

    assert stored(interface, **data) == flask_writes(flask_app(), data)
    with pytest.raises(SessionTooLarge, match="'x' \\(65538 bytes\\)"):
        stored(interface, x="x" * 65536)


@pytest.mark.parametrize(
    "text",
    [
        *("null", "[]", '"x"', "{", "{}{}", '{" t": [1]}', '{"a":{" d":"junk"}}'),
        *('{"a":{" b":1}}', '{"a":{" u":"x"}}', '{"a":{" di":{}}}', '{"a":{" t":1}}'),
        "[" * 20000 + "]" * 20000,
    ],
    ids=lambda text: text[:20],
)
def test_what_a_key_signed_and_no_flask_wrote_is_an_empty_session(text):
    interface = make_interface()
    serializer = interface.make_serializer("session")
    token = serializer.sign(serializer.pack(text), START)

    assert found(interface, f"session={token}") == "{}"
    assert names(interface) == ["malformed"]


def test_a_bomb_is_not_inflated():
    interface = make_interface()
    serializer = interface.make_serializer("session")
    token = serializer.sign(serializer.pack('{"a":"' + "x" * 1_000_000 + '"}'), START)

    assert len(token) < 2000
    assert found(interface, f"session={token}") == "{}"


def test_our_own_format_and_flasks_never_open_each_other():
    flasks = make_interface()
    ours = make(cookie_name="session")

    assert found(flasks, stored(ours)) == "{}"
    assert found(ours, stored(flasks)) == "{}"
    assert isinstance(ours.make_serializer("session"), SignedSerializer)


# -- configuration --------------------------------------------------------


def test_an_absolute_limit_is_said_once_not_to_be_enforced():
    with pytest.warns(UserWarning, match="absolute_lifetime is not enforced") as said:
        interface = FlaskCookieSessionInterface(SessionConfig(secret_key=KEY))

    respond(interface, touch)
    assert len(said) == 1
    assert said[0].filename == __file__
    assert interface.config.absolute_lifetime is None


def test_the_cookie_has_flasks_name_unless_it_is_given_another():
    assert make_interface().config.cookie_name == "session"
    assert stored(make_interface(cookie_name="__Host-x")).startswith("__Host-x=")


def test_what_is_no_configuration_is_refused_as_everywhere():
    with pytest.raises(ConfigurationError, match="must be a SessionConfig"):
        FlaskCookieSessionInterface({"secret_key": KEY})


def test_a_subclass_may_change_salt_and_digest_as_in_flask():
    class Ours(FlaskCookieSessionInterface):
        salt = "another"
        digest_method = staticmethod(hashlib.sha256)

    app = flask_app()
    app.session_interface.salt = "another"
    app.session_interface.digest_method = hashlib.sha256

    interface = make(Ours, absolute_lifetime=None)

    assert found(interface, flask_writes(app, {"n": 1})) == "{'n': 1}"


class TestAsAnyHostsSessions(HostBehaviour):
    """The rules of the core hold in this format."""

    # Flask writes the keys in order, which the inherited test does not expect.
    test_values_keep_their_types = None

    @pytest.fixture(autouse=True)
    def _format(self, monkeypatch):
        monkeypatch.setattr(host, "make_interface", make_interface)

    def wrap(self, interface, view, status=200):
        def app(environ, start_response):
            answer = view(environ["session"])
            start_response(f"{status} Said", [("Content-Type", "text/plain")])
            return [answer.encode()] if isinstance(answer, str) else answer

        return SessionMiddleware(app, interface)
