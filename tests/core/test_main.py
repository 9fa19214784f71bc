"""The command line: make a key, explain a cookie, and never show a key."""

from __future__ import annotations

import io
import os
import re
import runpy
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from session_middleware import SessionConfig, SessionMiddleware
from session_middleware.__main__ import main
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.tokens.signed import SignedSerializer

from ..support import KEY, OTHER_KEY, START, app_of, call
from ..support.examples import examples

COMMAND = [sys.executable, "-m", "session_middleware"]


def token(data=None, name="session", key=KEY, created=START, issued=START + 60):
    serializer = SignedSerializer([key], f"session_middleware.v1:{name}")
    text = serializer.encode(created, False, {"user": 42} if data is None else data)
    return serializer.sign(serializer.pack(text), issued)


class Done(tuple):
    """What a command left: exit code, standard output, standard error."""

    code = property(lambda self: self[0])
    out = property(lambda self: self[1])
    err = property(lambda self: self[2])


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command in this process, where its coverage is measured."""
    monkeypatch.delenv("SECRET_KEY", raising=False)

    def run(*arguments, stdin=""):
        raw = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        try:
            code = main(arguments)
        except SystemExit as exit:
            code = exit.code
        return Done((code, *capsys.readouterr()))

    return run


@pytest.fixture(name="keys")
def _keys(tmp_path):
    """A file with two keys."""
    path = tmp_path / "keys"
    path.write_text(f"{OTHER_KEY}\n{KEY}\n", encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def spawn(*arguments, stdin=b"", **variables):
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
        env={**os.environ, **variables},
        check=False,
    )


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


# -- which cookie -------------------------------------------------------------

LINES = {
    "a bare value": "{0}",
    "a line's end": "{0}\r\n",
    "a pair": "session={0}",
    "a Cookie line": "Cookie: theme=dark; session={0}; a=b",
    "a lower-case line": "cookie:session={0}",
    "a Cookie line's content": "theme=dark; session={0}",
    "a Set-Cookie line": "Set-Cookie: session={0}; Path=/; Secure; SameSite=Lax\r\n",
    "a Set-Cookie line's content": "session={0}; HttpOnly; Path=/",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize("source", ["standard input", "the argument"])
def test_a_cookie_is_found_in(run, keys, line, source):
    text = line.format(token())
    arguments = ["decode", "--secret-key-file", keys]

    if source == "standard input":
        done = run(*arguments, "-", stdin=text)
    else:
        done = run(*arguments, text)

    assert (done.code, done.err) == (0, "")
    assert "as the cookie 'session'" in done.out


@pytest.mark.parametrize("name", ["__Host-session", "__Secure-session", "session"])
def test_a_bare_value_is_tried_under_each_usual_name(run, keys, name):
    done = run("decode", "--secret-key-file", keys, token(name=name))

    assert done.code == 0
    assert f"as the cookie '{name}'" in done.out


def test_a_name_in_the_line_is_the_one_that_is_tried(run, keys):
    value = token(name="session")

    done = run("decode", "--secret-key-file", keys, f"__Host-session={value}")

    assert done.code == 1
    assert "signed it as the cookie '__Host-session'" in done.out


def test_an_unusual_name_is_found_by_its_token(run, keys):
    line = f"Cookie: a=b; shop={token(name='shop')}; c=d"

    done = run("decode", "--secret-key-file", keys, "-", stdin=line)

    assert done.code == 0
    assert "as the cookie 'shop'" in done.out


@pytest.mark.parametrize("line", ["{0}", "a=b; shop={0}", "session=x; shop={0}"])
def test_a_name_that_is_given_is_the_only_one(run, keys, line):
    text = line.format(token(name="shop"))

    done = run("decode", "--secret-key-file", keys, "--cookie-name", "shop", text)

    assert (done.code, done.err) == (0, "")
    assert "as the cookie 'shop'" in done.out


def test_a_name_that_is_given_and_not_there_is_unreadable(run):
    done = run("decode", "--cookie-name", "shop", f"session={token()}")

    assert done == (3, "", "there is no session cookie in this\n")


def test_of_several_each_is_explained_and_the_best_counts(run, keys):
    line = f"session=junk; session={token(key='x' * 40)}; session={token()}"

    done = run("decode", "--secret-key-file", keys, line)

    assert done.code == 0
    assert done.out.count("verified   ") == 2
    assert done.err.startswith("unreadable: ")


# -- unreadable and hostile ---------------------------------------------------


def signed(text):
    serializer = SignedSerializer([KEY], "session_middleware.v1:session")
    return serializer.sign(serializer.pack(text), START)


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


# -- keys stay out of sight ---------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [f"{KEY}\r\n", f"\n\n{KEY}", f" {KEY}\t\n", f"{OTHER_KEY}\n\n  \n{KEY}\n"],
    ids=["Windows", "blank lines", "blanks around", "two and blanks"],
)
def test_a_key_file_as_editors_write_it(run, tmp_path, content):
    path = tmp_path / "keys"
    path.write_bytes(content.encode())

    assert run("decode", "--secret-key-file", str(path), token()).code == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_key_file_that_begins_with_a_mark_is_wrong_usage(run, tmp_path, encoding):
    """The app would take the mark for a part of the key."""
    path = tmp_path / "keys"
    path.write_bytes(KEY.encode(encoding))

    done = run("decode", "--secret-key-file", str(path), token())

    assert (done.code, done.out) == (2, "")
    assert "byte order mark" in done.err


@pytest.mark.parametrize("content", ["", "\n \n"], ids=["empty", "blank"])
def test_a_key_file_without_a_key_is_wrong_usage(run, tmp_path, content):
    path = tmp_path / "keys"
    path.write_text(content)

    done = run("decode", "--secret-key-file", str(path), token())

    assert (done.code, done.out) == (2, "")
    assert "it has no key in it" in done.err


def test_a_directory_as_key_file_is_wrong_usage(run, tmp_path):
    done = run("decode", "--secret-key-file", str(tmp_path), token())

    assert (done.code, done.out) == (2, "")
    assert "cannot be read" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["decode", "--secret-key", KEY, "x"],
        ["decode", f"--secret-key={KEY}", "x"],
        ["decode", "--secret-key-file", KEY, "x"],
        ["decode", f"--secret={KEY}", "x"],
        ["decode", "x", KEY],
        ["keygen", KEY],
    ],
    ids=lambda arguments: " ".join(arguments).replace(KEY, "KEY"),
)
def test_a_key_on_the_command_line_is_wrong_usage_and_is_not_repeated(run, arguments):
    done = run(*arguments)

    assert (done.code, done.out) == (2, "")
    assert KEY not in done.err


@pytest.mark.parametrize(
    "text",
    [token(), token(key="x" * 40), "junk", signed("[1,0,[]]")],
    ids=["verified", "not verified", "junk", "signed junk"],
)
def test_no_key_is_ever_printed(run, keys, text):
    done = run("decode", "--secret-key-file", keys, text)

    assert KEY not in done.out + done.err
    assert OTHER_KEY not in done.out + done.err


def test_without_a_file_the_key_is_the_environment_s(run, monkeypatch):
    """It was ignored, in the very shell that the README's ``export`` was typed in."""
    monkeypatch.setenv("SECRET_KEY", KEY)

    ours, other = run("decode", token()), run("decode", token(key=OTHER_KEY))
    encrypted = run("decode", sealed({"n": 1}))

    assert (ours.code, other.code, encrypted.code) == (0, 1, 0)
    assert "by key 1 of 1 in SECRET_KEY, as the cookie 'session'" in ours.out
    assert "NO: none of 1 keys in SECRET_KEY signed it as the cookie" in other.out
    assert KEY not in ours.out + other.out


