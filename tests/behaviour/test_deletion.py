"""A session that is ended stays ended, whatever else the browser holds."""

from __future__ import annotations

from itertools import permutations

import pytest

from ..support import OTHER_KEY, Clock, make_interface
from ..support.visits import (
    change,
    drop,
    kind,
    log_out,
    respond,
    stored,
    touch,
)

PLAIN = [("Content-Type", "text/plain"), ("Vary", "Cookie")]


CONFIGURATIONS = {
    "default": {},
    "domain": {"cookie_domain": "app.example"},
    "path": {"cookie_path": "/shop"},
    "named": {"cookie_name": "s"},
    "not secure": {"cookie_secure": False, "cookie_samesite": None},
    "no HttpOnly": {"cookie_httponly": False, "cookie_samesite": "Strict"},
    "embedded": {"cookie_partitioned": True, "cookie_samesite": "None"},
    "permanent": {"permanent": True},
    "all": {
        "cookie_name": "__Secure-s",
        "cookie_domain": "app.example",
        "cookie_path": "/x",
        "cookie_samesite": "None",
        "cookie_partitioned": True,
        "permanent": True,
    },
}


def attributes(line):
    parts = line.split("; ")[1:]
    return [each for each in parts if not each.startswith(("Expires=", "Max-Age="))]


@pytest.mark.parametrize("options", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
@pytest.mark.parametrize("url", ["https://app.example/", "http://localhost/"])
def test_a_deletion_repeats_every_attribute(options, url):
    interface = make_interface(**options)
    [kept] = respond(interface, change, base_url=url).set_cookies
    cookie = kept.partition(";")[0]

    [gone] = respond(interface, log_out, cookie, base_url=url).set_cookies

    assert gone.partition("=")[0] == kept.partition("=")[0]
    assert attributes(gone) == attributes(kept)
    assert "Max-Age=0" in gone
    assert "Expires=Thu, 01 Jan 1970 00:00:00 GMT" in gone


@pytest.mark.parametrize("use", [drop, log_out], ids=["clear", "invalidate"])
@pytest.mark.parametrize("status", ["200 OK", "500 Oops"])
@pytest.mark.parametrize("other", ["a valid one", "the same", "junk", "a forged one"])
def test_of_several_cookies_none_comes_back_after_a_logout(other, status, use):
    clock = Clock()
    interface = make_interface(clock=clock)
    cookie = stored(interface, user="ann")
    others = {
        "a valid one": stored(interface, user="bob"),
        "the same": cookie,
        "junk": "__Host-session=junk",
        "a forged one": stored(make_interface(secret_key=OTHER_KEY)),
    }
    remaining = others[other]

    for order in permutations([cookie, remaining]):
        gone = respond(interface, use, "; ".join(order), status=status)

        assert kind(gone) == "cookie"
        assert "Max-Age=34560000" in gone.set_cookies[0]
        for after in permutations([gone.cookie, remaining]):
            assert respond(interface, dict, "; ".join(after)).body == b"{}"


@pytest.mark.parametrize("ahead", [0, 1, 30, 59], ids="{} s ahead".format)
@pytest.mark.parametrize(
    ("use", "then"), [(log_out, b"{}"), (change, b"{'n': 2}")], ids=["out", "write"]
)
def test_what_is_sent_is_newer_than_what_a_faster_clock_signed(use, then, ahead):
    clock = Clock()
    here = make_interface(clock=clock)
    there = make_interface(clock=Clock(clock.now + ahead))
    remaining = stored(there, n=1)  # under another Path, say: it is not replaced
    cookies = f"{stored(here, n=0)}; {remaining}"

    sent = respond(here, use, cookies)

    assert respond(here, dict, f"{remaining}; {sent.cookie}").body == then
    assert respond(here, dict, f"{sent.cookie}; {remaining}").body == then


def test_what_is_sent_in_place_of_several_old_ones_is_signed_now():
    clock = Clock()
    interface = make_interface(clock=clock)
    cookies = "; ".join(stored(interface, n=n) for n in range(2))
    clock.forward(hours=1)

    sent = respond(interface, change, cookies)

    looked = respond(interface, lambda s: s.issued.timestamp(), sent.cookie)
    assert looked.body == str(clock.now * 1.0).encode()


def test_one_cookie_is_signed_at_this_very_second_whatever_it_said_before():
    clock = Clock()
    fast = make_interface(clock=Clock(clock.now + 30))
    interface = make_interface(clock=clock)

    sent = respond(interface, change, stored(fast))

    looked = respond(interface, lambda s: s.issued.timestamp(), sent.cookie)
    assert looked.body == str(clock.now * 1.0).encode()


def test_a_signed_empty_session_is_only_a_place_holder():
    interface = make_interface()
    cookie = stored(interface)
    empty = respond(interface, drop, f"{cookie}; {cookie}").cookie

    assert respond(interface, touch, empty).headers == PLAIN
    assert kind(respond(interface, change, empty)) == "cookie"
    assert kind(respond(interface, log_out, empty)) == "deletion"
