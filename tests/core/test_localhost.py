"""Which requests count as plain http from this very machine."""

from __future__ import annotations

from wsgiref.util import setup_testing_defaults

import pytest
import webtest
from falcon.testing import create_environ as falcon_environ
from hypothesis import given
from hypothesis import strategies as st
from webob import Request
from werkzeug.test import create_environ

from session_middleware.localhost import is_local

from ..support.examples import examples


def plain(host: str, **more: str) -> dict[str, str]:
    return {"wsgi.url_scheme": "http", "HTTP_HOST": host, **more}


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:8000",
        "localhost:",
        "LocalHost",
        "app.localhost",
        "a.b-c.localhost:5000",
        "127.0.0.1",
        "127.0.0.1:8000",
        "127.1.2.3",
        "127.255.255.254",
        "[::1]",
        "[::1]:8000",
    ],
)
def test_a_loopback_host_is_local(host):
    assert is_local(plain(host))


@pytest.mark.parametrize(
    "host",
    [
        "app.example",
        "localhost.example",
        "mylocalhost",
        "localhost.",
        ".localhost",
        "a..localhost",
        "local host",
        "localho\u017ft",
        "app.example/localhost",
        "user@localhost",
        "localhost:80a",
        "localhost:80:80",
        "localhost\n",
        "localhost, app.example",
        "127.0.0.1.example",
        "127.0.0",
        "127.0.0.1.1",
        "127.0.0.\u0661",
        "1127.0.0.1",
        "128.0.0.1",
        "10.0.0.1",
        "0.0.0.0",
        "::1",
        "[::1",
        "[::2]",
        "[::ffff:127.0.0.1]",
        "",
    ],
)
def test_any_other_host_is_not_local(host):
    assert not is_local(plain(host))


def test_https_is_never_taken_for_plain_http():
    assert not is_local({**plain("localhost"), "wsgi.url_scheme": "https"})


@pytest.mark.parametrize(
    ("server", "local"), [("localhost", True), ("app.example", False)]
)
def test_without_a_host_the_servers_name_counts(server, local):
    assert is_local({"wsgi.url_scheme": "http", "SERVER_NAME": server}) is local


def test_a_bare_environ_is_not_local():
    assert not is_local({})


@pytest.mark.parametrize("content", ["", "for=127.0.0.1", "localhost", "http"])
@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "Via",
        "X-Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
        "X-Forwarded-Prefix",
        "X-Forwarded-Ssl",
        "X-Real-IP",
        "X-Scheme",
        "Front-End-Https",
        "CDN-Loop",
        "True-Client-IP",
        "CF-Connecting-IP",
        "CF-Ray",
        "CF-Visitor",
    ],
)
def test_the_mere_presence_of_a_proxys_header_ends_it(header, content):
    sign = {"HTTP_" + header.upper().replace("-", "_"): content}

    assert not is_local(plain("localhost", **sign))
    assert not is_local({**sign, **plain("localhost")})


@pytest.mark.parametrize(
    "header",
    [
        "HTTP_X_FORWARD",
        "HTTP_VIADUCT",
        "HTTP_COOKIE",
        "HTTP_CFRAY",
        "CF_PAGES",
        "HTTP_X_SCHEMES",
    ],
)
def test_other_headers_are_no_sign_of_a_proxy(header):
    assert is_local(plain("localhost", **{header: "X-Forwarded-For"}))


LOOPBACK = ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1", "::FFFF:127.9.9.9"]
ELSEWHERE = [
    *("", "localhost", "unix:", "-", "127.0.0.1:80", "127.0.0", "[::1]", "::2", "::"),
    *("0.0.0.0", "10.0.0.1", "172.17.0.1", "203.0.113.7", "::ffff:10.0.0.1"),
    *("127.0.0.1, 203.0.113.7", "127.0.0.1\n", "2001:db8::1", "fe80::1%lo"),
]


