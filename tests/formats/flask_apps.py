"""Real Flask apps, and the data that their cookies hold."""

from __future__ import annotations

import functools
from datetime import datetime, timezone
from types import SimpleNamespace

from flask import Flask, jsonify, request, session
from flask.sessions import SecureCookieSessionInterface
from hypothesis import strategies as st
from markupsafe import Markup

from session_middleware.formats.flask import FlaskCookieSessionInterface

from .. import support
from ..support import KEY
from ..support.visits import respond

TAGS = [" di", " t", " b", " m", " u", " d", " x", " t__"]


def flask_app(key=KEY, **config):
    """An app with Flask's own interface: ``write`` stores ``app.stores``."""
    app = Flask("tests")
    app.session_interface = SecureCookieSessionInterface()  # else shared by all apps
    app.config.update(SECRET_KEY=key, **config)
    app.stores = {}
    app.found = None

    @app.get("/write")
    def write():
        for key, value in app.stores.items():
            session[key] = value
        if "permanent" in request.args:
            session.permanent = True
        return "written"

    @app.get("/read")
    def read():
        app.found = SimpleNamespace(data=dict(session), permanent=session.permanent)
        return jsonify(keys=list(session))

    return app


def flask_writes(app, data, permanent=False):
    """The ``name=value`` of a response of Flask's."""
    app.stores = data
    path = "/write?permanent" if permanent else "/write"
    line = app.test_client(use_cookies=False).get(path).headers["Set-Cookie"]
    return line.partition(";")[0]


def flask_reads(app, cookie):
    """What a view of Flask's finds: ``data`` and ``permanent``."""
    client = app.test_client(use_cookies=False)
    answer = client.get("/read", headers={"Cookie": cookie})
    assert answer.status == "200 OK"
    return app.found


# -- ours ------------------------------------------------------------------

make_interface = functools.partial(
    support.make_interface, FlaskCookieSessionInterface, absolute_lifetime=None
)


def found(interface, cookie):
    """The repr, which tells all types, of what an app finds in its session."""
    return respond(interface, lambda s: ascii(dict(s)), cookie).body.decode()


# -- everything that Flask gives back as it was ---------------------------

_seconds = st.datetimes(
    min_value=datetime(1000, 1, 1), max_value=datetime(9999, 12, 31)
).map(lambda when: when.replace(microsecond=0, fold=0, tzinfo=timezone.utc))

_leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.binary(max_size=12)
    | st.uuids()
    | st.text(max_size=8).map(Markup)
    | _seconds
)
_keys = st.text(max_size=6) | st.sampled_from(TAGS)
_values = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(_keys, inner, max_size=3)
        | st.dictionaries(st.sampled_from(TAGS), inner, min_size=1, max_size=1)
    ),
    max_leaves=8,
)
flask_data = st.dictionaries(
    _keys.filter("_permanent".__ne__), _values, min_size=1, max_size=4
)
