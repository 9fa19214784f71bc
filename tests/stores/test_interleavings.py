"""Requests with one cookie, in any order of what they ask of the store.

Each runs in a greenlet, which stops before every verb; which of them goes on is drawn,
and so is whether one dies there, or loses a reply. Every order is possible that there
is with threads, processes or machines, and each can be replayed.
"""

from __future__ import annotations

from itertools import count

import greenlet
from hypothesis import assume, given
from hypothesis import strategies as st

from session_middleware import StoreUnavailable
from session_middleware.stores.memory import MemoryStore

from ..support import Clock
from ..support.examples import examples
from ..support.visits import respond, stored, touch
from .noting import Shop

VERBS = ["read", "create", "update", "retire", "delete"]


class Stepping(MemoryStore):
    """Stops before each verb, to let another request go on."""

    shared = True

    def __init__(self):
        super().__init__()
        self.lose = None  # asked whether a reply is lost

    def _step(verb):
        def ask(self, *arguments):
            parent = greenlet.getcurrent().parent
            if parent is not None:
                parent.switch()
            answer = getattr(MemoryStore, verb)(self, *arguments)
            if parent is not None and self.lose():
                raise StoreUnavailable("the reply was lost")
            return answer

        return ask

    read, create, update = _step("read"), _step("create"), _step("update")
    retire, delete = _step("retire"), _step("delete")


class Request:
    """One request, and what came of it.

    :param number: tells its key from all others'.
    """

    def __init__(self, trial, number, action):
        self.trial = trial
        self.action = action
        self.name = f"k{number}"
        self.status = self.answer = self.error = None
        self.said = []
        self.greenlet = greenlet.greenlet(self.run)

    def run(self):
        before = len(self.trial.shop.events)
        try:
            self.answer = ACTIONS[self.action](self)
        except StoreUnavailable as error:
            self.error = error
        self.said = [name for name, _ in self.trial.shop.events[before:]]

    def ask(self, use):
        """A request whose app looks at the session first, and then uses it."""

        def view(session):
            self.status = session.status
            use(session)

        return respond(self.trial.shop.interface, view, self.trial.cookie)

    @property
    def is_done(self):
        """Whether its response was sent, and what it did was not refused."""
        return self.answer is not None and not self.refused

    @property
    def refused(self):
        facts = [f for n, f in self.trial.shop.events if n in ("gone", "not_saved")]
        return any(self.name in f.get("keys", ()) for f in facts)

    @property
    def opened_it(self):
        return self.status == "ok"


def write(request):
    return request.ask(lambda s: s.update({request.name: 1}))


def increment(request):
    def use(session):
        session.increment("counter")
        session[request.name] = 1

    return request.ask(use)


def rotate(request):
    def use(session):
        session.regenerate()
        session[request.name] = 1

    return request.ask(use)


def log_in(request):
    return request.ask(lambda s: s.update({"user": 42, request.name: 1}))


def log_out(request):
    return request.ask(lambda s: s.invalidate())


def clear(request):
    return request.ask(lambda s: s.clear())


def look(request):
    return request.ask(touch)


def revoke(request):
    return request.trial.shop.interface.revoke_all(7)


def revoke_everyone(request):
    return request.trial.shop.interface.revoke_everyone()


def clean(request):
    shop = request.trial.shop
    return shop.store.delete_expired(shop.clock.now - 60)


ACTIONS = {
    "write": write,
    "increment": increment,
    "rotate": rotate,
    "log in": log_in,
    "log out": log_out,
    "clear": clear,
    "look": look,
    "revoke": revoke,
    "revoke everyone": revoke_everyone,
    "clean": clean,
}
ENDING = {"log out", "clear", "revoke", "revoke everyone"}
KEEPING = sorted({*ACTIONS} - ENDING)