@pytest.mark.parametrize("address", LOOPBACK)
def test_a_browser_on_this_machine_is_local(address):
    connection = {"REMOTE_ADDR": address, "SERVER_PROTOCOL": "HTTP/1.1"}

    assert is_local(plain("localhost", **connection))


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_connection_from_elsewhere_ends_it(address):
    """A unix socket gives no address, and no browser comes by one."""
    connection = {"REMOTE_ADDR": address, "SERVER_PROTOCOL": "HTTP/1.1"}

    assert not is_local(plain("localhost", **connection))


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"HTTP_CONNECTION": "close"},
        {"SERVER_SOFTWARE": "waitress"},
        {"SERVER_SOFTWARE": "WSGIServer/0.2", "HTTP_CONNECTION": "close"},
    ],
    ids=["alone", "as nginx", "a server", "nginx before wsgiref's server"],
)
@pytest.mark.parametrize("address", LOOPBACK)
def test_http_1_0_with_a_host_is_no_browser(address, sent):
    """As nginx asks by default, until 1.29.7, and with nothing else to tell it by."""
    request = {"REMOTE_ADDR": address, "SERVER_PROTOCOL": "HTTP/1.0", **sent}

    assert not is_local(plain("localhost", **request))


@pytest.mark.parametrize(
    "sent",
    [{"HTTP_HOST": "localhost", "SERVER_SOFTWARE": "WSGIServer/0.2"}, {}],
    ids=["wsgiref's server", "no Host"],
)
def test_http_1_0_from_somebody_s_own_tool_is_local(sent):
    """curl goes over to it where a server has, as wsgiref's does, with a Host."""
    request = {"REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.0"}
    server = {"wsgi.url_scheme": "http", "SERVER_NAME": "localhost"}

    assert is_local({**server, **request, **sent})


@pytest.mark.parametrize("protocol", ["HTTP/1.1", "HTTP/2", "HTTP/2.0", "HTTP/3"])
def test_every_later_protocol_is_a_browsers(protocol):
    connection = {"REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": protocol}

    assert is_local(plain("localhost", **connection))


def by_wsgiref(**entries):
    environ = dict(entries)
    setup_testing_defaults(environ)
    return environ


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param(lambda: Request.blank("/").environ, id="webob"),
        pytest.param(lambda: create_environ("/"), id="werkzeug"),
        pytest.param(
            lambda: create_environ("/", environ_base={"REMOTE_ADDR": "127.0.0.1"}),
            id="flask",
        ),
        pytest.param(lambda: falcon_environ(host="localhost"), id="falcon"),
        pytest.param(
            lambda: falcon_environ(host="localhost", remote_addr="127.0.0.1"),
            id="falcon-from",
        ),
        pytest.param(lambda: by_wsgiref(HTTP_HOST="localhost"), id="wsgiref"),
    ],
)
def test_a_test_client_makes_no_connection_and_is_local(environ):
    assert is_local(environ())


@pytest.mark.parametrize("address", [None, "127.0.0.1", "10.0.0.1", ""])
def test_webtest_is_local_whatever_address_it_is_told(address):
    """It says HTTP/1.0 with a Host, and apps that log an address are given any."""
    seen = []

    def app(environ, start_response):
        seen.append(environ)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"seen"]

    extra = {} if address is None else {"REMOTE_ADDR": address}
    webtest.TestApp(app, extra_environ=extra).get("/")

    assert seen[0].get("REMOTE_ADDR") == address
    assert seen[0]["SERVER_PROTOCOL"] == "HTTP/1.0"
    assert is_local(seen[0])


@pytest.mark.parametrize("part", ["a", "a.", "-", "localhost", "localhost.", "127."])
def test_a_hostile_host_is_read_to_its_end_and_refused(part):
    assert not is_local(plain(part * 50_000 + "!"))


@examples(300)
@given(host=st.text(st.sampled_from("aclhost.:127[]\n-"), max_size=16))
def test_only_the_loopback_forms_are_local(host):
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    labels = name.lower().split(".")
    is_name = labels[-1] == "localhost" and all(labels) and "\n" not in name
    is_address = labels[0] == "127" and len(labels) == 4

    assert not is_local(plain(host)) or is_name or is_address or name == "[::1]"
