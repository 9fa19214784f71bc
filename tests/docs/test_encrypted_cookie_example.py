"""The example of encrypted sessions, run as its first lines say."""

from __future__ import annotations

import re

import pytest

from ..servers import servers
from ..servers.servers import Visitor

pytestmark = pytest.mark.servers

KEY = "a key for the examples, and for nothing else"


def guess(visitor, number):
    """What the page answers, and the count of guesses."""
    page = visitor.text(f"/?guess={number}")
    return tuple(re.search(rf'id="{each}">([^<]*)<', page)[1] for each in SHOWN)


SHOWN = ("hint", "guesses")


def test_the_number_is_found_by_halves_and_stays_through_a_restart():
    low, high, hint, count = 1, 100, "", 0
    visitor = Visitor("")

    while hint != "Found":
        with servers.script("examples/encrypted.py", SECRET_KEY=KEY) as running:
            visitor.url = running.url
            for _ in range(3):
                middle = (low + high) // 2
                hint, guesses = guess(visitor, middle)
                count += 1
                assert guesses == str(count)
                low = middle + 1 if hint == "Higher" else low
                high = middle - 1 if hint == "Lower" else high
                if hint == "Found":
                    break

    assert count <= 7


@pytest.mark.parametrize("nonsense", ["", "x", "%00", "9" * 400, "-1", "%F0%9F%98%80"])
def test_what_is_no_number_is_no_guess_or_a_high_one(nonsense):
    with servers.script("examples/encrypted.py") as running:
        hint, guesses = guess(Visitor(running.url), nonsense)

    assert (hint, guesses) in [("I have a number", "0"), ("Lower", "1")]
