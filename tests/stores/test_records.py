"""Records and changes in a log or a traceback show nothing of a session."""

from __future__ import annotations

from session_middleware.stores.base import Changes, Record, mark

RECORD = Record({"name": '"Ada"', "card": '"4111"'}, 1, 2, 3, owner="0" * 64)


def test_a_record_says_how_much_is_in_it_and_not_what():
    assert repr(RECORD) == "<Record of a session, 2 values>"
    assert repr(mark(RECORD, 9, "f" * 64)) == "<Record of a mark, 0 values>"


def test_changes_say_whose_they_are_and_not_what():
    change = Changes("17", 1, 2, 3, owner="0" * 64, set={"card": (None, '"4111"')})

    assert repr(change) == "<Changes 17>"
