"""The examples, each run as its first lines say."""

from __future__ import annotations

import html
import re
import socket
import subprocess
import sys

import pytest

from ..servers import servers
from ..servers.counter import pages_of_a_counter
from ..servers.servers import DEADLINE, Visitor
from ..support import ROOT

pytestmark = pytest.mark.servers

KEY = "a key for the examples, and for nothing else"
CONFIG = ("--config", "examples/gunicorn.conf.py")
GUNICORN = {
    "sync": ("--worker-class", "sync"),
    "gthread": ("--worker-class", "gthread", "--threads", "4"),
    "preload": ("--preload",),
}


def shown(page: str, identity: str) -> str:
    """The text of the element with this id."""
    found = re.search(rf'id="{identity}">([^<]*)<', page)
    assert found, page
    return html.unescape(found[1])


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What Python leaves when it has come to an end."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=servers.environment(variables),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )


@pytest.fixture(scope="module")
def quickstart():
    with servers.script("examples/quickstart.py", SECRET_KEY=KEY) as running:
        yield running


class TestQuickstart:
    def test_the_counter_counts_and_each_visitor_has_their_own(self, quickstart):
        first, second = Visitor(quickstart.url), Visitor(quickstart.url)

        counts = [shown(first.text(), "visits") for _ in range(3)]

        assert counts == ["1", "2", "3"]
        assert shown(second.text(), "visits") == "1"

    def test_a_login_keeps_the_count_and_a_logout_forgets_all(self, quickstart):
        visitor = Visitor(quickstart.url)
        visitor.text()

        login = visitor.ask("/login", form={"name": "Ada"})
        page = visitor.text()
        logout = visitor.ask("/logout", form={})
        after = visitor.text()

        assert [login.status, logout.status] == ["303 See Other"] * 2
        assert (shown(page, "who"), shown(page, "visits")) == ("Hello, Ada", "2")
        assert shown(after, "who") == "Nobody is logged in"
        assert shown(after, "visits") == "1"

    @pytest.mark.parametrize(
        ("form", "kept"),
        [({"name": "Ada", "remember": "on"}, True), ({"name": "Ada"}, False)],
        ids=["remembered", "not-remembered"],
    )
    def test_remember_me_outlives_the_browser(self, quickstart, form, kept):
        visitor = Visitor(quickstart.url)
        visitor.ask("/login", form=form)

        visitor.jar.close_browser()

        assert ("Hello, Ada" in visitor.text()) == kept

    @pytest.mark.parametrize(
        "name", ["<script>alert(1)</script>", "{visits} &amp; \"'", "Ärger 🍪"]
    )
    def test_a_name_is_shown_as_it_was_typed(self, quickstart, name):
        visitor = Visitor(quickstart.url)

        visitor.ask("/login", form={"name": name})

        page = visitor.text()
        assert shown(page, "who") == f"Hello, {name}"
        assert "<script>" not in page

    def test_other_pages_are_not_found_and_not_counted(self, quickstart):
        visitor = Visitor(quickstart.url)

        answer = visitor.ask("/favicon.ico")

        assert answer.status == "404 Not Found"
        assert shown(visitor.text(), "visits") == "1"

    def test_curl_keeps_the_session_too(self, quickstart, tmp_path):
        jar = str(tmp_path / "jar")
        curl = [servers.need("curl"), "-sS", "-L", "-b", jar, "-c", jar]
        url = quickstart.url

        def run(*options: str) -> str:
            return subprocess.run(
                [*curl, "--max-time", str(DEADLINE), *options],
                env=servers.environment(),
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            ).stdout

        counts = [shown(run(f"{url}/"), "visits") for _ in range(3)]
        login = run("--data-urlencode", "name=Ada & Co", f"{url}/login")
        logout = run("--data", "", f"{url}/logout")

        assert counts == ["1", "2", "3"]
        assert shown(login, "who") == "Hello, Ada & Co"
        assert shown(logout, "who") == "Nobody is logged in"

    def test_with_a_key_of_its_own_it_outlives_its_process(self):
        visitor = Visitor("")
        for count in ("1", "2"):
            with servers.script("examples/quickstart.py", SECRET_KEY=KEY) as running:
                visitor.url = running.url

                page = visitor.text()

                assert shown(page, "visits") == count
                assert "SECRET_KEY" not in running.log()

    def test_without_a_key_it_makes_one_and_says_so(self):
        visitor = Visitor("")
        for _ in range(2):
            with servers.script("examples/quickstart.py") as running:
                visitor.url = running.url

                page = visitor.text()

                assert shown(page, "visits") == "1"
                assert "SECRET_KEY is not set" in running.log()


