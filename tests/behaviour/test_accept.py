"""Moving in: another format's authenticated cookie becomes a session of ours, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from itsdangerous import BadPayload, SignatureExpired, URLSafeTimedSerializer

from session_middleware import (
    Cookie,
    Foreign,
    SecureCookieSessionInterface,
    SessionMiddleware,
)

from ..support import OTHER_KEY, START, Clock, app_of, call, make_interface
from ..support.cookie_rules import UserAgent
from ..support.visits import kind, log_out, names, respond, stored, touch

URL = "https://app.example/"


class Theirs:
    """Reads and, for the tests, writes another framework's cookie."""

    def __init__(self, cookie=None, key=OTHER_KEY):
        self.cookie = cookie or Cookie("theirs", path="/")
        self.signed = URLSafeTimedSerializer(key, "their salt")
        self.reads = 0

    def read(self, value):
        self.reads += 1
        data, times = self.signed.loads(value)
        for key, item in data.items():
            if item == "an object":
                data[key] = object()
        return Foreign(data, **times)

    def header(self, data, issued=START, **times):
        """A Cookie header of theirs."""
        value = self.signed.dumps([data, {"issued": issued, **times}])
        return f"{self.cookie.name}={value}"


def names_set(answer):
    return [line.partition("=")[0] for line in answer.set_cookies]


def test_a_foreign_cookie_is_read_and_moves_in_once():
    theirs = Theirs()
    clock = Clock()
    interface = make_interface(clock=clock, accept=[theirs])
    jar = UserAgent()
    jar.store(URL, theirs.header({"user": "ann"}) + "; Path=/", clock.now)

    bodies, sent = [], []
    for _ in range(3):
        app = SessionMiddleware(app_of(lambda s: (dict(s), s.status)), interface)
        answer = call(app, cookie=jar.header(URL, now=clock.now))
        jar.receive(URL, answer.headers, now=clock.now)
        bodies.append(answer.body)
        sent.append(names_set(answer))

    assert bodies[0] == b"({'user': 'ann'}, 'migrated')"
    assert bodies[1:] == [b"({'user': 'ann'}, 'ok')"] * 2
    assert sent == [["__Host-session", "theirs"], [], []]
    assert [cookie.name for cookie in jar.cookies] == ["__Host-session"]
    assert interface.events == [("migrated", {"cookie": "theirs", "format": "Theirs"})]
    assert theirs.reads == 1


def test_their_cookie_is_deleted_with_all_its_attributes():
    theirs = Theirs(Cookie("theirs", "app.example", "/old", True, False, "None", True))
    interface = make_interface(accept=[theirs])

    answer = respond(interface, touch, theirs.header({"n": 1}))

    assert answer.set_cookies[1] == theirs.cookie.deletion()


def test_moving_in_is_put_off_where_a_re_issue_is():
    interface = make_interface(accept=[theirs := Theirs()])
    cookie = theirs.header({"n": 1})

    for status, headers in [("304 X", []), ("200 OK", [("Cache-Control", "public")])]:
        answer = respond(interface, touch, cookie, status=status, headers=headers)

        assert answer.set_cookies == []
        assert answer.all("Vary") == ["Cookie"]


def test_a_logout_deletes_theirs_and_ours():
    theirs = Theirs()
    interface = make_interface(accept=[theirs])
    ours = stored(interface)

    only_theirs = respond(interface, log_out, theirs.header({"n": 1}))
    both = respond(interface, log_out, f"{ours}; {theirs.header({'n': 1})}")
    neither = respond(interface, log_out)

    assert only_theirs.set_cookies == [theirs.cookie.deletion()]
    assert names_set(both) == ["__Host-session", "theirs"]
    assert all("Max-Age=0" in line for line in both.set_cookies)
    assert neither.set_cookies == []


def test_a_logout_on_an_error_deletes_theirs_too():
    theirs = Theirs()
    interface = make_interface(accept=[theirs])

    answer = respond(interface, log_out, theirs.header({"n": 1}), status="500 X")

    assert answer.set_cookies == [theirs.cookie.deletion()]