def test_a_file_of_keys_comes_before_the_environment(run, keys, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "one that has signed nothing that is here")

    done = run("decode", "--secret-key-file", keys, token())

    assert "by key 2 of 2, as the cookie" in done.out


@pytest.mark.parametrize(
    ("key", "code"), [("", 1), ("\udcff" * 40, 2)], ids=["empty", "no text"]
)
def test_a_key_in_the_environment_that_is_none(run, monkeypatch, key, code):
    monkeypatch.setenv("SECRET_KEY", key)

    assert run("decode", token()).code == code


def test_help_names_the_environment_s_key(run):
    assert "SECRET_KEY" in run("decode", "--help").out


def test_an_abbreviated_option_is_none(run, keys):
    done = run("decode", "--secret-key", keys, token())

    assert done.code == 2
    assert "keys are read from a file" in done.err


def test_help_tells_the_exit_codes(run):
    done = run("decode", "--help")

    assert done.code == 0
    assert "3 it cannot be read" in " ".join(done.out.split())


# -- encrypted cookies --------------------------------------------------------

SHOP = "the-shop"


def sealed(data, name="session", key=KEY):
    """The value of an encrypted cookie."""
    config = SessionConfig(secret_key=key, cookie_name=name)
    interface = EncryptedCookieSessionInterface(config)
    app = SessionMiddleware(app_of(lambda s: s.update(data)), interface)
    return call(app).cookie.partition("=")[2]


@pytest.mark.parametrize(
    "line", ["{}", "session={}", "Set-Cookie: session={}; Path=/", "a=b; session={}"]
)
def test_with_its_key_an_encrypted_cookie_is_explained(run, keys, line):
    value = sealed({"user": ("ada", 1)})

    done = run("decode", "--secret-key-file", keys, line.format(value))

    assert (done.code, done.err) == (0, "")
    assert "by key 2 of 2, as the cookie 'session'" in done.out
    assert "'user': ('ada', 1)" in done.out


def test_an_encrypted_cookie_under_a_name_of_ones_own_is_found(run, keys):
    line = f"other=1; {SHOP}={sealed({'n': 1}, SHOP)}"

    named = run("decode", "--secret-key-file", keys, "--cookie-name", SHOP, line)
    searched = run("decode", "--secret-key-file", keys, line)

    assert named.code == searched.code == 0
    assert f"as the cookie {SHOP!r}" in searched.out


ANOTHER = sealed({"n": 1}, key="another key, of which this machine knows nothing")


@pytest.mark.parametrize("value", [ANOTHER, None], ids=["another key", "no key"])
def test_an_encrypted_cookie_that_no_key_opens_says_that_it_looks_so(run, keys, value):
    options = ["--secret-key-file", keys] if value else []

    done = run("decode", *options, value or sealed({"n": 1}))

    assert (done.code, done.out) == (3, "")
    assert "it looks encrypted" in done.err


@pytest.mark.parametrize("line", ["zz={}", "a=b; zz={}"])
def test_without_a_key_one_under_a_name_of_ones_own_is_no_stranger(run, line):
    """It said that there was no session cookie."""
    done = run("decode", line.format(sealed({"n": 1}, "zz")))

    assert (done.code, done.out) == (3, "")
    assert "it looks encrypted" in done.err
    assert "--secret-key-file" in done.err


def test_without_cryptography_an_encrypted_cookie_says_what_to_install(
    run, keys, monkeypatch
):
    value, signed_one = sealed({"n": 1}), token()
    monkeypatch.setitem(sys.modules, "session_middleware.tokens.sealed", None)

    done = run("decode", "--secret-key-file", keys, value)

    assert done.code == 3
    assert "pip install session-middleware[encrypted]" in done.err
    assert run("decode", "--secret-key-file", keys, signed_one).code == 0
