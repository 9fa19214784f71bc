"""The public names, and those that the pages of docs/api/ have an entry for."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

PAGES = Path(__file__).resolve().parents[2] / "docs" / "api"
# What is public: the names in ``__all__`` of these, and nothing else.
MODULES = [
    "session_middleware",
    *("session_middleware.backend", "session_middleware.candidates"),
    *("session_middleware.cookie_interface", "session_middleware.csrf"),
    *("session_middleware.encrypted_cookie", "session_middleware.flash"),
    *("session_middleware.server_side", "session_middleware.session"),
    *("session_middleware.session_base", "session_middleware.testing"),
    "session_middleware.tracking",
    "session_middleware.adapters.beaker",
    "session_middleware.adapters.beaker_stored",
    "session_middleware.adapters.bottle",
    "session_middleware.adapters.cherrypy",
    "session_middleware.adapters.falcon",
    "session_middleware.adapters.flask",
    "session_middleware.adapters.from_flask",
    "session_middleware.adapters.options",
    "session_middleware.adapters.paste",
    "session_middleware.adapters.pyramid",
    "session_middleware.adapters.rules",
    "session_middleware.adapters.view",
    "session_middleware.formats.beaker",
    "session_middleware.formats.django",
    "session_middleware.formats.flask",
    "session_middleware.formats.ours",
    "session_middleware.formats.pyramid",
    "session_middleware.formats.reading",
    "session_middleware.formats.starlette",
    "session_middleware.stores",
    "session_middleware.stores.base",
    "session_middleware.stores.memory",
    "session_middleware.stores.redis",
    "session_middleware.stores.sql",
    "session_middleware.stores.sqlite",
    "session_middleware.tokens.sealed",
    "session_middleware.tokens.signed",
]

_ENTRY = re.compile(
    r"^\.\. (?:auto|py:)\w+:: ([\w.]+)(?:\(.*)?\n((?: .*\n|\n)*)", re.MULTILINE
)
_LISTED = re.compile(r"^   :members: (.*)", re.MULTILINE)
_NESTED = re.compile(r"^   \.\. auto\w+:: (\w+)", re.MULTILINE)


def public_names() -> Iterator[str]:
    """Each public name, after its module's."""
    for module in MODULES:
        for name in import_module(module).__all__:
            yield f"{module}.{name}"


def entries() -> dict[str, set[str]]:
    """What the pages have an entry for, with the members named there."""
    found = {}
    for path in sorted(PAGES.glob("*.rst")):
        for name, options in _ENTRY.findall(path.read_text(encoding="utf-8")):
            listed = ",".join(_LISTED.findall(options)).split(",")
            members = {*map(str.strip, listed), *_NESTED.findall(options)}
            found[name] = members - {""}
    return found


def entries_of_site(home: Path) -> list[str]:
    """What a built site has an entry for, by its inventory."""
    raw = (home / "objects.inv").read_bytes()
    for _ in range(4):  # lines about the project
        raw = raw.partition(b"\n")[2]
    lines = zlib.decompress(raw).decode().splitlines()
    return [line.split(" ")[0] for line in lines if " py:" in line]


def without(found: Iterable[str]) -> list[str]:
    """The public names that have no entry, by this name or by their module's."""
    there = {(name.rpartition(".")[2], id(named(name))) for name in found}
    return [
        name
        for name in public_names()
        if (name.rpartition(".")[2], id(named(name))) not in there
    ]


def named(name: str) -> Any:
    """What has this name; ``None`` if nothing has, as what lies in a class."""
    module, _, last = name.rpartition(".")
    try:
        return getattr(import_module(module), last, None)
    except ModuleNotFoundError:
        return None
