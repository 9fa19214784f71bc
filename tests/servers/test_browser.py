"""Chromium drives the quickstart, over plain http on localhost and over https."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from . import servers
from .certificates import certificate
from .servers import DEADLINE, need, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.browser]

KEY = "a key for the browser, and for nobody else"
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # which root could not use
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--password-store=basic",
)


SEEN = """
const text = name => document.getElementById(name).innerText;
return document.readyState == "complete" ? [text("who"), text("visits")] : null;
"""


class Window:
    """A browser window on the quickstart, and what a visitor does in it."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver = driver
        self.url = url
        driver.get(url)

    def visit(self) -> None:
        self._go(lambda: self.driver.get(self.url))

    def reload(self) -> None:
        self._go(self.driver.refresh)

    def seen(self) -> list[str]:
        """Who is logged in and the number of visits, as the page says."""
        return wait_for(self._look, "the whole page")

    def login(self, name: str, *, remember: bool = False) -> None:
        self.driver.find_element("name", "name").send_keys(name)
        if remember:
            self.driver.find_element("name", "remember").click()
        self._press("Log in")

    def logout(self) -> None:
        self._press("Log out")

    def cookies(self) -> list[dict[str, Any]]:
        """As the browser keeps them: with a SameSite only if they came with one."""
        return self.driver.execute_cdp_cmd("Network.getCookies", {})["cookies"]

    def _press(self, label: str) -> None:
        button = self.driver.find_element("xpath", f"//button[text()='{label}']")
        self._go(button.click)

    def _go(self, action: Callable[[], object]) -> None:
        """Act and wait for the next page, which never looks like the one before."""
        before = self.seen()
        action()
        wait_for(lambda: self._look() not in (None, before), "the next page")

    def _look(self) -> list[str] | None:
        from selenium.common.exceptions import WebDriverException

        try:
            return self.driver.execute_script(SEEN)
        except WebDriverException:  # there is no page between two pages
            return None


@contextlib.contextmanager
def chromium(url: str, profile: Path) -> Iterator[Window]:
    """One run of the browser, from start to quit, with a profile that stays."""
    from selenium import webdriver  # takes half a second

    options = webdriver.ChromeOptions()
    options.binary_location = need("chromium")
    options.accept_insecure_certs = True
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    service = webdriver.ChromeService(need("chromedriver"))
    driver = webdriver.Chrome(options, service)
    try:
        driver.set_page_load_timeout(DEADLINE)
        yield Window(driver, url)
    finally:
        driver.quit()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")  # to the driver


@pytest.fixture(scope="module")
def http() -> Iterator[str]:
    """The quickstart as it stands."""
    with servers.script("examples/quickstart.py", SECRET_KEY=KEY) as running:
        yield f"http://localhost:{running.address[1]}/"


@pytest.fixture(scope="module")
def https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The quickstart's application, served over TLS by gunicorn with its example."""
    pem, _ = certificate("localhost", tmp_path_factory.mktemp("tls"))
    options = ["--config", "examples/gunicorn.conf.py", "--worker-class", "gthread"]
    tls = ["--keyfile", str(pem), "--certfile", str(pem), "--chdir", "examples"]
    with servers.gunicorn(
        *options,
        *tls,
        app="quickstart:app",
        scheme="https",
        environ={"SECRET_KEY": KEY},
    ) as running:
        yield f"https://localhost:{running.address[1]}/"


@pytest.fixture(params=["http", "https"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(request.param)


@pytest.fixture
def window(url: str, tmp_path: Path) -> Iterator[Window]:
    with chromium(url, tmp_path) as opened:
        yield opened


def test_a_visitor_counts_logs_in_and_logs_out_for_good(window):
    window.visit()
    assert window.seen() == ["Nobody is logged in", "2"]

    window.login("Ada <b>")
    assert window.seen() == ["Hello, Ada <b>", "3"]

    window.reload()
    assert window.seen() == ["Hello, Ada <b>", "4"]

    window.logout()
    assert window.seen() == ["Nobody is logged in", "1"]

    window.driver.back()
    window.visit()
    who, _ = window.seen()
    assert who == "Nobody is logged in"


def test_the_browser_keeps_the_one_cookie_as_it_is_meant(window):
    secure = window.url.startswith("https:")

    window.login("Ada")

    [cookie] = window.cookies()
    assert cookie["name"] == ("__Host-session" if secure else "session")
    assert cookie["secure"] == secure
    assert cookie["httpOnly"] is True
    assert cookie["sameSite"] == "Lax"
    assert (cookie["domain"], cookie["path"]) == ("localhost", "/")
    assert cookie["session"] is True  # it ends with the browser
    assert window.driver.execute_script("return document.cookie") == ""


def test_the_logout_leaves_no_cookie_of_the_login(window):
    window.login("Ada")
    [before] = window.cookies()

    window.driver.execute_async_script(
        "fetch('/logout', {method: 'POST', redirect: 'manual'}).then(arguments[0])"
    )

    assert before["value"]
    assert window.cookies() == []


@pytest.mark.parametrize("remember", [True, False], ids=["permanent", "not-permanent"])
def test_a_restart_of_the_browser_keeps_a_permanent_session_only(
    url, tmp_path, remember
):
    with chromium(url, tmp_path) as window:
        window.login("Ada", remember=remember)
        assert window.seen() == ["Hello, Ada", "2"]

    with chromium(url, tmp_path) as window:
        after = window.seen()

    assert after == (["Hello, Ada", "3"] if remember else ["Nobody is logged in", "1"])
