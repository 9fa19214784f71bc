"""A double click on "Log in", in Chromium: what it does, and how a form prevents it."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from datetime import timedelta

import pytest
from werkzeug.serving import make_server

from session_middleware import SessionMiddleware
from session_middleware.csrf import check_csrf_token, get_csrf_token
from session_middleware.testing import stop_clock

from ..support import KEY, ROOT
from . import test_browser
from .servers import wait_for
from .test_browser import chromium

pytestmark = [pytest.mark.servers, pytest.mark.browser]

FORM = '<form method="post">'
PAGE = """<!doctype html><title>Log in</title>
<p id="who">{}</p><p id="visits">{}</p>
{}<input type="hidden" name="csrf_token" value="{}"><button>Log in</button></form>
"""
TWICE = """
const button = document.querySelector("button");
button.click();
setTimeout(() => button.click(), 120);
"""
KEPT = "const kept = document.kept; document.kept = true; return kept"

no_proxy = test_browser._no_proxy  # a fixture


class LoginSite:
    """A login that takes 0.3 seconds, as the check of a password does.

    :param form: the opening tag.
    """

    def __init__(self, form):
        self.form = form
        self.statuses = []  # of the sessions that came with a login
        self.app = SessionMiddleware(self.answer, secret_key=KEY, store="memory:")

    def answer(self, environ, start_response):
        session, status = environ["session"], "200 OK"
        if environ["REQUEST_METHOD"] == "POST":
            status = self.log_in(environ, session)
        start_response(status, [("Content-Type", "text/html"), ("Location", "/?done")])
        who = "refused" if status == "403 Forbidden" else session.get("user", "nobody")
        token = get_csrf_token(session)
        return [PAGE.format(who, len(self.statuses), self.form, token).encode()]

    def log_in(self, environ, session):
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
        time.sleep(0.3)
        self.statuses.append(session.status)
        if not check_csrf_token(session, body.removeprefix("csrf_token=")):
            return "403 Forbidden"
        session.regenerate()
        session["user"] = "ada"
        return "303 See Other"

    @contextlib.contextmanager
    def served(self):
        server = make_server("localhost", 0, self.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.port}/"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def test_the_second_click_is_refused_and_ten_seconds_later_the_login_works(tmp_path):
    site = LoginSite(FORM)
    with site.served() as url, chromium(url, tmp_path) as window:
        window._go(lambda: window.driver.execute_script(TWICE))
        refused = window.seen()[0]
        with stop_clock(site.app) as clock:
            clock.forward(timedelta(seconds=11))
            window.visit()
            window._press("Log in")
            later = window.seen()[0]

    assert site.statuses[:2] == ["ok", "replaced"]
    assert (refused, later) == ("refused", "ada")


def test_a_form_that_disables_its_button_is_sent_once_and_works_after_back(tmp_path):
    page = (ROOT / "docs/troubleshooting.rst").read_text(encoding="utf-8")
    [form] = re.findall(r"<form [^>]*=>[^>]*>", page)
    site = LoginSite(form)
    with site.served() as url, chromium(url, tmp_path) as window:
        window.driver.execute_script(KEPT)
        window._go(lambda: window.driver.execute_script(TWICE))
        seen, statuses = window.seen()[0], [*site.statuses]
        window._go(window.driver.back)
        kept = window.driver.execute_script(KEPT)  # the page as it was left
        button = window.driver.find_element("tag name", "button")
        wait_for(button.is_enabled, "a button that can be clicked again")
        window._press("Log in")

    assert (seen, statuses) == ("ada", ["ok"])
    assert kept
    assert len(site.statuses) == 2
