"""nginx in front of the servers: it ends TLS, and keeps a cache for all users."""

from __future__ import annotations

import contextlib
import itertools
import re

import pytest

from ..support import ROOT, block_of
from . import servers
from .certificates import certificate
from .servers import Visitor

pytestmark = [pytest.mark.servers, pytest.mark.nginx]

PASS = "proxy_pass http://127.0.0.1:8000;"
# One line and its defaults: HTTP/1.0 and "Connection: close" until 1.29.7, then 1.1.
BARE = f"location / {{ {PASS} proxy_http_version 1.0; }}"
BARE_1_1 = f"location / {{ {PASS} proxy_http_version 1.1; }}"
BARE_KEPT = f"""location / {{
    {PASS}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
}}
"""
HOST = f"location / {{ {PASS} proxy_set_header Host $host; }}"
FORWARDED_FOR = f"""location / {{
    {PASS}
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
}}
"""
CACHE = f"""location / {{
    {PASS}
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_cache pages;
    proxy_cache_valid any 5m;
    add_header X-Cache $upstream_cache_status always;
}}
"""
# What people add until "it caches", and what then takes all care off nginx's hands.
GREEDY_CACHE = CACHE.replace(
    "proxy_cache_valid",
    "proxy_ignore_headers Set-Cookie; proxy_cache_methods GET HEAD POST;\n"
    "    proxy_cache_valid",
)
PAGE = ROOT / "docs/deploy/proxy.rst"
ADA, BOB = "ada@example", "bob@example"
USERS = (ADA, BOB, "nobody")
PAGES = {
    "read": "/read",
    "read-and-due": "/eager/read",
    "changed": "/count",
    "public-read": "/public",
    "public-read-and-due": "/eager/public",
    "public-changed": "/public-count",
    "not-found": "/nowhere",
    "moved": "/moved",
}
ADVICE = "behind a proxy set cookie_secure=True"
BACKENDS = {
    "gunicorn": servers.gunicorn,
    "waitress": servers.waitress,
    "uwsgi": servers.uwsgi,
}
INFORMED = {
    **BACKENDS,
    "waitress": lambda: servers.waitress(
        "--trusted-proxy=127.0.0.1", "--trusted-proxy-headers=x-forwarded-proto"
    ),
}


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """A key with its certificate, and what a visitor trusts."""
    return certificate("app.example", tmp_path_factory.mktemp("tls"))


@pytest.fixture
def published(tls, tmp_path):
    """Puts nginx before a server; the block is given what makes new visitors."""
    pem, context = tls

    @contextlib.contextmanager
    def publish(backend, location):
        assert PASS in location
        placed = location.replace("http://127.0.0.1:8000", backend.url)
        with servers.nginx(placed, pem, tmp_path) as proxy:
            yield lambda: Visitor("https://app.example", context, proxy.address)

    return publish


def file_of_the_page():
    """The file that it says to write."""
    return block_of(PAGE, "nginx")


def location_of_the_page():
    """The part of that file which speaks to the application."""
    [location] = re.findall(
        r"    location / \{.*?\n    \}\n", file_of_the_page(), re.DOTALL
    )
    return location


def log_in(visitor, name=ADA, **form):
    """Log in and see that it worked; the cookie that does it."""
    visitor.ask("/login", form={"name": name, **form})
    assert visitor.text("/read").startswith(f"{name} ")
    [cookie] = visitor.jar.cookies
    return cookie


