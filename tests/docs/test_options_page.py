"""The table of docs/options.rst has every option, with the default it has."""

from __future__ import annotations

import inspect
import re
from ast import literal_eval
from dataclasses import fields
from datetime import timedelta

from session_middleware import SessionConfig, SessionMiddleware
from session_middleware.open_interface import OF_STORES

from ..support import ROOT

PAGE = (ROOT / "docs/options.rst").read_text(encoding="utf-8")
TABLE = PAGE[PAGE.index("\nThe table\n") : PAGE.index("\nThe last three are")]
ROWS = dict(re.findall(r"^``(\w+)`` +(\S+(?: \S+)*)  ", TABLE, re.MULTILINE))


def test_the_table_of_options_has_every_option():
    options = [field.name for field in fields(SessionConfig)]

    assert [*ROWS] == [*options, *OF_STORES, "environ_key"]


def test_each_option_has_the_default_that_the_table_says():
    for field in fields(SessionConfig)[1:]:
        assert _value(ROWS[field.name]) == field.default, field.name
    own = inspect.signature(SessionMiddleware).parameters["environ_key"]

    assert _value(ROWS["environ_key"]) == own.default


def _value(text):
    days = re.fullmatch(r"(\d+) days", text)
    return timedelta(days=int(days[1])) if days else literal_eval(text.strip("`"))
