"""Requests that overlap: what each of them saves, ends, replaces or may not touch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.base import MAX_COUNT
from session_middleware.stores.memory import MemoryStore
from session_middleware.tokens.signed import SignedSerializer

from ..support import KEY
from ..support.examples import examples
from ..support.visits import (
    change,
    drop,
    kind,
    log_in_anew,
    log_out,
    names,
    overriding,
    respond,
    stored,
    touch,
)
from .noting import NotingStore, Shop


@pytest.fixture
def shop():
    return Shop(owner_key="user")


def meanwhile(use, after, shop, cookie):
    """A view that reads, waits while other requests are served, and then goes on."""

    def view(session):
        dict(session)
        for each in use if isinstance(use, list) else [use]:
            respond(shop.interface, each, cookie)
        return after(session)

    return view


def assign(**values):
    return lambda session: session.update(values)


def found(shop, cookie):
    return respond(shop.interface, lambda s: sorted(dict(s).items()), cookie).body


def log_in(session):
    session.regenerate()
    session["user"] = 42


def forgetful_log_in(session):
    session["user"] = 42


# -- two writers ----------------------------------------------------------


def test_two_requests_that_write_different_keys_both_keep_theirs(shop):
    cookie = stored(shop.interface, n=1)

    respond(shop.interface, meanwhile(assign(a=1), assign(b=2), shop, cookie), cookie)

    assert found(shop, cookie) == b"[('a', 1), ('b', 2), ('n', 1)]"
    assert names(shop.interface) == []


def test_of_the_same_key_the_later_one_wins_and_says_so(shop):
    cookie = stored(shop.interface, n=1)

    respond(shop.interface, meanwhile(assign(n=2), assign(n=3), shop, cookie), cookie)

    assert found(shop, cookie) == b"[('n', 3)]"
    [(name, facts)] = shop.events
    assert (name, facts["key"]) == ("overwritten", "n")


def test_a_deletion_and_a_write_of_another_key_both_count(shop):
    cookie = stored(shop.interface, n=1, m=2)

    def drop_n(session):
        del session["n"]

    respond(shop.interface, meanwhile(drop_n, assign(m=3), shop, cookie), cookie)

    assert found(shop, cookie) == b"[('m', 3)]"


def test_increments_add_up(shop):
    cookie = stored(shop.interface, n=1)

    def count(session):
        return session.increment("n", 10) + session.increment("n")

    respond(shop.interface, meanwhile(count, count, shop, cookie), cookie)

    assert found(shop, cookie) == b"[('n', 23)]"
    assert names(shop.interface) == []


def test_steps_that_add_up_to_nothing_change_nothing(shop):
    cookie = stored(shop.interface, n=1)

    def count(session):
        session.increment("n", 2)
        session.increment("n", -2)
        session["m"] = 1

    respond(shop.interface, meanwhile(assign(n=5), count, shop, cookie), cookie)

    assert found(shop, cookie) == b"[('m', 1), ('n', 5)]"
    assert names(shop.interface) == []


def test_an_increment_that_was_assigned_over_is_an_assignment(shop):
    cookie = stored(shop.interface, n=1)

    def count(session):
        session.increment("n")
        session["n"] = 100

    respond(shop.interface, meanwhile(assign(n=5), count, shop, cookie), cookie)

    assert found(shop, cookie) == b"[('n', 100)]"


def assign_nought(session):
    session["n"] = 0
    session.increment("n")


def count_and_assign_nought(session):
    session.increment("n", 7)
    assign_nought(session)


def delete_and_count(session):
    del session["n"]
    session.increment("n")


def clear_and_count(session):
    session.clear()
    session.increment("n")


def take_none_along_and_count(session):
    session.regenerate(keep=[])
    session.increment("n")


@pytest.mark.parametrize(
    "use",
    [
        assign_nought,
        count_and_assign_nought,
        delete_and_count,
        clear_and_count,
        take_none_along_and_count,
    ],
    ids=lambda use: use.__name__,
)
def test_a_counter_that_begins_anew_is_what_increment_gave(shop, use):
    """It was added to what the store had, and the page had said 1 of 31."""
    cookie = stored(shop.interface, n=30, m=1)

    response = respond(shop.interface, use, cookie)

    cookie = response.cookie if response.set_cookies else cookie
    assert respond(shop.interface, lambda s: repr(s["n"]), cookie).body == b"1"


DOING = {
    "assign": lambda session, n: session.update(n=n),
    "delete": lambda session, n: session.pop("n", None),
    "count": lambda session, n: session.increment("n", n),
    "clear": lambda session, n: session.clear(),
    "go on anew": lambda session, n: session.regenerate(),
    "take none along": lambda session, n: session.regenerate(keep=[]),
    "take back": lambda session, n: session.revert(),
}


@examples(100)
@given(
    there=st.dictionaries(st.sampled_from("mn"), st.integers(0, 3), min_size=1),
    done=st.lists(st.tuples(st.sampled_from(list(DOING)), st.integers(-3, 3))),
)
def test_what_a_page_saw_last_is_what_the_next_one_sees(there, done):
    shop, seen = Shop(), []
    cookie = stored(shop.interface, **there)

    def view(session):
        for name, n in done:
            DOING[name](session, n)
        seen.append(dict(session))

    answer = respond(shop.interface, view, cookie)
    cookie = answer.cookie if answer.set_cookies else cookie
    respond(shop.interface, lambda s: seen.append(dict(s)), cookie)

    assert seen[0] == seen[1]


def test_what_is_kept_by_hand_over_a_clear_is_kept(shop):
    """It was the same as before, and so the store was not told of it."""
    cookie = stored(shop.interface, language="en", n=1)

    def forget(session):
        language = session["language"]
        session.clear()
        session["language"] = language

    respond(shop.interface, forget, cookie)

    assert found(shop, cookie) == b"[('language', 'en')]"


def test_what_others_counted_is_no_part_of_a_counter_that_begins_anew(shop):
    cookie = stored(shop.interface, m=1)

    def count(session):
        session.increment("n", 10)

    respond(shop.interface, meanwhile(count, clear_and_count, shop, cookie), cookie)

    assert found(shop, cookie) == b"[('n', 1)]"


@pytest.mark.parametrize("value", [True, 1.0], ids=repr)
def test_what_only_equals_a_counter_is_stored_as_it_is(shop, value):
    cookie = stored(shop.interface, n=0)

    def count(session):
        session.increment("n")
        session["n"] = value

    respond(shop.interface, count, cookie)

    assert found(shop, cookie) == f"[('n', {value!r})]".encode()


class Strict(MemoryStore):
    """Takes what a store must take, and no more."""

    def update(self, key, changes):
        assert all(abs(by) < MAX_COUNT for by, _ in changes.increments.values())
        return super().update(key, changes)


@pytest.mark.parametrize("by", [MAX_COUNT, -MAX_COUNT], ids=["up", "down"])
def test_a_step_that_no_store_need_take_is_an_assignment(by):
    """Redis refused it, and said that it had failed."""
    shop = Shop(store=Strict())
    cookie = stored(shop.interface, n=5)

    respond(shop.interface, lambda s: s.increment("n", by), cookie)

    assert found(shop, cookie) == f"[('n', {5 + by})]".encode()


def test_an_increment_is_added_once_where_a_reply_was_lost(shop):
    cookie = stored(shop.interface, n=1)
    environ = {"wsgi.url_scheme": "https", "HTTP_COOKIE": cookie}
    session = shop.interface.load(environ)
    session.increment("n")
    shop.store.fails_once.add("update")

    with pytest.raises(Exception, match="the reply was lost"):
        shop.interface.commit(environ, session, "200 OK", [])
    shop.interface.guarded._closed_until = 0
    shop.interface.commit(environ, session, "200 OK", [])

    assert found(shop, cookie) == b"[('n', 2)]"


def test_clear_takes_away_what_others_wrote_meanwhile(shop):
    cookie = stored(shop.interface, n=1)

    def anew(session):
        session.clear()
        session["m"] = 1

    respond(shop.interface, meanwhile(assign(a=1), anew, shop, cookie), cookie)

    assert found(shop, cookie) == b"[('m', 1)]"


# -- what has ended -------------------------------------------------------


@pytest.mark.parametrize("end", [log_out, drop])
def test_logging_out_deletes_the_record_and_the_cookie(shop, end):
    cookie = stored(shop.interface, user=42)

    answer = respond(shop.interface, end, cookie)

    assert kind(answer) == "deletion"
    assert shop.record(cookie) is None


@pytest.mark.parametrize("end", [log_out, drop])
def test_a_copy_of_the_cookie_is_worthless_from_then_on(shop, end):
    cookie = stored(shop.interface, user=42)
    respond(shop.interface, end, cookie)

    answer = respond(shop.interface, lambda s: (dict(s), s.status, s.new), cookie)

    assert answer.body == b"({}, 'gone', True)"
    assert names(shop.interface) == ["gone"]


def test_an_id_that_the_store_does_not_know_is_never_adopted(shop):
    cookie = stored(shop.interface, user=42)
    respond(shop.interface, log_out, cookie)

    answer = respond(shop.interface, change, cookie)

    assert shop.key(answer.cookie) != shop.key(cookie)
    assert shop.record(cookie) is None


@pytest.mark.parametrize("end", [log_out, drop])
@pytest.mark.parametrize("write", [assign(a=1), lambda s: s.increment("n")])
def test_a_write_after_a_logout_brings_nothing_back(shop, end, write):
    cookie = stored(shop.interface, n=1)

    answer = respond(shop.interface, meanwhile(end, write, shop, cookie), cookie)

    assert kind(answer) == "nothing"
    assert shop.live() == 0
    [(name, facts)] = shop.events
    assert name == "gone"
    assert set(facts["keys"]) <= {"a", "n"}


def test_a_touch_after_a_logout_brings_nothing_back(shop):
    cookie = stored(shop.interface, n=1)
    shop.clock.forward(hours=1)

    answer = respond(shop.interface, meanwhile(log_out, touch, shop, cookie), cookie)

    assert kind(answer) == "nothing"
    assert shop.live() == 0
    assert names(shop.interface) == []  # nothing was lost


def test_a_regenerate_after_a_logout_brings_nothing_back(shop):
    cookie = stored(shop.interface, n=1)

    answer = respond(shop.interface, meanwhile(log_out, log_in, shop, cookie), cookie)

    assert kind(answer) == "nothing"
    assert shop.live() == 0
    assert names(shop.interface) == ["gone"]


def test_a_session_that_expired_meanwhile_is_not_revived(shop):
    cookie = stored(shop.interface, n=1)
    respond(shop.interface, touch, cookie)

    def view(session):
        dict(session)
        shop.clock.forward(days=15)
        session["n"] = 2

    answer = respond(shop.interface, view, cookie)

    assert kind(answer) == "nothing"
    assert names(shop.interface) == ["gone"]


def test_a_session_that_was_emptied_key_by_key_is_deleted_too(shop):
    """``session.pop("user")`` is how some log out."""
    cookie = stored(shop.interface, user=42)

    answer = respond(shop.interface, lambda s: s.pop("user"), cookie)

    assert kind(answer) == "deletion"
    assert shop.live() == 0


def test_logging_out_after_the_headers_have_gone_still_ends_the_session(shop):
    cookie = stored(shop.interface, user=42)
    environ = {"wsgi.url_scheme": "https", "HTTP_COOKIE": cookie}
    session = shop.interface.load(environ)
    dict(session)
    shop.interface.commit(environ, session, "200 OK", [])

    with pytest.warns(UserWarning, match="changed after"):
        session.invalidate()

    assert shop.live() == 0


def test_a_session_of_this_request_is_ended_late_as_well(shop):
    environ = {"wsgi.url_scheme": "https"}
    session = shop.interface.load(environ)
    session["user"] = 42
    shop.interface.commit(environ, session, "200 OK", [])

    with pytest.warns(UserWarning, match="changed after"):
        session.invalidate()

    assert shop.live() == 0


# -- a new identity -------------------------------------------------------


def test_a_login_takes_another_id_and_the_old_one_opens_nothing(shop):
    cookie = stored(shop.interface, n=1)

    answer = respond(shop.interface, log_in, cookie)

    assert shop.key(answer.cookie) != shop.key(cookie)
    assert found(shop, answer.cookie) == b"[('n', 1), ('user', 42)]"
    assert found(shop, cookie) == b"[]"
    assert shop.live() == 1


def test_what_others_wrote_meanwhile_is_in_the_new_session(shop):
    cookie = stored(shop.interface, n=1, m=1, k=1)

    def others(session):
        session["a"] = 1
        session["m"] = 9
        del session["k"]

    view = meanwhile(others, log_in, shop, cookie)
    answer = respond(shop.interface, view, cookie)

    expected = b"[('a', 1), ('m', 9), ('n', 1), ('user', 42)]"
    assert found(shop, answer.cookie) == expected
    assert names(shop.interface) == []


def test_of_the_same_key_the_new_session_has_its_own(shop):
    cookie = stored(shop.interface, n=1, m=1)

    def log_in_and_count(session):
        session["n"] = 3
        session.increment("m", 5)
        log_in(session)

    view = meanwhile(assign(n=2, m=100), log_in_and_count, shop, cookie)
    answer = respond(shop.interface, view, cookie)

    assert found(shop, answer.cookie) == b"[('m', 105), ('n', 3), ('user', 42)]"
    [(name, facts)] = shop.events
    assert (name, facts["key"]) == ("overwritten", "n")


def test_a_logout_just_after_the_old_one_was_retired_ends_the_new_one_too():
    """The response of the login sends no cookie, which would displace nothing good."""

    class Late(NotingStore):
        def retire(self, key, until, successor):
            was = super().retire(key, until, successor)
            MemoryStore.delete(self, key)
            return was

    shop = Shop(store=Late())
    cookie = stored(shop.interface, n=1)

    answer = respond(shop.interface, log_in, cookie)

    assert kind(answer) == "nothing"
    assert names(shop.interface) == ["gone"]
    assert shop.live() == 0


def test_a_session_that_keeps_only_some_keys_takes_none_of_others(shop):
    cookie = stored(shop.interface, n=1, m=1)

    def log_in_with_n(session):
        session.regenerate(keep=["n"])
        session["user"] = 42

    view = meanwhile(assign(a=1), log_in_with_n, shop, cookie)
    answer = respond(shop.interface, view, cookie)

    assert found(shop, answer.cookie) == b"[('n', 1), ('user', 42)]"


def test_invalidate_and_then_writing_is_another_session(shop):
    cookie = stored(shop.interface, n=1, user=42)

    answer = respond(shop.interface, log_in_anew, cookie)

    assert found(shop, answer.cookie) == b"[('n', 3)]"
    assert found(shop, cookie) == b"[]"
    assert shop.live() == 1


def test_a_login_that_forgets_to_regenerate_gets_a_new_id_all_the_same(shop):
    """An attacker who planted the cookie before the login is left with nothing."""
    cookie = stored(shop.interface, n=1)
    shop.clock.forward(minutes=1)

    answer = respond(shop.interface, forgetful_log_in, cookie)

    assert shop.key(answer.cookie) != shop.key(cookie)
    assert found(shop, answer.cookie) == b"[('n', 1), ('user', 42)]"
    assert found(shop, cookie) == b"[]"
    assert shop.record(answer.cookie).created == shop.clock.now


def test_a_logout_that_only_forgets_the_user_takes_another_id_too(shop):
    cookie = stored(shop.interface, n=1, user=42)

    answer = respond(shop.interface, lambda s: s.pop("user"), cookie)

    assert found(shop, answer.cookie) == b"[('n', 1)]"
    assert found(shop, cookie) == b"[]"


# -- a request that was late ----------------------------------------------


@pytest.fixture
def replaced(shop):
    """The cookies of a session that was replaced by a login just now, and of that."""
    cookie = stored(shop.interface, n=1)
    new = respond(shop.interface, log_in, cookie).cookie
    shop.events.clear()
    return cookie, new


def test_a_late_request_reads_an_empty_session(shop, replaced):
    cookie, _ = replaced

    answer = respond(shop.interface, lambda s: (dict(s), s.status), cookie)

    assert answer.body == b"({}, 'replaced')"
    assert kind(answer) == "nothing"
    assert names(shop.interface) == ["replaced"]


def test_what_it_writes_is_dropped_and_leaves_the_new_cookie_in_the_browser(
    shop, replaced
):
    cookie, new = replaced

    answer = respond(shop.interface, assign(a=1), cookie)

    assert kind(answer) == "nothing"
    assert names(shop.interface) == ["replaced", "not_saved"]
    assert shop.events[1][1]["keys"] == ["a"]
    assert found(shop, new) == b"[('n', 1), ('user', 42)]"


@pytest.mark.parametrize("end", [log_out, drop])
def test_its_logout_reaches_the_new_session(shop, replaced, end):
    cookie, new = replaced

    answer = respond(shop.interface, end, cookie)

    assert kind(answer) == "deletion"
    assert shop.live() == 0
    assert found(shop, new) == b"[]"


@pytest.mark.parametrize("use", [log_in, forgetful_log_in, log_in_anew])
def test_its_login_is_obeyed(shop, replaced, use):
    cookie, new = replaced

    answer = respond(shop.interface, use, cookie)

    assert kind(answer) == "cookie"
    assert shop.key(answer.cookie) not in (shop.key(cookie), shop.key(new))


def test_ten_seconds_later_the_old_cookie_starts_anew(shop, replaced):
    """The mark was obeyed for as long as it was kept, an hour or more.

    A browser keeps the old cookie where its user clicks twice on "Log in", since the
    first answer is dropped. It could not log in again: what its pages wrote, the CSRF
    token of the login too, was not saved.
    """
    cookie, new = replaced

    shop.clock.forward(seconds=10)
    late = respond(shop.interface, assign(a=1), cookie)
    shop.clock.forward(seconds=1)
    read = respond(shop.interface, lambda s: (dict(s), s.status), cookie)
    anew = respond(shop.interface, assign(a=1), cookie)

    assert (kind(late), read.body) == ("nothing", b"({}, 'gone')")
    assert kind(anew) == "cookie"
    assert found(shop, anew.cookie) == b"[('a', 1)]"
    assert found(shop, new) == b"[('n', 1), ('user', 42)]"


def test_its_logout_reaches_the_new_session_later_too(shop, replaced):
    cookie, new = replaced
    shop.clock.forward(hours=2)

    respond(shop.interface, drop, cookie)

    assert found(shop, new) == b"[]"


def test_a_write_that_began_before_a_login_is_not_saved(shop):
    """Nobody's half-finished write lands in somebody else's session."""
    cookie = stored(shop.interface, n=1)

    view = meanwhile(log_in, assign(a=1), shop, cookie)
    answer = respond(shop.interface, view, cookie)

    assert kind(answer) == "nothing"
    [(name, facts)] = shop.events
    assert (name, facts["keys"]) == ("not_saved", ["a"])


def test_a_flash_message_that_is_read_beside_a_login_logs_nobody_out(shop):
    """It empties the anonymous session, which is not there any more."""
    cookie = stored(shop.interface, message="hello")

    view = meanwhile(log_in, lambda s: s.pop("message"), shop, cookie)
    answer = respond(shop.interface, view, cookie)

    assert kind(answer) == "nothing"
    assert shop.live() == 1


def test_a_logout_that_began_before_a_login_ends_it(shop):
    cookie = stored(shop.interface, n=1)

    answer = respond(shop.interface, meanwhile(log_in, log_out, shop, cookie), cookie)

    assert kind(answer) == "deletion"
    assert shop.live() == 0


def test_two_logins_at_once_leave_one_session(shop):
    """Whoever clicks twice is logged in once, with the first click's session."""
    cookie = stored(shop.interface, n=1)

    answer = respond(shop.interface, meanwhile(log_in, log_in, shop, cookie), cookie)

    assert kind(answer) == "nothing"
    assert names(shop.interface) == ["not_saved"]
    assert shop.live() == 1