class TestTransport:
    @pytest.mark.parametrize("backend", ["gunicorn", "uwsgi"])
    def test_a_sign_of_a_proxy_makes_the_cookie_secure(self, published, backend):
        with (
            BACKENDS[backend]() as running,
            published(running, FORWARDED_FOR) as visitor,
        ):
            cookie = log_in(visitor())

        assert (cookie.name, cookie.secure) == ("__Host-session", True)

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_the_real_host_makes_the_cookie_secure(self, published, backend):
        with BACKENDS[backend]() as running, published(running, HOST) as visitor:
            cookie = log_in(visitor())

        assert (cookie.name, cookie.secure) == ("__Host-session", True)

    @pytest.mark.parametrize("backend", BACKENDS)
    def test_http_1_0_makes_the_cookie_secure(self, published, backend):
        """A browser asks for a Host by HTTP/1.1 or later: so this is none."""
        with BACKENDS[backend]() as running, published(running, BARE) as visitor:
            cookie = log_in(visitor())
            log = running.log()

        assert (cookie.name, cookie.secure) == ("__Host-session", True)
        assert "WARNING:session_middleware:insecure_transport: kind='plain_http'" in log

    @pytest.mark.parametrize("location", [BARE, BARE_1_1], ids=["1.0", "1.1"])
    @pytest.mark.parametrize("backend", BACKENDS)
    def test_a_unix_socket_makes_the_cookie_secure(
        self, published, backend, location, tmp_path
    ):
        """Its host is "localhost" there, and no browser comes that way."""
        with (
            BACKENDS[backend](path=tmp_path / "app.sock") as running,
            published(running, location) as visitor,
        ):
            cookie = log_in(visitor())

        assert (cookie.name, cookie.secure) == ("__Host-session", True)

    @pytest.mark.parametrize("location", [BARE_1_1, BARE_KEPT], ids=["close", "kept"])
    @pytest.mark.parametrize(
        ("backend", "level"),
        [("gunicorn", "WARNING"), ("uwsgi", "WARNING"), ("waitress", "INFO")],
    )
    def test_bare_http_1_1_looks_like_loopback_and_the_event_says_so(
        self, published, backend, level, location
    ):
        """Loudly where more than one process serves: nobody develops that way."""
        with BACKENDS[backend]() as running, published(running, location) as visitor:
            cookie = log_in(visitor())
            log = running.log()

        assert (cookie.name, cookie.secure) == ("session", False)
        event = f"{level}:session_middleware:insecure_transport: kind='loopback'"
        assert event in log
        assert ADVICE in log

    def test_waitress_hides_a_forwarded_for_that_it_does_not_trust(self, published):
        """So nothing is left to tell such an nginx from a visitor on this machine."""
        location = FORWARDED_FOR.replace(PASS, f"{PASS} proxy_http_version 1.1;")
        with servers.waitress() as running, published(running, location) as visitor:
            cookie = log_in(visitor())
            log = running.log()

        assert (cookie.name, cookie.secure) == ("session", False)
        assert ADVICE in log

    @pytest.mark.parametrize("backend", INFORMED.values(), ids=list(INFORMED))
    def test_the_block_of_the_page_is_the_cure(self, published, backend):
        location = location_of_the_page()
        with backend() as running, published(running, location) as visitor:
            user = visitor()
            cookie = log_in(user)
            user.ask("/logout")
            after = user.text("/read")
            log = running.log()

        assert (cookie.name, cookie.secure) == ("__Host-session", True)
        assert after.startswith("nobody ")
        assert "insecure_transport" not in log


class TestThePage:
    @pytest.fixture
    def placed(self, tls, tmp_path):
        """Its file with what differs on this machine, and the port of plain http."""
        pem, _ = tls
        plain = servers.free_port()

        def place(backend):
            text = file_of_the_page().replace(PASS, f"proxy_pass {backend.url};")
            text = re.sub(r"/etc/ssl/shop\.example\.(pem|key)", str(pem), text)
            text = text.replace("shop.example", "app.example")
            text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
            return servers.nginx_with(text, tmp_path)

        return place, plain

    def test_its_file_serves_https_and_sends_http_there(self, placed, tls):
        place, plain = placed
        with servers.gunicorn() as running, place(running) as proxy:
            user = Visitor("https://app.example", tls[1], proxy.address)
            cookie = log_in(user)
            moved = Visitor("http://app.example", None, ("127.0.0.1", plain)).ask(
                "/a?b"
            )
            log = running.log()

        assert (cookie.name, cookie.secure) == ("__Host-session", True)
        assert moved.status.startswith("301")
        assert moved.all("Location") == ["https://app.example/a?b"]
        assert "insecure_transport" not in log

    def test_without_its_buffer_a_large_cookie_is_a_502(self, gunicorn, published):
        """And with it, the largest that browsers keep is none."""
        location = location_of_the_page()
        small = re.sub(r".*proxy_buffer_size.*\n", "", location)
        assert small != location

        with published(gunicorn, small) as visitor:
            before = [begin(visitor(), size) for size in (3800, 3950)]
        with published(gunicorn, location) as visitor:
            after = [begin(visitor(), size) for size in (3950, 4090)]

        assert before == ["200", "502"]
        assert after == ["200", "200"]


