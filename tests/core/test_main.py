"""The command line: make a key, explain a cookie, and never show a key."""

from __future__ import annotations

import re
import runpy
import sys

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from session_middleware import SessionConfig, SessionMiddleware

from ..support import KEY, START, app_of, call
from ..support.examples import examples
from .commands import signed, spawn, token

# -- as a process -------------------------------------------------------------


def test_keygen_prints_a_key_that_is_accepted_and_another_each_time():
    first, second = spawn("keygen"), spawn("keygen")
    key = first.stdout.decode().strip()

    assert (first.returncode, first.stderr) == (0, b"")
    assert re.fullmatch(r"[\w-]{43}", key)
    assert first.stdout != second.stdout
    assert SessionConfig(secret_key=key).secret_key == key


def test_decode_explains_what_the_middleware_sent(keys):
    app = SessionMiddleware(app_of(lambda s: s.update(a=(1, 2))), secret_key=KEY)
    line = f"Set-Cookie: {call(app).set_cookies[0]}\r\n"

    done = spawn("decode", "--secret-key-file", keys, "-", stdin=line.encode())

    assert (done.returncode, done.stderr) == (0, b"")
    assert b"verified   by key 2 of 2, as the cookie '__Host-session'" in done.stdout
    assert b"  'a': (1, 2) (12 bytes)" in done.stdout


def test_a_terminal_of_few_letters_gets_escapes():
    cookie = token({"a": "\x1b[31m\u202eZoë😀\ud800\0"})

    done = spawn("decode", cookie, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")

    assert (done.returncode, done.stderr) == (1, b"")
    assert rb"'\x1b[31m\u202eZo\xeb\U0001f600\ud800\x00'" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [([], 2), (["decode"], 2), (["decode", "junk"], 3), (["decode", token()], 1)],
    ids=["no command", "no cookie", "junk", "not verified"],
)
def test_the_exit_code_of_the_process(arguments, code):
    done = spawn(*arguments)

    assert done.returncode == code
    assert b"Traceback" not in done.stderr


def test_the_package_runs_as_a_module(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["session_middleware", "keygen"])
    monkeypatch.delitem(sys.modules, "session_middleware.__main__")

    with pytest.raises(SystemExit) as caught:
        runpy.run_module("session_middleware", run_name="__main__")

    assert caught.value.code == 0
    assert len(capsys.readouterr().out) == 44


# -- what is printed ----------------------------------------------------------


def test_everything_is_printed(run, keys):
    value = token({"user": 42, "roles": {"admin"}})

    done = run("decode", "--secret-key-file", keys, value)

    assert done == (
        0,
        f"""\
verified   by key 2 of 2, as the cookie 'session'
created    2027-01-15 08:00:00 UTC
issued     2027-01-15 08:01:00 UTC
expires    2027-01-29 08:01:00 UTC, by the default limits (14 days idle, 30 in all)
permanent  no
size       {len(value)} bytes, 51 as JSON
data
  'user': 42 (2 bytes)
  'roles': {{'admin'}} (16 bytes)
""",
        "",
    )


def test_without_a_key_it_says_that_nothing_is_sure(run):
    done = run("decode", token())

    assert (done.code, done.err) == (1, "")
    assert "verified   no: no key was given" in done.out
    assert "data, which anyone could have written\n  'user': 42" in done.out


def test_with_the_wrong_key_it_says_so(run, keys):
    done = run("decode", "--secret-key-file", keys, token(key="another " * 5))

    assert done.code == 1
    assert "verified   NO: none of 2 keys signed it" in done.out
    assert "anyone could have written" in done.out


def test_the_absolute_limit_counts_from_the_creation(run):
    value = token(issued=START + 29 * 86400)

    assert "expires    2027-02-14 08:00:00 UTC" in run("decode", value).out


def test_an_empty_session_says_that_there_is_nothing(run):
    assert "written\n  none\n" in run("decode", token({})).out


def test_times_past_all_dates_are_shown_as_numbers(run):
    done = run("decode", token(created=2**40 - 1, issued=2**40 - 1))

    assert done.code == 1
    assert "created    1099511627775 seconds after 1970" in done.out
    assert "expires    1099512837375 seconds" in done.out


# -- unreadable and hostile ---------------------------------------------------


HOSTILE = {
    "nothing": "",
    "blanks": "  \r\n",
    "a line without content": "Cookie:",
    "a deletion": "Set-Cookie: session=; Max-Age=0",
    "junk": "hello",
    "two dots": "..",
    "no base64": "session=W.W.W",
    "padding": "session=WzEsMCx7fV0=.AA.AA",
    "quotes": 'session="WzEsMCx7fV0.AA.AA"',
    "letters": "session=é.😀.ü",
    "a NUL": "session=\0",
    "no object": signed("[1,0,[]]"),
    "an unknown tag": signed('[1,0,{"a":{" z":1}}]'),
    "deep nesting": signed('[1,0,{"a":' + "[" * 30000 + "]" * 30000 + "}]"),
    "nesting that can be read": signed('[1,0,{"a":' + "[" * 400 + "]" * 400 + "}]"),
    "a bomb": signed("[" + " " * 1_000_000 + "]"),
    "an infinity": signed('[1,0,{"a":1e400}]'),
    "a surrogateescape": "session=\udcff",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_read_is_code_3_and_one_line(run, text):
    done = run("decode", text)

    assert (done.code, done.out) == (3, "")
    assert re.fullmatch(r"(unreadable: |there is no session cookie)[ -~]+\n", done.err)


@pytest.mark.parametrize("raw", [b"\xff\xfe\0session=\x80", b"\0" * 200_000])
def test_bytes_that_are_no_text_are_code_3(run, raw):
    assert run("decode", "-", stdin=raw).code == 3


@examples(200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.from_regex(rb"(Cookie: )?(session=)?[\w.=; -]*"))
def test_no_input_is_a_traceback(run, raw):
    assert run("decode", "-", stdin=raw).code in (1, 3)