def test_a_valid_session_of_ours_takes_nothing_from_theirs():
    theirs = Theirs()
    interface = make_interface(accept=[theirs])

    answer = respond(interface, dict, f"{theirs.header({'n': 7})}; {stored(interface)}")

    assert answer.body == b"{'n': 1}"
    assert answer.set_cookies == []


def visit(jar, interface, use, path):
    """One request of a browser; what it found in its session."""
    answer = respond(interface, use, jar.header(f"{URL}{path}", now=START))
    jar.receive(f"{URL}{path}", answer.headers, now=START)
    return answer.body


@pytest.mark.parametrize("ours", ["theirs", "ours"], ids=["one name", "two names"])
def test_a_cookie_that_is_not_where_its_reader_deletes_it_is_an_event(ours):
    """Whoever logged out was logged in again by the next request, and nobody knew."""
    theirs = Theirs()
    interface = make_interface(accept=[theirs], cookie_name=ours)
    jar = UserAgent()
    jar.store(f"{URL}app", theirs.header({"n": 7}) + "; Path=/app; Secure", START)

    assert visit(jar, interface, dict, "app") == b"{'n': 7}"
    assert names(interface) == ["migrated"]
    assert visit(jar, interface, dict, "app") == b"{'n': 7}"
    assert names(interface) == ["migrated", "left_behind"]

    # With two names as the event says; with one, an empty session of ours stays.
    visit(jar, interface, log_out, "app")
    after = visit(jar, interface, dict, "app")
    assert after == (b"{}" if ours == "theirs" else b"{'n': 7}")


def test_a_cookie_that_is_gone_or_cannot_be_read_is_no_event():
    theirs = Theirs()
    interface = make_interface(accept=[theirs])
    ours = stored(interface)
    forged = Theirs(key="somebody else's key").header({"n": 1})

    for header in (ours, f"{ours}; theirs=junk", f"{ours}; {forged}"):
        respond(interface, dict, header)

    assert names(interface) == []


def test_an_expired_session_of_ours_is_not_revived_by_theirs():
    clock = Clock()
    theirs = Theirs()
    interface = make_interface(clock=clock, accept=[theirs])
    ours = stored(interface)
    clock.forward(days=20)

    answer = respond(interface, dict, f"{ours}; {theirs.header({'n': 7}, clock.now)}")

    assert answer.body == b"{}"
    assert names(interface) == ["expired"]


@pytest.mark.parametrize("ours", ["__Host-session=junk; ", "__Host-session=a.b.c; "])
def test_theirs_is_read_where_ours_does_not_verify(ours):
    interface = make_interface(accept=[theirs := Theirs()])

    answer = respond(interface, dict, ours + theirs.header({"n": 7}))

    assert answer.body == b"{'n': 7}"


def test_cve_2026_39324_what_does_not_verify_is_never_read_another_way():
    # rack-session decrypted, failed, and then took the cookie for a plain one.
    forged = Theirs(key="somebody else's key")
    interface = make_interface(accept=[Theirs(), Theirs(Cookie("more"))])

    for header in (forged.header({"admin": 1}), "theirs=eyJhZG1pbiI6MX0", "theirs="):
        answer = respond(interface, lambda s: (dict(s), s.status), header)

        assert answer.body == b"({}, 'new')"
        assert answer.set_cookies == []


def test_readers_are_tried_in_order():
    first, second = Theirs(), Theirs(Cookie("second"))
    interface = make_interface(accept=[first, second])
    headers = [second.header({"n": 2}), first.header({"n": 1})]

    assert respond(interface, dict, "; ".join(headers)).body == b"{'n': 1}"
    assert respond(interface, dict, headers[0] + "; theirs=junk").body == b"{'n': 2}"