class TestGunicornConfig:
    @pytest.mark.parametrize("options", GUNICORN.values(), ids=list(GUNICORN))
    def test_an_unchanged_application_gets_sessions(self, options):
        environ = {"SECRET_KEY": KEY}
        app = "tests.servers.server_app:app"
        with servers.gunicorn(*CONFIG, *options, app=app, environ=environ) as running:
            visitor = Visitor(running.url)
            visitor.ask("/login", form={"name": "ada"})

            pages = [visitor.text("/count") for _ in range(8)]

        assert [page.rpartition(" ")[0] for page in pages] == [
            f"ada {count}" for count in range(1, 9)
        ]

    @pytest.mark.parametrize("preload", [["--preload"], []], ids=["preload", "plain"])
    @pytest.mark.parametrize(
        ("environ", "said"),
        [
            ({}, "SECRET_KEY is not set"),
            ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
            ({"SECRET_KEY": "short"}, "SECRET_KEY cannot be used"),
        ],
        ids=["missing", "empty", "weak"],
    )
    def test_without_a_good_key_gunicorn_does_not_start(self, environ, said, preload):
        options = ("--bind", "127.0.0.1:0", *preload, *CONFIG)
        app = "tests.servers.server_app:app"

        done = run("-m", "gunicorn", *options, app, **environ)

        assert done.returncode == 1
        assert said in done.stderr
        assert "python -m session_middleware keygen" in done.stderr
        assert "Traceback" not in done.stderr


class TestBottle:
    def test_the_guest_book_remembers_its_visitor(self):
        port = servers.free_port()
        with servers.script("examples/bottle_app.py", port, SECRET_KEY=KEY) as running:
            visitor = Visitor(running.url)
            visitor.ask("/login", form={"name": "Ada"})
            for line in ("first", "<b>second</b>"):
                visitor.ask("/write", form={"line": line})

            page = visitor.text()
            visitor.ask("/logout", form={})
            after = visitor.text()

        assert shown(page, "who") == "Ada"
        assert re.findall("<li>(.*)</li>", page) == [
            "first",
            "&lt;b&gt;second&lt;/b&gt;",
        ]
        assert shown(after, "who") == "Nobody is logged in"
        assert "<li>" not in after


class TestPyramid:
    def test_the_counter_counts_for_who_is_logged_in(self):
        with servers.script("examples/pyramid_app.py", SECRET_KEY=KEY) as running:
            pages = pages_of_a_counter(running.url)

        assert pages == ["nobody: 1\n", "Welcome!\nAda: 2\n", "nobody: 1\n"]


SCRIPTS = [
    path.name
    for path in sorted((ROOT / "examples").glob("*.py"))
    if "__main__" in path.read_text("utf-8")
]


@pytest.mark.parametrize("way", ["argument", "PORT"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_busy_port_is_named_without_a_traceback(name, way):
    """It was a traceback, or nothing, in the first minute with this package."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        given = [port] if way == "argument" else []
        variables = {"SECRET_KEY": KEY} | ({} if given else {"PORT": port})

        done = subprocess.run(
            [sys.executable, f"examples/{name}", *given],
            cwd=ROOT,
            env=servers.environment(variables),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
        )

    *_, last = done.stderr.splitlines()
    assert done.returncode == 1
    assert f"port {port}" in last.lower()
    assert "Traceback" not in done.stderr


def test_every_example_is_run_by_a_test():
    tests = "".join(
        path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")
    )

    examples = {path.name for path in (ROOT / "examples").glob("*.py")}

    assert {name for name in examples if f"examples/{name}" not in tests} == set()
