"""Every snippet of the documentation runs, and prints what its page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..support import ROOT
from .pages import ENVIRON, Page, needs_servers, pages

# Files above docs/ that are pages of the site too.
INCLUDED = [ROOT / "CHANGES.rst", ROOT / "CONTRIBUTING.rst"]


def given(path):
    marks = [pytest.mark.servers] if needs_servers(path) else []
    return pytest.param(path, id=str(path.relative_to(ROOT)), marks=marks)


@pytest.mark.parametrize("path", [*map(given, pages())])
def test_a_page_works_as_printed(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)

    Page(path, tmp_path).run()


@pytest.mark.parametrize("path", [*map(given, pages())])
def test_a_page_is_short_and_leads_on(path):
    text = path.read_text(encoding="utf-8")

    assert text.count("\n") <= (150 if path.name == "README.rst" else 200)
    if path.name not in ("README.rst", "index.rst"):
        assert "\nNext\n----\n" in text


def linked(path: Path) -> set[Path]:
    """The pages that this one leads to."""
    links = re.findall(r"<([\w./-]+\.rst)(?:#[\w-]+)?>`", path.read_text("utf-8"))
    return {(path.parent / link).resolve() for link in links}


def test_every_page_is_two_clicks_away():
    first = linked(ROOT / "docs" / "index.rst")

    second = set().union(*map(linked, first))

    included = {each: ROOT / "docs" / f"{each.stem.lower()}.rst" for each in INCLUDED}
    there = {included.get(each, each) for each in (*first, *second)}
    assert set(pages()) - there <= {ROOT / "README.rst", ROOT / "docs" / "index.rst"}


@pytest.mark.parametrize("path", [*map(given, pages())])
def test_every_link_of_a_page_s_source_leads_to_a_file(path):
    """So that pages can be read where nothing builds them, as in a repository."""
    assert [each for each in linked(path) if not each.is_file()] == []