def rotate(session):
    session.regenerate()


def test_two_rotations_at_once_leave_the_first_one(shop):
    """The later one cannot know yet what the first takes over from the old session."""
    cookie = stored(shop.interface, user=42)

    answer = respond(shop.interface, meanwhile(rotate, rotate, shop, cookie), cookie)

    assert kind(answer) == "nothing"
    assert names(shop.interface) == ["not_saved"]
    [record] = [each for each in shop.store._records.values() if each.owner]
    assert record.values == {"user": "42"}


def test_invalidating_beside_a_rotation_ends_what_replaced_it(shop):
    cookie = stored(shop.interface, user=42)

    view = meanwhile(rotate, log_in_anew, shop, cookie)
    answer = respond(shop.interface, view, cookie)

    assert found(shop, answer.cookie) == b"[('n', 3)]"
    assert shop.live() == 1


def test_a_logout_beside_a_rotation_ends_what_replaced_it(shop):
    """It forgets the user by name, and so takes a new id as well."""
    cookie = stored(shop.interface, n=1, user=42)

    view = meanwhile(rotate, lambda s: s.pop("user"), shop, cookie)
    answer = respond(shop.interface, view, cookie)

    assert found(shop, answer.cookie) == b"[('n', 1)]"
    assert shop.live() == 1


