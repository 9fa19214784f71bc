"""A session in use never expires, and few responses are needed to keep it so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from session_middleware import SecureCookieSessionInterface, SessionMiddleware

from ..support import Clock, app_of, call, make_interface
from ..support.cookie_rules import UserAgent
from ..support.visits import stored, touch

URL = "https://app.example/"


class Browser:
    """A browser on a clock that visits an app."""

    def __init__(self, clock, interface):
        self.clock = clock
        self.interface = interface
        self.jar = UserAgent()

    def visit(self, use):
        answer = call(
            SessionMiddleware(app_of(use), self.interface),
            cookie=self.jar.header(URL, now=self.clock.now),
        )
        assert self.jar.receive(URL, answer.headers, now=self.clock.now) == []
        return answer


@pytest.fixture
def clock():
    return Clock()


def browser(clock, base=SecureCookieSessionInterface, **options):
    return Browser(clock, make_interface(base, clock, **options))


@pytest.mark.parametrize("permanent", [True, False], ids=["permanent", "not permanent"])
@pytest.mark.parametrize("lifetime", [timedelta(days=14), timedelta(minutes=20)])
def test_a_hundred_uses_over_one_lifetime_take_five_cookies(clock, lifetime, permanent):
    visitor = browser(clock, permanent=permanent, permanent_lifetime=lifetime)
    sent = len(visitor.visit(lambda s: s.update(n=1)).set_cookies)

    for _ in range(100):
        clock.now += lifetime.total_seconds() / 100
        answer = visitor.visit(dict)
        sent += len(answer.set_cookies)
        assert answer.body == b"{'n': 1}"

    assert 1 < sent <= 5


@pytest.mark.parametrize("permanent", [True, False], ids=["permanent", "not permanent"])
def test_an_active_user_is_ended_by_the_absolute_limit_alone(clock, permanent):
    start = clock.now
    visitor = browser(clock, permanent=permanent)
    visitor.visit(lambda s: s.update(n=1))

    days = 0
    while visitor.visit(lambda s: s.get("n")).body == b"1":
        clock.forward(days=1)
        days += 1
        assert days < 50

    # The browser lets go of a permanent one when its time is up, and not after it.
    assert clock.now - start == (30 if permanent else 31) * 86400


@pytest.mark.parametrize("permanent", [True, False], ids=["permanent", "not permanent"])
def test_an_idle_user_is_ended_by_the_idle_limit(clock, permanent):
    visitor = browser(clock, permanent=permanent)
    visitor.visit(lambda s: s.update(n=1))
    copied = visitor.jar.header(URL, now=clock.now)
    clock.forward(days=14, seconds=1)

    ended = call(
        SessionMiddleware(app_of(lambda s: s.status), visitor.interface), cookie=copied
    )

    assert ended.body == b"expired"
    assert (visitor.jar.header(URL, now=clock.now) is None) is permanent


@pytest.mark.parametrize(
    ("age", "sent"), [(0, 0), (3599, 0), (3600, 1), (7200, 1)], ids=str
)
def test_a_session_is_issued_anew_from_refresh_after_on(clock, age, sent):
    interface = make_interface(clock=clock, refresh_after=timedelta(hours=1))
    cookie = stored(interface)
    clock.forward(seconds=age)

    answer = call(SessionMiddleware(app_of(touch), interface), cookie=cookie)

    assert len(answer.set_cookies) == sent


def test_an_unused_session_is_never_issued_anew(clock):
    interface = make_interface(clock=clock, refresh_after=timedelta(0))
    cookie = stored(interface)
    clock.forward(days=10)

    answer = call(
        SessionMiddleware(app_of(lambda s: s.modified), interface), cookie=cookie
    )

    assert answer.headers == [("Content-Type", "text/plain")]


def test_refresh_after_zero_issues_anew_on_every_use(clock):
    visitor = browser(clock, refresh_after=timedelta(0))
    visitor.visit(lambda s: s.update(n=1))

    assert [len(visitor.visit(touch).set_cookies) for _ in range(3)] == [1, 1, 1]


def test_a_re_issue_keeps_everything_but_the_time_it_was_issued(clock):
    visitor = browser(clock, permanent=True)
    data = {"cart": [1, (2,)], "text": "x" * 500, "when": timedelta(1)}
    first = visitor.visit(lambda s: s.update(data)).cookie
    facts = lambda s: (dict(s), s.created, s.permanent)  # noqa: E731
    before = visitor.visit(facts).body
    clock.forward(days=5)

    second = visitor.visit(facts)

    assert second.body == before
    assert (
        second.cookie.rpartition(".")[0].rpartition(".")[0]
        == (first.rpartition(".")[0].rpartition(".")[0])
    )
    assert visitor.visit(facts).body == before
    assert visitor.visit(lambda s: s.issued.timestamp()).body == (
        str(float(clock.now)).encode()
    )


@pytest.mark.parametrize("permanent", [True, False], ids=["permanent", "not permanent"])
def test_permanent_decides_whether_the_browser_is_told_a_time(clock, permanent):
    visitor = browser(clock, permanent=permanent)
    [line] = visitor.visit(lambda s: s.update(n=1)).set_cookies
    clock.forward(days=7)
    [renewed] = visitor.visit(touch).set_cookies

    visitor.jar.close_browser()

    assert ("Max-Age=1209600" in line) is permanent
    assert ("Expires=" in line) is permanent
    assert ("Max-Age=1209600" in renewed) is permanent
    assert visitor.visit(len).body == (b"1" if permanent else b"0")


def test_permanent_can_be_chosen_and_taken_back(clock):
    visitor = browser(clock)
    [line] = visitor.visit(lambda s: (s.update(n=1), _permanent(s, True))).set_cookies
    [back] = visitor.visit(lambda s: _permanent(s, False)).set_cookies

    assert "Max-Age" in line
    assert "Max-Age" not in back
    assert "Expires" not in back


def _permanent(session, value):
    session.permanent = value


class RememberMe(SecureCookieSessionInterface):
    """Twenty minutes, or sixty days for those who asked for it."""

    def get_lifetime(self, session):
        return timedelta(days=60) if session.get("remember") else timedelta(minutes=20)


@pytest.mark.parametrize(
    ("remember", "lifetime"),
    [(True, timedelta(days=60)), (False, timedelta(minutes=20))],
    ids=["remembered", "short"],
)
@pytest.mark.parametrize("refresh_after", [None, timedelta(days=1)], ids=str)
def test_a_lifetime_of_ones_own_is_limit_and_expiration_in_one(
    clock, remember, lifetime, refresh_after
):
    visitor = browser(
        clock,
        RememberMe,
        permanent=True,
        absolute_lifetime=None,
        refresh_after=refresh_after,
    )
    [line] = visitor.visit(lambda s: s.update(remember=remember)).set_cookies
    copied = visitor.jar.header(URL, now=clock.now)

    for _ in range(12):  # in use, it goes on and on
        clock.now += lifetime.total_seconds() * 0.3
        assert visitor.visit(lambda s: s.get("remember")).body == str(remember).encode()
    clock.now += lifetime.total_seconds() + 1

    assert f"Max-Age={lifetime.total_seconds():.0f}" in line
    assert visitor.visit(len).body == b"0"
    assert visitor.interface.events == []  # the browser had let go of it by itself
    replayed = call(
        SessionMiddleware(app_of(lambda s: s.status), visitor.interface), cookie=copied
    )
    assert replayed.body == b"expired"


def test_the_absolute_limit_ends_a_longer_lifetime_too(clock):
    visitor = browser(clock, RememberMe, permanent=True)
    visitor.visit(lambda s: s.update(remember=True))

    for _ in range(31):
        clock.forward(days=1)
        last = visitor.visit(len).body

    assert last == b"0"


def test_a_lifetime_follows_what_the_session_says_now(clock):
    visitor = browser(clock, RememberMe, permanent=True)
    [short] = visitor.visit(lambda s: s.update(n=1)).set_cookies
    [long] = visitor.visit(lambda s: s.update(remember=True)).set_cookies

    assert "Max-Age=1200" in short
    assert "Max-Age=2592000" in long  # of sixty days, to the absolute limit
    assert visitor.visit(lambda s: (s.expires_at - s.issued).days).body == b"30"
