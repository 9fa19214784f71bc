"""The whole session in a cookie: how large, how long, and where there is none."""

from __future__ import annotations

import logging
import random
import string
import warnings
from datetime import datetime, timedelta, timezone

import pytest
from werkzeug.http import http_date

from session_middleware import (
    NullSession,
    SecureCookieSessionInterface,
    SerializationError,
    SessionConfig,
    SessionMiddleware,
    SessionTooLarge,
    SessionUnavailable,
)
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface

from ..support import START, Clock, app_of, call, make_interface
from ..support.visits import change, kind, names, overriding, respond, stored, touch

MONTH = timedelta(days=30)
NAME = "__Host-session"


def noise(size, seed=1):
    """Text that does not compress to less than six bits a character."""
    return "".join(random.Random(seed).choices(string.ascii_letters + "+/", k=size))


# -- size ---------------------------------------------------------------------


def put(size):
    return lambda session: session.update(x=noise(size))


def test_a_cookie_of_4096_bytes_is_the_largest_that_is_sent():
    sent, refused = [], []

    for size in range(3900, 4100):
        try:
            sent.append(len(respond(make_interface(), put(size)).cookie) - 1)
        except SessionTooLarge as error:
            refused.append(error.size)

    assert 4090 <= max(sent) <= 4096
    assert min(refused) > 4096


@pytest.mark.parametrize("spare", [0, -1], ids=["fits", "one byte too many"])
def test_the_limit_counts_the_name_and_the_value(spare):
    line = respond(make_interface(), put(900)).cookie
    size = len(line) - 1

    class Small(SecureCookieSessionInterface):
        max_cookie_size = size + spare

    def again():
        return respond(make_interface(Small), put(900))

    if spare == 0:
        assert again().cookie == line
    else:
        with pytest.raises(SessionTooLarge) as caught:
            again()
        assert (caught.value.size, caught.value.limit) == (size, size - 1)


def test_what_is_too_large_says_its_sizes_and_largest_keys_and_sends_nothing():
    interface = make_interface()
    started = []

    def app(environ, start_response):
        session = environ["session"]
        for n in range(8):
            session[f"k{n}"] = noise(400 + 100 * n, n)
        start_response("200 OK", [])
        return []

    with pytest.raises(SessionTooLarge) as caught:
        SessionMiddleware(app, interface)(
            {"wsgi.url_scheme": "https", "HTTP_COOKIE": stored(interface)},
            lambda *args: started.append(args),
        )

    error = caught.value
    assert error.limit == 4096
    assert error.size > 4096
    assert error.largest == [(f"k{n}", 407 + 100 * n) for n in (7, 6, 5, 4, 3)]
    assert f"{error.size} bytes" in str(error)
    assert "4096" in str(error)
    assert "'k7' (1107 bytes)" in str(error)
    assert started == []
    assert interface.events == [
        ("too_large", {"size": error.size, "limit": 4096, "largest": error.largest})
    ]


def test_what_a_server_may_refuse_is_said_once_with_the_settings_to_raise():
    """nginx answered 502, and uWSGI refused every request, below a browser's limit."""
    interface = make_interface()

    sizes = [
        (len(respond(interface, put(size)).cookie) - 1, len(interface.events))
        for size in range(2000, 3000, 100)
    ]
    [(name, facts)] = interface.events

    assert [events for size, events in sizes] == [size >= 3000 for size, _ in sizes]
    assert (name, facts["size"]) == (
        "large",
        min(size for size, events in sizes if events),
    )
    assert "nginx's proxy_buffer_size" in facts["advice"]
    assert "uWSGI's buffer-size" in facts["advice"]


def test_text_that_compresses_well_has_a_limit_too():
    interface = make_interface()

    assert kind(respond(interface, lambda s: s.update(x="A" * 65_000))) == "cookie"
    with pytest.raises(SessionTooLarge) as caught:
        respond(interface, lambda s: s.update(x="A" * 65_536))

    assert caught.value.json_limit == 65_536
    assert caught.value.largest == [("x", 65_542)]


