"""What other people's tests do with the sessions of their own app, in a store."""

from __future__ import annotations

import pytest

from session_middleware import SessionMiddleware, SessionUnavailable, testing
from session_middleware.stores.memory import MemoryStore
from session_middleware.testing import session_transaction

from ..core import test_testing
from ..core.test_testing import *  # noqa: F403
from ..support import KEY, call


class TestTransaction(test_testing.TestTransaction):
    test_what_a_request_could_not_save_raises = None  # which is a cookie's limit


class TestCookieStrings(test_testing.TestCookieStrings):
    test_a_str_cannot_keep_a_change = None

    def test_a_str_may_change_the_session_that_it_leads_to(self):
        middleware = test_testing.make()
        cookie = testing.make_cookie(middleware, {"user": "ada"})

        with session_transaction(cookie, middleware) as session:
            session["user"] = "grace"

        answer = call(middleware, cookie=cookie, base_url="http://localhost/")
        assert answer.body == b"hello grace"

    def test_a_str_cannot_keep_a_new_session(self):
        with (
            pytest.raises(SessionUnavailable, match="CookieHeader"),
            session_transaction("theme=dark", test_testing.make()) as session,
        ):
            session["user"] = "ada"


@pytest.fixture(autouse=True)
def _in_a_store(monkeypatch):
    store = MemoryStore()

    def make(**options):
        options = {"secret_key": KEY, "store": store, **options}
        return SessionMiddleware(
            test_testing.greet, environ_key="my.session", **options
        )

    monkeypatch.setattr(test_testing, "make", make)
