"""What a response gets, by what the session was and what the app answered."""

from __future__ import annotations

import pytest

from session_middleware import SecureCookieSessionInterface, SessionMiddleware

from ..support import KEY, OTHER_KEY, Clock, make_interface
from ..support.visits import (
    change,
    drop,
    kind,
    log_in_anew,
    log_out,
    names,
    respond,
    stored,
    touch,
)

TEXT = [("Content-Type", "text/plain")]
PLAIN = [*TEXT, ("Vary", "Cookie")]


class SavesErrors(SecureCookieSessionInterface):
    save_on_error = True


# -- the table ----------------------------------------------------------------


@pytest.mark.parametrize("came", [True, False], ids=["with a cookie", "without"])
def test_an_untouched_session_leaves_the_headers_as_they_are(came):
    interface = make_interface()
    headers = [("content-type", "a/b"), ("X", ""), ("Set-Cookie", "a=1")]
    cookie = stored(interface) if came else None

    answer = respond(interface, lambda s: None, cookie, headers=headers)

    assert answer.headers is headers
    assert headers == [("content-type", "a/b"), ("X", ""), ("Set-Cookie", "a=1")]


@pytest.mark.parametrize("came", [True, False], ids=["with a cookie", "without"])
def test_a_read_session_adds_vary_and_nothing_else(came):
    interface = make_interface()

    answer = respond(interface, touch, stored(interface) if came else None)

    assert answer.headers == PLAIN


@pytest.mark.parametrize(
    ("status", "headers", "sent"),
    [
        ("200 OK", TEXT, "cookie"),
        ("204 No Content", [], "cookie"),
        ("302 Found", [("Location", "/")], "cookie"),
        ("304 Not Modified", [], "nothing"),
        ("404 Not Found", TEXT, "cookie"),
        ("499 Closed", TEXT, "cookie"),
        ("500 Internal Server Error", TEXT, "nothing"),
        ("503 Service Unavailable", TEXT, "nothing"),
        ("200 OK", [("Cache-Control", "public")], "nothing"),
        ("200 OK", [("cache-control", "max-age=9, S-MaxAge=9")], "nothing"),
        ("200 OK", [("Cache-Control", "max-age=9")], "cookie"),
        ("200 OK", [("Cache-Control", "private")], "cookie"),
        ("200 OK", [("X-Cache-Control", "public")], "cookie"),
    ],
)
@pytest.mark.parametrize("why", ["age", "old key"])
def test_a_due_session_is_issued_anew_where_that_is_safe(why, status, headers, sent):
    clock = Clock()
    old = make_interface(secret_key=OTHER_KEY if why == "old key" else KEY, clock=clock)
    interface = make_interface(secret_key_fallbacks=[OTHER_KEY], clock=clock)
    cookie = stored(old, n=1)
    clock.forward(days=4 if why == "age" else 0)

    answer = respond(interface, touch, cookie, status=status, headers=headers)

    assert kind(answer) == sent
    assert "cookie" in answer.all("Vary")[0].lower()
    assert ("private" in str(answer.all("Cache-Control"))) == (sent == "cookie")
    if sent == "cookie":
        assert respond(interface, dict, answer.cookie).body == b"{'n': 1}"
        assert respond(interface, touch, answer.cookie).set_cookies == []


