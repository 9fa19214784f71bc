"""The model of a browser's jar, held against the specification and http.cookiejar."""

from __future__ import annotations

from email.message import Message
from http import cookiejar
from types import SimpleNamespace
from unittest import mock
from urllib.request import Request

import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import START
from .cookie_rules import AGE_LIMIT, Rejected, UserAgent, parse, parse_date
from .examples import examples

URL = "https://app.example.com/shop/cart"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("s=1; Path=/; Secure; HttpOnly; SameSite=Lax", id="all of it"),
        pytest.param("s=1;PATH=/;secure", id="any case and no spaces"),
        pytest.param("s=1; Path=/; Unknown=x; ; =", id="attributes nobody knows"),
        pytest.param("s=1; Domain=.Example.COM; Path=/", id="a dotted Domain"),
        pytest.param("s=1; Path=/; Domain=" + "x" * 1025, id="an endless Domain"),
        pytest.param("__Host-s=1; Secure; Path=/", id="__Host-"),
        pytest.param("__secure-s=1; Secure; Path=/", id="__Secure-"),
        pytest.param("__Http-s=1; Secure; HttpOnly; Path=/", id="__Http-"),
        pytest.param("__HOST-HTTP-s=1; Secure; HttpOnly; Path=/", id="__Host-Http-"),
        pytest.param("s=1; SameSite=None; Secure; Path=/", id="SameSite=None"),
        pytest.param("s=1; SameSite=whatever; Path=/", id="another SameSite"),
        pytest.param("s=1; Partitioned; Secure; Path=/", id="Partitioned"),
        pytest.param("s=1; Max-Age=x1; Expires=never; Path=/", id="times of nonsense"),
        pytest.param(
            "s=1; Max-Age=9; Expires=Thu, 01 Jan 1970; Path=/", id="both times"
        ),
        pytest.param("s=1; Max-Age=0; Max-Age=9; Path=/", id="the last one counts"),
        pytest.param("s=" + "v" * 4095 + "; Path=/", id="4096 octets"),
    ],
)
def test_is_stored_and_given_back_to_the_whole_host(line):
    jar = UserAgent()
    pair = line.partition(";")[0]

    assert jar.receive(URL, [("Set-Cookie", line)], START) == []
    assert jar.header("https://app.example.com/", START + 1) == pair


@pytest.mark.parametrize(
    ("url", "line", "reason"),
    [
        (URL, "s=1\x00", "has a control character"),
        (URL, "s=1\r\n; Path=/", "has a control character"),
        (URL, "s=" + "v" * 4096, "is larger than 4096 octets"),
        (URL, "s=" + "\xe4" * 4096, "is larger than 4096 octets"),
        (URL, "=; Path=/", "has neither a name nor a value"),
        (URL, "s=1; Domain=com", "has a public suffix for its Domain"),
        (URL, "s=1; Domain=other.example", "has a Domain that is not the host's"),
        (URL, "s=1; Domain=p.example.com", "has a Domain that is not the host's"),
        (URL, "s=1; Domain=x.app.example.com", "has a Domain that is not the host's"),
        (URL, "s=1; Domain=b\xfccher.example", "has a Domain that is not ASCII"),
        (
            "https://127.0.0.1/",
            "s=1; Domain=0.1",
            "has a Domain that is not the host's",
        ),
        ("http://a.example/", "s=1; Secure", "is Secure, and came over plain http"),
        ("http://localhost/", "s=1; Secure", "is Secure, and came over plain http"),
        (URL, "s=1; SameSite=none", "is SameSite=None and not Secure"),
        (URL, "s=1; Partitioned", "is Partitioned and not Secure"),
        (URL, "__sEcUrE-s=1", "is __Secure- and not Secure"),
        (
            URL,
            "=__Host-s=1; Secure",
            "has no name and a value that looks like a prefix",
        ),
        (URL, "__Host-s", "has no name and a value that looks like a prefix"),
        *(
            (URL, line, "is __Host- and not Secure, at Path=/, without a Domain")
            for line in [
                "__Host-s=1; Path=/",
                "__host-s=1; Path=/",
                "__Host-s=1; Secure",
                "__Host-s=1; Secure; Path=/shop",
                "__Host-s=1; Secure; Path=/; Domain=app.example.com",
                "__Host-Http-s=1; HttpOnly; Path=/",
            ]
        ),
        *(
            (URL, line, "has an Http prefix and is not Secure and HttpOnly")
            for line in [
                "__Http-s=1; Secure",
                "__Http-s=1; HttpOnly",
                "__Host-Http-s=1; Secure; Path=/",
            ]
        ),
    ],
    ids=lambda text: text[:50],
)
def test_is_dropped_and_says_why(url, line, reason):
    jar = UserAgent()

    dropped = jar.receive(url, [("Set-Cookie", line)], START)

    assert [each.rpartition(": ")[2] for each in dropped] == [reason]
    assert jar.cookies == []


def test_only_set_cookie_is_looked_at():
    jar = UserAgent()

    jar.receive(URL, [("set-cookie", "a=1"), ("X-Set-Cookie", "b=2")], START)

    assert jar.header(URL, START) == "a=1"


def test_plain_http_covers_up_no_secure_cookie():
    jar = UserAgent()
    jar.store(URL, "s=1; Secure; Path=/", START)

    with pytest.raises(Rejected, match="cover up"):
        jar.store("http://app.example.com/", "s=2; Path=/", START)

    assert jar.header(URL, START) == "s=1"


def test_the_same_name_host_and_path_is_overwritten_in_its_place():
    jar = UserAgent()
    lines = ["a=1; Path=/", "b=1; Path=/", "a=2; Path=/", "a=3; Path=/shop"]
    lines += ["a=4; Path=/; Domain=app.example.com"]

    jar.receive(URL, [("Set-Cookie", line) for line in lines], START)

    assert jar.header(URL, START) == "a=3; a=2; b=1; a=4"