def test_of_many_values_of_theirs_four_are_tried():
    theirs = Theirs()
    interface = make_interface(accept=[theirs])
    crowd = "; ".join(f"theirs=junk{n}" for n in range(100))

    assert respond(interface, len, f"{crowd}; {theirs.header({'n': 1})}").body == b"0"
    assert theirs.reads == 4


WRONG = {
    "junk": ("theirs=junk", "bad_signature"),
    "forged": (Theirs(key="somebody else's key").header({"n": 1}), "bad_signature"),
    "expired": ("theirs=expired", "expired"),
    "unreadable": ("theirs=unreadable", "malformed"),
}


class Particular(Theirs):
    """Refuses what its framework would, for different reasons."""

    def read(self, value):
        if value == "expired":
            raise SignatureExpired("too old")
        if value == "unreadable":
            raise BadPayload("not JSON")
        return super().read(value)


@pytest.mark.parametrize(("header", "status"), WRONG.values(), ids=WRONG)
def test_a_cookie_of_theirs_that_is_not_let_in_is_one_event(header, status):
    """An operator with the wrong old key saw everybody logged out, and no line."""
    interface = make_interface(accept=[Particular(), Theirs()])

    answer = respond(interface, len, header)

    assert (answer.body, answer.set_cookies) == (b"0", [])
    assert interface.events == [(status, {"cookie": "theirs"})]


def test_of_a_cookie_under_our_own_name_one_word_is_enough():
    interface = make_interface(accept=[Theirs(Cookie("__Host-session"))])

    respond(interface, len, "__Host-session=a.b.c")

    assert names(interface) == ["bad_signature"]


def test_what_the_second_reader_takes_is_no_fault_of_the_first():
    first, second = Theirs(key="somebody else's key"), Theirs()
    interface = make_interface(accept=[first, second])

    respond(interface, len, second.header({"n": 1}))

    assert names(interface) == ["migrated"]


@pytest.mark.parametrize(
    ("issued", "times", "status"),
    [
        (0, {}, "migrated"),
        (60, {}, "migrated"),
        (61, {}, "expired"),
        (-14 * 86400 - 1, {}, "expired"),
        (0, {"created": START - 30 * 86400}, "migrated"),
        (0, {"created": START - 30 * 86400 - 1}, "expired"),
        (0, {"created": START + 61}, "malformed"),
    ],
    ids=["now", "60 s ahead", "61 s ahead", "idle", "old", "too old", "made later"],
)
def test_their_times_count_against_our_limits(issued, times, status):
    interface = make_interface(accept=[theirs := Theirs()])
    cookie = theirs.header({"n": 1}, START + issued, **times)

    answer = respond(interface, lambda s: (s.status, len(s)), cookie)

    assert answer.body == str((status, int(status == "migrated"))).encode()
    assert names(interface) == [status]
    assert kind_of(answer) == ("cookie" if status == "migrated" else "nothing")


def test_no_session_that_moves_in_begins_in_the_future():
    """Whoever has their key could claim to begin after a "valid from"."""
    interface = make_interface(accept=[theirs := Theirs()])
    cookie = theirs.header({"n": 1}, START, created=START + 30)

    answer = respond(interface, lambda s: s.created.timestamp(), cookie)

    assert float(answer.body) == START
    ours = answer.set_cookies[0].partition(";")[0]
    again = respond(interface, lambda s: s.created.timestamp(), ours)
    assert float(again.body) == START


def kind_of(answer):
    return "cookie" if names_set(answer)[:1] == ["__Host-session"] else "nothing"


def test_what_they_knew_of_it_is_kept():
    clock = Clock()
    interface = make_interface(clock=clock, accept=[theirs := Theirs()])
    cookie = theirs.header({"n": 1}, START - 60, created=START - 99, permanent=True)
    facts = lambda s: (s.permanent, s.created.timestamp(), s.new)  # noqa: E731

    moved = respond(interface, facts, cookie)

    ours = moved.set_cookies[0]
    assert moved.body == str((True, START - 99.0, False)).encode()
    assert "Max-Age=1209600" in ours
    assert respond(interface, facts, ours.partition(";")[0]).body == moved.body


