"""The example of an account: who is logged in twice ends the other session."""

from __future__ import annotations

import html
import re

import pytest

from . import servers, test_browser
from .servers import Visitor
from .test_browser import chromium

pytestmark = pytest.mark.servers

KEY = "a key for the examples, and for nothing else"

no_proxy = test_browser._no_proxy  # a fixture


@pytest.fixture(
    params=["memory:", "sqlite:///{}/sessions.db"], ids=["memory", "sqlite"]
)
def account(request, tmp_path):
    store = request.param.format(tmp_path)
    script = "examples/account.py"
    with servers.script(script, SECRET_KEY=KEY, STORE=store) as running:
        yield running


class Person(Visitor):
    """A visitor who fills in the forms of the page."""

    def post(self, path, **fields):
        token = re.search('name="csrf_token" type="hidden" value="(.*)">', self.text())
        return self.ask(path, form={"csrf_token": token[1], **fields})

    def log_in(self, name):
        assert self.post("/login", name=name).status.startswith("303 ")

    def who(self):
        return html.unescape(re.search('id="who">(.*)</p>', self.text())[1])

    def ids(self):
        """Of the other sessions, as the page has them."""
        return re.findall('name="id" type="hidden" value="(.*?)">', self.text())


@pytest.mark.browser
def test_one_profile_throws_the_other_out_and_stays(account, tmp_path):
    url = f"http://localhost:{account.address[1]}/"
    with (
        chromium(url, tmp_path / "a") as here,
        chromium(url, tmp_path / "b") as there,
    ):
        for window in (here, there):
            window.login("Ada <b>")
            assert window.seen() == ["Hello, Ada <b>", "2"]  # no visit is forgotten
        here.visit()
        assert len(here.driver.find_elements("css selector", "li")) == 2

        here._press("End")
        there.visit()

        assert there.seen() == ["Nobody is logged in", "1"]
        assert here.seen() == ["Hello, Ada <b>", "4"]
        there.login("Ada <b>")
        here._press("End all others")
        there.visit()
        assert there.seen() == ["Nobody is logged in", "1"]
        here.logout()
        assert here.seen() == ["Nobody is logged in", "1"]


def test_sessions_end_one_by_one_or_all_but_this(account):
    here, phone, tablet = (Person(account.url) for _ in "123")
    for person in (here, phone, tablet):
        person.log_in("ada")

    first, second = here.ids()
    assert here.post("/end", id=first).status.startswith("303 ")
    ended = [phone.who(), tablet.who()]
    here.post("/end-others")

    assert sorted(ended) == ["Hello, ada", "Nobody is logged in"]
    assert here.ids() == []
    assert [phone.who(), tablet.who()] == ["Nobody is logged in"] * 2
    assert here.who() == "Hello, ada"
    assert second != first


def test_nobody_ends_a_session_of_another(account):
    ada, phone, eve = (Person(account.url) for _ in "123")
    for person, name in ((ada, "ada"), (phone, "ada"), (eve, "eve")):
        person.log_in(name)
    [stolen] = ada.ids()

    eve.post("/end", id=stolen)
    eve.post("/end-others")

    assert [ada.who(), phone.who()] == ["Hello, ada"] * 2


@pytest.mark.parametrize("path", ["/login", "/end", "/end-others", "/logout"])
def test_a_form_of_another_site_does_nothing(account, path):
    ada, phone = Person(account.url), Person(account.url)
    for person in (ada, phone):
        person.log_in("ada")
    [id] = ada.ids()

    answer = ada.ask(path, form={"name": "eve", "id": id})
    forged = ada.ask(path, form={"name": "eve", "id": id, "csrf_token": "x"})

    assert [answer.status[:4], forged.status[:4]] == ["403 "] * 2
    assert [ada.who(), phone.who()] == ["Hello, ada"] * 2
