"""A page of the documentation, run as its reader would: from its top to its end.

* A block of Python is run, in the names that the blocks before it have made.
* A block of any language whose first line is ``# name.py`` is that file. Python is
  imported as well, and is there by its name: ``shop.app``.
* Of a block of ``console`` each line after ``$`` is run, in the directory of the files,
  and must end well and print what the page says; ``...`` stands for anything. A server
  goes on until the next one or the page's end. What cannot be run here is in ``LEFT``.
* ``.. invisible-code-block: python`` is for tests alone: what a fragment needs before
  it, and asserts after it. It has what ``names`` gives.

Port 8000 is a free one, and ``redis://localhost/0`` a Redis of the tests' own.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from sybil import Document, Example
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.rest import CodeBlockParser

from ..servers import servers
from ..support import KEY, OTHER_KEY, ROOT, app_of, call

REDIS = "redis://localhost/0"
SHOWN = {"text", "http", "none"}  # what is to be looked at
SERVERS = re.compile(r"gunicorn|waitress-serve|uwsgi|pserve|flask|python \S+\.py\b")
# Commands of another machine, or of one with a network and a superuser.
LEFT = re.compile(
    r"(python3? -m |\S*/)?(pip|venv)\b"
    r"|git clone|source|sudo|apt|systemctl|kubectl|redis-|nox\b"
)
EXTRA = re.compile(r"session-middleware\[(\w+)\]")


def pages() -> list[Path]:
    """Every page, and the README."""
    return [ROOT / "README.rst", *sorted((ROOT / "docs").rglob("*.rst"))]


def needs_servers(path: Path) -> bool:
    """Whether it starts processes, which is slow."""
    text = path.read_text(encoding="utf-8")
    commands = re.findall(r"^ +\$ (.*)", text, re.MULTILINE)
    return REDIS in text or any(not LEFT.match(each) for each in commands)


class Page:
    """One page on its way, in a directory of its own, which is the current one."""

    def __init__(self, path: Path, home: Path) -> None:
        self._path, self._home = path, home
        self._exports: list[str] = []
        self._numbers = count()
        self._open = contextlib.ExitStack()
        self._server = contextlib.ExitStack()
        self.port = servers.free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def run(self) -> None:
        """All its blocks, in their order."""
        with self._open, self._server, self._importing():
            text = self._path.read_text(encoding="utf-8")
            if REDIS in text:
                redis = self._open.enter_context(servers.redis())
                text = text.replace(REDIS, redis.url.replace("http", "redis") + "/0")
            text = re.sub(r"\b8000\b", str(self.port), text)
            document = Document(text, str(self._path))
            for language in _languages(text):
                for region in CodeBlockParser(language, self._evaluate)(document):
                    document.add(region)
            document.namespace.update(self.names())
            for example in document.examples():
                example.evaluate()

    def names(self) -> dict[str, Any]:
        """What the tests' own blocks may use."""
        return {
            "call": call,
            "app_of": app_of,
            "KEY": KEY,
            "OTHER_KEY": OTHER_KEY,
            "ROOT": ROOT,
            "home": self._home,
            "url": self.url,
            "servers": servers,
            "Visitor": servers.Visitor,
        }

    @contextlib.contextmanager
    def _importing(self) -> Iterator[None]:
        """Files of this page can be imported, and are forgotten after it."""
        sys.path.insert(0, str(self._home))
        try:
            yield
        finally:
            sys.path.remove(str(self._home))
            self._forget()

    def _forget(self, name: str = "") -> None:
        for each, module in list(sys.modules.items()):
            found = getattr(module, "__file__", None) or ""
            if found.startswith(str(self._home)) and each.startswith(name):
                del sys.modules[each]
        importlib.invalidate_caches()

    def _evaluate(self, example: Example) -> None:
        language = example.region.lexemes["arguments"]
        named = re.match(r"# (?:/[\w./-]+/)?([\w.-]+\.\w+)\n", example.parsed)
        if named:
            self._write(named[1], example)
        elif language == "python":
            PythonEvaluator()(example)
        elif language == "console":
            for command, printed in _transcript(example.parsed):
                self._type(command, printed)
        else:
            assert language in SHOWN, f"{example}: begin it with # and its file's name"

    def _write(self, name: str, example: Example) -> None:
        (self._home / name).write_text(example.parsed, encoding="utf-8")
        if name.endswith(".py"):
            module = name.removesuffix(".py").replace(".", "_")
            self._forget(module)
            spec = importlib.util.spec_from_file_location(module, self._home / name)
            assert spec is not None
            assert spec.loader is not None
            sys.modules[module] = loaded = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded)
            example.namespace[module] = loaded

    def _type(self, command: str, printed: str) -> None:
        for extra in EXTRA.findall(command):
            assert f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text(), command
        if LEFT.match(command):
            return
        if command.startswith("export "):
            self._exports.append(self._exported(command))
            return
        serving = SERVERS.match(command) is not None
        if serving:
            self._server.close()
        running = self._started(command)
        with contextlib.ExitStack() as ending:
            ending.callback(running._stop)
            code = self._end_of(running, serving)
            if code is None:
                self._server.push(ending.pop_all())
        said = running.log()
        assert code in (None, 0), f"$ {command}\n{said}"
        assert _matches(printed, said), f"$ {command}\n{said}\nis not\n{printed}"

    def _started(self, command: str) -> servers.Server:
        """A process of this command, which may be a server, and what it prints."""
        output = self._home / f".{next(self._numbers)}.printed"
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bash", "-ec", "\n".join([*self._exports, command])],
                cwd=self._home,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return servers.Server(process, output, self.url)

    def _exported(self, command: str) -> str:
        """The same with the value that it gives now, as a shell keeps it: a new key."""
        name = command.removeprefix("export ").partition("=")[0]
        return subprocess.check_output(
            ["bash", "-ec", "\n".join([*self._exports, command, f"declare -p {name}"])],
            cwd=self._home,
            env=self._environment(),
            text=True,
        )

    def _end_of(self, running: servers.Server, serving: bool) -> int | None:
        """Its exit code; ``None`` if it is a server, and answers."""
        end = time.monotonic() + servers.DEADLINE
        while time.monotonic() < end:
            if (code := running.process.poll()) is not None:
                return code
            with contextlib.suppress(OSError):
                if serving:
                    running._connect().close()
                    return None
            time.sleep(0.02)
        raise TimeoutError(running.log())

    def _environment(self) -> dict[str, str]:
        python = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
        return servers.environment({"PATH": python, "PYTHONUNBUFFERED": "1"})


def _languages(text: str) -> set[str]:
    blocks = re.findall(
        r"^ *\.\. (?:invisible-)?code-block::? *(\S*)", text, re.MULTILINE
    )
    assert "" not in blocks, "a block without a language"
    return {*blocks}


def _transcript(text: str) -> Iterator[tuple[str, str]]:
    """Each command, and what follows it until the next one."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.replace("\\\n", "").split("\n", 1)
        yield lines[0].strip(), lines[1].strip() if len(lines) > 1 else ""


def _matches(expected: str, printed: str) -> bool:
    pattern = re.escape(expected).replace(r"\.\.\.", ".*").replace(r"\ ", " ")
    return re.search(pattern, printed, re.DOTALL) is not None


# Values that the pages name, as a reader has them.
ENVIRON = {"SECRET_KEY": KEY, "NEW_KEY": OTHER_KEY, "OLD_KEY": KEY}