def begin(visitor, size):
    """The status of a page that sets a cookie of so many bytes."""
    answer = visitor.ask(f"/fill?{size}")
    if answer.status[:3] == "200":
        [cookie] = visitor.jar.cookies
        assert abs(len(cookie.name) + len(cookie.value) - size) < 9
        assert visitor.text("/filled").startswith("yes ")
    return answer.status[:3]


@pytest.fixture(scope="module")
def gunicorn():
    with servers.gunicorn() as running:
        yield running


@pytest.mark.parametrize("location", [CACHE, GREEDY_CACHE], ids=["careful", "greedy"])
class TestCache:
    """CVE-2023-30861 and CVE-2026-35192: shared caches handed sessions around."""

    @pytest.mark.parametrize("path", PAGES.values(), ids=list(PAGES))
    def test_no_page_hands_one_user_to_another(
        self, gunicorn, published, location, path
    ):
        with published(gunicorn, location) as visitor:
            for number, order in enumerate(itertools.permutations(USERS)):
                users = {name: visitor() for name in order}
                log_in(users[ADA], ADA, remember="on")
                log_in(users[BOB], BOB)
                owners = {}

                for name in order * 2:
                    answer = users[name].ask(f"{path}?{number}")

                    assert answer.body.decode().startswith(f"{name} ")
                    assert [each for each in USERS if each in repr(answer)] == [name]
                    for line in answer.set_cookies:
                        assert owners.setdefault(line.partition(";")[0], name) == name
                for name, user in users.items():
                    assert user.text(f"/read?{number}").startswith(f"{name} ")

    @pytest.mark.parametrize("path", ["/count", "/public-count", "/nowhere", "/moved"])
    def test_a_page_that_begins_a_session_is_made_for_each_newcomer(
        self, gunicorn, published, location, path
    ):
        """They send no Cookie line, so Vary alone would not keep them apart."""
        with published(gunicorn, location) as visitor:
            answers = [visitor().ask(path) for _ in range(3)]

        assert all(answer.set_cookies for answer in answers)
        assert len({answer.body for answer in answers}) == 3

    def test_a_logout_is_for_the_one_who_asks(self, gunicorn, published, location):
        with published(gunicorn, location) as visitor:
            ada, bob, nobody = visitor(), visitor(), visitor()
            log_in(ada, ADA, remember="on")
            log_in(bob, BOB)

            pages = [ada.text("/logout"), bob.text("/read"), bob.text("/logout")]
            pages.append(nobody.text("/logout"))
            after = [ada.text("/read"), bob.text("/read"), nobody.text("/read")]

        assert [page.split()[0] for page in pages] == [ADA, BOB, BOB, "nobody"]
        assert [page.split()[0] for page in after] == ["nobody"] * 3
        assert ada.jar.cookies == bob.jar.cookies == nobody.jar.cookies == []

    def test_a_login_is_for_the_one_who_asks(self, gunicorn, published, location):
        with published(gunicorn, location) as visitor:
            cookies = [log_in(visitor(), name).value for name in (ADA, BOB, ADA + "2")]

        assert len(set(cookies)) == 3

    def test_an_untouched_page_is_kept_for_all(self, gunicorn, published, location):
        with published(gunicorn, location) as visitor:
            ada, bob, nobody = visitor(), visitor(), visitor()
            log_in(ada, ADA)
            log_in(bob, BOB)

            answers = [each.ask("/untouched") for each in (ada, bob, nobody)]

        states = [answer.all("X-Cache") for answer in answers]
        assert states == [["MISS"], ["HIT"], ["HIT"]]
        assert len({answer.body for answer in answers}) == 1

    @pytest.mark.parametrize("path", ["/read", "/public", "/eager/public"])
    def test_a_page_that_was_read_is_kept_for_its_reader(
        self, gunicorn, published, location, path
    ):
        with published(gunicorn, location) as visitor:
            ada, bob = visitor(), visitor()
            log_in(ada, ADA)
            log_in(bob, BOB)

            answers = [each.ask(f"{path}?new") for each in (ada, bob, ada)]

        states = [answer.all("X-Cache") for answer in answers]
        assert states == [["MISS"], ["MISS"], ["HIT"]]
        assert answers[0].body == answers[2].body
