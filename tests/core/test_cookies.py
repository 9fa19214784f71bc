"""Reading the values of one name from a Cookie header (RFC 6265bis section 5.8.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_middleware import SessionMiddleware
from session_middleware.cookies import MAX_COOKIE, MAX_HEADER, read_values

from ..support import app_of, call, make_interface
from ..support.examples import examples

HOST = "__Host-session"

# Pieces of which hostile headers are made, beside any character a server passes on.
PIECES = [HOST, HOST.lower(), "=", ";", "; ", ",", " ", "\t", '"', "\\", "s", "-"]
BLANKS = ["\x00", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\xa0", "\xc2\xa0"]
HEADERS = st.lists(
    st.sampled_from(PIECES)
    | st.sampled_from(BLANKS)
    | st.text(st.characters(max_codepoint=255), max_size=8),
    max_size=20,
).map("".join)


def by_the_book(header: str, name: str) -> list[str]:
    """The specification's reading, slow and plain."""
    values = []
    for pair in header.split(";"):
        found, equals, value = pair.partition("=")
        if equals and found.strip(" \t") == name:
            values.append(value.strip(" \t"))
    return values


@pytest.mark.parametrize(
    ("header", "values"),
    [
        pytest.param("", [], id="an empty header"),
        pytest.param("__Host-session=ok", ["ok"], id="alone"),
        pytest.param("a=1; __Host-session=ok; b=2", ["ok"], id="between others"),
        pytest.param("a=1;__Host-session=ok;b=2", ["ok"], id="without spaces"),
        pytest.param(
            "a=1;\t __Host-session \t= \tok \t;", ["ok"], id="spaces and tabs"
        ),
        pytest.param("__Host-session=", [""], id="an empty value"),
        pytest.param("__Host-session", [], id="no equals sign"),
        pytest.param("__Host-session; a=1", [], id="no equals sign in its own pair"),
        pytest.param("=ok", [], id="no name"),
        pytest.param("__Host-session=a=b==", ["a=b=="], id="equals signs in the value"),
        pytest.param(
            '__Host-session="ok"', ['"ok"'], id="quotes are part of the value"
        ),
        pytest.param("__Host-session=%41", ["%41"], id="percent is no escape"),
        pytest.param("__Host-session=\xe4\x85", ["\xe4\x85"], id="raw bytes"),
        pytest.param("__host-session=ok", [], id="another case"),
        pytest.param("my__Host-session=ok", [], id="the end of a longer name"),
        pytest.param("__Host-session2=ok", [], id="the beginning of a longer name"),
        pytest.param("__Host-session ok=1", [], id="a name with a space in it"),
        pytest.param("a=__Host-session=evil", [], id="a name within a value"),
        pytest.param("a b __Host-session=evil", [], id="a name after a space"),
        pytest.param(
            "__Host-session=1; __Host-session=2", ["1", "2"], id="duplicates in order"
        ),
        pytest.param(
            "__Host-session=1;__Host-session=2", ["1", "2"], id="duplicates close by"
        ),
        pytest.param(
            "__Host-session=1;;; ;__Host-session=1", ["1", "1"], id="equal duplicates"
        ),
        pytest.param(
            "__Host-session__Host-session=1; __Host-session=2", ["2"], id="name twice"
        ),
        pytest.param("a]b=1; __Host-session=ok", ["ok"], id="after a strange name"),
        pytest.param("a\x00=\x01; __Host-session=ok", ["ok"], id="after control bytes"),
        pytest.param("a=\xff\xfe; __Host-session=ok", ["ok"], id="after broken UTF-8"),
        pytest.param(
            'a="x; __Host-session=ok; z=y"', ["ok"], id="an open quote swallows nothing"
        ),
        pytest.param("\xc2\xa0__Host-session=evil", [], id="no-break space in UTF-8"),
        pytest.param("\xe2\x80\x80__Host-session=evil", [], id="en quad in UTF-8"),
        pytest.param("\xa0__Host-session=evil", [], id="raw no-break space"),
        pytest.param("\x85__Host-session=evil", [], id="raw next line"),
        pytest.param("\x1f__Host-session=evil", [], id="unit separator"),
        pytest.param("\x0c__Host-session=evil", [], id="form feed"),
        pytest.param("\x0b__Host-session=evil", [], id="vertical tab"),
        pytest.param("\n__Host-session=evil", [], id="newline"),
        pytest.param("\x00__Host-session=evil", [], id="null"),
        pytest.param("__Host-session\xa0=evil", [], id="no-break space after the name"),
        pytest.param(
            "a=b&__Host-session=evil", [], id="an ampersand separates nothing"
        ),
        pytest.param("a=b, __Host-session=evil", [], id="a comma separates nothing"),
        pytest.param(
            "__Host-session=1, b=2",
            ["1, b=2"],
            id="two header lines joined by a server",
        ),
    ],
)
def test_reads_what_the_specification_reads(header, values):
    assert read_values(header, HOST) == values


