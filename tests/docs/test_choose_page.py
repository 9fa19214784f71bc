"""The costs on docs/choose.rst are those of the run that docs/speed.rst shows."""

from __future__ import annotations

import json
import re

from ..support import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "choose.rst").read_text(encoding="utf-8")


def result(name):
    return json.loads((DOCS / "pictures" / name).read_text(encoding="utf-8"))


def test_the_costs_are_those_of_the_benchmark():
    cookies, stores = result("speed.json"), result("stores.json")["microseconds"]
    cases = {each["case"]: each["microseconds"]["ours"] for each in cookies["cases"]}
    bare = stores["bare / WSGI / untouched, small"]
    measured = {
        "a signed cookie": lambda use: cases[f"{use}, small"],
        "an encrypted cookie": lambda use: cookies["hosts"][f"encrypted, {use}"],
        **{
            store: lambda use, store=store: (
                stores[f"{store} / ours / {use}, small"] - bare
            )
            for store in ("SQLite", "Redis", "PostgreSQL")
        },
    }

    table = PAGE[PAGE.index("\nkept in") : PAGE.index("\nA request that does not")]
    rows = re.findall(r"^([\w ]+?)  +([\d,]+) +([\d,]+)$", table, re.MULTILINE)

    assert [name for name, _, _ in rows] == [*measured]
    for name, *cells in rows:
        costs = [measured[name](use) for use in ("read", "changed")]
        assert cells == [f"{cost:,.0f}" for cost in costs], name