@pytest.mark.parametrize(
    "base",
    [SecureCookieSessionInterface, EncryptedCookieSessionInterface],
    ids=["signed", "encrypted"],
)
@pytest.mark.parametrize("allowed", [4096, 2000], ids=["usual", "less"])
def test_no_word_of_what_is_far_too_large_is_of_a_limit_that_is_not_a_cookie_s(
    base, allowed
):
    """Of a JSON of 70,000 bytes it said ``limit=65536``, as if 64 KiB would fit."""
    interface = make_interface(base)
    interface.max_cookie_size = allowed

    with pytest.raises(SessionTooLarge) as caught:
        respond(interface, lambda s: s.update(x="A" * 69_977))

    error = caught.value
    assert (error.size, error.limit, error.json_limit) == (70_000, allowed, 65_536)
    assert str(error).startswith(
        f"the session has 70000 bytes of JSON: {allowed} are allowed in a cookie, and "
        "of more than 65536 bytes of JSON none is made; its largest keys are 'x' "
    )
    [(name, facts)] = interface.events
    assert (name, facts["size"], facts["limit"]) == ("too_large", 70_000, allowed)
    assert facts["advice"] == (
        "size is of the JSON, and limit of the cookie; of more than 65536 bytes of "
        "JSON no cookie is made"
    )


def test_what_is_too_large_can_be_mended_by_the_app():
    interface = make_interface()

    def app(environ, start_response):
        session = environ["session"]
        session["x"] = noise(9000)
        del session["x"]
        session["y"] = 1
        start_response("200 OK", [])
        return []

    assert kind(call(SessionMiddleware(app, interface))) == "cookie"


def test_a_smaller_limit_locks_out_nobody_who_only_reads():
    clock = Clock()
    cookie = stored(make_interface(clock=clock), x=noise(500))

    class Small(SecureCookieSessionInterface):
        max_cookie_size = 200

    interface = make_interface(Small, clock)
    clock.forward(days=5)

    answer = respond(interface, len, cookie)

    assert answer.body == b"1"
    assert answer.set_cookies == []
    assert names(interface) == ["too_large"]


def test_what_cannot_be_stored_sends_nothing():
    started = []

    def app(environ, start_response):
        environ["session"]["x"] = {"y": [object()]}
        start_response("200 OK", [])
        return []

    with pytest.raises(SerializationError, match=r"session\['x'\]\['y'\]\[0\]"):
        SessionMiddleware(app, make_interface())(
            {"wsgi.url_scheme": "https"}, lambda *args: started.append(args)
        )

    assert started == []


# -- the line -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "line"),
    [
        (
            "https://app.example/",
            "__Host-session={}; Path=/; Secure; HttpOnly; SameSite=Lax",
        ),
        ("http://localhost/", "session={}; Path=/; HttpOnly; SameSite=Lax"),
    ],
)
def test_the_default_cookie_is_the_most_protective_that_works(url, line):
    answer = respond(make_interface(), change, base_url=url)

    [sent] = answer.set_cookies
    assert sent == line.format(answer.cookie.partition("=")[2])


def test_a_permanent_session_is_kept_as_long_as_it_may_idle():
    [line] = respond(make_interface(permanent=True), change).set_cookies

    assert "; Expires=Fri, 29 Jan 2027 08:00:00 GMT; Max-Age=1209600; Path=/" in line


def test_no_cookie_is_kept_longer_than_a_browser_would():
    interface = make_interface(
        permanent=True, permanent_lifetime=timedelta.max, absolute_lifetime=None
    )

    [line] = respond(interface, change).set_cookies

    assert "; Max-Age=34560000; " in line


