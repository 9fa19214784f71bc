"""Apache, nginx and Varnish give no user's session or page to another."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import ssl

import pytest
from werkzeug.test import create_environ

from ..support import ROOT, block_of
from . import caches, servers
from .cached_app import ALL, EARLY, LATE, interface, path_of
from .certificates import certificate

pytestmark = pytest.mark.servers

DIRECTIVES = [
    "public",
    "private",
    "no-cache",
    "no-store",
    "max-age=60",
    "max-age=0",
    "s-maxage=60",
    "must-revalidate",
    "must-understand",
    "stale-while-revalidate=60",
    'no-cache="Set-Cookie"',
    'private="X-Any"',
]
ALONE_AND_IN_PAIRS = [
    [("Cache-Control", ", ".join(said))] if said else []
    for size in (0, 1, 2)
    for said in itertools.combinations(DIRECTIVES, size)
]
ODDLY_SAID = [
    [("Cache-Control", value) for value in lines]
    for lines in (
        ["PUBLIC , Max-Age=60"],
        ["max-age=60", "public"],
        ["private", "public"],
        ["no-cache", "s-maxage=60"],
        ['max-age=60, x="private'],  # behind the open quote our private was not seen
        ['max-age=60, x="', "private"],
        ['max-age=60, x="a, no-store"'],
        ['x="\\", private", max-age=60'],
        ["max-age=60, private =1"],
    )
]
IN_ANOTHER_HEADER = [
    [(name, value), *([("Cache-Control", said)] if said else [])]
    for name, value in (
        ("Expires", "Fri, 01 Jan 2100 00:00:00 GMT"),
        ("Pragma", "public"),
        ("X-Accel-Expires", "60"),
        ("Surrogate-Control", "max-age=60"),
        ("CDN-Cache-Control", "max-age=60"),
        ("Edge-Control", "!no-store, max-age=60"),
    )
    for said in ("", "max-age=60", "no-cache", "no-store", "private")
]
PAGE = ROOT / "docs/deploy/cdn.rst"
PAGES = [*ALONE_AND_IN_PAIRS, *ODDLY_SAID, *IN_ANOTHER_HEADER]
DATE = "Sun, 01 Nov 2026 00:00:00 GMT"
VALIDATORS = {
    "no validator": [],
    "ETag": [("ETag", '"1"')],
    "Last-Modified": [("Last-Modified", DATE)],
}
CONDITIONS = {"If-None-Match": '"1"', "If-Modified-Since": DATE}
NOBODY = None  # a visitor for whom no session is touched
STATIC = path_of([("Cache-Control", "max-age=60")]).rpartition("/")[2]
# Who comes, in turn, and when a page is found unchanged: see cached_app.py.
SERIES = [(EARLY, "ABC"), (LATE, "ABC"), (LATE, [NOBODY, "A", NOBODY, "B"])]


def nginx(upstream, more, home):
    location = f"""location / {{
        proxy_pass {upstream.url};
        proxy_cache pages;
        proxy_cache_revalidate on;
        {more}
    }}"""
    pem, _ = certificate("app.example", home)
    return servers.nginx(location, pem, home)


def rules_of_the_page():
    """Its file, without the lines that name the version and the application."""
    _, version, rest = block_of(PAGE, "text", "default.vcl").partition("vcl 4.1;\n")
    backend, _, rules = rest.partition("sub ")
    assert version
    assert '.port = "8000"' in backend
    return f"sub {rules}"


CACHES = {
    "apache": lambda app, home: caches.apache(app.url),
    "greedy-apache": lambda app, home: caches.apache(app.url, caches.GREEDY_APACHE),
    "nginx": lambda app, home: nginx(app, "", home),
    "greedy-nginx": lambda app, home: nginx(app, caches.GREEDY_NGINX, home),
    "varnish": lambda app, home: caches.varnish(app),
    "varnish-of-the-page": lambda app, home: caches.varnish(app, rules_of_the_page()),
    "greedy-varnish": lambda app, home: caches.varnish(app, caches.GREEDY_VARNISH),
}


@pytest.fixture(scope="module")
def app():
    kept_alive = ("--workers", "1", "--worker-class", "gthread", "--threads", "4")
    with servers.gunicorn(
        *kept_alive, app="tests.servers.cached_app:wrapped"
    ) as running:
        yield running


@pytest.fixture(scope="module", params=CACHES.values(), ids=list(CACHES))
def ask(request, app, tmp_path_factory):
    """Asks the cache for a path; all visitors come through one connection."""
    with request.param(app, tmp_path_factory.mktemp("cache")) as running:
        connection = http.client.HTTPConnection(*running.address)
        if running.url.startswith("https"):
            context = ssl._create_unverified_context()
            connection = http.client.HTTPSConnection(*running.address, context=context)

        def ask(path, user, headers=()):
            named = {"X-User": user} if user else {}
            connection.request("GET", path, headers={**named, **dict(headers)})
            answer = connection.getresponse()
            return answer, answer.read().decode()

        with contextlib.closing(connection):
            yield ask


def users_of(answer):
    """Whose sessions an answer gives away."""
    for line in answer.headers.get_all("Set-Cookie", []):
        environ = create_environ(base_url="https://app.example")
        environ["HTTP_COOKIE"] = line.partition(";")[0]
        yield interface.load(environ)["user"]


def leaks(ask, path, users):
    """What visitors get that is another's; the last of them has a copy of his own."""
    for user in users:
        conditions = CONDITIONS if user == users[-1] else {}
        answer, page = ask(path, user, conditions)
        assert answer.status == 200 or (conditions and answer.status == 304)
        if page and page.split()[0] not in (user, ALL):
            yield f"{user} sees {page}"
        yield from (f"{user} is {owner}" for owner in users_of(answer) if owner != user)


@pytest.mark.parametrize("validator", VALIDATORS)
def test_no_visitor_gets_what_is_another_s(ask, validator):
    """CVE-2023-30861 again: an app that said ``no-cache`` was left without ``private``.

    Apache kept its page, asked whether it had changed, and gave it to the next visitor
    with the first one's session. And Varnish did not look at Cache-Control where there
    was a Surrogate-Control, nor nginx where there was an X-Accel-Expires.
    """
    found = {}
    for headers in PAGES:
        for number, (checks, users) in enumerate(SERIES):
            path = path_of(headers + VALIDATORS[validator], checks, number)
            leaked = list(leaks(ask, path, users))
            if leaked:
                found[str(headers)] = leaked

    assert found == {}


def test_a_page_that_touches_no_session_is_kept_for_all(ask):
    path = path_of([("Cache-Control", "max-age=60")], series="kept")

    pages = {ask(path, user)[1] for user in (NOBODY, "A", "B")}

    assert len(pages) == 1


def test_the_page_s_varnish_keeps_static_pages_for_all(app):
    with caches.varnish(app, rules_of_the_page()) as running:
        visitors = [servers.Visitor(running.url) for _ in range(3)]
        cookies = [[], ["a=1"], ["b=2"]]
        kept, asked = (
            {
                visitor.ask(path, cookies=lines).body
                for visitor, lines in zip(visitors, cookies, strict=True)
            }
            for path in ("/static//" + STATIC, "/late//" + STATIC)
        )

    assert (len(kept), len(asked)) == (1, 3)
