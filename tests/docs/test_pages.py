"""Every snippet of the documentation runs, and prints what its page says."""

from __future__ import annotations

import pytest

from ..support import ROOT
from .pages import ENVIRON, Page, needs_servers, pages


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
