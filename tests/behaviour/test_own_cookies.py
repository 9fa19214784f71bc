"""An interface may answer for each request what its cookie is."""

from __future__ import annotations

import gc
from datetime import date, datetime, timedelta

import pytest
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SessionMiddleware,
)
from session_middleware.secure_cookie import SignedCookie

from ..support import KEY, START, app_of, call, make_interface
from ..support.visits import (
    answers,
    change,
    log_out,
    names,
    overriding,
    respond,
)


@pytest.mark.parametrize(
    ("method", "answer", "shows"),
    [
        ("get_cookie_name", "mine", "mine="),
        ("get_cookie_domain", "app.example", "; Domain=app.example"),
        ("get_cookie_path", "/shop", "; Path=/shop"),
        ("get_cookie_samesite", "Strict", "; SameSite=Strict"),
        ("get_cookie_partitioned", True, "; Partitioned"),
    ],
)
def test_an_overridden_answer_is_written_and_deleted(method, answer, shows):
    interface = make_interface(overriding(**{method: answers(answer)}))

    [line] = respond(interface, change).set_cookies
    [gone] = respond(interface, log_out, line.partition(";")[0]).set_cookies

    assert shows in line
    assert shows in gone


@pytest.mark.parametrize(
    ("method", "hides"),
    [("get_cookie_httponly", "; HttpOnly"), ("get_cookie_secure", "; Secure")],
)
def test_an_overridden_answer_can_leave_an_attribute_out(method, hides):
    interface = make_interface(overriding(**{method: answers(False)}))

    [line] = respond(interface, change).set_cookies

    assert hides not in line


class PerTenant(SecureCookieSessionInterface):
    def get_cookie_domain(self, environ):
        return environ["tenant.domain"]


def test_a_domain_by_tenant_comes_from_the_environ():
    interface = make_interface(PerTenant)
    app = SessionMiddleware(app_of(change), interface)

    for tenant in ("a.example", "b.example", "a.example"):
        [line] = call(app, environ={"tenant.domain": tenant}).set_cookies

        assert line.startswith("__Secure-session=")
        assert f"; Domain={tenant}; " in line


def test_a_tenants_domain_decides_the_automatic_name():
    app = SessionMiddleware(app_of(change), make_interface(PerTenant))

    [line] = call(app, environ={"tenant.domain": None}).set_cookies

    assert line.startswith("__Host-session=")
    assert "Domain" not in line


@pytest.mark.parametrize(
    ("members", "url", "name"),
    [
        ({}, "https://app.example/", "__Host-session"),
        ({}, "http://localhost/", "session"),
        ({}, "http://app.example/", "__Host-session"),
        (
            {"get_cookie_path": answers("/x")},
            "https://app.example/",
            "__Secure-session",
        ),
        ({"get_cookie_path": answers("/x")}, "http://localhost/", "session"),
        ({"get_cookie_secure": answers(False)}, "https://app.example/", "session"),
        ({"get_cookie_secure": answers(True)}, "http://localhost/", "__Host-session"),
    ],
)
def test_an_automatic_name_fits_this_requests_own_answers(members, url, name):
    interface = make_interface(overriding(**members))

    [line] = respond(interface, change, base_url=url).set_cookies

    assert line.startswith(name + "=")


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"get_cookie_name": answers("__Host-mine")}, "__Host-mine"),
        ({"get_cookie_name": answers("__Secure-mine")}, "__Secure-mine"),
        ({"get_cookie_samesite": answers("None")}, "__Host-session"),
        ({"get_cookie_partitioned": answers(True)}, "__Host-session"),
        (
            {"get_cookie_name": answers("m"), "get_cookie_samesite": answers("None")},
            "m",
        ),
    ],
    ids=["__Host-", "__Secure-", "SameSite=None", "Partitioned", "named"],
)
def test_what_needs_secure_gets_it_on_a_developers_machine_too(members, name):
    """It was a ConfigurationError for each request to http://localhost."""
    interface = make_interface(overriding(**members))
    local = "http://localhost/"

    first = respond(interface, change, base_url=local)
    second = respond(interface, dict, first.cookie, base_url=local)

    assert first.cookie.startswith(f"{name}=")
    assert "; Secure" in first.set_cookies[0]
    assert second.body == b"{'n': 2}"


@pytest.mark.parametrize(
    "option", [{"cookie_secure": False}, {}], ids=["option", "own"]
)
def test_what_needs_secure_and_is_told_not_to_be_is_refused(option):
    members = {"get_cookie_name": answers("__Host-mine")}
    if not option:
        members["get_cookie_secure"] = answers(False)
    interface = make_interface(overriding(**members), **option)

    with pytest.raises(ConfigurationError, match="cookie_secure"):
        respond(interface, change)