def test_what_ours_cannot_hold_is_an_event_and_an_empty_session():
    interface = make_interface(accept=[theirs := Theirs()])

    answer = respond(interface, dict, theirs.header({"n": 1, "x": "an object"}))

    assert answer.body == b"{}"
    assert answer.set_cookies == []
    assert names(interface) == ["malformed"]
    assert interface.events[0][1]["cookie"] == "theirs"


def test_what_no_cookie_of_ours_can_carry_stays_in_theirs_and_says_so():
    # Reading is no fault of the app's: the visitor is not locked out by an error.
    class Store(Theirs):
        def read(self, value):
            super().read(value)
            return Foreign({"text": "".join(map(chr, range(256, 4096)))}, START)

    interface = make_interface(accept=[theirs := Store()])

    answer = respond(interface, len, theirs.header({}))

    assert answer.body == b"1"
    assert answer.set_cookies == []
    assert names(interface) == ["migrated", "too_large"]


def test_a_drop_of_changes_is_not_undone_by_moving_in():
    interface = make_interface(accept=[theirs := Theirs()])

    def use(session):
        session["n"] = 2
        session.modified = False
        return session["cart"]

    moved = respond(interface, use, theirs.header({"n": 1, "cart": []}))

    ours = moved.set_cookies[0].partition(";")[0]
    assert respond(interface, dict, ours).body == b"{'n': 1, 'cart': []}"


def test_their_format_may_use_our_very_name():
    theirs = Theirs(Cookie("session", secure=True))
    interface = make_interface(cookie_name="session", accept=[theirs])

    moved = respond(interface, dict, theirs.header({"n": 1}))

    assert moved.body == b"{'n': 1}"
    assert kind(moved) == "cookie"
    assert respond(interface, dict, moved.cookie).body == b"{'n': 1}"
    assert kind(respond(interface, log_out, theirs.header({"n": 1}))) == "deletion"


def test_a_revoked_session_of_theirs_does_not_move_in():
    class Revoking(SecureCookieSessionInterface):
        def accept_session(self, session):
            return session["user"] != "ann"

    interface = make_interface(Revoking, accept=[theirs := Theirs()])

    for user, found in (("ann", b"{}"), ("bob", b"{'user': 'bob'}")):
        assert respond(interface, dict, theirs.header({"user": user})).body == found
    assert names(interface) == ["refused", "migrated"]


def test_a_short_lifetime_holds_for_theirs():
    interface = make_interface(
        accept=[theirs := Theirs()], permanent_lifetime=timedelta(minutes=5)
    )

    assert respond(interface, len, theirs.header({"n": 1}, START - 301)).body == b"0"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(None, id="nothing"),
        pytest.param(({"user": "ann"}, START), id="a tuple that is too short"),
        pytest.param(Foreign(None, START), id="no data"),
        pytest.param(Foreign(["ann"], START), id="a list"),
        pytest.param(Foreign({"user": "ann"}, None), id="no time"),
        pytest.param(Foreign({"user": "ann"}, -1), id="a time before 1970"),
        pytest.param(Foreign({"user": "ann"}, float("inf")), id="endless"),
    ],
)
def test_what_a_reader_must_not_give_is_an_event_and_an_empty_session(given):
    theirs = Theirs()
    theirs.read = lambda value: given
    interface = make_interface(accept=[theirs])

    answer = respond(interface, dict, cookie="theirs=x")

    assert answer.body == b"{}"
    assert answer.set_cookies == []
    assert names(interface) == ["malformed"]


def test_times_with_fractions_move_in_and_open_again():
    theirs = Theirs()
    theirs.read = lambda value: Foreign({"user": "ann"}, START - 0.5, START - 99.5)
    interface = make_interface(accept=[theirs])

    moved = respond(interface, dict, cookie="theirs=x")
    ours = moved.set_cookies[0].partition(";")[0]

    assert respond(interface, dict, cookie=ours).body == b"{'user': 'ann'}"
