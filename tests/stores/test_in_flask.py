"""Flask's own rules hold with sessions in a store too, where they cost no request."""

from __future__ import annotations

import flask
import pytest

from session_middleware import ConfigurationError, SessionConfig
from session_middleware.adapters.flask import FlaskSession, FlaskSessionInterface
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stored.session import StoredSession
from session_middleware.stores.memory import MemoryStore

from ..adapters import test_flask, test_flask_permanent
from ..adapters.test_flask_conditional import *  # noqa: F403
from ..adapters.test_flask_configuration import *  # noqa: F403
from ..adapters.test_flask_handed_back import *  # noqa: F403
from ..adapters.test_flask_permanent import TestTheKeyPermanent  # noqa: F401
from ..adapters.test_flask_settings import *  # noqa: F403
from ..support import KEY, call, make_interface
from .in_flask import Roomy, in_flask  # noqa: F401 -- a fixture
from .on_a_store import on_a_store  # noqa: F401 -- a fixture

WORDED = [(StoredSession,), (FlaskSession, StoredSession)]


class TestInFlask(test_flask.TestInFlask):
    """A class of sessions is one of stored sessions."""

    test_a_subclass_of_the_adapter_s_own_class_of_sessions_does_too = None

    @pytest.mark.parametrize("bases", WORDED, ids=["ours", "the adapter's"])
    def test_a_class_of_sessions_of_one_s_own_keeps_its_words(self, bases):
        def user(session):
            return session.get("user", "nobody")

        worded = type("Worded", bases, {"__slots__": (), "user": user})
        kind = type("Worded", (Roomy,), {"session_class": worded})

        seen = test_flask.answer(lambda s: s.user(), interface=make_interface(kind))

        assert seen.body == b"nobody"


class TestPermanent(test_flask_permanent.TestPermanent):
    def test_it_is_sent_with_each_response_even_untouched(self):
        """With each that used it: of the others no store is asked."""
        cookie = test_flask.answer(self.remember).cookie

        used = test_flask.answer(lambda s: s["n"], cookie)
        untouched = test_flask.answer(lambda s: "nothing", cookie)

        assert "Max-Age=2678400" in used.set_cookies[0]
        assert untouched.set_cookies == untouched.all("Vary") == []


def test_a_store_that_is_none_is_refused_by_its_own_name():
    """It was called SESSION_STORE, which is no setting of Flask's."""
    app = flask.Flask(__name__)
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    url = "redis://me:hunter2@db"
    app.session_interface = FlaskSessionInterface(
        lambda config: ServerSideSessionInterface(config, url)
    )

    with pytest.raises(ConfigurationError, match=r"open_store\(url\)") as refusal:
        call(app)

    assert refusal.value.option == "store"
    assert "hunter2" not in str(refusal.value)


def test_an_interface_over_the_same_store_ends_a_user_s_other_sessions():
    """The adapter's own is not at hand: it has no ``revoke_all``."""
    app, store = flask.Flask(__name__), MemoryStore()
    app.config.update(SECRET_KEY=KEY, TESTING=True)
    app.session_interface = FlaskSessionInterface(
        lambda config: ServerSideSessionInterface(config, store, owner_key="user")
    )
    members = ServerSideSessionInterface(SessionConfig(secret_key=KEY), store)

    @app.get("/login")
    def login():
        flask.session["user"] = "ada"
        return ""

    @app.get("/others")
    def end_others():
        flask.session.regenerate()
        return str(members.revoke_all("ada", keep=flask.session))

    @app.get("/")
    def index():
        return flask.session.get("user", "nobody")

    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        client.get("/login")

    assert here.get("/others").text == "1"
    assert [client.get("/").text for client in (here, there)] == ["ada", "nobody"]
