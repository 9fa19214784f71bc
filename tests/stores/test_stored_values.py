"""A dict of values that are decoded when somebody asks for them."""

from __future__ import annotations

from session_middleware.migration import MovedIn
from session_middleware.stored.changes import difference
from session_middleware.stored.ids import Opened
from session_middleware.stored.values import StoredValues

TEXTS = {"a": "1", "b": "[2]", "bad": "{"}


def test_it_is_gone_through_as_a_dict_is():
    said = []
    values = StoredValues(TEXTS, said.append)

    assert list(values.values()) == [1, [2]]
    assert list(values.items()) == [("a", 1), ("b", [2])]
    assert list(values.keys()) == list(values) == ["a", "b"]
    assert (len(values), bool(values), repr(values)) == (2, True, "{'a': 1, 'b': [2]}")
    assert values == {"a": 1, "b": [2]}
    assert said == ["bad"]


def test_nothing_of_a_session_is_in_a_traceback():
    kept = [
        Opened("secret id", False, 1, 0, 1),
        MovedIn(None, "secret", {"a": "secret"}, 1, 1, False, "secret"),
        difference({}, {"a": "secret"}, {}),
    ]

    assert "secret" not in repr(kept)
