"""Flash messages; what they do in each host is in ``adapters/host.py``."""

from __future__ import annotations

import pytest

from session_middleware import SessionMiddleware, SessionUnavailable
from session_middleware.flash import flash, peek_flash, pop_flash

from ..support import KEY, app_of, call, make_interface


def test_messages_come_in_their_order_and_once():
    session = {}

    flash(session, "one")
    flash(session, {"level": "error"})

    assert pop_flash(session) == ["one", {"level": "error"}]
    assert pop_flash(session) == []
    assert session == {}


def test_each_queue_is_its_own():
    session = {}

    flash(session, "saved")
    flash(session, "lost", "error")
    flash(session, "lost", queue="error")

    assert pop_flash(session, "error") == ["lost", "lost"]
    assert peek_flash(session, "error") == []
    assert peek_flash(session) == peek_flash(session) == ["saved"]


def test_a_message_s_key_is_the_one_that_pyramid_knows():
    session = {}

    flash(session, "saved", "news")

    assert session == {"_f_news": ["saved"]}


def test_messages_that_were_only_looked_at_do_not_grow_by_it():
    session = {}

    peek_flash(session).append("not of the session")

    assert session == {}
    assert pop_flash(session) == []


def test_a_queue_that_is_no_text_is_refused():
    with pytest.raises(TypeError):
        flash({}, "saved", None)


def test_where_no_session_can_be_a_message_says_why():
    with pytest.warns(UserWarning, match="sessions are disabled"):
        interface = make_interface(secret_key=None)

    with pytest.raises(SessionUnavailable, match="secret_key"):
        call(SessionMiddleware(app_of(lambda s: flash(s, "saved")), interface))


def test_a_message_that_cannot_be_stored_is_said_by_its_place():
    app = SessionMiddleware(app_of(lambda s: flash(s, object())), secret_key=KEY)

    with pytest.raises(TypeError, match=r"session\['_f_'\]\[0\]"):
        call(app)
