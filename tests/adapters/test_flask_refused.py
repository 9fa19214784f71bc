"""A session that cannot be saved, and Flask's error page, for which it is saved too."""

from __future__ import annotations

import logging
from functools import partial

import flask
import pytest

from session_middleware import (
    SecureCookieSessionInterface,
    SerializationError,
    SessionTooLarge,
)
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.exceptions import StoreUnavailable
from session_middleware.formats.ours import OurCookies

from ..stores.noting import Shop
from ..support import KEY, call, make_interface
from .host import INCOMPRESSIBLE


def in_store(**options):
    """An interface with a store, where a session may be no larger than in a cookie."""
    interface = Shop(**options).interface
    interface.max_record_size = 4096
    return interface


KINDS = {
    "signed": lambda: make_interface(SecureCookieSessionInterface),
    "encrypted": lambda: make_interface(EncryptedCookieSessionInterface),
    "store": in_store,
}
REFUSED = {
    "too large": (INCOMPRESSIBLE, SessionTooLarge),
    "no JSON": (object(), SerializationError),
}


@pytest.fixture(params=KINDS)
def interface(request):
    return KINDS[request.param]()


@pytest.fixture(params=REFUSED)
def refused(request):
    return REFUSED[request.param]


@pytest.fixture(autouse=True)
def _log(caplog):
    caplog.set_level(logging.ERROR)


def serve(interface, fails, handler=None):
    """An app whose view at ``/fails`` does ``fails(flask.session)``."""
    app = flask.Flask(__name__)
    app.secret_key = KEY
    app.session_interface = FlaskSessionInterface(lambda config: interface)
    for name, use in (("fails", fails), ("show", dict), ("begin", begin)):
        app.add_url_rule(f"/{name}", name, partial(_answer, use))

    if handler is not None:
        app.register_error_handler(500, handler)
    return app


def _answer(use):
    return str(use(flask.session))


def begin(session):
    session.update(user="ada", cart=["tea"])


def fill(value):
    return lambda session: session.update(photo=value, user="eve")


def tracebacks(caplog):
    return [record.message for record in caplog.records if record.exc_info]


def content(app, cookie):
    return call(app, "/show", cookie=cookie).body.decode()


# -- what fails is said once -------------------------------------------------------


@pytest.mark.parametrize("handled", [True, False], ids=["our page", "Flask's page"])
def test_what_is_refused_is_said_once(interface, refused, handled, caplog):
    """It was two events and two tracebacks, the second of "Request finalizing failed".

    Flask saves the session for its error page too, and it still was too large then.
    """
    value, kind = refused
    told = []

    def handler(error):
        told.append(type(error.original_exception))
        return "our page", 500

    app = serve(interface, fill(value), handler if handled else None)
    cookie = call(app, "/begin").cookie

    answer = call(app, "/fails", cookie=cookie)

    assert (answer.status[:3], told) == ("500", [kind] * handled)
    assert (answer.body == b"our page") is handled
    assert (answer.all("Vary"), answer.set_cookies) == (["Cookie"], [])
    assert tracebacks(caplog) == ["Exception on /fails [GET]"]
    events = [name for name, _ in interface.events]
    assert events == ["too_large"] * (kind is SessionTooLarge)
    assert content(app, cookie) == "{'user': 'ada', 'cart': ['tea']}"


@pytest.mark.parametrize("status", [500, 302])
def test_a_store_that_is_away_is_said_once(status, caplog):
    interface = in_store()
    interface.touch_seconds = 0  # each use is told to the store
    asked = []

    def goes_away(session):
        session["user"] = "eve"
        interface.store.away = True
        interface.store.asked_since()

    def handler(error):
        asked.extend(interface.store.asked_since())
        assert type(error.original_exception) is StoreUnavailable
        return f"{flask.session['user']} sees our page", status

    app = serve(interface, goes_away, handler)
    app.before_request(lambda: setattr(flask.session, "permanent", True))
    cookie = call(app, "/begin").cookie

    answer = call(app, "/fails", cookie=cookie)

    assert answer.body == b"ada sees our page"
    assert answer.all("Vary") == ["Cookie"]
    # Below 500 a permanent session is sent with each response: the id that it had.
    assert len(answer.set_cookies) == (status < 500)
    assert tracebacks(caplog) == ["Exception on /fails [GET]"]
    assert (asked, interface.store.asked) == (["update"], [])


def test_one_that_does_not_get_into_its_store_is_said_once(caplog):
    """It comes from a cookie, and so it is due for an id, whatever the app does."""
    old = make_interface(SecureCookieSessionInterface)
    interface = in_store(accept=[OurCookies(old)])

    def goes_away(session):
        session["user"] = "eve"
        interface.store.away = True

    app = serve(interface, goes_away, lambda error: "our page")
    cookie = call(serve(old, len), "/begin").cookie

    answer = call(app, "/fails", cookie=cookie)

    assert (answer.body, answer.set_cookies) == (b"our page", [])
    assert tracebacks(caplog) == ["Exception on /fails [GET]"]