def test_cve_2023_23934_a_nameless_cookie_cannot_pass_for_a_prefixed_one():
    """Werkzeug took ``=__Host-session=evil``, which any subdomain may set, for ours."""
    assert read_values("=__Host-session=evil", HOST) == []


@pytest.mark.parametrize("name", ["%5F%5FHost-session", "__%48ost-session"])
def test_cve_2020_8184_names_are_not_percent_decoded(name):
    """Rack decoded names, so that any subdomain could forge a prefix."""
    assert read_values(f"{name}=evil", HOST) == []


@pytest.mark.parametrize("between", ["]", ",", '"', " ", "\r\n", "/", "["])
def test_cve_2016_7401_a_value_cannot_bring_in_another_cookie(between):
    """A tracking cookie with odd characters in it set Django's CSRF cookie."""
    assert read_values(f"__utmz=1{between}__Host-session=evil", HOST) == []


@pytest.mark.parametrize("filler", ["\\", '\\"', '"', "\\1", "\\\\;"])
def test_cve_2024_7592_backslashes_in_quotes_are_nothing_special(filler):
    """http.cookies took minutes to unquote a long run of them."""
    junk = filler * 16000

    assert read_values(f'a="{junk}; {HOST}=ok', HOST) == ["ok"]


@pytest.mark.parametrize(
    ("size", "kept"),
    [(MAX_COOKIE, True), (MAX_COOKIE + 1, False)],
    ids=["4096", "4097"],
)
def test_a_value_too_long_to_be_a_cookie_is_read_as_empty(size, kept):
    value = "v" * (size - len(HOST))

    assert read_values(f"{HOST}={value}", HOST) == [value if kept else ""]


def test_a_header_too_long_to_be_read_is_one_empty_value():
    header = f"{HOST}=ok; a=".ljust(MAX_HEADER, "x")

    assert read_values(header, HOST) == ["ok"]
    assert read_values(header + "x", HOST) == [""]


@examples(1000)
@given(header=HEADERS, name=st.sampled_from([HOST, "s", "session", "aa", "-"]))
def test_any_header_is_read_as_the_specification_reads_it(header, name):
    assert read_values(header, name) == by_the_book(header, name)


@examples(500)
@given(header=st.text(max_size=200), name=st.sampled_from([HOST, "a"]))
def test_no_text_raises(header, name):
    assert read_values(header, name) == by_the_book(header, name)


@examples(500)
@given(before=st.lists(HEADERS, max_size=3), after=st.lists(HEADERS, max_size=3))
def test_other_cookies_do_not_change_ours(before, after):
    def foreign(pairs):
        joined = ";".join(pairs).split(";")
        return [pair for pair in joined if pair.partition("=")[0].strip(" \t") != HOST]

    header = ";".join([*foreign(before), f" {HOST}=ok", *foreign(after)])

    assert read_values(header, HOST) == ["ok"]


def test_a_session_comes_from_the_cookie_header_and_from_nowhere_else():
    interface = make_interface()
    login = SessionMiddleware(app_of(lambda session: session.update(a=1)), interface)
    show = SessionMiddleware(app_of(dict), interface)
    cookie = call(login).cookie

    elsewhere = call(
        show,
        f"/{cookie};{cookie}?{cookie}",
        method="POST",
        data=dict([cookie.split("=")]),
        headers={"Authorization": cookie, "Cookie2": cookie, "X-Cookie": cookie},
    )

    assert call(show, cookie=cookie).body == b"{'a': 1}"
    assert elsewhere.body == b"{}"


def test_a_header_too_long_to_be_read_is_no_session_and_one_event():
    interface = make_interface()
    show = SessionMiddleware(app_of(dict), interface)

    answer = call(show, cookie="a=1; " * MAX_HEADER)

    assert answer.body == b"{}"
    assert [name for name, _ in interface.events] == ["malformed"]
