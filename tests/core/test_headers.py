"""What the session adds to a response's headers, and what it leaves alone."""

from __future__ import annotations

import pytest

from session_middleware.headers import (
    drop_replaced_cookies,
    has_cookie_or_caching,
    vary_on_cookie,
)

TYPE = ("Content-Type", "text/plain")


def lines(name: str, *values: str) -> list[tuple[str, str]]:
    return [TYPE, *((name, value) for value in values), ("X-Last", "1")]


def values_of(name: str, headers: list[tuple[str, str]]) -> list[str]:
    return [value for key, value in headers if key.lower() == name.lower()]


# -- Vary


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([], ["Cookie"], id="none yet"),
        pytest.param([""], ["Cookie"], id="an empty one"),
        pytest.param([" "], ["Cookie"], id="a blank one"),
        pytest.param(["Accept"], ["Accept, Cookie"], id="another field"),
        pytest.param(["Accept, Origin"], ["Accept, Origin, Cookie"], id="two fields"),
        pytest.param(["A", "B"], ["A", "B, Cookie"], id="two lines"),
        pytest.param(["Cookies"], ["Cookies, Cookie"], id="a longer name"),
        pytest.param(["X-Cookie"], ["X-Cookie, Cookie"], id="a name that ends so"),
        pytest.param(["\xa0Cookie"], ["\xa0Cookie, Cookie"], id="a no-break space"),
        pytest.param(["A*"], ["A*, Cookie"], id="a star in a name"),
    ],
)
@pytest.mark.parametrize("name", ["Vary", "vary", "VARY"])
def test_vary_gets_cookie_and_keeps_what_is_there(name, before, after):
    headers = lines(name, *before)
    untouched = list(headers)

    merged = vary_on_cookie(headers)

    assert values_of("Vary", merged) == after
    assert headers == untouched
    assert [pair for pair in merged if pair[0].lower() != "vary"] == lines("Vary")


@pytest.mark.parametrize(
    "values",
    [
        ["Cookie"],
        ["cookie"],
        ["COOKIE"],
        ["Accept,Cookie"],
        ["Accept ,\tCookie , Origin"],
        ["Cookie", "Accept"],
        ["Accept", "Cookie"],
        ["*"],
        [" * "],
        ["Accept, *"],
        ["*", "Accept"],
        ["Accept", "*"],
    ],
    ids=" + ".join,
)
def test_vary_that_says_it_already_is_handed_back_as_it_is(values):
    headers = lines("vAry", *values)

    assert vary_on_cookie(headers) is headers


# -- Set-Cookie


@pytest.mark.parametrize(
    ("theirs", "kept"),
    [
        pytest.param([], [], id="none"),
        pytest.param(["a=1", "b=2"], ["a=1", "b=2"], id="others"),
        pytest.param(["s=theirs"], [], id="the same name"),
        pytest.param(
            ["a=1", "s=x", "b=2", "s=y; Path=/"], ["a=1", "b=2"], id="between"
        ),
        pytest.param([" s\t=x; Path=/"], [], id="the same name with blanks"),
        pytest.param(["s; Path=/"], [], id="no value"),
        pytest.param(["S=x", "ss=x", "s2=x"], ["S=x", "ss=x", "s2=x"], id="like it"),
        pytest.param(["a=s=1", "=s=1"], ["a=s=1", "=s=1"], id="the name elsewhere"),
        pytest.param(["a=1", "a=1"], ["a=1", "a=1"], id="their own duplicates"),
    ],
)
@pytest.mark.parametrize("name", ["Set-Cookie", "set-cookie"])
def test_of_one_name_only_the_added_cookie_stays(name, theirs, kept):
    headers = lines(name, *theirs)
    size = len(headers)
    headers += [("Set-Cookie", "s=ours; Path=/")]

    dropped = drop_replaced_cookies(headers, size)

    assert dropped == ["s"] * (len(theirs) - len(kept))
    assert headers == [*lines(name, *kept), ("Set-Cookie", "s=ours; Path=/")]


def test_of_several_added_cookies_each_replaces_its_own_name():
    headers = lines("Set-Cookie", "a=1", "b=1", "c=1")
    size = len(headers)
    headers += [("Set-Cookie", "a=2"), ("X-Set-Cookie", "b=2"), ("Set-Cookie", "c=2")]

    dropped = drop_replaced_cookies(headers, size)

    assert sorted(dropped) == ["a", "c"]
    assert values_of("Set-Cookie", headers) == ["b=1", "a=2", "c=2"]


@pytest.mark.parametrize("name", ["Set-Cookie", "set-cookie", "CACHE-CONTROL"])
def test_a_cookie_or_caching_is_never_overlooked(name):
    assert has_cookie_or_caching([TYPE, (name, "x")])


def test_a_plain_response_has_neither():
    names = ["Content-Length", "Vary", "ETag", "Last-Modified", "Expires", "TE", ""]

    assert not has_cookie_or_caching([TYPE, *((name, "x") for name in names)])