# -- transport ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "environ", "options", "noted"),
    [
        ("https://app.example/", {}, {}, None),
        ("https://localhost/", {}, {}, None),
        ("http://app.example/", {}, {}, "plain_http"),
        ("http://localhost/", {}, {}, "loopback"),
        ("http://localhost/", {"HTTP_X_FORWARDED_FOR": "x"}, {}, "plain_http"),
        ("http://localhost/", {"HTTP_VIA": ""}, {}, "plain_http"),
        ("http://localhost/", {}, {"cookie_secure": False}, None),
        ("http://app.example/", {}, {"cookie_secure": False}, None),
        ("http://app.example/", {}, {"cookie_secure": True}, "plain_http"),
        ("http://localhost/", {}, {"cookie_secure": True}, None),
        ("http://localhost/", {}, {"cookie_samesite": "None"}, None),
    ],
)
def test_insecure_transport_is_an_event_once(url, environ, options, noted):
    interface = make_interface(**options)
    app = SessionMiddleware(app_of(change), interface)

    for _ in range(3):
        call(app, base_url=url, environ=environ)

    assert [(name, facts["kind"]) for name, facts in interface.events] == (
        [("insecure_transport", noted)] if noted else []
    )


def test_each_kind_of_insecure_transport_is_noted_at_its_level(caplog):
    caplog.set_level(logging.INFO, logger="session_middleware")
    interface = make_interface()

    for host in ("localhost", "app.example", "localhost", "app.example"):
        respond(interface, change, base_url=f"http://{host}/")

    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert [level for level, _ in said] == ["INFO", "WARNING"]
    assert "cookie_secure=True" in said[0][1]
    for way_out in ("ProxyFix", "forwarded_allow_ips", "cookie_secure=False"):
        assert way_out in said[1][1]


@pytest.mark.parametrize(
    ("workers", "level"), [(False, "INFO"), (True, "WARNING")], ids=["one", "more"]
)
def test_the_exemption_is_worth_a_warning_with_more_than_one_worker(
    workers, level, caplog
):
    """Nobody develops that way: it is a proxy that shows no sign of itself."""
    caplog.set_level(logging.INFO, logger="session_middleware")
    app = SessionMiddleware(app_of(change), make_interface())
    environ = {"wsgi.multiprocess": workers}

    answer = call(app, base_url="http://localhost/", environ=environ)

    [record] = caplog.records
    assert (record.levelname, "Secure" in answer.set_cookies[0]) == (level, False)
    assert "cookie_secure=True" in record.getMessage()


def test_nothing_is_said_of_transport_where_no_cookie_is_sent():
    interface = make_interface()

    respond(interface, touch, base_url="http://app.example/")

    assert interface.events == []


# -- disabled -----------------------------------------------------------------


@pytest.fixture
def disabled():
    with pytest.warns(UserWarning, match="sessions are disabled"):
        return SecureCookieSessionInterface(SessionConfig(secret_key=None))


def test_sessions_without_a_key_warn_once_where_the_interface_is_made():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        interface = SecureCookieSessionInterface(SessionConfig(secret_key=None))
        respond(interface, touch)

    [warned] = caught
    assert "secret_key=None" in str(warned.message)
    assert warned.filename == __file__


READS = {
    "dict": (dict, {}),
    "len": (len, 0),
    "bool": (bool, False),
    "list": (list, []),
    "in": (lambda s: "x" in s, False),
    "get": (lambda s: s.get("x", 5), 5),
    "keys": (lambda s: list(s.keys()), []),
    "items": (lambda s: list(s.items()), []),
    "values": (lambda s: list(s.values()), []),
    "==": (lambda s: s == {}, True),
    "!=": (lambda s: s != {"x": 1}, True),
    "copy": (lambda s: s.copy(), {}),
    "|": (lambda s: s | {"x": 1}, {"x": 1}),
    "| from the right": (lambda s: {"x": 1} | s, {"x": 1}),
    "**": (lambda s: {**s}, {}),
    "repr": (repr, "<NullSession>"),
    "accessed": (lambda s: s.accessed, False),
    "modified": (lambda s: s.modified, False),
    "permanent": (lambda s: s.permanent, False),
    "new": (lambda s: s.new, True),
    "created": (lambda s: s.created, None),
    "issued": (lambda s: s.issued, None),
    "expires_at": (lambda s: s.expires_at, None),
    "status": (lambda s: s.status, "unavailable"),
}


