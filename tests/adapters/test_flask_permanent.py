"""Permanent sessions by Flask's rules, and Flask's key ``_permanent``."""

from __future__ import annotations

import flask
import pytest

from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface

from ..support import KEY, call
from ..support.visits import change
from .flask_apps import answer


class TestPermanent:
    def remember(self, session):
        session.permanent = True
        session["n"] = 1

    def test_it_is_sent_with_each_response_even_untouched(self):
        cookie = answer(self.remember).cookie

        again = answer(lambda s: "nothing", cookie)

        assert "Max-Age=2678400" in again.set_cookies[0]
        assert again.all("Vary") == ["Cookie"]

    def test_it_is_not_if_flask_is_told_so(self):
        cookie = answer(self.remember).cookie

        again = answer(lambda s: "nothing", cookie, SESSION_REFRESH_EACH_REQUEST=False)

        assert again.set_cookies == again.all("Vary") == []

    def test_looking_whether_a_session_is_permanent_is_no_use_of_it(self):
        cookie = answer(change).cookie
        seen = []

        answer(lambda s: seen.append(s._get_current_object()), cookie)

        assert not seen[0].accessed


def remember(session):
    session["_permanent"] = True
    session["n"] = 1


def leave(session):
    session.clear()
    session["bye"] = 1


def unset_permanent(session):
    del session["_permanent"]


INTERFACES = [None, FlaskCookieSessionInterface]


@pytest.mark.parametrize("make", INTERFACES, ids=["ours", "Flask's format"])
class TestTheKeyPermanent:
    """In Flask ``session.permanent`` is the key ``_permanent`` of the dict."""

    def ask(self, use, cookie=None, make=None):
        app = flask.Flask("tests")
        app.secret_key = KEY
        app.session_interface = FlaskSessionInterface(*([make] if make else []))
        app.add_url_rule("/", view_func=lambda: str(use(flask.session)))
        return call(app, cookie=cookie)

    def test_it_can_be_set(self, make):
        answer = self.ask(remember, None, make)
        found = self.ask(
            lambda s: (s["_permanent"], s.get("_permanent"), "_permanent" in s),
            answer.cookie,
            make,
        )

        assert "Max-Age=2678400" in answer.set_cookies[0]
        assert found.body == b"(True, True, True)"

    def test_it_can_be_deleted(self, make):
        cookie = self.ask(remember, None, make).cookie

        [line] = self.ask(unset_permanent, cookie, make).set_cookies

        assert "Max-Age" not in line

    def test_it_is_not_there_where_a_session_is_not_permanent(self, make):
        def look(session):
            with pytest.raises(KeyError):
                session["_permanent"]
            with pytest.raises(KeyError):
                del session["_permanent"]
            return session.get("_permanent", "no"), "_permanent" in session

        assert self.ask(look, None, make).body == b"('no', False)"

    def test_clear_ends_it(self, make):
        """Whoever logged out by it on another's computer left a cookie for a month."""
        cookie = self.ask(remember, None, make).cookie

        [line] = self.ask(leave, cookie, make).set_cookies

        assert "Max-Age" not in line