class ByPath(SecureCookieSessionInterface):
    def get_cookie_name(self, environ):
        return "admin" if environ["PATH_INFO"].startswith("/admin") else "site"


def test_a_name_by_path_is_asked_before_a_dispatcher_rewrites_the_environ():
    interface = make_interface(ByPath)
    add = app_of(lambda s: s.update(n=s.get("n", 0) + 1) or s["n"])
    app = SessionMiddleware(DispatcherMiddleware(add, {"/admin": add}), interface)

    first = call(app, "/admin/users")
    second = call(app, "/admin/users", cookie=first.cookie)
    site = call(app, "/", cookie=second.cookie)

    assert first.cookie.startswith("admin=")
    assert second.body == b"2"
    assert site.body == b"1"
    assert site.cookie.startswith("site=")


def test_a_token_opens_under_its_own_name_alone():
    interface = make_interface(ByPath)
    app = SessionMiddleware(app_of(lambda s: s.setdefault("n", "new")), interface)
    value = call(app, "/admin").cookie.partition("=")[2]

    other = call(app, "/", cookie=f"site={value}")

    assert names(interface) == ["bad_signature"]
    assert len(other.set_cookies) == 1


def test_name_and_secure_are_asked_once_each_request():
    asked = []

    class Asking(SecureCookieSessionInterface):
        def get_cookie_name(self, environ):
            asked.append("name")
            return "s"

        def get_cookie_secure(self, environ):
            asked.append("secure")
            return True

    respond(make_interface(Asking), change, "s=junk")

    assert sorted(asked) == ["name", "secure"]


BAD_ANSWERS = {
    "name": ("get_cookie_name", "a b"),
    "name with a line": ("get_cookie_name", "a\r\nSet-Cookie: b"),
    "empty name": ("get_cookie_name", ""),
    "name of bytes": ("get_cookie_name", b"s"),
    "no name": ("get_cookie_name", None),
    "prefix in another case": ("get_cookie_name", "__host-x"),
    "domain": ("get_cookie_domain", "a.example; Path=/x"),
    "domain with a port": ("get_cookie_domain", "a.example:80"),
    "domain as a list": ("get_cookie_domain", ["a.example"]),
    "path": ("get_cookie_path", "/a;b"),
    "relative path": ("get_cookie_path", "a"),
    "secure": ("get_cookie_secure", "yes"),
    "secure as a number": ("get_cookie_secure", 1),
    "httponly": ("get_cookie_httponly", None),
    "samesite": ("get_cookie_samesite", "lax"),
    "partitioned": ("get_cookie_partitioned", 1),
    "lifetime": ("get_lifetime", 3600),
    "no lifetime": ("get_lifetime", timedelta(0)),
    "expiration without a zone": ("get_expiration_time", datetime(2030, 1, 1)),
    "expiration as a date": ("get_expiration_time", date(2030, 1, 1)),
    "expiration as a number": ("get_expiration_time", START),
    "serializer": ("get_signing_serializer", URLSafeTimedSerializer(KEY)),
    "serializer as a str": ("get_signing_serializer", KEY),
}


@pytest.mark.parametrize(("method", "answer"), BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_answer_raises_and_is_never_written(method, answer):
    interface = make_interface(overriding(**{method: answers(answer)}), permanent=True)
    started = []

    def app(environ, start_response):
        session = environ["session"]
        session["n"] = 1
        session.expires_at  # noqa: B018
        start_response("200 OK", [])
        return []

    for _ in range(2):
        with pytest.raises(ConfigurationError):
            SessionMiddleware(app, interface)(
                {"wsgi.url_scheme": "https"}, lambda *args: started.append(args)
            )

    assert started == []


def test_a_bad_answer_is_refused_whatever_was_answered_before():
    truths = iter([True, 1])

    class Wavering(SecureCookieSessionInterface):
        def get_cookie_secure(self, environ):
            return next(truths)

    interface = make_interface(Wavering)
    respond(interface, change)

    with pytest.raises(ConfigurationError, match="cookie_secure"):
        respond(interface, change)


def test_a_thousand_tenants_are_not_all_remembered():
    interface = make_interface(PerTenant)
    app = SessionMiddleware(app_of(change), interface)
    before = sum(type(each) is SignedCookie for each in gc.get_objects())

    for n in range(1000):
        call(app, environ={"tenant.domain": f"t{n}.example"})

    after = sum(type(each) is SignedCookie for each in gc.get_objects())
    assert 1 <= after - before <= 256
