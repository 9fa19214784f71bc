"""What shared caches are told of a response that a session had a part in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ..support import Clock, make_interface
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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["Cookie"]),
        (["Accept"], ["Accept, Cookie"]),
        (["cookie"], ["cookie"]),
        (["Accept,COOKIE , X"], ["Accept,COOKIE , X"]),
        (["Accept", "Cookie"], ["Accept", "Cookie"]),
        (["Accept", "Origin"], ["Accept", "Origin, Cookie"]),
        (["*"], ["*"]),
        (["Accept", "*"], ["Accept", "*"]),
        (["X-Cookie"], ["X-Cookie, Cookie"]),
        ([""], ["Cookie"]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", ["Vary", "vary", "VARY"])
@pytest.mark.parametrize("use", [touch, change], ids=["read", "changed"])
def test_vary_is_merged_into_what_is_there(use, name, before, after):
    headers = [(name, value) for value in before]

    answer = respond(make_interface(), use, headers=headers)

    assert answer.all("Vary") == after
    assert headers == [(name, value) for value in before]


def test_cve_2023_30861_every_cookie_that_is_sent_has_vary():
    # Flask sent a refreshed cookie without Vary when the session was not accessed;
    # Django did the same three years later (CVE-2026-35192).
    clock = Clock()
    interface = make_interface(clock=clock, permanent=True, refresh_after=timedelta(0))
    cookie = stored(interface)

    for use in (touch, change, drop, log_out, log_in_anew):
        answer = respond(interface, use, cookie)

        assert kind(answer) != "nothing"
        assert answer.all("Vary") == ["Cookie"]


@pytest.mark.parametrize(
    ("before", "after", "noted"),
    [
        ([], ["private"], []),
        (["max-age=60"], ["max-age=60, private"], []),
        (["public"], ["private"], ["made_private"]),
        (["Public, max-age=60"], ["max-age=60, private"], ["made_private"]),
        (["s-maxage=60", "no-transform"], ["no-transform, private"], ["made_private"]),
        (["private"], ["private"], []),
        (["No-Store"], ["No-Store"], []),
        (["no-cache"], ["no-cache, private"], []),
        (["no-cache", "max-age=0"], ["no-cache, max-age=0, private"], []),
        (["must-understand, no-store"], ["must-understand, no-store, private"], []),
        (["private, public"], ["private"], ["made_private"]),
        (["no-store", "s-maxage=60"], ["no-store"], ["made_private"]),
        (['private="x"'], ['private="x", private'], []),
        (['no-cache="Set-Cookie"'], ['no-cache="Set-Cookie", private'], []),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    "status",
    ["200 OK", "203 X", "204 X", "206 X", "300 X", "301 X", "304 X", "308 X", "404 X"],
)
@pytest.mark.parametrize("use", [change, log_out], ids=["changed", "logged out"])
def test_a_response_with_our_cookie_is_for_no_shared_cache(
    use, status, before, after, noted
):
    interface = make_interface()
    headers = [("Cache-Control", value) for value in before]

    answer = respond(interface, use, stored(interface), status=status, headers=headers)

    assert answer.all("Cache-Control") == after
    assert names(interface) == noted


@pytest.mark.parametrize("said", ["", "no-cache", "no-store", "private"])
@pytest.mark.parametrize("use", [change, log_out], ids=["changed", "logged out"])
def test_no_header_speaks_to_a_cache_past_cache_control(use, said):
    """A CDN that has a header of its own does not look at Cache-Control.

    Its instruction to keep the page would have kept the cookie on it too.
    """
    interface = make_interface()
    other = [("Content-Type", "text/plain")]
    told = [("CDN-Cache-Control", "max-age=60"), ("surrogate-control", "max-age=60")]
    headers = [*told, *other, *([("Cache-Control", said)] if said else [])]

    answer = respond(interface, use, stored(interface), headers=headers)

    assert answer.all("CDN-Cache-Control") == answer.all("Surrogate-Control") == []
    assert answer.all("Content-Type") == ["text/plain"]
    assert {"private", "no-store"} & {
        *", ".join(answer.all("Cache-Control")).split(", ")
    }
    assert names(interface) == ["made_private"]


@pytest.mark.parametrize(
    "use", [touch, lambda session: None], ids=["read", "untouched"]
)
def test_without_our_cookie_every_cache_is_told_what_the_app_said(use):
    interface = make_interface()
    headers = [("CDN-Cache-Control", "max-age=60"), ("Cache-Control", "public")]

    answer = respond(interface, use, stored(interface), headers=headers)

    assert answer.headers[:2] == headers
    assert answer.set_cookies == names(interface) == []


def test_what_an_interface_says_to_caches_beside_its_cookie_is_read_too():
    """Only the app's headers were looked at, and two lines contradicted each other."""

    def save_session(self, environ, session, headers):
        headers += [("Cache-Control", "public"), ("Set-Cookie", "a=1")]

    interface = make_interface(overriding(save_session=save_session))

    answer = respond(interface, change)

    assert answer.all("Cache-Control") == ["private"]
    assert names(interface) == ["made_private"]
