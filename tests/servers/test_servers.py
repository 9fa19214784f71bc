"""Real servers keep real sessions: each serves the same pages to the same visitors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from . import servers
from .server_app import DOWNLOAD
from .servers import Visitor

pytestmark = pytest.mark.servers

SERVERS = {
    "gunicorn-sync": servers.gunicorn,
    "gunicorn-gthread": lambda: servers.gunicorn(
        "--worker-class", "gthread", "--threads", "4"
    ),
    "waitress": servers.waitress,
    "uwsgi": servers.uwsgi,
    "wsgiref": servers.wsgiref,
}
USERS = 20


@pytest.fixture(scope="module", params=list(SERVERS))
def server(request):
    with SERVERS[request.param]() as running:
        yield running
        assert "Traceback" not in running.log()


@pytest.fixture
def visitor(server):
    return Visitor(server.url)


def test_the_count_goes_on_whichever_worker_answers(visitor):
    counts = [visitor.text("/count").split()[1] for _ in range(12)]

    assert counts == [str(each) for each in range(1, 13)]


def test_a_login_lasts_until_the_logout(visitor):
    visitor.ask("/login", form={"name": "ada"})

    before = visitor.text("/read")
    visitor.ask("/logout")
    after = visitor.text("/read")

    assert before.startswith("ada ")
    assert after.startswith("nobody ")
    assert visitor.jar.cookies == []


def test_the_cookie_has_its_attributes(visitor):
    visitor.ask("/login", form={"name": "ada"})

    [cookie] = visitor.jar.cookies

    assert cookie.name == "session"
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")
    assert (cookie.path, cookie.host_only, cookie.expires) == ("/", True, None)
    assert not cookie.secure  # for a visitor on this machine


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_werkzeugs_server_takes_a_developer_for_one(host):
    with servers.wsgiref("werkzeug") as running:
        visitor = Visitor(f"http://{host}:{running.address[1]}", None, running.address)
        visitor.ask("/login", form={"name": "ada"})
        log = running.log()

    [cookie] = visitor.jar.cookies
    assert (cookie.name, cookie.secure) == ("session", False)
    assert "INFO:session_middleware:insecure_transport: kind='loopback'" in log


def test_an_untouched_page_carries_nothing_of_ours(visitor):
    visitor.ask("/login", form={"name": "ada"})

    answer = visitor.ask("/untouched")

    assert answer.set_cookies == answer.all("Vary") == []


@pytest.mark.parametrize("server", ["waitress", "wsgiref"], indirect=True)
def test_a_server_that_counts_the_blocks_of_a_list_still_does(visitor):
    answer = visitor.ask("/count")

    assert answer.all("Content-Length") == [str(len(answer.body))]


def test_a_streamed_body_arrives_whole_and_its_first_step_is_saved(visitor):
    answer = visitor.ask("/stream")

    assert answer.body == b"nobody 1 " + b"and" * 40_000 + b" done"
    assert visitor.text("/count").startswith("nobody 2 ")


@pytest.mark.parametrize("query", ["?sized", ""], ids=["sized-by-the-app", "not-sized"])
def test_a_download_by_the_servers_file_wrapper_has_its_length(visitor, query):
    content = DOWNLOAD.read_bytes()

    answer = visitor.ask(f"/download{query}")

    length = [str(len(content))]
    assert answer.body == content
    assert answer.all("Content-Length") in (length, length if query else [])
    assert visitor.text("/downloads").startswith("1 ")


@pytest.mark.parametrize("server", ["waitress"], indirect=True)
def test_a_server_that_asks_its_wrapped_file_for_its_size_still_does(visitor):
    answer = visitor.ask("/download")

    assert answer.all("Content-Length") == [str(DOWNLOAD.stat().st_size)]


def test_head_is_answered_with_the_cookie_and_no_body(visitor):
    answer = visitor.ask("/count", "HEAD")

    assert answer.status == "200 OK"
    assert answer.body == b""
    assert visitor.text("/count").startswith("nobody 2 ")


@pytest.mark.parametrize("turn", [1, -1], ids=["session-first", "session-last"])
def test_of_two_cookie_lines_a_session_may_be_lost_and_is_never_invented(visitor, turn):
    """Servers join the lines, most of them with a comma (RFC 6265bis section 4.2.1)."""
    visitor.ask("/login", form={"name": "ada"})
    [cookie] = visitor.jar.cookies
    lines = [f"session={cookie.value}", "other=1"][::turn]

    answer = visitor.ask("/read", cookies=lines)

    assert answer.status == "200 OK"
    assert answer.body.split()[0] in (b"ada", b"nobody")


def test_a_second_cookie_line_does_not_smuggle_a_session_in(visitor):
    """Split at the comma that joins the lines, ``evil`` would be a session."""
    visitor.ask("/login", form={"name": "mallory"})
    [cookie] = visitor.jar.cookies

    answer = visitor.ask("/read", cookies=[f"other=1, session={cookie.value}"])

    assert answer.status == "200 OK"
    assert answer.body.startswith(b"nobody ")


@pytest.mark.parametrize(
    "junk",
    ["\x01", "\x0b", "\x0c", "\x1f", "\x7f", "\x85", "\xa0", "\xff"],
    ids=lambda junk: f"{ord(junk):02x}",
)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("other={junk}; session={token}", "ada"),
        ("session={token}; {junk}", "ada"),
        ("session={token}{junk}", "nobody"),
        ("{junk}session={token}", "nobody"),
    ],
    ids=["in-another-cookie", "as-another-cookie", "in-our-value", "in-our-name"],
)
def test_a_control_byte_in_the_cookie_line_harms_nobody(visitor, junk, line, expected):
    visitor.ask("/login", form={"name": "ada"})
    [cookie] = visitor.jar.cookies
    sent = line.format(junk=junk, token=cookie.value)

    answer = visitor.ask("/read", cookies=[f"first=1; {sent}; last=1"])

    assert answer.status[:3] in ("200", "400")  # some servers refuse it themselves
    if answer.status == "200 OK":
        assert answer.body.decode().startswith(f"{expected} ")
    assert visitor.text("/read").startswith("ada ")


def test_parallel_users_never_meet(server):
    def use(number):
        visitor = Visitor(server.url)
        visitor.ask("/login", form={"name": f"user{number}"})
        return [visitor.text("/count").rpartition(" ")[0] for _ in range(5)]

    with ThreadPoolExecutor(USERS) as pool:
        seen = list(pool.map(use, range(USERS)))

    assert seen == [
        [f"user{number} {count}" for count in range(1, 6)] for number in range(USERS)
    ]