@pytest.mark.parametrize("use", [dict, lambda s: "nothing"], ids=["used", "untouched"])
def test_one_that_cannot_be_opened_is_said_once(use, caplog):
    """To send a permanent session with each response, it was opened once more."""

    class Asking(SecureCookieSessionInterface):
        def accept_session(self, session):
            raise LookupError("the database is away")

    app = serve(make_interface(Asking), use, lambda error: ("our page", 500))
    cookie = call(app, "/begin").cookie

    answer = call(app, "/fails", cookie=cookie)

    assert (answer.body, answer.set_cookies) == (b"our page", [])
    assert tracebacks(caplog) == ["Exception on /fails [GET]"]


# -- what the error page does counts on its own --------------------------------------


def test_the_error_page_sees_the_session_as_it_came(interface, refused):
    value, _ = refused
    app = serve(interface, fill(value), lambda error: (dict(flask.session), 500))

    answer = call(app, "/fails", cookie=call(app, "/begin").cookie)

    assert answer.body == b'{"cart":["tea"],"user":"ada"}\n'


@pytest.mark.parametrize("came", [True, False], ids=["came", "new"])
def test_a_message_of_the_error_page_is_saved_without_what_was_refused(
    interface, refused, came, caplog
):
    value, _ = refused

    def handler(error):
        flask.flash("Not saved: too much in it.")
        return "our page", 500

    app = serve(interface, fill(value), handler)
    cookie = call(app, "/begin").cookie if came else None

    answer = call(app, "/fails", cookie=cookie)

    after = answer.cookie if answer.set_cookies else cookie
    kept = {"user": "ada", "cart": ["tea"]} if came else {}
    message = ("message", "Not saved: too much in it.")
    assert content(app, after) == repr({**kept, "_flashes": [message]})
    assert tracebacks(caplog) == ["Exception on /fails [GET]"]


def test_an_error_page_may_delete_the_key_that_grew(interface):
    def grow(session):
        session["cart"] += [INCOMPRESSIBLE]

    def handler(error):
        [(key, _), *_] = error.original_exception.largest
        flask.session.pop(key, None)
        return flask.redirect("/show", 303)

    app = serve(interface, grow, handler)
    cookie = call(app, "/begin").cookie

    answer = call(app, "/fails", cookie=cookie)

    assert answer.status[:3] == "303"
    after = answer.cookie if answer.set_cookies else cookie
    assert content(app, after) == "{'user': 'ada'}"


def test_what_the_error_page_makes_too_large_is_another_failure(interface, caplog):
    def handler(error):
        flask.session["again"] = INCOMPRESSIBLE
        return "our page", 500

    app = serve(interface, fill(INCOMPRESSIBLE), handler)

    answer = call(app, "/fails")

    assert (answer.body, answer.set_cookies) == (b"our page", [])
    assert answer.all("Vary") == ["Cookie"]
    largest = [facts["largest"][0][0] for _, facts in interface.events]
    assert largest == ["photo", "again"]
    assert len(tracebacks(caplog)) == 2


# -- logging out -------------------------------------------------------------------


def log_out_and(value):
    def use(session):
        session.invalidate()
        session["photo"] = value

    return use


def test_a_logout_is_kept_where_what_follows_it_is_refused(interface, refused):
    value, _ = refused
    app = serve(interface, log_out_and(value), lambda e: (dict(flask.session), 500))
    cookie = call(app, "/begin").cookie

    answer = call(app, "/fails", cookie=cookie)

    assert answer.body == b"{}\n"
    assert "Max-Age=0" in answer.set_cookies[0]


def test_a_logout_that_the_store_does_not_hear_of_is_said_once(caplog):
    interface = in_store()

    def goes_away(session):
        session.invalidate()
        interface.store.away = True

    app = serve(interface, goes_away, lambda error: (flask.session["user"], 500))
    cookie = call(app, "/begin").cookie

    answer = call(app, "/fails", cookie=cookie)

    assert (answer.body, answer.set_cookies) == (b"ada", [])
    assert tracebacks(caplog) == ["Exception on /fails [GET]"]


def test_a_new_id_that_failed_is_not_the_session_s_on_the_error_page():
    interface = in_store()

    def log_in(session):
        seen.append(session.public_id)
        session.regenerate()
        interface.store.fails_once.add("retire")

    def handler(error):
        seen.append(flask.session.public_id)
        return "our page", 500

    seen = []
    app = serve(interface, log_in, handler)
    cookie = call(app, "/begin").cookie

    answer = call(app, "/fails", cookie=cookie)

    assert answer.set_cookies == []
    assert seen[0] == seen[1]


def test_an_error_of_an_override_is_said_once(caplog):
    """It was raised before anything was saved, and the session was still concluded."""

    class Sending(SecureCookieSessionInterface):
        def should_set_cookie(self, environ, session):
            if "photo" in session:
                raise LookupError("the override's own")
            return super().should_set_cookie(environ, session)

    def handler(error):
        flask.session["said"] = "sorry"
        return "our page", 500

    app = serve(make_interface(Sending), fill("small"), handler)

    answer = call(app, "/fails")

    assert content(app, answer.cookie) == "{'said': 'sorry'}"
    assert tracebacks(caplog) == ["Exception on /fails [GET]"]
