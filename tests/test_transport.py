"""Which requests count as plain http from this very machine."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from session_middleware.transport import is_local


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
    ],
)
def test_the_mere_presence_of_a_proxys_header_ends_it(header, content):
    sign = {"HTTP_" + header.upper().replace("-", "_"): content}

    assert not is_local(plain("localhost", **sign))
    assert not is_local({**sign, **plain("localhost")})


@pytest.mark.parametrize("header", ["HTTP_X_FORWARD", "HTTP_VIADUCT", "HTTP_COOKIE"])
def test_other_headers_are_no_sign_of_a_proxy(header):
    assert is_local(plain("localhost", **{header: "X-Forwarded-For"}))


@pytest.mark.parametrize("part", ["a", "a.", "-", "localhost", "localhost.", "127."])
def test_a_hostile_host_is_read_to_its_end_and_refused(part):
    assert not is_local(plain(part * 50_000 + "!"))


@settings(max_examples=300, deadline=None)
@given(host=st.text(st.sampled_from("aclhost.:127[]\n-"), max_size=16))
def test_only_the_loopback_forms_are_local(host):
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    labels = name.lower().split(".")
    is_name = labels[-1] == "localhost" and all(labels) and "\n" not in name
    is_address = labels[0] == "127" and len(labels) == 4

    assert not is_local(plain(host)) or is_name or is_address or name == "[::1]"
