"""docs/hosts/beaker-users.rst: its program loses no session of Beaker's."""

from __future__ import annotations

from fractions import Fraction

import pytest
from beaker.middleware import SessionMiddleware

from session_middleware import SerializationError, StoreError
from session_middleware.adapters.beaker import BeakerSessionMiddleware
from session_middleware.stores.memory import MemoryStore

from ..support import KEY, ROOT, block_of, call

PAGE = ROOT / "docs" / "hosts" / "beaker-users.rst"
COOKIE = "beaker.session.id"
PROGRAM: dict = {}
exec(block_of(PAGE, "python", "bring_over.py"), PROGRAM)


class FailingStore(MemoryStore):
    def create(self, *args):
        raise StoreError("down")


def show(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [repr(sorted(environ["beaker.session"].items())).encode()]


def fail(environ, start_response):
    start_response("500 Oh", [("Content-Type", "text/plain")])
    return [b""]


@pytest.fixture
def options(tmp_path):
    return {"session.type": "file", "session.data_dir": str(tmp_path)}


@pytest.fixture
def store():
    return MemoryStore()


def put(options, cookie=None, **values):
    """Have Beaker keep these; gives its cookie."""

    def app(environ, start_response):
        environ["beaker.session"].update(values)
        environ["beaker.session"].save()
        return show(environ, start_response)

    answer = call(SessionMiddleware(app, options), cookie=cookie)
    return answer.cookie.strip() if answer.set_cookies else cookie


def new(app, options, store):
    inside = {"session.validate_key": KEY, "session.store": store}
    app = BeakerSessionMiddleware(PROGRAM["BringOver"](app, COOKIE), inside)
    return SessionMiddleware(app, options, environ_key="old.session")


def left(options, cookie):
    """What Beaker has kept."""
    body = call(SessionMiddleware(show, options), cookie=cookie).body.decode()
    found = dict(eval(body, {"Fraction": Fraction}))
    return {key: found[key] for key in found if key not in PROGRAM["BEAKERS_OWN"]}


def test_every_key_of_the_application_comes_along(options, store):
    cookie = put(options, user="ada", _mine=1)

    answer = call(new(show, options, store), cookie=cookie)

    assert answer.body == b"[('_mine', 1), ('user', 'ada')]"
    assert left(options, cookie) == {}
    ours = answer.set_cookies[0].partition(";")[0]
    assert call(new(show, options, store), cookie=ours).body == answer.body


def test_an_error_page_leaves_the_old_session(options, store):
    cookie = put(options, user="ada")

    answer = call(new(fail, options, store), cookie=cookie)

    assert answer.set_cookies == []
    assert left(options, cookie) == {"user": "ada"}


def test_a_store_that_is_down_leaves_the_old_session(options):
    """It was deleted first, and the new one could not be saved."""
    cookie = put(options, user="ada")

    with pytest.raises(StoreError):
        call(new(show, options, FailingStore()), cookie=cookie)

    assert left(options, cookie) == {"user": "ada"}


def test_a_value_that_cannot_be_stored_leaves_the_old_session(options, store):
    """It was deleted first: a 500 once, and then its user was logged out."""
    values = {"user": "ada", "part": Fraction(1, 3)}
    cookie = put(options, **values)

    for _ in range(2):
        with pytest.raises(SerializationError):
            call(new(show, options, store), cookie=cookie)

    assert left(options, cookie) == values


def test_a_cookie_with_a_longer_name_is_not_beaker_s(options, store, tmp_path):
    """Beaker ran at every request, and each left two files."""
    cookie = f"{COOKIE}2=abc; x={COOKIE}"

    answer = call(new(show, options, store), cookie=cookie)

    assert answer.set_cookies == []
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_a_request_that_comes_late_with_the_old_cookie_is_nobody_s(options, store):
    """Its answer sets no cookie of ours, so the browser stays logged in."""
    cookie = put(options, user="ada")
    call(new(show, options, store), cookie=cookie)

    answer = call(new(show, options, store), cookie=cookie)

    assert answer.body == b"[]"
    [deletion] = answer.set_cookies
    assert "expires=" in deletion
