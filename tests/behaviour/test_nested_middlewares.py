"""Two middlewares around one app, and one that is called again."""

from __future__ import annotations

import pytest

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)

from ..support import KEY, OTHER_KEY, app_of, call
from ..support.visits import count, start

# -- two of them -----------------------------------------------------------


def both(environ, start_response):
    """Counts in one session by ones and in the other by tens."""
    one, ten = environ["session"], environ["outer"]
    one["n"], ten["n"] = one.get("n", 0) + 1, ten.get("n", 0) + 10
    start_response("200 OK", [])
    return [f"{one['n']} {ten['n']}".encode()]


def two(outer=None, inner=None):
    """Two middlewares; dicts of what differs from a working pair."""
    inside = SessionMiddleware(both, **{"secret_key": KEY, **(inner or {})})
    outside = {"secret_key": OTHER_KEY, "cookie_name": "outer", "environ_key": "outer"}
    return SessionMiddleware(inside, **{**outside, **(outer or {})})


def test_two_with_different_keys_and_cookies_stack():
    app = two()

    first = call(app)
    jar = "; ".join(line.partition(";")[0] for line in first.set_cookies)
    second = call(app, cookie=jar)

    assert (first.body, second.body) == (b"1 10", b"2 20")
    assert len(second.set_cookies) == 2
    assert second.all("Vary") == ["Cookie"]


def test_two_under_one_environ_key_are_refused_by_that_name():
    app = two(outer={"environ_key": "session"})

    with pytest.raises(ConfigurationError, match=r"environ_key.*'session'") as refused:
        call(app)

    assert refused.value.option == "environ_key"


@pytest.mark.parametrize(
    "names",
    [
        pytest.param({"cookie_name": None}, id="both automatic"),
        pytest.param({"cookie_name": "__Host-session"}, id="one automatic"),
    ],
)
def test_two_with_one_cookie_name_are_refused_by_that_name(names):
    app = two(outer=names)

    with pytest.raises(ConfigurationError, match=r"'outer'.*'__Host-session'") as error:
        call(app)

    assert error.value.option == "cookie_name"


@pytest.mark.parametrize("other", ["third", "outer"])
def test_three_are_checked_against_each_other(other):
    names = {"third": "third", "outer": "outer", other: "__Host-session"}
    app = SessionMiddleware(
        two(outer={"cookie_name": names["outer"]}),
        secret_key=KEY,
        environ_key="third",
        cookie_name=names["third"],
    )

    with pytest.raises(ConfigurationError, match=rf"'{other}'.*'__Host-session'"):
        call(app)


def test_two_side_by_side_are_no_two_in_one_request():
    one = SessionMiddleware(app_of(count), secret_key=KEY)
    other = SessionMiddleware(app_of(count), secret_key=OTHER_KEY)

    assert call(one).body == call(other).body == b"1"


@pytest.mark.parametrize("left", [{}, None, "a str"], ids=repr)
def test_an_outer_session_that_was_replaced_in_between_is_no_hindrance(left):
    inner = SessionMiddleware(app_of(count), secret_key=KEY)

    def between(environ, start_response):
        environ["outer"] = left
        return inner(environ, start_response)

    outer = SessionMiddleware(between, secret_key=OTHER_KEY, environ_key="outer")

    assert call(outer).body == b"1"


def test_a_session_taken_out_in_between_is_no_hindrance():
    inner = SessionMiddleware(app_of(count), secret_key=KEY)

    def between(environ, start_response):
        del environ["outer"]
        return inner(environ, start_response)

    outer = SessionMiddleware(between, secret_key=OTHER_KEY, environ_key="outer")

    assert call(outer).body == b"1"


def test_two_that_are_disabled_have_no_cookies_to_clash():
    def disabled():
        with pytest.warns(UserWarning, match="disabled"):
            return SecureCookieSessionInterface(SessionConfig(secret_key=None))

    inner = SessionMiddleware(start, disabled())
    outer = SessionMiddleware(inner, disabled(), environ_key="outer")

    assert call(outer).body == b"plain"


# -- the same one again ----------------------------------------------------


def retrying(app, times=3):
    """A middleware that calls again, with the same environ, after an error."""

    def middleware(environ, start_response):
        for _ in range(times - 1):
            try:
                return app(environ, start_response)
            except ConnectionError:
                pass
        return app(environ, start_response)

    return middleware


def failing_twice(use):
    calls = []

    def app(environ, start_response):
        answer = use(environ)
        calls.append(answer)
        if len(calls) < 3:
            raise ConnectionError
        start_response("200 OK", [])
        return [str(answer).encode()]

    return app


def test_the_same_one_called_again_opens_afresh():
    app = failing_twice(lambda environ: count(environ["session"]))

    answer = call(retrying(SessionMiddleware(app, secret_key=KEY)))

    assert answer.body == b"1"
    assert len(answer.set_cookies) == 1


@pytest.mark.parametrize("place", ["outside", "between"])
def test_a_retry_around_two_or_between_them_opens_afresh(place):
    app = failing_twice(lambda environ: count(environ["session"]))
    inner = SessionMiddleware(app, secret_key=KEY)
    within = retrying(inner) if place == "between" else inner
    outer = SessionMiddleware(
        within, secret_key=KEY, environ_key="outer", cookie_name="outer"
    )

    answer = call(retrying(outer) if place == "outside" else outer)

    assert answer.body == b"1"


def test_a_retry_still_refuses_a_clash():
    app = retrying(two(outer={"cookie_name": None}))

    with pytest.raises(ConfigurationError, match="cookie_name"):
        call(app)


def test_a_retry_in_the_middle_keeps_the_outer_ones_in_mind():
    innermost = SessionMiddleware(
        start, secret_key=KEY, environ_key="innermost", cookie_name="outermost"
    )
    tries = []

    def reaching_innermost_at_last(environ, start_response):
        tries.append(environ)
        if len(tries) < 3:
            raise ConnectionError
        return innermost(environ, start_response)

    middle = SessionMiddleware(reaching_innermost_at_last, secret_key=KEY)
    outermost = SessionMiddleware(
        retrying(middle),
        secret_key=KEY,
        environ_key="outermost",
        cookie_name="outermost",
    )

    with pytest.raises(ConfigurationError, match="'outermost' already uses"):
        call(outermost)
