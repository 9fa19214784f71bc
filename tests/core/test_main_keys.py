"""Where the command line takes its keys from, and that it never shows one."""

from __future__ import annotations

import pytest

from ..support import KEY, OTHER_KEY
from .commands import sealed, signed, token


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
