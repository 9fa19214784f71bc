"""gunicorn with the example's configuration: every kind of worker, reloads, nginx."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from . import servers, test_nginx
from .servers import Visitor, wait_for

pytestmark = pytest.mark.servers

tls, published = test_nginx.tls, test_nginx.published  # fixtures

CONFIG = ("--config", "examples/gunicorn.conf.py")
WORKERS = {
    "sync": ("--worker-class", "sync"),
    "gthread": ("--worker-class", "gthread", "--threads", "8"),
    "gevent": ("--worker-class", "gevent"),
}
KINDS = {
    **WORKERS,
    **{f"{kind}-preload": (*each, "--preload") for kind, each in WORKERS.items()},
}
KEY = "a key for gunicorn's workers, and for nothing else"
USERS = 16
VISITS = 8


def serve(kind, *options):
    return servers.gunicorn(
        *(*CONFIG, *KINDS[kind], *options),
        app="tests.servers.gunicorn_app:app",
        environ={"SECRET_KEY": KEY},
    )


@dataclass
class Page:
    user: str
    count: int
    scheme: str
    pid: int
    crowd: int


def see(visitor, path="/"):
    """What a page says."""
    user, count, scheme, pid, crowd = visitor.text(path).split()
    return Page(user, int(count), scheme, int(pid), int(crowd))


def insist(visitor, path):
    """The same, although the server may hang up on a request while it restarts."""

    def ask():
        try:
            return see(visitor, path)
        except ConnectionError:
            return None

    return wait_for(ask, f"a page of {visitor.url}")


def log_in(visitor, name):
    visitor.ask("/login", form={"name": name})
    return visitor


def visit_together(url, between=lambda: None):
    """Many users at once: what each saw, in order.

    :param between: called when all are half-way; who is on the way goes on.
    """
    users = [log_in(Visitor(url), f"user{number}") for number in range(USERS)]

    def use(visitor):
        return [insist(visitor, "/meet") for _ in range(VISITS)]

    with ThreadPoolExecutor(USERS) as pool:
        first = list(pool.map(use, users))
        second = pool.map(use, users)
        between()
        return [[*before, *after] for before, after in zip(first, second, strict=True)]


def each_saw_their_own(seen):
    """No one lost a visit, or met another's session."""
    wanted = range(1, 2 * VISITS + 1)
    return [[(page.user, page.count) for page in pages] for pages in seen] == [
        [(f"user{number}", count) for count in wanted] for number in range(USERS)
    ]


@pytest.fixture(scope="module", params=list(KINDS))
def server(request):
    with serve(request.param) as running:
        yield running
        assert "Traceback" not in running.log()


def test_a_second_login_takes_the_place_of_the_first(server):
    visitor = log_in(Visitor(server.url), "ada")
    see(visitor, "/meet")
    first = visitor.jar.cookies[0].value

    log_in(visitor, "bob")

    page = see(visitor, "/meet")
    assert (page.user, page.count) == ("bob", 2)
    [cookie] = visitor.jar.cookies
    assert cookie.value != first


def test_two_logins_of_one_user_live_and_end_apart(server):
    laptop = log_in(Visitor(server.url), "ada")
    phone = log_in(Visitor(server.url), "ada")
    for _ in range(3):
        see(laptop, "/meet")

    phone.ask("/logout")

    assert (see(laptop).user, see(laptop).count) == ("ada", 3)
    assert (see(phone).user, see(phone).count) == ("nobody", 0)


def test_users_at_once_keep_their_own_sessions(server):
    seen = visit_together(server.url)

    assert each_saw_their_own(seen)


@pytest.mark.parametrize("server", ["gthread", "gevent"], indirect=True)
def test_users_meet_inside_one_worker(server):
    """Or the test above would say nothing of threads and greenlets."""
    seen = visit_together(server.url)

    assert max(page.crowd for pages in seen for page in pages) > 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_worker_that_is_ended_takes_no_session_with_it(kind):
    with serve(kind) as running:
        old = see(Visitor(running.url)).pid

        seen = visit_together(running.url, lambda: os.kill(old, signal.SIGTERM))
        wait_for(lambda: f"(pid: {old})" in running.log(), "the worker's end")

        assert each_saw_their_own(seen)


@pytest.mark.parametrize("kind", KINDS)
def test_a_reload_takes_no_session_with_it(kind):
    with serve(kind) as running:
        visitor = log_in(Visitor(running.url), "ada")
        old = {insist(visitor, "/").pid for _ in range(20)}
        reload = lambda: os.kill(running.process.pid, signal.SIGHUP)  # noqa: E731

        seen = visit_together(running.url, reload)
        page = wait_for(
            lambda: (page := insist(visitor, "/")).pid not in old and page, "a reload"
        )

        assert each_saw_their_own(seen)
        assert page.user == "ada"


@pytest.mark.nginx
@pytest.mark.parametrize("kind", KINDS)
class TestBehindNginx:
    """It ends TLS and says so in X-Forwarded-Proto, which gunicorn believes or not."""

    def meet(self, kind, published, believed):
        location = test_nginx.location_of_the_page()
        options = ("--forwarded-allow-ips", believed)
        with serve(kind, *options) as running, published(running, location) as visitor:
            user = log_in(visitor(), "ada")
            page = see(user, "/meet")
            log = running.log()

        [cookie] = user.jar.cookies
        return page, cookie, log

    def test_a_proxy_that_is_believed_gives_https_and_no_warning(self, published, kind):
        page, cookie, log = self.meet(kind, published, believed="127.0.0.1")

        assert (page.user, page.scheme) == ("ada", "https")
        assert (cookie.name, cookie.secure) == ("__Host-session", True)
        assert "insecure_transport" not in log

    def test_a_proxy_that_is_not_believed_still_gives_secure_and_a_warning(
        self, published, kind
    ):
        page, cookie, log = self.meet(kind, published, believed="192.0.2.1")

        assert (page.user, page.scheme) == ("ada", "http")
        assert (cookie.name, cookie.secure) == ("__Host-session", True)
        assert "insecure_transport: kind='plain_http'" in log
        assert "gunicorn's forwarded_allow_ips" in log
