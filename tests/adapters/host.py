"""What every host does with a session, whatever its words for it.

A test file for a new host inherits :class:`HostBehaviour` and says in ``wrap`` how an
app of that host is built; where the host's own rule differs, it says so in a class
attribute.
"""

from __future__ import annotations

import copy
import pickle
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_middleware import LateSessionChange, SerializationError
from session_middleware.csrf import check_csrf_token, get_csrf_token
from session_middleware.flash import flash, peek_flash, pop_flash
from session_middleware.formats.ours import OurCookies

from ..support import KEY, OTHER_KEY, Answer, Clock, call, make_interface, make_signed
from ..support.examples import examples
from ..support.reading import DATA, READS, all_cookies, refusing, respelled
from .reach import keys_in_reach

INCOMPRESSIBLE = random.Random(1).randbytes(5000)
View = Callable[[Any], str | Iterator[bytes]]


def errors_of(interface: Any) -> list[Exception]:
    """What a host is told where a session cannot be saved, whatever it makes of it."""
    commit, errors = interface.commit, []

    def noting(*request: Any) -> Any:
        try:
            return commit(*request)
        except Exception as error:
            errors.append(error)
            raise

    interface.commit = noting
    return errors


class HostBehaviour:
    """Inherited by ``class TestBottle(HostBehaviour)`` and its like."""

    #: Whether changes are kept on a response of status 500.
    saves_on_500 = False
    #: Whether changes are kept when the view raises.
    saves_when_raised = False
    #: Whether a change before a stream's first block is still in time.
    streams_commit_late = True
    #: What else reads a session, in this host's own words.
    own_reads: Mapping[str, Callable[[Any], object]] = {}

    def wrap(self, interface: Any, view: View, status: int = 200) -> Any:
        """A WSGI application of the host, with the adapter and nothing else.

        It answers every request with ``view(session)``: a str as ``text/plain`` with
        this status, an iterator as a streamed body.
        """
        raise NotImplementedError

    # -- used by the tests ------------------------------------------------

    def ask(
        self, interface: Any, view: View, cookie: str | None = None, status: int = 200
    ) -> Answer:
        return call(self.wrap(interface, view, status), cookie=cookie)

    def stored(self, interface: Any, **data: Any) -> str:
        """The Cookie header of a session that holds ``data``."""
        return self.ask(interface, lambda s: str(s.update(data)), None).cookie

    def content(self, interface: Any, cookie: str | None) -> str:
        """What a later request finds in its session."""
        return self.ask(interface, lambda s: repr(dict(s)), cookie).body.decode()

    def respelled(self, interface: Any, cookie: str) -> str:
        """The cookie of the same session, whose text another writer has spelled."""
        return respelled(interface, cookie)

    @property
    def ways(self) -> list[str]:
        """The names of all ways to read a session here."""
        return [*READS, *self.own_reads]

    def reader(self, interface: Any) -> Callable[..., Answer]:
        """``read(cookie, *ways)``: one request, whose view reads in these ways."""
        reads, chosen = {**READS, **self.own_reads}, []

        def view(session):
            for way in chosen:
                reads[way](session)
            return "read"

        app = self.wrap(interface, view)

        def read(cookie, *ways):
            chosen[:] = ways
            answer = call(app, cookie=cookie)
            assert answer.body == b"read", ways
            return answer

        return read

    def fails(self, interface: Any, view: View, cookie: str | None = None) -> Answer:
        """A view that raises: the server sees the exception, or the host's own 500."""
        try:
            answer = self.ask(interface, view, cookie)
        except Exception:
            return Answer("500 Raised", [], b"")
        assert answer.status.startswith("500")
        return answer

    # -- what all hosts do ------------------------------------------------

    def test_an_untouched_session_leaves_the_response_alone(self):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada")

        answer = self.ask(interface, lambda s: "nothing", cookie)

        assert (answer.status[:3], answer.body) == ("200", b"nothing")
        assert answer.set_cookies == answer.all("Vary") == []

    def test_a_session_that_is_read_varies_on_the_cookie_and_is_not_sent(self):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada")

        answer = self.ask(interface, lambda s: s["name"], cookie)

        assert answer.body == b"Ada"
        assert answer.all("Vary") == ["Cookie"]
        assert answer.set_cookies == []

    def test_no_way_of_reading_sends_a_cookie_whatever_came(self):
        """One did: a default of ``get`` was watched as if the session held it.

        Its emptiness then was a change, and ``session.get("cart", [])`` deleted a
        cookie that this worker could not read *yet*, as in a change of the key.
        """
        clock = Clock()
        cookies = all_cookies(self, make_interface, clock)
        read = self.reader(refusing(make_interface(clock=clock)))

        @examples(40)
        @given(
            came=st.sampled_from(list(cookies)),
            ways=st.lists(st.sampled_from(self.ways), min_size=2, max_size=9),
        )
        def read_more(came, ways):
            assert read(cookies[came], *ways).set_cookies == []

        for came in cookies:
            for way in self.ways:
                assert read(cookies[came], way).set_cookies == [], (came, way)
        read_more()

    @pytest.mark.parametrize("kind", ["due", "old-key", "migrated"])
    def test_what_reading_may_send_is_the_same_data_again(self, kind):
        clock = Clock()
        before = {
            "due": make_interface(clock=clock),
            "old-key": make_interface(clock=clock, secret_key=OTHER_KEY),
            "migrated": make_signed(clock=clock, cookie_name="old"),
        }
        interface = make_interface(
            clock=clock,
            secret_key_fallbacks=[OTHER_KEY],
            accept=[OurCookies(before["migrated"])],
        )
        cookie = self.stored(before[kind], **DATA)
        clock.forward(days=5 if kind == "due" else 0)
        ours = self.stored(interface, n=1).partition("=")[0]
        read = self.reader(interface)
        show = self.wrap(interface, lambda s: repr(dict(s)))
        content = call(show, cookie=cookie).body

        for way in self.ways:
            sent = read(cookie, way).set_cookies
            [again] = [line.partition(";")[0] for line in sent if line.startswith(ours)]

            assert call(show, cookie=again).body == content != b"{}", way

    @pytest.mark.parametrize(
        "use",
        [
            pytest.param(lambda s: setattr(s, "permanent", True), id="permanent"),
            pytest.param(lambda s: (s.update(x=1), s.pop("x")), id="in-and-out"),
        ],
    )
    def test_what_leaves_nothing_behind_leaves_a_cookie_alone(self, use):
        """``session.permanent = True`` before each request is a habit of Flask's users.

        It deleted every cookie that could not be read, in a change of the key all.
        """
        clock = Clock()
        cookies = all_cookies(self, make_interface, clock)
        app = self.wrap(make_interface(clock=clock), lambda s: str(use(s)))
        unread = ["empty", "junk", "of a key not known here", "idle for too long"]

        for came in (*unread, "two not known", "too many", "none"):
            assert call(app, cookie=cookies[came]).set_cookies == [], came

    def test_a_change_is_sent_and_kept_from_shared_caches(self):
        interface = make_interface()

        answer = self.ask(interface, lambda s: str(s.update(name="Ada")))

        assert self.content(interface, answer.cookie) == "{'name': 'Ada'}"
        assert answer.all("Vary") == ["Cookie"]
        assert "private" in ",".join(answer.all("Cache-Control"))

    def test_values_keep_their_types(self):
        interface = make_interface()
        data = {"t": (1, 2.5), "b": b"\xff", "none": None, "nested": [{"é": True}]}

        cookie = self.stored(interface, **data)

        assert self.content(interface, cookie) == repr(data)

    @pytest.mark.parametrize("take", [copy.copy, copy.deepcopy])
    def test_a_copy_is_a_plain_dict(self, take):
        """A deep one, of a dict with the session in it too, was about secret keys."""
        interface = make_interface()

        def view(session):
            held = copy.deepcopy({"held": session})["held"]
            return repr((type(take(session)), type(held), take(session), held))

        answer = self.ask(interface, view, self.stored(interface, cart=["apple"]))

        kind, data = "<class 'dict'>", "{'cart': ['apple']}"
        assert answer.body.decode() == f"({kind}, {kind}, {data}, {data})"
        assert answer.set_cookies == []

    def test_a_deep_copy_shares_nothing_with_its_session(self):
        interface = make_interface()
        cookie = self.stored(interface, cart=["apple"])

        def view(session):
            copy.deepcopy(session)["cart"].append("pear")
            return repr(dict(session))

        answer = self.ask(interface, view, cookie)

        assert (answer.body, answer.set_cookies) == (b"{'cart': ['apple']}", [])

    @pytest.mark.parametrize("hold", [lambda s: s, lambda s: [s]], ids=["it", "a list"])
    def test_a_session_is_not_pickled_and_says_what_to_store(self, hold):
        interface = make_interface()

        def view(session):
            # Flask's proxy has a refusal of its own, whatever it stands for.
            mine = getattr(session, "_get_current_object", lambda: session)()
            with pytest.raises(TypeError, match=r"store dict\(session\)"):
                pickle.dumps(hold(mine))
            return pickle.loads(pickle.dumps(dict(session)))["name"]

        answer = self.ask(interface, view, self.stored(interface, name="Ada"))

        assert answer.body == b"Ada"

    def test_a_change_inside_a_list_is_noticed(self):
        interface = make_interface()
        cookie = self.stored(interface, cart=["apple"])

        answer = self.ask(interface, lambda s: str(s["cart"].append("pear")), cookie)

        assert self.content(interface, answer.cookie) == "{'cart': ['apple', 'pear']}"

    def test_one_key_can_be_deleted(self):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada", language="en")

        answer = self.ask(interface, lambda s: s.pop("name"), cookie)

        assert answer.body == b"Ada"
        assert self.content(interface, answer.cookie) == "{'language': 'en'}"

    def test_an_emptied_session_deletes_its_cookie(self):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada")

        [line] = self.ask(interface, lambda s: str(s.clear()), cookie).set_cookies

        assert "Max-Age=0" in line

    def test_an_invalidated_session_deletes_its_cookie(self):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada")

        [line] = self.ask(interface, lambda s: str(s.invalidate()), cookie).set_cookies

        assert "Max-Age=0" in line

    def test_what_is_written_after_invalidation_is_a_new_session(self):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada", cart=[1])

        def log_in_again(session):
            session.invalidate()
            session["name"] = "Grace"
            return ""

        answer = self.ask(interface, log_in_again, cookie)

        assert self.content(interface, answer.cookie) == "{'name': 'Grace'}"

    def test_emptying_what_never_came_sends_nothing(self):
        answer = self.ask(make_interface(), lambda s: str(s.clear()))

        assert answer.set_cookies == []

    def test_a_permanent_session_outlives_the_browser(self):
        def remember(session):
            session.permanent = True
            session["name"] = "Ada"
            return ""

        [line] = self.ask(make_interface(), remember).set_cookies

        assert "Max-Age=1209600" in line
        assert "Expires=" in line

    def test_a_used_session_that_is_old_enough_is_refreshed(self):
        clock = Clock()
        interface = make_interface(clock=clock)
        cookie = self.stored(interface, name="Ada")
        clock.forward(days=5)

        answer = self.ask(interface, lambda s: s["name"], cookie)

        clock.forward(days=10)  # too long for the cookie before
        assert self.content(interface, answer.cookie) == "{'name': 'Ada'}"
        assert self.content(interface, cookie) == "{}"

    def test_a_session_of_an_older_key_is_signed_anew(self):
        before = make_interface(secret_key=OTHER_KEY)
        interface = make_interface(secret_key=KEY, secret_key_fallbacks=[OTHER_KEY])
        cookie = self.stored(before, name="Ada")

        answer = self.ask(interface, lambda s: s["name"], cookie)

        assert self.content(make_interface(), answer.cookie) == "{'name': 'Ada'}"

    def test_a_forged_cookie_is_an_empty_session_and_one_event(self):
        interface = make_interface()
        cookie = self.stored(make_interface(secret_key=OTHER_KEY), name="Mallory")
        interface.events.clear()

        content = self.content(interface, cookie)

        assert content == "{}"
        assert [name for name, _ in interface.events] == ["bad_signature"]

    def test_a_response_of_status_500_follows_the_hosts_own_rule(self):
        interface = make_interface()

        answer = self.ask(interface, lambda s: str(s.update(name="Ada")), status=500)

        assert answer.status.startswith("500")
        assert len(answer.set_cookies) == int(self.saves_on_500)

    @pytest.mark.parametrize("status", [302, 404, 422])
    def test_other_statuses_save(self, status):
        interface = make_interface()

        answer = self.ask(interface, lambda s: str(s.update(n=1)), status=status)

        assert answer.status.startswith(str(status))
        assert self.content(interface, answer.cookie) == "{'n': 1}"

    def test_a_view_that_raises_follows_the_hosts_own_rule(self):
        def view(session):
            session["name"] = "Ada"
            raise LookupError("the view's own")

        answer = self.fails(make_interface(), view)

        assert len(answer.set_cookies) == int(self.saves_when_raised)

    @pytest.mark.parametrize(
        "value", [object(), INCOMPRESSIBLE], ids=["not-serialisable", "too-large"]
    )
    def test_what_cannot_be_saved_is_an_error_and_keeps_the_cookie(self, value):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada")

        answer = self.fails(interface, lambda s: str(s.update(bad=value)), cookie)

        assert answer.set_cookies == []

    def test_a_value_that_calls_itself_without_end_is_an_error_that_names_it(self):
        class Endless:
            def __eq__(self, other):
                return self == other

            def __html__(self):
                return self.__html__()

            __hash__ = None  # type: ignore[assignment]

        interface = make_interface()
        cookie = self.stored(interface, cart=[1])
        errors = errors_of(interface)

        self.fails(interface, lambda s: str(s.update(bad=Endless())), cookie)
        self.fails(
            interface, lambda s: str(s["cart"].__setitem__(0, Endless())), cookie
        )

        said = [str(error).partition(":")[0] for error in errors]
        assert [*dict.fromkeys(said)] == ["session['bad']", "session['cart'][0]"]
        assert {type(error) for error in errors} == {SerializationError}

    def test_without_a_key_a_session_reads_as_empty_and_refuses_writes(self):
        with pytest.warns(UserWarning, match="sessions are disabled"):
            interface = make_interface(secret_key=None)

        read = self.ask(interface, lambda s: repr(copy.deepcopy(s)))
        written = self.fails(interface, lambda s: str(s.update(name="Ada")))

        assert read.body == b"{}"
        assert read.set_cookies == written.set_cookies == []

    def test_without_a_key_there_are_no_messages_and_no_token_is_right(self):
        with pytest.warns(UserWarning, match="sessions are disabled"):
            interface = make_interface(secret_key=None)

        def view(session):
            found = pop_flash(session), peek_flash(session)
            return repr((*found, check_csrf_token(session, "")))

        assert self.ask(interface, view).body == b"([], [], False)"

    def test_a_flash_message_is_shown_once(self):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada")

        saved = self.ask(interface, lambda s: str(flash(s, "Saved.")), cookie).cookie
        saved = self.ask(interface, lambda s: str(flash(s, "Twice.")), saved).cookie
        looked = self.ask(interface, lambda s: repr(peek_flash(s)), saved)
        shown = self.ask(interface, lambda s: repr(pop_flash(s)), saved)

        assert looked.set_cookies == []
        assert looked.body == shown.body == b"['Saved.', 'Twice.']"
        assert self.content(interface, shown.cookie) == "{'name': 'Ada'}"

    def test_a_form_s_token_is_right_in_its_own_session_alone(self):
        interface = make_interface()
        page = self.ask(interface, get_csrf_token)
        token = page.body.decode()

        def post(cookie):
            return self.ask(
                interface, lambda s: str(check_csrf_token(s, token)), cookie
            )

        other = self.ask(interface, get_csrf_token).cookie
        answers = [post(page.cookie), post(other), post(None)]

        assert [each.body for each in answers] == [b"True", b"False", b"False"]
        assert [each.set_cookies for each in answers] == [[], [], []]

    def test_a_stream_reads_its_session(self):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada")

        def view(session):
            name = session["name"]
            return (block for block in [b"Hello, ", name.encode()])

        answer = self.ask(interface, view, cookie)

        assert answer.body == b"Hello, Ada"
        assert answer.all("Vary") == ["Cookie"]

    def test_a_change_before_a_streams_first_block_is_saved_or_warned_of(self):
        interface = make_interface()

        def view(session):
            def blocks():
                session["name"] = "Ada"
                yield b"streamed"

            return blocks()

        if self.streams_commit_late:
            answer = self.ask(interface, view)
            assert self.content(interface, answer.cookie) == "{'name': 'Ada'}"
        else:
            with pytest.warns(LateSessionChange, match="name"):
                answer = self.ask(interface, view)
            assert answer.set_cookies == []
        assert answer.body == b"streamed"

    def test_a_change_after_a_streams_first_block_warns(self):
        interface = make_interface()
        cookie = self.stored(interface, name="Ada")

        def view(session):
            def blocks():
                session["name"]
                yield b"one"
                session["late"] = True
                yield b"two"

            return blocks()

        with pytest.warns(LateSessionChange, match="late"):
            answer = self.ask(interface, view, cookie)

        assert (answer.body, answer.set_cookies) == (b"onetwo", [])

    def test_a_first_touch_after_a_streams_first_block_warns_of_what_is_lost(self):
        interface = make_interface()

        def view(session):
            def blocks():
                yield b"one"
                session["late"] = True
                yield b"two"

            return blocks()

        with pytest.warns(LateSessionChange, match="late"):
            answer = self.ask(interface, view)

        assert (answer.body, answer.set_cookies) == (b"onetwo", [])
        assert [name for name, _ in interface.events] == ["late_read", "late_change"]

    def test_no_public_name_leads_from_a_session_or_the_environ_to_a_key(self):
        """A template printed it: ``{{ session.interface.config.secret_key }}``."""
        interface = make_interface(secret_key_fallbacks=[OTHER_KEY])
        environs, found = [], []

        def view(session):
            session["name"] = ["Ada"]
            roots = {"session": session, "environ": environs[0]}
            found.extend(keys_in_reach(roots, KEY, OTHER_KEY))
            return ""

        app = self.wrap(interface, view)

        def server(environ, start_response):
            environs.append(environ)
            return app(environ, start_response)

        call(server, cookie=self.stored(interface, name=["Eve"]))

        assert found == []

    def test_two_clients_at_once_keep_their_own_sessions(self):
        interface = make_interface()
        both_inside = threading.Barrier(2, timeout=30)

        def view(session):
            mine = session["name"]
            both_inside.wait()
            session["seen"] = mine
            both_inside.wait()
            return mine

        app = self.wrap(interface, view)
        cookies = {name: self.stored(interface, name=name) for name in ("Ada", "Eve")}
        answers = {}

        def visit(name):
            answers[name] = call(app, cookie=cookies[name])

        threads = [threading.Thread(target=visit, args=(name,)) for name in cookies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

        for name in cookies:
            assert answers[name].body == name.encode()
            content = self.content(interface, answers[name].cookie)
            assert content == repr({"name": name, "seen": name})
