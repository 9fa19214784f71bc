"""A program that says what its sessions hold, in a ``TypedDict``; it must type-check.

Every ``type: ignore`` here stands where mypy and pyright must both object.
"""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict, cast

from session_middleware import SessionMiddleware, get_session
from session_middleware.testing import CookieHeader, session_transaction

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

KEY = "a key of at least thirty-two different bytes"


class Account(TypedDict, total=False):
    """What a session of this program may hold."""

    user_id: int
    cart: list[str]
    seen: datetime


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    session = get_session(environ)
    account = cast(Account, session)
    user_id: int | None = account.get("user_id")
    account.setdefault("cart", []).append("apple")
    account["seen"] = session.created
    session.permanent = "seen" in account and account["seen"].year > 2000
    start_response("200 OK", [])
    return [f"{user_id} {account.get('cart', [])}".encode()]


def injected(session: Account, item: str) -> int:
    """As a framework calls it that hands out the session as an argument."""
    session["user_id"] = session.get("user_id", 0) + 1
    session.setdefault("cart", []).append(item)
    if "seen" in session:
        del session["seen"]
    return session["user_id"]


def wrong(session: Account) -> None:
    session["user"] = 1  # type: ignore[typeddict-unknown-key]
    session["user_id"] = "ada"  # type: ignore[typeddict-item]
    session["cart"] = {"apple"}  # type: ignore[typeddict-item]
    session.setdefault("cart", []).append(1)  # type: ignore[arg-type]
    print(session["user_name"])  # type: ignore[typeddict-item]
    name: str = session.get("user_id", "")  # type: ignore[assignment]
    print(name.upper(), session.get("seen").year)  # type: ignore[union-attr]
    injected({"user": 1}, "apple")  # type: ignore[typeddict-unknown-key]


def test_a_shop() -> None:
    middleware = SessionMiddleware(app, secret_key=KEY)
    client = CookieHeader()
    with session_transaction(client, middleware) as session:
        account = cast(Account, session)
        account["cart"] = ["apple"]
        session.permanent = True
        account["cart"] = "apple"  # type: ignore[typeddict-item]