@pytest.mark.parametrize(("read", "found"), READS.values(), ids=READS)
def test_a_null_session_reads_as_empty_and_adds_no_header(disabled, read, found):
    results = []

    answer = respond(disabled, lambda s: results.append(read(s)), f"{NAME}=x")

    assert results == [found]
    assert answer.headers == [("Content-Type", "text/plain")]


def test_a_missing_key_of_a_null_session_is_a_key_error():
    with pytest.raises(KeyError, match="x"):
        NullSession()["x"]


WRITES = {
    "[]": lambda s: s.__setitem__("x", 1),
    "del": lambda s: s.__delitem__("x"),
    "update": lambda s: s.update(x=1),
    "update with nothing": lambda s: s.update(),
    "|=": lambda s: s.__ior__({"x": 1}),
    "setdefault": lambda s: s.setdefault("x", 1),
    "pop": lambda s: s.pop("x", None),
    "popitem": lambda s: s.popitem(),
    "clear": lambda s: s.clear(),
    "permanent": lambda s: setattr(s, "permanent", True),
    "modified": lambda s: setattr(s, "modified", True),
    "an attribute": lambda s: setattr(s, "x", 1),
    "regenerate": lambda s: s.regenerate(),
    "regenerate some": lambda s: s.regenerate(keep=["x"]),
    "invalidate": lambda s: s.invalidate(),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_null_session_refuses_every_write_and_says_what_to_do(disabled, write):
    def use(session):
        with pytest.raises(SessionUnavailable, match=r"secret_key.*keygen"):
            write(session)

    assert respond(disabled, use).set_cookies == []


def test_two_interfaces_do_not_share_what_they_noted():
    first, second = make_interface(), make_interface()

    for interface in (first, second):
        respond(interface, change, base_url="http://localhost/")

    assert names(first) == names(second) == ["insecure_transport"]


# -- no cookie outlives its session ------------------------------------------


def insist(session):
    session.modified = True


@pytest.mark.parametrize(
    ("age", "kept"), [(0, 14), (10, 14), (16, 14), (20, 10), (29, 1)], ids=str
)
def test_a_permanent_cookie_is_kept_to_the_absolute_limit_and_no_longer(age, kept):
    """Ten days were left of thirty, and the browser kept it for fourteen."""
    clock = Clock()
    interface = make_interface(
        clock=clock, permanent=True, refresh_after=timedelta(0), absolute_lifetime=MONTH
    )
    cookie = respond(interface, change).cookie
    for _ in range(age):
        clock.forward(days=1)
        cookie = respond(interface, touch, cookie).cookie

    [line] = respond(interface, touch, cookie).set_cookies

    assert f"Max-Age={kept * 86400};" in line
    assert f"Expires={http_date(clock.now + kept * 86400)};" in line


def test_an_overridden_expiration_ends_there_too():
    def get_expiration_time(self, environ, session):
        return datetime.fromtimestamp(START, timezone.utc) + timedelta(days=300)

    own = overriding(get_expiration_time=get_expiration_time)

    [line] = respond(make_interface(own), change).set_cookies

    assert "Max-Age=2592000;" in line


def test_a_new_identity_may_be_kept_for_the_whole_time_again():
    clock = Clock()
    interface = make_interface(
        clock=clock, permanent=True, permanent_lifetime=MONTH, absolute_lifetime=MONTH
    )
    cookie = respond(interface, change).cookie
    clock.forward(days=20)

    [line] = respond(interface, lambda s: s.regenerate(), cookie).set_cookies

    assert "Max-Age=2592000;" in line


def test_in_its_last_second_a_session_is_not_deleted():
    clock = Clock()
    interface = make_interface(clock=clock, permanent=True, absolute_lifetime=MONTH)
    cookie = respond(interface, change).cookie
    for _ in range(30):
        clock.forward(days=1)
        cookie = respond(interface, insist, cookie).cookie

    [line] = respond(interface, insist, cookie).set_cookies

    assert "Max-Age=1;" in line
