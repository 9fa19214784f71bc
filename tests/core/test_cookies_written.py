"""Writing one Set-Cookie line, which browsers store exactly as it is meant."""

from __future__ import annotations

import dataclasses
import locale
import shutil
import subprocess
import time
from datetime import datetime, timezone
from inspect import signature

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from werkzeug.http import dump_cookie

from session_middleware.cookies import MAX_AGE, Cookie, automatic_name, needs_secure
from session_middleware.exceptions import ConfigurationError

from ..support import START
from ..support.cookie_rules import Parsed, Rejected, UserAgent, parse
from ..support.examples import examples

URL = "https://app.example.com/app/page"
TOKEN = "abcXYZ123!#$%&'*+.^_`|~-"

PREFIXES = ["", "", "__Secure-", "__Host-", "__Http-", "__Host-Http-"]
DOMAINS = [None, None, "example.com", ".a.EXAMPLE.com", "b\xfccher.example"]
# In place of one good answer: most of these are refused, and need not be.
STRANGE = {
    "name": st.text(max_size=4) | st.sampled_from(["__HOST-s", "__secure-s", "__Host"]),
    "domain": st.text(st.sampled_from("ab1-.:\xdf_ ;"), max_size=8)
    | st.sampled_from(["com", "localhost", "127.0.0.1", "1.0x7f", "a.example:80"]),
    "path": st.text(st.characters(max_codepoint=0x17F), max_size=3).map("/".__add__),
    "secure": st.booleans(),
    "httponly": st.booleans(),
    "samesite": st.sampled_from(["None", "none", ""]),
    "partitioned": st.booleans(),
}


@st.composite
def cookies(draw):
    """Any cookie that is accepted."""
    prefix = draw(st.sampled_from(PREFIXES))
    at_host = prefix.startswith("__Host-")
    secure = bool(prefix) or draw(st.booleans())
    options = {
        "name": prefix + draw(st.text(st.sampled_from(TOKEN), min_size=1, max_size=8)),
        "domain": None if at_host else draw(st.sampled_from(DOMAINS)),
        "path": "/" if at_host else draw(st.sampled_from(["/", "/app", "/%20a/"])),
        "secure": secure,
        "httponly": "Http-" in prefix or draw(st.booleans()),
        "samesite": draw(
            st.sampled_from(["Strict", "Lax", None, "None"][: 3 + secure])
        ),
        "partitioned": secure and draw(st.booleans()),
    }
    strange = draw(st.sampled_from([None, *STRANGE]))
    if strange:
        options[strange] = draw(STRANGE[strange])
    try:
        return Cookie(**options)
    except ConfigurationError:
        assume(False)


VALUES = st.text(st.sampled_from("aZ09-_."), max_size=40)


def home_of(cookie: Cookie) -> str:
    """A URL whose responses may set the cookie."""
    scheme = "https" if cookie.secure else "http"
    return f"{scheme}://{cookie.domain or 'app.example.com'}{cookie.path}"


# -- what is written


def test_the_defaults_are_the_most_protective_attributes():
    line = Cookie("__Host-session").line("v")

    assert line == "__Host-session=v; Path=/; Secure; HttpOnly; SameSite=Lax"


def test_every_attribute_is_written_once():
    cookie = Cookie("s", "example.com", "/app", True, True, "None", partitioned=True)

    line = cookie.line("v", 60, START)

    assert line == (
        "s=v; Expires=Fri, 15 Jan 2027 08:01:00 GMT; Max-Age=60; Domain=example.com; "
        "Path=/app; Secure; HttpOnly; SameSite=None; Partitioned"
    )


def test_what_is_off_is_not_written():
    cookie = Cookie("s", secure=False, httponly=False, samesite=None)

    assert cookie.line("v") == "s=v; Path=/"


def test_a_deletion_repeats_every_attribute():
    cookie = Cookie("s", "example.com", "/app", True, True, "None", partitioned=True)

    assert cookie.deletion() == (
        "s=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Domain=example.com; "
        "Path=/app; Secure; HttpOnly; SameSite=None; Partitioned"
    )


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        pytest.param(0, 0, id="zero"),
        pytest.param(-5, 0, id="never negative"),
        pytest.param(MAX_AGE, MAX_AGE, id="400 days"),
        pytest.param(MAX_AGE + 1, MAX_AGE, id="more than 400 days"),
        pytest.param(10**30, MAX_AGE, id="more than any date can hold"),
    ],
)
def test_no_lifetime_is_beyond_what_browsers_keep(asked, written):
    parsed = parse(Cookie("s").line("v", asked, START), START)

    assert f"Max-Age={written};" in Cookie("s").line("v", asked, START)
    assert parsed.attributes[0] == ("Expires", START + written)


DATES_OF = """\
LC_CTYPE
copy "POSIX"
END LC_CTYPE
LC_TIME
copy "{}"
END LC_TIME
"""


