"""Every public name has an entry, and a class shows all that is there to override."""

from __future__ import annotations

import ast
import zlib
from collections.abc import MutableMapping
from pathlib import Path

import pytest

import session_middleware
from session_middleware import __main__, flash

from ..support import ROOT
from . import api

PACKAGE = Path(session_middleware.__file__).parent
PAGES = ROOT / "docs" / "api"
# What interfaces and sessions have for other rooms, and nobody else calls.
INTERNAL = {
    *("accepts", "ask_cookie", "asks_backend", "get_backend", "idle_limit"),
    *("limits_of", "report", "report_large", "report_once", "report_too_large"),
    *("report_transport", "hash_owner", "make_backend", "owner_of"),
    *("begun", "changed_keys", "check_late", "conclude", "due", "expect_late_changes"),
    *("forget_changes", "give_up", "header", "loaded", "only", "regenerated", "resume"),
    *("shut", "start", "text"),
}


def has_all(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(each, ast.Assign) and ast.unparse(each.targets[0]) == "__all__"
        for each in tree.body
    )


def name_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def test_what_is_public_is_listed_once():
    public = {name_of(path) for path in PACKAGE.rglob("*.py") if has_all(path)}

    assert public == {*api.MODULES}
    assert len(api.MODULES) == len(public)


def test_every_public_name_has_an_entry():
    assert api.without(api.entries()) == []


def test_a_name_that_is_new_needs_an_entry(monkeypatch):
    monkeypatch.setattr(flash, "__all__", [*flash.__all__, "shout"])
    monkeypatch.setattr(flash, "shout", print, raising=False)

    assert api.without(api.entries()) == ["session_middleware.flash.shout"]


def test_an_entry_is_of_a_public_name():
    assert {*api.entries()} <= {*api.public_names()}


@pytest.mark.parametrize(
    "name",
    [
        "session_middleware.SecureCookieSessionInterface",
        "session_middleware.server_side.ServerSideSessionInterface",
        "session_middleware.session.Session",
    ],
)
def test_a_class_shows_all_that_is_inherited(name):
    kind = api.named(name)
    ours = [each for each in kind.__mro__ if each.__module__.startswith(PACKAGE.name)]
    there = {member for each in ours for member in vars(each) if member[0] != "_"}
    there -= {*dir(MutableMapping)} - {"clear"}

    shown = api.entries()[name]

    assert there - shown <= INTERNAL
    assert shown <= there


def test_every_command_and_option_is_on_the_page(capsys):
    page = (PAGES / "commands.rst").read_text(encoding="utf-8")
    texts = []
    for arguments in (["keygen"], ["decode"], ["sessions"], ["sessions", "revoke"]):
        with pytest.raises(SystemExit):
            __main__.main([*arguments, "--help"])
        texts.append(capsys.readouterr().out)

    words = {
        word.strip("[],{}").partition("=")[0]
        for text in texts
        for word in text.replace(",", " ").replace("{", " ").split()
    }
    options = {word for word in words if word.startswith("--") and word != "--help"}
    actions = {"list", "revoke", "revoke-all", "revoke-everyone", "count", "clean"}

    assert len(options) == 5
    assert actions <= words
    assert all(f"``{each}" in page for each in options | actions)


def test_a_built_site_s_inventory_is_read(tmp_path):
    about = b"# Sphinx inventory version 2\n# Project: x\n# Version: 1\n# zlib\n"
    objects = b"session_middleware.flash.flash py:function 1 api/forms.html#$ -\n"
    (tmp_path / "objects.inv").write_bytes(about + zlib.compress(objects))

    found = api.entries_of_site(tmp_path)

    assert found == ["session_middleware.flash.flash"]
    assert "session_middleware.flash.pop_flash" in api.without(found)
    assert "session_middleware.flash.flash" not in api.without(found)
