"""Imports go one way, and what is dangerous or costly is not imported at all."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import session_middleware

from .support import ROOT

PACKAGE = Path(session_middleware.__file__).parent

# From top to bottom: each room knows only those above it.
ROOMS = [
    "exceptions",
    "cookie_scope",
    "cookies",
    "headers",
    "events",
    "localhost",
    "limits",
    "keys",
    "migration",
    "config",
    "session_base",
    "tracking",
    "late",
    "session",
    "tokens.listed_types",
    "tokens.tags",
    "tokens.tagged_json",
    "tokens.parts",
    "tokens.signed",
    "candidates",
    "cookie_settings",
    "reporting",
    "session_settings",
    "interface",
    "backend",
    "cookie_interface",
    "secure_cookie",
    "open_interface",
    "response",
    "nesting",
    "handed_back",
    "middleware",
]
# Optional: they may know the rooms above and others of their own folder.
OPTIONAL = [
    *("__main__", "inspection", "testing", "_test_clients"),
    *("flash", "csrf"),
    *("encrypted_cookie", "tokens.sealed", "server_side", "sessions_command"),
]

FORBIDDEN = {
    "pickle": "runs what it reads",
    "marshal": "runs what it reads",
    "shelve": "runs what it reads",
    "dill": "runs what it reads",
    "http.cookies": "unquotes, and drops what follows a bad cookie",
    "werkzeug.sansio.http": "its cookie parser unquotes",
}
FORBIDDEN_NAMES = {"parse_cookie", "SimpleCookie", "dump_cookie"}
NOT_IN_THE_CORE = [
    *("webob", "cryptography", "redis", "sqlalchemy"),
    *("beaker", "bottle", "cherrypy", "django", "falcon", "flask", "pyramid"),
    "starlette",
]


def sources():
    """Every room of the core, and every optional one that is in no folder of such."""
    rooms = {path.stem: path for path in PACKAGE.glob("*.py")}
    tokens = (PACKAGE / "tokens").glob("[!_]*.py")
    return {**rooms, **{f"tokens.{path.stem}": path for path in tokens}}


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path):
    """``(module, name)`` of every import in a file, wherever it stands."""
    package = [PACKAGE.name, *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            inside = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join(filter(None, [*inside, node.module]))
            yield from ((module, alias.name) for alias in node.names)


def own(path):
    """The rooms that a file imports from."""
    for module, name in imported(path):
        inside, _, room = f"{module}.".partition(f"{PACKAGE.name}.")
        if not inside:
            room = f"{room}{name}" if room in ("", "tokens.") else room.rstrip(".")
            yield room


def modules_after(code):
    """The modules that a fresh interpreter has after running ``code``."""
    finished = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import json, sys\n{code}\nprint(json.dumps([*sys.modules]))",
        ],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(finished.stdout))


def test_every_room_of_the_core_has_its_place():
    assert sources().keys() - {*OPTIONAL, "__init__"} == set(ROOMS)


def test_an_adapter_imports_no_framework_but_its_own():
    for path in (PACKAGE / "adapters").glob("*.py"):
        modules = {module.partition(".")[0] for module, _ in imported(path)}

        own = path.stem.removeprefix("from_").partition("_")[0]
        assert modules.intersection(NOT_IN_THE_CORE) <= {own}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_from_rooms_above_it(room):
    above = ROOMS[: ROOMS.index(room)]

    below = [name for name in own(sources()[room]) if name not in above]
    if room == "open_interface":  # for type checkers, of an option's type
        below.remove("stores.base")

    assert below == []


@pytest.mark.parametrize("room", [*ROOMS, "__init__"])
def test_nothing_of_the_core_knows_an_optional_room_or_a_framework(room):
    path = sources()[room]

    # open_interface names a store's type for type checkers alone.
    known = {*ROOMS, "stores.base"} if room == "open_interface" else {*ROOMS}
    assert set(own(path)) <= known
    assert {module.partition(".")[0] for module, _ in imported(path)}.isdisjoint(
        NOT_IN_THE_CORE
    )


@pytest.mark.parametrize("room", ROOMS)
def test_the_core_imports_at_the_top_of_its_files(room):
    tree = tree_of(sources()[room])
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]

    hidden = [
        ast.unparse(node)
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]

    assert hidden == []


def test_the_public_names_are_one_a_line_and_nothing_else():
    tree = tree_of(PACKAGE / "__init__.py")
    docstring, *lines, listed = tree.body

    assert isinstance(docstring, ast.Expr)
    assert isinstance(listed, ast.Assign)
    assert session_middleware.__all__ == sorted(line.names[0].name for line in lines)
    for line in lines:
        assert isinstance(line, ast.ImportFrom)
        [alias] = line.names
        assert alias.asname == alias.name
        assert not alias.name.startswith("_")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_nothing_imports_what_runs_or_misreads_input(path):
    modules = {module for module, _ in imported(path)} | {
        f"{module}.{name}" for module, name in imported(path)
    }
    names = {name for _, name in imported(path)}

    forbidden = [
        module
        for module in modules
        if any(f"{module}.".startswith(f"{each}.") for each in FORBIDDEN)
    ]

    assert forbidden == []
    assert names.isdisjoint(FORBIDDEN_NAMES)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_nothing_is_evaluated_or_imported_by_name(path):
    tree = tree_of(path)

    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert called.isdisjoint({"eval", "exec", "compile", "__import__"})


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_no_signature_is_compared_in_a_time_that_tells(path):
    """``==`` stops at the first difference, and so tells how much was right."""
    tree = tree_of(path)
    secret = ("signature", "digest", "mac", "hmac", "sig", "expected")

    compared = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(op, (ast.Eq, ast.NotEq, ast.In)) for op in node.ops)
        and any(
            word in secret
            for operand in (node.left, *node.comparators)
            for word in _words(operand)
        )
    ]

    assert compared == []


def test_signatures_are_compared_by_compare_digest():
    tree = tree_of(sources()["tokens.signed"])

    compared = [
        ast.unparse(node.args[1])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "compare_digest"
    ]

    assert compared
    assert set(compared) == {"signature"}


def _words(node):
    """The words of all the names in an expression."""
    for each in ast.walk(node):
        name = getattr(each, "id", None) or getattr(each, "attr", None)
        if isinstance(name, str):
            yield from name.lower().split("_")


def test_every_extra_is_one_that_an_error_here_says_to_install():
    """Two were named for rooms that were not built, and installed what nothing used."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    table = text.partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    extras = [line.partition(" =")[0] for line in table.splitlines() if line]
    code = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))

    assert [each for each in extras if f"session-middleware[{each}]" in code] == extras


def test_importing_the_package_imports_no_framework_and_no_extra():
    loaded = modules_after("import session_middleware")

    assert not loaded.intersection(NOT_IN_THE_CORE)


def test_importing_the_package_costs_no_third_party_module_more():
    """What werkzeug's headers and itsdangerous need, and no further room of theirs."""
    peers = modules_after("import itsdangerous, werkzeug.datastructures, werkzeug.http")
    ours = modules_after("import session_middleware")

    more = {
        name
        for name in ours - peers
        if name.partition(".")[0] not in {*sys.stdlib_module_names, PACKAGE.name}
    }

    assert more == set()


def test_importing_the_package_starts_nothing():
    code = """
import session_middleware, threading
assert threading.active_count() == 1
for heavy in ("socket", "asyncio", "sqlite3", "ssl", "multiprocessing"):
    assert heavy not in sys.modules or heavy in before, heavy
"""

    modules_after(
        "import itsdangerous, werkzeug.datastructures, werkzeug.http\n"
        f"before = set(sys.modules)\n{code}"
    )