class Trial:
    """Some requests with the cookie of one session, which begins with ``data``."""

    def __init__(self, actions, data):
        self.shop = Shop(store=Stepping(), clock=Clock(), owner_key="user")
        ticks = count(0, 5)  # a failure is forgotten at once
        self.shop.interface.guarded._clock = lambda: next(ticks)
        self.cookie = stored(self.shop.interface, **data)
        self.shop.clock.forward(hours=1)
        self.requests = [
            Request(self, number, action) for number, action in enumerate(actions)
        ]

    def run(self, choose, *, dies=None, loses=None):
        """Let them go on, one at a time, until all have ended.

        :param choose: one of this many.
        :param dies: whether one dies at a verb; ``None``: none does.
        """
        self.shop.store.lose = loses or (lambda: False)
        waiting = [*self.requests]
        while waiting:
            request = waiting[choose(len(waiting))]
            if dies is not None and request.greenlet and dies():
                request.greenlet.throw()
                waiting.remove(request)
                continue
            request.greenlet.switch()
            if request.greenlet.dead:
                waiting.remove(request)

    def live(self):
        """The records of sessions, by key."""
        records = self.shop.store._records.items()
        return {key: each for key, each in records if each.successor is None}

    def cookies(self):
        """Whatever cookie a browser may have by now."""
        answers = [each.answer for each in self.requests if each.answer is not None]
        lines = [
            line for a in answers if hasattr(a, "headers") for line in a.set_cookies
        ]
        sent = [line.partition(";")[0] for line in lines if "Max-Age=0" not in line]
        return [self.cookie, *sent]

    def reachable(self):
        """The live records that some cookie leads to."""
        live = self.live()
        keys = {self.shop.key(cookie) for cookie in self.cookies()}
        return {key: record for key, record in live.items() if key in keys}


def drawn(data):
    return lambda most: data.draw(st.integers(0, most - 1))


@given(st.lists(st.sampled_from(KEEPING), min_size=2, max_size=4), st.data())
@examples(600)
def test_whatever_is_confirmed_is_in_the_one_session_that_is_left(actions, data):
    trial = Trial(actions, {"user": 7, "counter": 0})

    trial.run(drawn(data))

    # Beside it are the logins of requests that came when it had been replaced.
    [record] = [each for each in trial.live().values() if "counter" in each.values]
    done = [each for each in trial.requests if each.is_done and each.opened_it]
    changed = [each for each in done if each.action not in ("look", "clean")]
    if "log in" not in actions:
        assert {each.name for each in changed} <= set(record.values)
        counted = [each for each in changed if each.action == "increment"]
        assert int(record.values["counter"]) == len(counted)
    assert trial.reachable(), "a browser that follows all responses is logged in"


@given(
    st.lists(st.sampled_from(sorted(ACTIONS)), min_size=1, max_size=3),
    st.sampled_from(sorted(ENDING)),
    st.data(),
)
@examples(1000)
def test_whoever_has_logged_out_stays_so(actions, ending, data):
    """Whatever runs at the same time; and nothing of the session is left anywhere."""
    assume(ending != "revoke" or "log in" not in actions)  # it is 42's session then
    trial = Trial([*actions, ending], {"user": 7, "secret": "x"})

    trial.run(drawn(data))

    assert not any("secret" in record.values for record in trial.live().values())


@given(
    st.lists(st.sampled_from(sorted(ACTIONS)), min_size=2, max_size=3),
    st.data(),
)
@examples(600)
def test_requests_that_die_or_lose_replies_leave_no_more_than_they_confirmed(
    actions, data
):
    """No session of theirs outlives a day; a logout that was confirmed has happened."""
    trial = Trial(actions, {"user": 7, "secret": "x"})
    sometimes = lambda: data.draw(st.integers(0, 9)) == 0  # noqa: E731

    trial.run(drawn(data), dies=sometimes, loses=sometimes)

    live, reachable = trial.live(), trial.reachable()
    for key, record in live.items():
        assert key in reachable or record.expires <= trial.shop.clock.now + 24 * 3600
    if "log in" not in actions and any(
        each.answer is not None for each in trial.requests if each.action in ENDING
    ):
        assert not any("secret" in record.values for record in reachable.values())


@given(st.sampled_from(sorted(ACTIONS)), st.data())
@examples(300)
def test_a_request_that_outlives_its_session_revives_nothing(action, data):
    trial = Trial(["write", action], {"user": 7, "secret": "x"})
    steps = count()

    def choose(most):
        if next(steps) == 2:
            trial.shop.clock.forward(days=2)  # nobody came back in time
            MemoryStore.delete_expired(trial.shop.store, trial.shop.clock.now - 60)
        return data.draw(st.integers(0, most - 1))

    trial.run(choose)

    for record in trial.live().values():
        assert "secret" not in record.values or record.expires < trial.shop.clock.now
