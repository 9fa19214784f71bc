"""Which cookie the command line explains, and that encrypted ones are too."""

from __future__ import annotations

import sys

import pytest

from .commands import sealed, token

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


# -- encrypted cookies --------------------------------------------------------

SHOP = "the-shop"


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