def test_an_endless_chain_of_successors_is_left(shop):
    """No store of ours has one; what another hand wrote must not hang a worker."""
    cookie = stored(shop.interface, user=42)

    def bend(session):
        dict(session)
        key = shop.key(cookie)
        MemoryStore.retire(shop.store, key, shop.clock.now + 99, key)
        session.regenerate()

    answer = respond(shop.interface, bend, cookie)

    assert kind(answer) == "nothing"
    assert names(shop.interface) == ["gone"]


# -- several cookies ------------------------------------------------------


def test_the_newest_of_several_cookies_is_the_sessions(shop):
    old = stored(shop.interface, n=1)
    shop.clock.forward(seconds=1)
    new = stored(shop.interface, n=2)

    assert found(shop, f"{old}; {new}") == b"[('n', 2)]"
    assert found(shop, f"{new}; {old}") == b"[('n', 2)]"
    assert names(shop.interface) == ["ambiguous"] * 2


def test_a_logout_with_several_cookies_leaves_an_empty_session_that_asks_no_store(shop):
    old = stored(shop.interface, n=1)
    shop.clock.forward(seconds=1)
    new = stored(shop.interface, n=2)

    answer = respond(shop.interface, log_out, f"{old}; {new}")

    shop.store.asked_since()
    read = respond(shop.interface, lambda s: (dict(s), s.status), answer.cookie)
    assert read.body == b"({}, 'new')"
    assert shop.store.asked_since() == []
    assert found(shop, f"{old}; {answer.cookie}") == b"[]"
    answer = respond(shop.interface, change, answer.cookie)
    assert found(shop, answer.cookie) == b"[('n', 2)]"


