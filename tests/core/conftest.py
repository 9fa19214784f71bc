"""The command line in this process, and its keys."""

from __future__ import annotations

import io
import sys

import pytest

from session_middleware.__main__ import main

from ..support import KEY, OTHER_KEY
from .commands import Done


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command in this process, where its coverage is measured."""
    monkeypatch.delenv("SECRET_KEY", raising=False)

    def run(*arguments, stdin=""):
        raw = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        try:
            code = main(arguments)
        except SystemExit as exit:
            code = exit.code
        return Done((code, *capsys.readouterr()))

    return run


@pytest.fixture(name="keys")
def _keys(tmp_path):
    """A file with two keys."""
    path = tmp_path / "keys"
    path.write_text(f"{OTHER_KEY}\n{KEY}\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)
