"""Which of a visitor's cookies opens, and which never does."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from itertools import permutations

import pytest

from session_middleware import (
    SecureCookieSessionInterface,
    SessionMiddleware,
    SignedSerializer,
)

from ..support import KEY, OTHER_KEY, START, Clock, app_of, call, make_interface

NAME = "__Host-session"
SALT = "session_middleware.v1:" + NAME


def token(data, created=START, issued=START, key=KEY, salt=SALT, permanent=False):
    """A token as another process of ours would write it."""
    serializer = SignedSerializer([key], salt)
    text = serializer.encode(created, permanent, data)
    return serializer.sign(serializer.pack(text), issued)


def authentic(payload, issued=START):
    """A correctly signed token around any payload."""
    return SignedSerializer([KEY], SALT).sign(payload, issued)


def look(interface, header):
    """What the session of a request with this Cookie header is: data and status."""
    found = []
    app = SessionMiddleware(
        app_of(lambda s: found.append((dict(s), s.status))), interface
    )
    answer = call(app, cookie=header)
    assert answer.status == "200 OK"
    return found[0]


def events(interface):
    return [name for name, _ in interface.events]


def header(*values, name=NAME):
    return "; ".join(f"{name}={value}" for value in values)


# -- one cookie ---------------------------------------------------------------

BAD = {
    "nothing": "",
    "junk": "junk",
    "dots": "..",
    "three parts": "a.b.c",
    "not ascii": "\xe9.\xff.c",
    "not latin-1": "\u20ac.b.c",
    "nul": "\0.\0.\0",
    "quoted": f'"{token({"n": 1})}"',
    "4,097 bytes with the name": "a" * 2000 + "." + "b" * 2082,
    "1 MiB": "a" * (1 << 20),
    "another key's": token({"n": 1}, key=OTHER_KEY),
    "another name's": token({"n": 1}, salt="session_middleware.v1:session"),
    "another version's": token({"n": 1}, salt="session_middleware.v2:" + NAME),
    "cut short": token({"n": 1})[:-1],
    "with an end": token({"n": 1}) + "=",
    "a list": authentic(b"W10"),  # []
    "a str": authentic(b"IngI"),  # "x"
    "null": authentic(b"bnVsbA"),
    "a number": authentic(b"NQ"),
    "data that is a list": authentic(b"WzE4MDAwMDAwMDAsMCxbXV0"),
    "not JSON": authentic(b"eA"),
    "not base64": authentic(b"!"),
    "bad zlib": authentic(b".eA"),
    "nested without end": authentic(SignedSerializer([KEY], SALT).pack("[" * 60000)),
    "an unknown tag": authentic(SignedSerializer([KEY], SALT).pack('[1,0,{" zz":1}]')),
    "a bad tag": authentic(
        SignedSerializer([KEY], SALT).pack('[1,0,{"a":{" d":"junk"}}]')
    ),
    "a huge number": authentic(
        SignedSerializer([KEY], SALT).pack('[1,0,{"a":' + "9" * 5000 + "}]")
    ),
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_a_bad_cookie_is_an_empty_session_and_one_event(value):
    interface = make_interface()

    data, status = look(interface, header(value))

    assert data == {}
    assert status in ("malformed", "bad_signature")
    assert events(interface) == [status]


def test_no_cookie_is_an_empty_session_and_no_event():
    for nothing in (None, "", ";", "=", NAME, "other=1", f"x{NAME}=1"):
        interface = make_interface()

        assert look(interface, nothing) == ({}, "new")
        assert events(interface) == []


def test_nothing_of_a_token_is_decoded_before_it_is_verified():
    class Noting(SignedSerializer):
        def decode(self, payload):
            decoded.append(payload)
            return super().decode(payload)

    class Own(SecureCookieSessionInterface):
        def get_signing_serializer(self, environ):
            return serializer

    decoded = []
    serializer = Noting([KEY], SALT)

    for value in (token({"n": 1}, key=OTHER_KEY), token({"n": 1})[:-1], "a.b.c"):
        look(make_interface(Own), header(value))
        look(make_interface(Own), header(value, token({"n": 2}, key=OTHER_KEY)))

    assert decoded == []
    assert look(make_interface(Own), header(token({"n": 1}))) == ({"n": 1}, "ok")
    assert len(decoded) == 1


# -- times --------------------------------------------------------------------

DAY = 86400


@pytest.mark.parametrize(
    ("created", "issued", "status", "limit"),
    [
        pytest.param(0, 0, "ok", None, id="now"),
        pytest.param(0, 60, "ok", None, id="60 s ahead"),
        pytest.param(60, 60, "ok", None, id="made 60 s ahead too"),
        pytest.param(0, 61, "expired", "issued in the future", id="61 s ahead"),
        pytest.param(
            0, 3650 * DAY, "expired", "issued in the future", id="10 years ahead"
        ),
        pytest.param(-14 * DAY, -14 * DAY, "ok", None, id="idle limit"),
        pytest.param(-14 * DAY - 1, -14 * DAY - 1, "expired", "idle", id="idle, over"),
        pytest.param(-30 * DAY, 0, "ok", None, id="absolute limit"),
        pytest.param(-30 * DAY - 1, 0, "expired", "absolute", id="absolute, over"),
        pytest.param(-START, -START, "expired", "idle", id="1970"),
        pytest.param(-START, 0, "expired", "absolute", id="made in 1970"),
        pytest.param(0, -60, "ok", None, id="made 60 s after it was issued"),
        pytest.param(0, -61, "malformed", None, id="made 61 s after it was issued"),
    ],
)
def test_the_server_enforces_every_limit_from_signed_times(
    created, issued, status, limit
):
    # CVE-2018-1000814: what the browser still sends is no proof that it is valid.
    interface = make_interface()

    found = look(interface, header(token({"n": 1}, START + created, START + issued)))

    assert found == ({"n": 1} if status == "ok" else {}, status)
    assert [facts.get("limit") for _, facts in interface.events] == (
        [] if status == "ok" else [limit]
    )


@pytest.mark.parametrize(
    "when", [1 << 31, 1 << 32, (1 << 40) - 1, 1 << 40, 1 << 63, 1 << 64, 1 << 71]
)
def test_no_time_is_too_large_to_be_refused(when):
    written = min(when, (1 << 64) - 1)  # eight bytes are all the writer has

    for value in (token({"n": 1}, when, START), token({"n": 1}, START, written)):
        assert look(make_interface(), header(value))[0] == {}


def test_a_clock_that_is_set_back_ends_the_session_and_raises_nothing():
    clock = Clock(START - 3600)

    assert look(make_interface(clock=clock), header(token({"n": 1})))[1] == "expired"


@pytest.mark.parametrize(("ahead", "status"), [(0, "ok"), (1, "expired")])
def test_no_skew_is_allowed_where_the_class_says_so(ahead, status):
    class Strict(SecureCookieSessionInterface):
        clock_skew = 0

    value = token({"n": 1}, START, START + ahead)

    assert look(make_interface(Strict), header(value))[1] == status


def test_without_an_absolute_limit_only_use_counts():
    interface = make_interface(absolute_lifetime=None)

    assert look(interface, header(token({"n": 1}, 0, START)))[1] == "ok"


def test_a_limit_of_ours_holds_for_tokens_made_under_a_longer_one():
    interface = make_interface(permanent_lifetime=timedelta(hours=1))

    assert look(interface, header(token({"n": 1}, START, START - 3601)))[0] == {}


# -- duplicates ---------------------------------------------------------------

OLD = token({"n": "old"}, issued=START - 10)
NEWER = token({"n": "newer"}, issued=START - 5)
NEWEST = token({"n": "newest"}, issued=START - 1)
FUTURE = token({"n": "future"}, issued=START + 61)
LATER_MADE = token({"n": "later made"}, created=START + 1, issued=START - 1)
# Compressed, it begins with a dot and so is the lesser string.
COMPRESSED = token({"n": "later", "x": "x" * 999}, START + 1, START - 1)
FORGED = token({"n": "forged"}, issued=START, key=OTHER_KEY)


@pytest.mark.parametrize(
    ("values", "n", "noted"),
    [
        pytest.param([OLD, NEWER], "newer", ["ambiguous"], id="two"),
        pytest.param([OLD, NEWER, NEWEST], "newest", ["ambiguous"], id="three"),
        pytest.param([OLD, "junk"], "old", [], id="junk"),
        pytest.param([OLD, FORGED], "old", [], id="a forged one"),
        pytest.param([OLD, ""], "old", [], id="an empty one"),
        pytest.param([OLD, "x" * 5000], "old", [], id="one too long"),
        pytest.param([OLD, FUTURE], "old", ["ambiguous"], id="one of the future"),
        pytest.param([NEWEST, LATER_MADE], "later made", ["ambiguous"], id="a tie"),
        pytest.param([NEWEST, COMPRESSED], "later", ["ambiguous"], id="another tie"),
        pytest.param([OLD, OLD, OLD], "old", [], id="the same"),
        pytest.param([OLD, NEWER, FORGED, "a.b.c"], "newer", ["ambiguous"], id="four"),
    ],
)
def test_the_newest_that_verifies_opens_in_any_order(values, n, noted):
    for order in permutations(values):
        interface = make_interface()

        data, status = look(interface, header(*order))

        assert (data["n"], status) == (n, "ok")
        assert events(interface) == noted


def test_equal_times_are_settled_by_the_token_itself():
    twins = [token({"n": n}) for n in range(4)]

    found = {
        look(make_interface(), header(*order))[0]["n"] for order in permutations(twins)
    }

    assert found == {twins.index(max(twins))}


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(
            [token({"n": 1}, START - 15 * DAY, START - 15 * DAY), FORGED], id="a"
        ),
        pytest.param(
            [token({"n": 1}, START - 40 * DAY, START - 1), OLD], id="the newest is over"
        ),
    ],
)
def test_a_newest_that_has_expired_leaves_no_session(values):
    for order in permutations(values):
        assert look(make_interface(), header(*order)) == ({}, "expired")


def test_four_well_formed_ones_are_tried_and_five_are_none():
    forged = [f"a.b.{n}" for n in range(4)]

    for place in range(4):
        four = [*forged[:place], OLD, *forged[place:3]]
        five = [*forged[:place], OLD, *forged[place:]]

        assert look(make_interface(), header(*four))[0] == {"n": "old"}
        interface = make_interface()
        assert look(interface, header(*five)) == ({}, "malformed")
        assert events(interface) == ["malformed"]


def test_ill_formed_and_identical_ones_do_not_count():
    crowd = [f"junk{n}" for n in range(29)] + [FORGED] * 10 + [OLD] * 11

    assert look(make_interface(), header(*crowd)) == ({"n": "old"}, "ok")


def test_of_very_many_values_fifty_are_looked_at():
    """No browser has as many of one name, and each that is sent costs time."""
    crowd = [f"junk{n}" for n in range(49)]

    assert look(make_interface(), header(*crowd, OLD)) == ({"n": "old"}, "ok")
    assert look(make_interface(), header(*crowd, "junk", OLD))[0] == {}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (["junk", "more"], "malformed"),
        ([FORGED, "junk"], "bad_signature"),
        ([FORGED, "a.b.c"], "bad_signature"),
        (["", ""], "malformed"),
    ],
    ids=["junk", "forged and junk", "forged", "empty"],
)
def test_where_none_verifies_there_is_one_event(values, status):
    for order in permutations(values):
        interface = make_interface()

        assert look(interface, header(*order)) == ({}, status)
        assert events(interface) == [status]


# -- keys ---------------------------------------------------------------------


def test_cve_2025_47278_the_first_key_signs_and_the_others_only_verify():
    # Flask 3.1.0 signed with its oldest fallback key.
    interface = make_interface(secret_key_fallbacks=[OTHER_KEY])
    app = SessionMiddleware(app_of(lambda s: s.update(n=1)), interface)

    written = call(app).cookie

    assert look(make_interface(), written) == ({"n": 1}, "ok")
    assert look(make_interface(secret_key=OTHER_KEY), written)[1] == "bad_signature"


@pytest.mark.parametrize("count", [1, 2, 15])
def test_an_old_key_opens_a_session_and_it_is_issued_anew_once(count):
    olds = [OTHER_KEY + str(n) for n in range(count)]
    interface = make_interface(secret_key_fallbacks=olds)
    app = SessionMiddleware(app_of(lambda s: s.get("n")), interface)
    old = header(token({"n": 1}, START - 99, START - 9, olds[-1]))

    renewed = call(app, cookie=old)
    after = call(app, cookie=renewed.cookie)

    assert renewed.body == after.body == b"1"
    assert after.set_cookies == []
    assert events(interface) == ["old_key"]
    assert look(make_interface(), renewed.cookie) == ({"n": 1}, "ok")


def test_a_re_issue_under_the_new_key_does_not_extend_the_absolute_limit():
    clock = Clock()
    interface = make_interface(clock=clock, secret_key_fallbacks=[OTHER_KEY])
    app = SessionMiddleware(app_of(lambda s: s.created.timestamp()), interface)

    renewed = call(app, cookie=header(token({"n": 1}, START - 99, START, OTHER_KEY)))

    assert call(app, cookie=renewed.cookie).body == str(float(START - 99)).encode()


def test_an_expired_session_of_an_old_key_is_not_issued_anew():
    interface = make_interface(secret_key_fallbacks=[OTHER_KEY])
    app = SessionMiddleware(app_of(len), interface)
    old = token({"n": 1}, START - 15 * DAY, START - 15 * DAY, OTHER_KEY)

    ended = call(app, cookie=header(old))

    assert ended.body == b"0"
    assert ended.set_cookies == []
    assert events(interface) == ["expired"]


def test_a_key_that_is_gone_opens_nothing():
    interface = make_interface(secret_key_fallbacks=[OTHER_KEY + "x"])

    found = look(interface, header(token({"n": 1}, key=OTHER_KEY)))

    assert found == ({}, "bad_signature")


def test_another_digest_is_another_signature():
    class Longer(SecureCookieSessionInterface):
        digest_method = staticmethod(hashlib.sha512)

    app = SessionMiddleware(app_of(lambda s: s.update(n=1)), make_interface(Longer))
    written = call(app).cookie

    assert look(make_interface(Longer), written) == ({"n": 1}, "ok")
    assert look(make_interface(), written) == ({}, "bad_signature")
    assert look(make_interface(Longer), header(OLD)) == ({}, "bad_signature")