@pytest.mark.parametrize(
    "cookie", ["x", "x.y.z", "W10.a0nSAA.x", "a" * 43, ".".join("aaa"), "é"]
)
def test_a_made_up_cookie_asks_no_store(shop, cookie):
    respond(shop.interface, touch, f"__Host-session={cookie}")

    assert shop.store.asked_since() == []
    assert len(names(shop.interface)) == 1


@pytest.mark.parametrize(
    "text", ["[1,2]", "{}", '[1,0,"short"]', "[-1,0,null]", "é", "not JSON"]
)
def test_an_authentic_cookie_of_a_newer_writer_is_malformed_and_asks_no_store(
    shop, text
):
    tokens = SignedSerializer([KEY], shop.interface.salt + "__Host-session")
    token = tokens.sign(tokens.pack(text), shop.clock.now)

    answer = respond(shop.interface, lambda s: s.status, f"__Host-session={token}")

    assert answer.body == b"malformed"
    assert shop.store.asked_since() == []


# -- what the store has ---------------------------------------------------


def put(shop, cookie, **texts):
    key = shop.key(cookie)
    record = shop.store._records[key]
    shop.store._records[key] = record._replace(values={**record.values, **texts})


DAMAGED = ["", "{", "nonsense", '{" zz":1}', "[" * 300 + "]" * 300, "NaN", "1 2"]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_value_that_cannot_be_decoded_is_absent_and_stays(shop, text):
    cookie = stored(shop.interface, n=1)
    put(shop, cookie, bad=text)

    def use(session):
        session["n"] = 2
        return "bad" in session, session.get("bad"), len(session), [*session]

    assert respond(shop.interface, use, cookie).body == b"(False, None, 1, ['n'])"
    assert shop.record(cookie).values == {"n": "2", "bad": text}
    assert shop.events == [("malformed", {"cookie": "__Host-session", "key": "bad"})]


