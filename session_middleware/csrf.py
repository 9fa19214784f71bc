"""A token against forged requests, kept in the session.

A page has it in its forms, and what a form sends is checked::

    if not check_csrf_token(session, form.get("csrf_token")):
        ...  # answer 403
"""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from hmac import compare_digest
from typing import Any

__all__ = ["check_csrf_token", "get_csrf_token", "new_csrf_token"]

_KEY = "_csrft_"  # as Pyramid names it, whose sessions move in with theirs


def get_csrf_token(session: MutableMapping[str, Any]) -> str:
    """The token of this session, made at the first call.

    :param session: any; making a token changes it.
    """
    token: str | None = session.get(_KEY)
    return new_csrf_token(session) if token is None else token


def new_csrf_token(session: MutableMapping[str, Any]) -> str:
    """A new token in place of the last: make one at login.

    :returns: 40 hexadecimal digits, from 160 random bits.
    """
    token = session[_KEY] = secrets.token_hex(20)
    return token


def check_csrf_token(session: MutableMapping[str, Any], token: object) -> bool:
    """Whether this is the session's token, compared in constant time.

    Without a token in the session it is ``False``.

    :param session: the one that the form's page had.

    :param token: what the visitor sent, whatever it is; only a str can be right.
    """
    expected = session.get(_KEY)
    if not (expected and isinstance(expected, str) and isinstance(token, str)):
        return False
    return compare_digest(_bytes(expected), _bytes(token))


def _bytes(text: str) -> bytes:
    # A visitor may send what no strict codec takes, and compare_digest no str of it.
    return str.encode(text, "utf-8", "surrogatepass")
