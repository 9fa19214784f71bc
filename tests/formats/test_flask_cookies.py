"""Flask's cookies, read and written: one login for a Flask app and any other."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from markupsafe import Markup

from session_middleware import (
    ConfigurationError,
    SerializationError,
    SessionTooLarge,
    SignedSerializer,
)
from session_middleware.formats.flask import FlaskSerializer

from ..support import KEY, OTHER_KEY, START
from ..support import make_interface as make
from ..support.visits import kind, log_out, names, respond, stored, touch
from .flask_apps import (
    flask_app,
    flask_data,
    flask_reads,
    flask_writes,
    found,
    make_interface,
)
from .reader import in_order, property_test

pytestmark = pytest.mark.usefixtures("clock")

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


# -- what each writes, the other reads ------------------------------------


def test_ours_reads_what_a_flask_app_writes():
    cookie = flask_writes(flask_app(), EVERYTHING)

    assert found(make_interface(), cookie) == WRITTEN


def test_a_flask_app_reads_what_ours_writes():
    cookie = stored(make_interface(), **EVERYTHING)

    seen = flask_reads(flask_app(), cookie)

    assert ascii(seen.data) == WRITTEN


def test_both_write_the_same_bytes_at_the_same_second(clock):
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


@property_test
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
    assert in_order(ours.decode(payload)[2]) == in_order(data)
    assert issued == ours.decode(payload)[0] == START


@pytest.mark.parametrize("value", [float("nan"), float("inf")], ids=str)
def test_floats_that_json_has_no_word_for_are_flasks_own(value):
    cookie = stored(make_interface(), x=value)

    assert repr(flask_reads(flask_app(), cookie).data) == repr({"x": value})
    assert found(make_interface(), cookie) == repr({"x": value})


# -- permanent ------------------------------------------------------------


def remember(session):
    session.permanent = True
    session["user"] = "ada"


def test_permanent_is_a_key_of_the_cookie_and_not_of_the_session(clock):
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


def test_the_limits_hold_from_the_issue_time(clock):
    interface = make_interface(clock=clock)
    cookie = stored(interface)
    clock.forward(days=14)
    last = found(interface, cookie)
    clock.forward(seconds=1)

    assert (last, found(interface, cookie)) == ("{'n': 1}", "{}")
    assert names(interface) == ["expired"]


def test_flask_ends_ours_after_its_own_lifetime(clock):
    app = flask_app(PERMANENT_SESSION_LIFETIME=timedelta(hours=1))
    cookie = stored(make_interface(clock=clock))
    clock.forward(hours=1)
    last = flask_reads(app, cookie).data
    clock.forward(seconds=1)

    assert (last, flask_reads(app, cookie).data) == ({"n": 1}, {})


def test_a_refresh_keeps_flasks_payload_and_moves_the_creation_time(clock):
    interface = make_interface(clock=clock)
    cookie = flask_writes(flask_app(), {"n": 1})
    clock.forward(days=5)

    facts = lambda s: (s.created.timestamp(), s.issued.timestamp())  # noqa: E731
    answer = respond(interface, facts, cookie)

    assert answer.body == str((float(START), float(START))).encode()
    assert answer.cookie.split(".")[0] == cookie.split(".")[0]
    assert answer.cookie == flask_writes(flask_app(), {"n": 1})
    assert respond(interface, facts, answer.cookie).body.count(b"1800432000.0") == 2


def test_of_several_the_last_issued_is_read_and_a_logout_ends_all(clock):
    interface = make_interface(clock=clock)
    old = stored(interface, n=1)
    clock.forward(hours=1)
    both = f"{stored(interface, n=2)}; {old}"

    answer = respond(interface, log_out, both)

    assert found(interface, both) == "{'n': 2}"
    assert kind(answer) == "cookie"
    assert found(interface, f"{both}; {answer.cookie}") == "{}"
    assert flask_reads(flask_app(), answer.cookie).data == {}


def test_much_is_compressed_to_flasks_bytes_and_too_much_is_refused(clock):
    interface = make_interface(clock=clock)
    data = {f"key {n}": "x" * n for n in range(200)}

    assert stored(interface, **data) == flask_writes(flask_app(), data)
    with pytest.raises(SessionTooLarge, match="'x' \\(65542 bytes\\)"):
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