STATUSES = [
    "200 OK",
    "204 No Content",
    "301 Moved",
    "304 Not Modified",
    "404 Not Found",
]
ERRORS = ["500 Internal Server Error", "502 Bad Gateway", "599 Other"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(
    ("use", "came", "sent"),
    [
        (change, False, "cookie"),
        (change, True, "cookie"),
        (drop, True, "deletion"),
        (log_out, True, "deletion"),
        (log_in_anew, True, "cookie"),
        (log_in_anew, False, "cookie"),
        (drop, False, "nothing"),
        (log_out, False, "nothing"),
        (lambda s: setattr(s, "permanent", True), False, "nothing"),
        (lambda s: setattr(s, "modified", True), False, "nothing"),
        (lambda s: setattr(s, "modified", True), True, "cookie"),
        (lambda s: setattr(s, "permanent", True), True, "cookie"),
        (lambda s: (s.update(x=1), s.pop("x")), False, "nothing"),
    ],
    ids=lambda value: getattr(value, "__name__", None) if callable(value) else None,
)
def test_a_change_is_sent_with_every_status_below_500(use, came, sent, status, method):
    interface = make_interface()
    cookie = stored(interface) if came else None

    answer = respond(interface, use, cookie, status=status, method=method)

    assert kind(answer) == sent
    assert answer.all("Vary") == ["Cookie"]
    assert answer.all("Cache-Control") == (["private"] if sent != "nothing" else [])


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize(
    ("use", "came", "sent", "noted"),
    [
        pytest.param(touch, True, "nothing", [], id="read"),
        pytest.param(change, True, "nothing", ["not_saved"], id="changed"),
        pytest.param(change, False, "nothing", ["not_saved"], id="new"),
        pytest.param(drop, True, "deletion", [], id="emptied"),
        pytest.param(drop, False, "nothing", [], id="emptied, without a cookie"),
        pytest.param(log_out, True, "deletion", [], id="invalidated"),
        pytest.param(
            log_in_anew, True, "deletion", ["not_saved"], id="invalidated and written"
        ),
        pytest.param(
            lambda s: s.regenerate(), True, "nothing", ["not_saved"], id="regenerated"
        ),
        pytest.param(
            lambda s: s.update(n=object()),
            True,
            "nothing",
            ["not_saved"],
            id="bad value",
        ),
    ],
)
def test_an_error_saves_a_logout_and_nothing_else(use, came, sent, noted, status):
    interface = make_interface()
    cookie = stored(interface) if came else None

    answer = respond(interface, use, cookie, status=status)

    assert kind(answer) == sent
    assert answer.all("Vary") == ["Cookie"]
    assert answer.all("Cache-Control") == (["private"] if sent != "nothing" else [])
    assert names(interface) == noted


def test_what_an_error_drops_is_named_by_its_keys():
    interface = make_interface()
    cookie = stored(interface, n=1, cart=[1], same=[2])

    class Odd:
        def __eq__(self, other):
            raise AssertionError("nobody asks a value whether it is equal")

        __hash__ = None

    def use(session):
        session["n"] = True
        session["cart"].append(2)
        session["same"].copy()
        session["odd"] = Odd()

    respond(interface, use, cookie, status="500 Oops")

    [(name, facts)] = interface.events
    assert (name, facts["status"], facts["keys"]) == (
        "not_saved",
        "500",
        ["n", "cart", "odd"],
    )


@pytest.mark.parametrize("use", [change, log_in_anew])
@pytest.mark.parametrize("status", ERRORS)
def test_a_class_attribute_saves_errors_too(use, status):
    interface = make_interface(SavesErrors)

    answer = respond(interface, use, stored(interface), status=status)

    assert kind(answer) == "cookie"
    assert names(interface) == []


@pytest.mark.parametrize(
    "use", [touch, change, drop, log_out], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("save", [False, True], ids=["default", "save_on_error"])
def test_an_app_that_raises_saves_nothing(use, save):
    interface = make_interface(SavesErrors if save else SecureCookieSessionInterface)
    error = RuntimeError("mine")
    cookie = stored(interface)
    started = []

    def app(environ, start_response):
        use(environ["session"])
        start_response("200 OK", [])
        raise error

    with pytest.raises(RuntimeError) as caught:
        list(
            SessionMiddleware(app, interface)(
                {"wsgi.url_scheme": "https", "HTTP_COOKIE": cookie},
                lambda *args: started.append(args),
            )
        )

    assert caught.value is error
    assert started == []
    assert names(interface) == []


def test_a_bad_cookie_that_is_only_read_is_left_alone():
    for value in ("junk", "a.b.c"):
        answer = respond(make_interface(), touch, f"__Host-session={value}")

        assert answer.headers == PLAIN


def test_a_bad_cookie_is_deleted_by_emptying_and_replaced_by_writing():
    assert kind(respond(make_interface(), drop, "__Host-session=junk")) == "deletion"
    assert kind(respond(make_interface(), change, "__Host-session=junk")) == "cookie"


# -- other cookies, other users -----------------------------------------------


def test_a_cookie_of_our_name_that_the_app_set_itself_is_replaced():
    interface = make_interface()
    headers = [
        ("Set-Cookie", "a=1"),
        ("set-cookie", "__Host-session=mine; Path=/"),
        ("Set-Cookie", "__host-session=2"),
        ("Set-Cookie", "__Host-session=mine again"),
        ("Set-Cookie", "a=3"),
    ]

    answer = respond(interface, change, headers=headers)

    *theirs, ours = answer.set_cookies
    assert theirs == ["a=1", "__host-session=2", "a=3"]
    assert ours.startswith("__Host-session=")
    assert "mine" not in ours
    assert interface.events == [("replaced_cookie", {"cookie": "__Host-session"})] * 2


@pytest.mark.parametrize("use", [lambda s: None, touch], ids=["untouched", "read"])
def test_a_cookie_of_our_name_stays_if_we_send_none(use):
    answer = respond(
        make_interface(), use, headers=[("Set-Cookie", "__Host-session=mine")]
    )

    assert answer.set_cookies == ["__Host-session=mine"]


def test_two_users_share_no_header_through_a_constant_list():
    shared = [("Content-Type", "text/html"), ("Vary", "Accept")]
    interface = make_interface()

    first = respond(interface, lambda s: s.update(user="ann"), headers=shared)
    second = respond(interface, lambda s: s.update(user="bob"), headers=shared)
    third = respond(interface, lambda s: None, headers=shared)

    assert shared == [("Content-Type", "text/html"), ("Vary", "Accept")]
    assert len(first.set_cookies) == len(second.set_cookies) == 1
    assert first.cookie != second.cookie
    assert third.headers == shared
