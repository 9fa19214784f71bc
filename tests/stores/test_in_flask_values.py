"""What Flask and its extensions store is stored in a store too."""

from __future__ import annotations

import math

import flask
from flask.json.provider import DefaultJSONProvider

from ..adapters import test_flask_values
from ..adapters.test_flask_extensions import *  # noqa: F403
from ..adapters.test_flask_host_values import *  # noqa: F403
from ..adapters.test_flask_values import *  # noqa: F403
from ..support import call
from .in_flask import in_flask  # noqa: F401 -- a fixture
from .on_a_store import STORE, key_of, on_a_store  # noqa: F401 -- a fixture


def visited(app, use, cookie):
    """One request whose view does ``use(flask.session)``."""
    app.view_functions["index"] = lambda: str(use(flask.session))
    return call(app, cookie=cookie)


def test_a_value_that_flask_alone_stores_leaves_the_others_as_they_are():
    """All of a session went through Flask's JSON, and was written again: a set was
    refused, and what this version cannot read was deleted.
    """
    app = test_flask_values.make_app(provider=DefaultJSONProvider)
    cookie = visited(app, lambda s: s.update(kept={1}, n=1), None).cookie
    key = key_of(cookie)
    record = STORE.read(key)
    values = {**record.values, "later": '{" zz":1}', "spelled": "[1.0,  2]"}
    STORE._records[key] = record._replace(values=values)

    visited(app, lambda s: s.update(nan=[math.nan], n=2), cookie)
    visited(app, lambda s: s.__setitem__(7, (math.nan, {3: 1})), cookie)
    seen = visited(app, lambda s: (s["nan"], s["7"], s["kept"]), cookie)

    assert seen.body == b"([nan], (nan, {'3': 1}), {1})"
    now = STORE.read(key).values
    assert {name: now.get(name) for name in values} == {**values, "n": "2"}