def test_closing_the_browser_ends_what_has_no_time():
    jar = UserAgent()
    jar.store(URL, "a=1", START)
    jar.store(URL, "b=2; Max-Age=60", START)

    jar.close_browser()

    assert jar.header(URL, START) == "b=2"


@pytest.mark.parametrize(
    ("attributes", "age"),
    [
        ("Max-Age=60", 60),
        ("Max-Age=00060; Expires=Fri, 31 Dec 9999 23:59:59 GMT", 60),
        ("Max-Age=99999999999999999999", AGE_LIMIT),
        ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", AGE_LIMIT),
        ("Expires=Fri, 15 Jan 2027 08:01:00 GMT", 60),
    ],
)
def test_a_cookie_ends_at_its_time_and_400_days_at_the_latest(attributes, age):
    jar = UserAgent()

    jar.store(URL, f"s=1; {attributes}", START)

    assert jar.header(URL, START + age - 1) == "s=1"
    assert jar.header(URL, START + age) is None


@pytest.mark.parametrize("age", ["0", "-1", "-99999999999999999999", "000"])
def test_an_age_of_zero_or_less_deletes(age):
    jar = UserAgent()
    jar.store(URL, "s=1", START)

    jar.store(URL, f"s=; Max-Age={age}", START)

    assert jar.cookies == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("Sun Nov  6 08:49:37 1994", 784111777),
        ("6 November 1994 8:49:37", 784111777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("1 Jan 70 0:0:0", 0),
        ("1 Jan 69 0:0:0", 3124224000),
        ("31 Feb 2027 00:00:00", None),
        ("1 Jan 2027", None),
        ("1 Jan 1600 00:00:00", None),
        ("1 Jan 2027 24:00:00", None),
        ("", None),
    ],
)
def test_dates_are_read_by_the_algorithm_of_section_5_1_1(text, seconds):
    assert parse_date(text) == seconds


def test_a_line_is_split_and_trimmed_and_nothing_else():
    parsed = parse(' s\t= "a, b" ; Path = /x ;; SECURE=1', START)

    assert (parsed.name, parsed.value) == ("s", '"a, b"')
    assert parsed.attributes == [("Path", "/x"), ("Secure", "")]


# -- http.cookiejar knows neither prefixes nor SameSite, lets plain http set Secure
#    cookies and keeps what is older than 400 days: there the two differ on purpose.

HOSTS = ["example.com", "app.example.com", "www.app.example.com", "other.example"]
PATHS = ["/", "/shop", "/shop/", "/shop/cart", "/shopping"]
DATES = ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 15 Jan 2027 08:00:30 GMT"]
URLS = st.builds("https://{}{}".format, st.sampled_from(HOSTS), st.sampled_from(PATHS))
PARTS = st.tuples(
    st.sampled_from(["", *(f"; Domain={host}" for host in HOSTS)]),
    st.sampled_from(["", *(f"; Path={path}" for path in PATHS)]),
    st.sampled_from(["", "; Max-Age=0", "; Max-Age=-1", "; Max-Age=60"]),
    st.sampled_from(["", *(f"; Expires={date}" for date in DATES)]),
    st.sampled_from(["", "; Secure"]),
    st.sampled_from(["", "; HttpOnly", "; SameSite=Lax"]),
)
LINES = st.builds(
    "{}={}{}".format,
    st.sampled_from(["a", "b"]),
    st.sampled_from(["1", "2", "3"]),
    PARTS.flatmap(st.permutations).map("".join),
)


class StandardJar:
    """http.cookiejar with the three verbs of the model."""

    def __init__(self) -> None:
        strict = cookiejar.DefaultCookiePolicy.DomainStrictNonDomain
        policy = cookiejar.DefaultCookiePolicy(strict_ns_domain=strict)
        self.jar = cookiejar.CookieJar(policy)

    def receive(self, url, headers, now):
        message = Message()
        for name, value in headers:
            message[name] = value
        response = SimpleNamespace(info=lambda: message)
        with mock.patch.object(cookiejar, "time", SimpleNamespace(time=lambda: now)):
            self.jar.extract_cookies(response, Request(url))

    def header(self, url, now):
        request = Request(url)
        with mock.patch.object(cookiejar, "time", SimpleNamespace(time=lambda: now)):
            self.jar.add_cookie_header(request)
        return request.get_header("Cookie")

    def close_browser(self):
        self.jar.clear_session_cookies()


def pairs(header: str | None) -> list[str]:
    """The order differs: the standard one sorts by domain."""
    return sorted((header or "").split("; "))


@examples(1000)
@given(
    steps=st.lists(st.tuples(URLS, st.lists(LINES, max_size=3)), max_size=5),
    asked=st.lists(URLS, min_size=1, max_size=3),
    closed=st.booleans(),
)
def test_the_standard_librarys_jar_gives_back_the_same(steps, asked, closed):
    ours, theirs = UserAgent(), StandardJar()

    for second, (url, lines) in enumerate(steps):
        for line in lines:
            dropped = ours.receive(url, [("Set-Cookie", line)], START + second)
            deletes = any(past in line for past in ["Age=0", "Age=-1", "1970"])
            if not (dropped and deletes):  # theirs lets any host delete any cookie
                theirs.receive(url, [("Set-Cookie", line)], START + second)
    if closed:
        ours.close_browser()
        theirs.close_browser()

    for url in [*asked, *(each.replace("https", "http") for each in asked)]:
        for later in (5, 40, 70):
            now = START + later
            assert pairs(ours.header(url, now)) == pairs(theirs.header(url, now))
