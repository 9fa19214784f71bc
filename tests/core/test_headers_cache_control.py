"""What ``make_private`` leaves of ``Cache-Control``, and of what speaks past it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_middleware.headers import has_cookie_or_caching, is_shared, make_private

from ..support.examples import examples
from .test_headers import TYPE, lines, values_of


@pytest.mark.parametrize(
    "values",
    [
        ["public"],
        ["Public"],
        ["max-age=60, PUBLIC"],
        ["s-maxage=60"],
        ["S-MaxAge = 60"],
        ["max-age=60", "public"],
        ['private="x", public'],
        ['private="x, y", s-maxage=1'],
        ['no-cache="Set-Cookie",public'],
        ['x="\\"", public'],
    ],
    ids=" + ".join,
)
def test_is_shared_if_any_line_says_public_or_s_maxage(values):
    assert is_shared(lines("cache-Control", *values))


@pytest.mark.parametrize(
    "values",
    [
        [],
        [""],
        [" , ,"],
        ["private"],
        ["max-age=60"],
        ["publicity"],
        ["x-public"],
        ['x="public"'],
        ['x="a, public, b"'],
        ['x="a\\", public"'],
    ],
    ids=" + ".join,
)
def test_is_not_shared_by_anything_else(values):
    assert not is_shared(lines("Cache-Control", *values))


def test_is_not_shared_by_another_header():
    assert not is_shared([("Pragma", "public"), ("X-Cache-Contr", "public")])


@pytest.mark.parametrize(
    ("before", "after", "was_shared"),
    [
        pytest.param([], "private", False, id="none yet"),
        pytest.param([""], "private", False, id="an empty one"),
        pytest.param(["max-age=60"], "max-age=60, private", False, id="a time"),
        pytest.param(["public"], "private", True, id="public"),
        pytest.param(["PUBLIC"], "private", True, id="public in capitals"),
        pytest.param(
            ["public, max-age=60"], "max-age=60, private", True, id="public and a time"
        ),
        pytest.param(
            ["max-age=1,s-maxage=2"], "max-age=1, private", True, id="a shared time"
        ),
        pytest.param(
            ["max-age=1", "public"], "max-age=1, private", True, id="two lines"
        ),
        pytest.param(
            ['private="x"'], 'private="x", private', False, id="private for one field"
        ),
        pytest.param(
            ['no-cache="Set-Cookie"'],
            'no-cache="Set-Cookie", private',
            False,
            id="no-cache for one field",
        ),
        pytest.param(
            ['public, x="a, public", y'],
            'x="a, public", y, private',
            True,
            id="a quoted comma",
        ),
        pytest.param(
            ['x="\\", public", public'],
            'x="\\", public", private',
            True,
            id="a quoted quote",
        ),
        pytest.param(["no-cache"], "no-cache, private", False, id="no-cache"),
        pytest.param(
            ["No-Cache, max-age=0"], "No-Cache, max-age=0, private", False, id="both"
        ),
        pytest.param(
            ["no-store, must-understand"],
            "no-store, must-understand, private",
            False,
            id="a no-store that some ignore",
        ),
        pytest.param(["private, public"], "private", True, id="private and public"),
        pytest.param(["public", "private"], "private", True, id="and on two lines"),
        pytest.param(
            ["no-store, s-maxage=1"], "no-store", True, id="no-store and a shared time"
        ),
        pytest.param(["private="], "private=, private", False, id="private for none"),
        pytest.param(["no-store=1"], "no-store=1, private", False, id="a number"),
        pytest.param(
            ['max-age=1, x="private'],
            'max-age=1, private, x="private',
            False,
            id="an open quote",
        ),
        pytest.param(
            ['x="\\', "no-store"], 'no-store, x="\\', False, id="an open quote first"
        ),
        pytest.param(
            ['x="private"'], 'x="private", private', False, id="a quoted private"
        ),
        pytest.param(["privately"], "privately, private", False, id="a longer word"),
        pytest.param(
            ["private\xa0"], "private\xa0, private", False, id="a no-break space"
        ),
    ],
)
def test_a_response_is_made_private_in_one_line(before, after, was_shared):
    headers = lines("cache-control", *before)

    assert make_private(headers) is was_shared
    assert [value for value in values_of("Cache-Control", headers) if value] == [after]
    assert not is_shared(headers)
    assert [pair for pair in headers if pair[0].lower() != "cache-control"] == lines("")


@pytest.mark.parametrize(
    "values",
    [
        ["private"],
        ["Private, max-age=60"],
        ["no-store"],
        ["no-cache, private"],
        ["max-age=0", "NO-STORE"],
        ["must-understand, no-store", "private"],
        ['private="x"', "Private, max-age=1"],
        ['private="x", private'],
    ],
    ids=" + ".join,
)
def test_a_response_that_is_private_already_is_left_alone(values):
    headers = lines("Cache-Control", *values)

    assert make_private(headers) is False
    assert headers == lines("Cache-Control", *values)


TARGETED = [
    "CDN-Cache-Control",
    "cdn-cache-control",
    "Cloudflare-CDN-Cache-Control",
    "Netlify-CDN-Cache-Control",
    "Vercel-CDN-Cache-Control",
    "Akamai-CDN-Cache-Control",
    "ExampleCDN-Cache-Control",
    "Surrogate-Control",
    "SURROGATE-CONTROL",
    "Akamai-Cache-Control",
    "Edge-Control",
    "X-LiteSpeed-Cache-Control",
]


@pytest.mark.parametrize("name", TARGETED)
@pytest.mark.parametrize("said", ["private", "max-age=60", "no-store"])
def test_what_a_cache_would_obey_in_place_of_cache_control_goes(name, said):
    headers = [*lines(name, "max-age=60", ""), ("Cache-Control", said)]

    assert has_cookie_or_caching([TYPE, (name, "max-age=60")])
    assert make_private(headers) is True
    assert values_of(name, headers) == []
    assert headers[:2] == lines(name)
    assert make_private(headers) is False


@pytest.mark.parametrize(
    ("before", "was_shared"), [("60", True), ("@4102444800", True), ("0", False)]
)
@pytest.mark.parametrize("name", ["X-Accel-Expires", "x-accel-expires"])
def test_nginx_is_told_not_to_keep_it_in_its_own_word(name, before, was_shared):
    headers = [*lines(name, before), ("Cache-Control", "no-store")]

    assert has_cookie_or_caching([TYPE, (name, before)])
    assert make_private(headers) is was_shared
    assert headers == [*lines(name, "0"), ("Cache-Control", "no-store")]


@pytest.mark.parametrize(
    "name", ["X-Cache-Control", "Origin-Agent-Cluster", "Access-Control", "Expires"]
)
def test_other_headers_say_what_the_app_said(name):
    headers = [*lines(name, "max-age=60"), ("Cache-Control", "private")]

    assert make_private(headers) is False
    assert headers == [*lines(name, "max-age=60"), ("Cache-Control", "private")]


@pytest.mark.parametrize("part", ['"', '"\\', "\\", '"",', ",", 'x="', 'x="a\\"'])
def test_a_hostile_cache_control_is_read_to_its_end(part):
    headers = lines("Cache-Control", part * 20_000)

    make_private(headers)

    [value] = values_of("Cache-Control", headers)
    assert "private" in (value[:7], value[-7:])


DIRECTIVES = st.lists(
    st.sampled_from(
        [
            "public",
            "private",
            "no-store",
            "no-cache",
            "must-understand",
            "s-maxage=1",
            "max-age=1",
            'a="x, public"',
        ]
    ),
    max_size=4,
)


@examples(500)
@given(st.lists(DIRECTIVES, max_size=3))
def test_afterwards_caches_keep_away_and_a_second_time_changes_nothing(split):
    headers = lines("Cache-Control", *map(", ".join, split))
    said = {directive for line in split for directive in line}

    make_private(headers)
    once = list(headers)
    make_private(headers)

    now = {
        part for each in values_of("Cache-Control", once) for part in each.split(", ")
    }
    assert "private" in now or ("no-store" in now and "must-understand" not in now)
    assert not now & {"public", "s-maxage=1"}
    assert said - {"public", "s-maxage=1"} <= {*now, 'a="x, public"'}
    assert headers == once