@pytest.fixture(params=["de_DE", "ar_EG"])
def foreign_dates(request, tmp_path, monkeypatch):
    """Dates as another country writes them; made up where it is not installed."""
    place = f"{request.param}.UTF-8"
    before = locale.setlocale(locale.LC_TIME)
    if shutil.which("localedef"):
        only_dates = tmp_path / "source"  # a whole locale takes two seconds
        only_dates.write_text(DATES_OF.format(request.param))
        subprocess.run(
            ["localedef", "-c", "-i", only_dates, "-f", "UTF-8", tmp_path / place],
            check=False,
            capture_output=True,
            timeout=60,
        )
        monkeypatch.setenv("LOCPATH", str(tmp_path))
    try:
        locale.setlocale(locale.LC_TIME, place)
    except locale.Error:
        monkeypatch.setattr(time, "strftime", lambda *_: "Do, 21 J\xe4n 2027")
    yield
    locale.setlocale(locale.LC_TIME, before)


@pytest.mark.usefixtures("foreign_dates")
def test_dates_are_english_in_every_locale():
    line = Cookie("s").line("v", 7, START + 1234567)

    assert "; Expires=Fri, 29 Jan 2027 14:56:14 GMT; Max-Age=7; " in line
    assert "Do" not in line.split(";")[1]


# -- what is accepted is stored


@examples(1000)
@given(cookie=cookies(), value=VALUES, age=st.none() | st.integers(1, 10**12))
def test_every_accepted_cookie_is_stored_exactly_as_it_was_meant(cookie, value, age):
    jar = UserAgent()

    stored = jar.store(home_of(cookie), cookie.line(value, age, START), START)

    assert (stored.name, stored.value) == (cookie.name, value)
    assert stored.host_only == (cookie.domain is None)
    assert stored.domain == (cookie.domain or "app.example.com")
    assert stored.path == cookie.path
    assert stored.secure == cookie.secure
    assert stored.http_only == cookie.httponly
    assert stored.same_site == (cookie.samesite or "Default")
    assert stored.partitioned == cookie.partitioned
    assert stored.expires == (age and START + min(age, MAX_AGE))
    assert jar.header(home_of(cookie), START) == f"{cookie.name}={value}"


@examples(500)
@given(cookie=cookies(), age=st.none() | st.integers(1, MAX_AGE))
def test_the_deletion_of_every_accepted_cookie_is_obeyed(cookie, age):
    jar = UserAgent()
    jar.store(home_of(cookie), cookie.line("v", age, START), START)

    jar.store(home_of(cookie), cookie.deletion(), START)

    assert jar.cookies == []


@examples(500)
@given(cookie=cookies())
def test_every_line_is_clean_ascii_without_a_repeated_attribute(cookie):
    line = cookie.line("v", 5, START)
    names = [part.partition("=")[0] for part in line.split("; ")[1:]]

    assert line.isascii()
    assert line.isprintable()
    assert line == line.strip()
    assert len(names) == len(set(names))


@examples(500)
@given(cookie=cookies(), value=VALUES, age=st.none() | st.integers(0, MAX_AGE))
def test_werkzeug_writes_the_same_attributes(cookie, value, age):
    assume(not cookie.partitioned or "partitioned" in signature(dump_cookie).parameters)

    theirs = dump_cookie(
        cookie.name,
        value,
        max_age=age,
        expires=None if age is None else datetime.fromtimestamp(START + age, UTC),
        path=cookie.path,
        domain=cookie.domain,
        secure=cookie.secure,
        httponly=cookie.httponly,
        samesite=cookie.samesite,
        **({"partitioned": True} if cookie.partitioned else {}),
    )

    assert attributes(theirs) == attributes(cookie.line(value, age, START))


def attributes(line: str) -> Parsed:
    parsed = parse(line, START)
    return parsed._replace(attributes=sorted(parsed.attributes, key=str))


@pytest.mark.parametrize(
    ("domain", "path", "secure", "name"),
    [
        (None, "/", True, "__Host-session"),
        ("example.com", "/", True, "__Secure-session"),
        (None, "/app", True, "__Secure-session"),
        (None, "/", False, "session"),
        ("example.com", "/app", False, "session"),
    ],
)
def test_the_automatic_name_protects_as_much_as_it_can(domain, path, secure, name):
    assert automatic_name(domain, path, secure) == name
    assert Cookie(name, domain, path, secure)


@examples(500)
@given(cookie=cookies())
def test_what_needs_secure_is_what_browsers_drop_without_it(cookie):
    cookie = dataclasses.replace(cookie, secure=True)
    line = cookie.line("v").replace("; Secure", "")
    jar = UserAgent()

    try:
        jar.store(home_of(cookie), line, START)
    except Rejected:
        dropped = True
    else:
        dropped = False

    assert needs_secure(cookie.name, cookie.samesite, cookie.partitioned) == dropped


UTC = timezone.utc
