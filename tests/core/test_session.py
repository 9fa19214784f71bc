"""A session is a mapping with facts beside it, and a life of its own."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timedelta, timezone

import pytest

from session_middleware import SecureCookieSession, SessionMixin

from ..support import KEY, OTHER_KEY, START, Clock, make_interface
from ..support.visits import Visitor

DATA = {"user": "ann", "n": 1, "cart": [1, (2,)]}


def at(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def site(clock):
    return Site(clock)


class Site(Visitor):
    """One visitor of an app on a clock."""

    def __init__(self, clock, **options):
        super().__init__(make_interface(clock=clock, **options))
        self.clock = clock


def test_it_reads_as_the_dict_that_was_stored(site):
    site.visit(lambda s: s.update(DATA))

    def use(session):
        assert session == DATA
        assert session == DATA
        assert session != {}
        assert session != [("user", "ann")]
        assert dict(session) == DATA
        assert {**session} == DATA
        assert session.copy() == DATA
        assert type(session.copy()) is dict
        assert copy.copy(session) == DATA
        assert session | {"n": 2} == {**DATA, "n": 2}
        assert {"n": 2, "x": 3} | session == {"x": 3, **DATA}
        assert list(session) == list(DATA)
        assert len(session) == 3
        assert repr(session) == repr(DATA)
        assert f"{session}" == str(DATA)
        return "done"

    assert site.visit(use).body == b"done"


def test_two_sessions_with_the_same_data_are_equal(site):
    site.visit(lambda s: s.update(DATA))
    held = [site.look(lambda s: s), site.look(lambda s: s)]

    assert held[0] == held[1]


@pytest.mark.parametrize("other", [[("a", 1)], 5, None], ids=repr)
def test_only_mappings_are_joined(site, other):
    def use(session):
        with pytest.raises(TypeError):
            session | other
        with pytest.raises(TypeError):
            other | session

    site.visit(use)


def test_it_is_a_session_mixin_and_no_dict(site):
    kind = site.look(type)

    assert kind is SecureCookieSession
    assert issubclass(kind, SessionMixin)
    assert not issubclass(kind, dict)


@pytest.mark.parametrize("data", [{}, DATA], ids=["empty", "full"])
def test_json_never_lies_about_it(site, data):
    site.visit(lambda s: s.update(data))

    def use(session):
        with pytest.raises(TypeError, match="not JSON serializable"):
            json.dumps(session)
        with pytest.raises(TypeError, match="not JSON serializable"):
            json.dumps({"session": session})
        return json.dumps(dict(session))

    assert json.loads(site.visit(use).body) == json.loads(json.dumps(data))


def test_it_has_no_hash(site):
    def use(session):
        with pytest.raises(TypeError):
            hash(session)

    site.visit(use)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_protocol_pickles_it(site, protocol):
    def use(session):
        with pytest.raises(TypeError, match=r"a Session .*dict\(session\)"):
            pickle.dumps(session, protocol)

    site.visit(use)


def test_a_deep_copy_of_what_holds_it_twice_has_one_dict(site):
    site.visit(lambda s: s.update(DATA))

    def use(session):
        held = copy.deepcopy([session, session])
        assert held[0] is held[1]
        return held[0] == DATA

    assert site.visit(use).body == b"True"


def test_facts_are_not_among_the_data(site):
    site.visit(lambda s: (setattr(s, "permanent", True), s.update(n=1)))

    assert site.look(dict) == {"n": 1}
    assert site.look(lambda s: s.permanent) is True


def test_keys_named_like_facts_are_data(site):
    named = {"permanent": "p", "_permanent": "q", "new": "r", "modified": "s"}
    site.visit(lambda s: s.update(named))

    assert site.look(dict) == named
    assert site.look(lambda s: (s.permanent, s.new, s.modified)) == (
        False,
        False,
        False,
    )


def test_the_facts_of_a_new_session(site):
    facts = site.look(
        lambda s: (s.new, s.status, s.permanent, s.created, s.issued, s.expires_at)
    )

    assert facts == (True, "new", False, at(START), None, at(START) + timedelta(14))


def test_the_facts_of_a_session_that_came_back(site, clock):
    site.visit(lambda s: s.update(n=1))
    clock.forward(days=1)
    site.visit(lambda s: s.update(n=2))
    clock.forward(hours=1)

    facts = site.look(lambda s: (s.new, s.status, s.created, s.issued, s.expires_at))

    issued = at(START) + timedelta(days=1)
    assert facts == (False, "ok", at(START), issued, issued + timedelta(14))


def test_the_absolute_limit_is_when_it_expires_if_that_is_earlier(clock):
    site = Site(clock, absolute_lifetime=timedelta(days=15))
    site.visit(lambda s: s.update(n=1))
    clock.forward(days=10)
    site.visit(lambda s: s.update(n=2))

    assert site.look(lambda s: s.expires_at) == at(START) + timedelta(days=15)


def test_a_session_without_end_expires_at_the_last_second_there_is(clock):
    site = Site(clock, absolute_lifetime=None, permanent_lifetime=timedelta.max)
    site.visit(lambda s: s.update(n=1))

    assert site.look(lambda s: s.expires_at.year) == 9999
    assert site.look(len) == 1


def test_status_says_which_key_opened_it(clock):
    before = Site(clock, secret_key=OTHER_KEY)
    before.visit(lambda s: s.update(n=1))
    site = Site(clock, secret_key=KEY, secret_key_fallbacks=[OTHER_KEY])
    site.cookie = before.cookie

    assert site.look(lambda s: s.status) == "old_key"


def test_regenerate_keeps_the_data_and_begins_anew(site, clock):
    site.visit(lambda s: (s.update(DATA), setattr(s, "permanent", True)))
    clock.forward(days=3)

    changed = site.visit(lambda s: s.regenerate())

    assert len(changed.set_cookies) == 1
    assert site.look(dict) == DATA
    facts = site.look(lambda s: (s.created, s.issued, s.permanent))
    assert facts == (at(START) + timedelta(3), at(START) + timedelta(3), True)


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        (["user"], {"user": "ann"}),
        (("n", "user", "missing"), {"user": "ann", "n": 1}),
        (iter(["cart"]), {"cart": [1, (2,)]}),
        ({"n"}, {"n": 1}),
    ],
    ids=["list", "tuple", "iterator", "set"],
)
def test_regenerate_keeps_only_the_keys_it_is_given(site, keep, kept):
    site.visit(lambda s: s.update(DATA))

    site.visit(lambda s: s.regenerate(keep))

    assert site.look(dict) == kept


def test_regenerate_that_keeps_nothing_deletes_the_cookie(site):
    site.visit(lambda s: s.update(DATA))

    [line] = site.visit(lambda s: s.regenerate([])).set_cookies

    assert "Max-Age=0" in line


@pytest.mark.parametrize("keep", ["user", b"user"], ids=repr)
def test_regenerate_refuses_one_str_for_a_list(site, keep):
    site.visit(lambda s: s.update(DATA))

    def use(session):
        with pytest.raises(TypeError, match="list of keys"):
            session.regenerate(keep)
        return dict(session)

    assert site.look(use) == DATA


def test_regenerate_is_sent_even_within_the_second_it_began(site):
    site.visit(lambda s: s.update(DATA))

    assert len(site.visit(lambda s: s.regenerate()).set_cookies) == 1


def test_regenerate_of_nothing_sends_nothing(site):
    assert site.visit(lambda s: s.regenerate()).set_cookies == []


def test_regenerate_cannot_revoke_the_cookie_before(site, clock):
    # What docs/security.rst says of copied cookies, shown.
    site.visit(lambda s: s.update(DATA))
    copied = site.cookie
    clock.forward(seconds=1)
    site.visit(lambda s: s.regenerate())

    site.cookie = copied

    assert site.look(dict) == DATA


def test_invalidate_empties_and_deletes(site):
    site.visit(lambda s: s.update(DATA))
    looks = []

    def use(session):
        session.invalidate()
        looks.append((dict(session), session.new, session.invalidated))

    [line] = site.visit(use).set_cookies

    assert looks == [({}, True, True)]
    assert line.startswith("__Host-session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    assert "Max-Age=0" in line


def test_writing_after_invalidate_starts_a_new_session(site, clock):
    site.visit(lambda s: (s.update(DATA), setattr(s, "permanent", True)))
    clock.forward(days=5)

    site.visit(lambda s: (s.invalidate(), s.update(user="bob")))

    facts = site.look(lambda s: (dict(s), s.created, s.permanent))
    assert facts == ({"user": "bob"}, at(START) + timedelta(5), False)


def test_writing_the_same_data_after_invalidate_is_a_new_session_too(site, clock):
    site.visit(lambda s: s.update(DATA))

    again = site.visit(lambda s: (s.invalidate(), s.update(DATA)))

    assert len(again.set_cookies) == 1
    assert "Max-Age=0" not in again.set_cookies[0]


def test_logging_out_nobody_sends_nothing(site):
    assert site.visit(lambda s: s.invalidate()).set_cookies == []


@pytest.mark.parametrize(
    "empty",
    [
        pytest.param(lambda s: s.clear(), id="clear"),
        pytest.param(lambda s: [s.pop(key) for key in list(s)], id="pop"),
        pytest.param(lambda s: [s.popitem() for _ in range(len(s))], id="popitem"),
        pytest.param(lambda s: [s.__delitem__(key) for key in list(s)], id="del"),
        pytest.param(lambda s: s.invalidate(), id="invalidate"),
    ],
)
def test_emptying_in_any_way_deletes_the_cookie(site, empty):
    site.visit(lambda s: s.update(DATA))

    [line] = site.visit(empty).set_cookies

    assert line.startswith("__Host-session=;")
    assert "Max-Age=0" in line


@pytest.mark.parametrize("fact", ["new", "created", "issued", "expires_at", "status"])
def test_facts_are_for_reading(site, fact):
    def use(session):
        with pytest.raises(AttributeError):
            setattr(session, fact, True)

    site.visit(use)


def test_a_misspelt_fact_is_an_error(site):
    def use(session):
        with pytest.raises(AttributeError):
            session.permament = True

    site.visit(use)


def test_increment_counts_from_nought(site):
    def view(session):
        return str([session.increment("n"), session.increment("n", -3)])

    assert site.visit(view).body == b"[1, -2]"
    assert site.visit(lambda session: repr(session["n"])).body == b"-2"


@pytest.mark.parametrize(("there", "by"), [("1", 1), (1.0, 1), (True, 1), (1, 0.5)])
def test_increment_adds_an_int_to_an_int(site, there, by):
    def view(session):
        session["n"] = there
        with pytest.raises(TypeError, match="counted in int"):
            session.increment("n", by)
        return repr(session["n"])

    assert site.visit(view).body == repr(there).encode()
