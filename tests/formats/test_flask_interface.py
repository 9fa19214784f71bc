"""FlaskCookieSessionInterface as an interface like any other, and inside Flask."""

from __future__ import annotations

import hashlib

import pytest

from session_middleware import ConfigurationError, SessionConfig, SessionMiddleware
from session_middleware.adapters.flask import FlaskSessionInterface
from session_middleware.formats.flask import FlaskCookieSessionInterface

from ..adapters import host
from ..adapters.host import HostBehaviour
from ..support import KEY, OTHER_KEY
from ..support import make_interface as make
from ..support.visits import plain_app, respond, stored, touch
from .flask_apps import flask_app, flask_reads, flask_writes, found, make_interface
from .test_flask_cookies import EVERYTHING

pytestmark = pytest.mark.usefixtures("clock")


def test_an_absolute_limit_is_said_once_not_to_be_enforced():
    with pytest.warns(UserWarning, match="absolute_lifetime is not enforced") as said:
        interface = FlaskCookieSessionInterface(SessionConfig(secret_key=KEY))

    respond(interface, touch)
    assert len(said) == 1
    assert said[0].filename == __file__
    assert interface.config.absolute_lifetime is None


def test_the_cookie_has_flasks_name_unless_it_is_given_another():
    assert make_interface().config.cookie_name == "session"
    assert stored(make_interface(cookie_name="__Host-x")).startswith("__Host-x=")


def test_what_is_no_configuration_is_refused_as_everywhere():
    with pytest.raises(ConfigurationError, match="must be a SessionConfig"):
        FlaskCookieSessionInterface({"secret_key": KEY})


def test_a_subclass_may_change_salt_and_digest_as_in_flask():
    class Ours(FlaskCookieSessionInterface):
        salt = "another"
        digest_method = staticmethod(hashlib.sha256)

    app = flask_app()
    app.session_interface.salt = "another"
    app.session_interface.digest_method = hashlib.sha256

    interface = make(Ours, absolute_lifetime=None)

    assert found(interface, flask_writes(app, {"n": 1})) == "{'n': 1}"


def inside_flask(key=KEY, **config):
    """A Flask app with our interface in the place of Flask's."""
    app = flask_app(key, **config)
    app.session_interface = FlaskSessionInterface(FlaskCookieSessionInterface)
    return app


@pytest.mark.parametrize("permanent", [False, True])
def test_inside_flask_it_writes_flasks_bytes(permanent):
    ours = flask_writes(inside_flask(), EVERYTHING, permanent)

    assert ours == flask_writes(flask_app(), EVERYTHING, permanent)


def test_inside_flask_it_reads_what_flasks_own_wrote_and_the_reverse():
    fallbacks = {"SECRET_KEY_FALLBACKS": [OTHER_KEY]}
    for writes, reads in (
        (flask_app(), inside_flask()),
        (inside_flask(), flask_app()),
        (flask_app(OTHER_KEY), inside_flask(**fallbacks)),
        (inside_flask(OTHER_KEY), flask_app(**fallbacks)),
        (flask_app("dev"), inside_flask("dev")),
    ):
        seen = flask_reads(reads, flask_writes(writes, {"n": (1,)}, permanent=True))

        assert seen.data.pop("_permanent", True) is True
        assert (seen.data, seen.permanent) == ({"n": (1,)}, True)


class TestAsAnyHostsSessions(HostBehaviour):
    """The rules of the core hold in this format."""

    # Flask writes the keys in order, which the inherited test does not expect.
    test_values_keep_their_types = None

    @pytest.fixture(autouse=True)
    def _format(self, monkeypatch):
        monkeypatch.setattr(host, "make_interface", make_interface)
        monkeypatch.setattr(host, "make_signed", make_interface)  # in the same order

    def wrap(self, interface, view, status=200):
        return SessionMiddleware(plain_app(view, status), interface)
