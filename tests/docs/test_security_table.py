"""The page says, host by host, what is safe with nothing configured but a key."""

from __future__ import annotations

import re
from datetime import timedelta

import flask
import pytest

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
)
from session_middleware.adapters.beaker import BeakerSessionMiddleware
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface

from ..adapters import (
    test_bottle,
    test_cherrypy,
    test_falcon,
    test_middleware,
    test_paste,
    test_pyramid,
)
from ..support import KEY, ROOT, app_of, call

SECURITY = (ROOT / "SECURITY.rst").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "security-hosts.rst").read_text(encoding="utf-8")
TABLE = PAGE.partition(".. list-table::\n")[2].partition("\nWhat the columns")[0]
ROWS = [
    [cell.strip() for cell in re.split(r"\n +- ", row)]
    for row in re.split(r"\n   \* - ", TABLE)[2:]
]


def by_adapter(behaviour):
    """A host of ours whose adapter takes an interface."""

    def make(view, status):
        interface = SecureCookieSessionInterface(SessionConfig(secret_key=KEY))
        app = behaviour().wrap(interface, view, int(status[:3]))
        return app, lambda: interface.config

    return make


def beaker(view, status):
    options = {"session.validate_key": KEY, "session.auto": True}
    app = BeakerSessionMiddleware(app_in_beaker(view, status), options)
    return app, lambda: app.interface.config


def app_in_beaker(view, status):
    plain = app_of(view, status=status)
    return lambda environ, start: plain(
        {**environ, "session": environ["beaker.session"]}, start
    )


def in_flask(view, status):
    configs = []

    def make(config):
        configs.append(config)
        return SecureCookieSessionInterface(config)

    app = flask.Flask("a host")
    app.secret_key = KEY
    app.session_interface = FlaskSessionInterface(make)
    app.add_url_rule("/", view_func=lambda: (str(view(flask.session)), int(status[:3])))
    return app, lambda: configs[0]


def flasks_cookies(view, status):
    config = SessionConfig(secret_key=KEY, absolute_lifetime=None)
    app = SessionMiddleware(
        app_of(view, status=status), FlaskCookieSessionInterface(config)
    )
    return app, lambda: app.interface.config


HOSTS = {
    "any, by ``SessionMiddleware``": by_adapter(test_middleware.TestPlainWSGI),
    "PasteDeploy": by_adapter(test_paste.TestPaste),
    "Bottle": by_adapter(test_bottle.TestBottle),
    "Pyramid": by_adapter(test_pyramid.TestPyramid),
    "Falcon": by_adapter(test_falcon.TestFalcon),
    "CherryPy": by_adapter(test_cherrypy.TestCherryPy),
    "``BeakerSessionMiddleware``": beaker,
    "Flask": in_flask,
    "Flask's cookies, by ``FlaskCookieSessionInterface``": flasks_cookies,
}


def test_the_table_has_every_host():
    assert [row[0] for row in ROWS] == list(HOSTS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_the_table_says_of_a_host_is_true(row):
    host, secure, samesite, idle, absolute, on_errors = row
    app, config = HOSTS[host](lambda s: str(s.update(n=1)), "200 OK")

    [afar] = call(app).set_cookies
    [near] = call(app, base_url="http://localhost/").set_cookies
    failing, _ = HOSTS[host](lambda s: str(s.update(n=1)), "500 Oh")

    assert ("Secure" in afar, "Secure" in near) == (secure != "no", False)
    assert re.findall("SameSite=(.*)", afar) == ([] if "none" in samesite else ["Lax"])
    assert days(config().permanent_lifetime) == idle
    assert days(config().absolute_lifetime) == absolute
    assert bool(call(failing).set_cookies) == (on_errors == "everything")


@pytest.mark.parametrize("host", HOSTS)
def test_what_the_page_says_is_the_same_everywhere(host):
    changing, _ = HOSTS[host](lambda s: str(s.update(n=1)), "200 OK")
    leaving, _ = HOSTS[host](lambda s: str(s.invalidate()), "500 Oh")

    changed = call(changing)
    left = call(leaving, cookie=changed.cookie)

    assert "HttpOnly" in changed.set_cookies[0]
    assert changed.all("Vary") == ["Cookie"]
    assert changed.all("Cache-Control") == ["private"]
    assert "Max-Age=0" in left.set_cookies[0]


def test_what_a_reporter_reads_first_leads_to_every_promise():
    links = re.findall(r"<(docs/\S+)>`__", SECURITY)

    assert {"docs/security.rst", "docs/deploy/leaked-key.rst"} <= set(links)
    assert [link for link in links if not (ROOT / link).is_file()] == []
    assert SECURITY.endswith("untrue is a security report.\n")


def days(length: timedelta | None) -> str:
    return "none" if length is None else f"{length.days} days"
