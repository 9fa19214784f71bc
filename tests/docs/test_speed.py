"""The page on speed has the numbers of the run that its pictures are drawn of."""

from __future__ import annotations

import json
import re

import pytest

from ..support import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "speed.rst").read_text(encoding="utf-8")
PEERS = ("by hand", "Flask", "Starlette", "Pyramid", "Beaker")
STORES = ("floor", "ours", "Flask-Session", "Beaker", "Django")


def result(name):
    return json.loads((DOCS / "pictures" / name).read_text(encoding="utf-8"))


def rows(heading):
    """The rows of the table in a section, as lists of cells."""
    section = PAGE.split(f"\n{heading}\n")[1]
    bar, _, _, *lines = section[section.index("\n==") + 1 :].splitlines()
    places = [found.span() for found in re.finditer("=+", bar)]
    return [
        [line[start:end].strip() for start, end in places]
        for line in lines[: lines.index(bar)]
    ]


def test_the_times_of_sessions_in_a_cookie():
    measured = {
        each["case"]: each["microseconds"] for each in result("speed.json")["cases"]
    }

    table = rows("In a cookie")

    assert len(table) == 7
    for case, ours, *others in table:
        found = measured[case if "," in case else f"{case}, small"]
        ratios = [
            f"{max(found[name] / found['ours'], 0):.1f}" if name in found else ""
            for name in PEERS
        ]
        assert [ours, *others] == [f"{found['ours']:.1f}", *ratios], case


def test_the_times_of_sessions_in_a_store():
    measured = result("stores.json")["microseconds"]

    def added(store, name, use):
        kind = {"Flask-Session": "Flask", "Django": "Django"}.get(name, "WSGI")
        whole = measured.get(f"{store} / {name} / {use}, small")
        if whole is None:
            return ""
        bare = measured[f"bare / {kind} / untouched, small"]
        return f"{whole - (0 if name == 'floor' else bare):,.0f}"

    table = rows("In a store")

    assert len(table) == 6
    for label, *cells in table:
        store, use = label.split(", ")
        assert cells == [added(store, name, use) for name in STORES], label


@pytest.mark.parametrize("name", ["speed", "stores", "life", "choose"])
def test_a_picture_is_readable_on_a_dark_page_too(name):
    picture = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")

    assert "prefers-color-scheme: dark" in picture
    assert "fill: #000000" not in picture