def test_a_value_that_cannot_be_decoded_is_replaced_by_an_assigned_one(shop):
    cookie = stored(shop.interface, n=1)
    put(shop, cookie, bad="{")

    respond(shop.interface, assign(bad=3), cookie)

    assert found(shop, cookie) == b"[('bad', 3), ('n', 1)]"


def test_nobody_asks_for_it_and_nothing_is_said(shop):
    cookie = stored(shop.interface, n=1)
    put(shop, cookie, bad="{")

    assert respond(shop.interface, lambda s: s["n"], cookie).body == b"1"
    assert names(shop.interface) == []


@pytest.mark.parametrize("name", ["\\", "\\x", "\\u0041"])
def test_a_name_that_is_not_ours_is_left_alone(shop, name):
    cookie = stored(shop.interface, n=1)
    put(shop, cookie, **{name: '"x"'})

    respond(shop.interface, assign(n=2), cookie)

    assert shop.record(cookie).values == {"n": "2", name: '"x"'}


def test_deep_text_in_a_string_is_no_depth(shop):
    cookie = stored(shop.interface, n="[" * 500, m='"' + "{" * 500)

    assert len(respond(shop.interface, dict, cookie).body) > 1000


def test_what_nobody_asked_for_is_neither_decoded_nor_written(shop):
    class Spelled(NotingStore):
        pass

    cookie = stored(shop.interface, n=1, cart=[1, 2])
    put(shop, cookie, cart="[1,  2]")

    respond(shop.interface, assign(n=2), cookie)
    assert shop.record(cookie).values["cart"] == "[1,  2]"
    respond(shop.interface, lambda s: (s["cart"], s.update(n=3)), cookie)
    assert shop.record(cookie).values["cart"] == "[1,  2]"
    respond(shop.interface, lambda s: s["cart"].append(3), cookie)
    assert shop.record(cookie).values["cart"] == "[1,2,3]"


# -- accept_session -------------------------------------------------------


def test_a_session_that_is_not_accepted_opens_empty_and_what_is_written_is_new():
    base = overriding(
        ServerSideSessionInterface, accept_session=lambda self, session: False
    )
    shop = Shop(base=base)
    cookie = stored(Shop(store=shop.store).interface, n=1)

    answer = respond(shop.interface, lambda s: (dict(s), s.status, change(s)), cookie)

    assert answer.body == b"({}, 'refused', None)"
    assert shop.key(answer.cookie) != shop.key(cookie)


def test_the_session_that_was_not_accepted_can_be_logged_out_of():
    base = overriding(
        ServerSideSessionInterface, accept_session=lambda self, session: False
    )
    shop = Shop(base=base)
    cookie = stored(Shop(store=shop.store).interface, n=1)

    answer = respond(shop.interface, log_out, cookie)

    assert kind(answer) == "deletion"
    assert shop.live() == 0
