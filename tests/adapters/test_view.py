"""A view of a session passes on what it is asked."""

from __future__ import annotations

import pytest

from session_middleware.adapters.view import SessionView


def test_one_that_is_not_made_yet_has_no_attributes():
    blank = SessionView.__new__(SessionView)

    with pytest.raises(AttributeError):
        _ = blank.permanent
