"""The token against forged requests; each host's share is in ``adapters/host.py``."""

from __future__ import annotations

import pytest

from session_middleware.csrf import check_csrf_token, get_csrf_token, new_csrf_token


class Text(str):
    """Such as markupsafe's; one with words of its own for what is asked of it."""

    def encode(self, *arguments):
        raise AssertionError("asked to encode itself")


def test_the_token_stays_until_a_new_one_is_made():
    session = {}

    first = get_csrf_token(session)
    again = get_csrf_token(session)
    new = new_csrf_token(session)

    assert first == again != new
    assert get_csrf_token(session) == new
    assert not check_csrf_token(session, first)


def test_two_sessions_have_two_tokens_of_160_bits():
    first, second = get_csrf_token({}), get_csrf_token({})

    assert first != second
    assert len(bytes.fromhex(first)) == 20


def test_the_session_s_own_token_is_right():
    session = {}
    token = get_csrf_token(session)

    assert check_csrf_token(session, token) is True
    assert check_csrf_token(session, Text(token)) is True
    assert check_csrf_token({"_csrft_": Text(token)}, token) is True


def test_the_key_is_the_one_that_pyramid_knows():
    session = {"_csrft_": "a token of Pyramid's"}

    assert get_csrf_token(session) == "a token of Pyramid's"
    assert check_csrf_token(session, "a token of Pyramid's")


@pytest.mark.parametrize(
    "token",
    [
        *(None, "", "a guess", b"", b"0" * 40, 0, 1.5, True, ["0" * 40], {}, object),
        pytest.param("é", id="not-ascii"),
        pytest.param("\ud800", id="half-a-character"),
        pytest.param("\0" * 40, id="zeros"),
    ],
    ids=repr,
)
def test_whatever_else_a_visitor_sends_is_wrong_and_no_error(token):
    session = {"_csrft_": "0" * 40}

    assert check_csrf_token(session, token) is False
    assert check_csrf_token({}, token) is False


@pytest.mark.parametrize("token", ["abcde", "abcdefg", "ABCDEF", "abcdef ", "fedcba"])
def test_what_is_nearly_the_token_is_wrong(token):
    assert check_csrf_token({"_csrft_": "abcdef"}, token) is False


@pytest.mark.parametrize("stored", [None, "", b"token", 0, []], ids=repr)
def test_where_the_session_has_no_token_every_one_is_wrong(stored):
    session = {"_csrft_": stored}

    assert check_csrf_token(session, stored) is False
    assert check_csrf_token(session, "token") is False


def test_checking_makes_no_token():
    session = {}

    check_csrf_token(session, "a guess")

    assert session == {}
