"""A clock that is far off: past the last date there is, or before the first."""

from __future__ import annotations

import pytest

from session_middleware import SecureCookieSessionInterface
from session_middleware.cookies import LAST_SECOND
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface

from ..support import Clock, make_interface
from ..support.visits import change, log_in_anew, log_out, respond, stored, touch

CLOCKS = {
    "in its last year": LAST_SECOND - 86400,
    "in its last second": LAST_SECOND,
    "a second later": LAST_SECOND + 1,
    "years later": LAST_SECOND * 2,
    "1970": 0,
    "before": -1000.5,
}
INTERFACES = [SecureCookieSessionInterface, EncryptedCookieSessionInterface]


def look_at_times(session):
    return [session.created, session.issued, session.expires_at, session.new]


def keep(session):
    session.permanent = True
    session["n"] = 1


USES = [touch, change, keep, log_out, log_in_anew, look_at_times]


@pytest.mark.parametrize("base", INTERFACES, ids=["signed", "encrypted"])
@pytest.mark.parametrize("now", CLOCKS.values(), ids=CLOCKS)
@pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)
def test_a_clock_that_is_far_off_raises_nothing(use, now, base):
    interface = make_interface(base, Clock(now))
    cookie = stored(interface)

    for header in (None, cookie, f"{cookie}; __Host-session=a.b.c"):
        assert respond(interface, use, header).status == "200 OK"


def test_a_cookie_that_would_expire_after_the_last_date_names_none():
    interface = make_interface(clock=Clock(LAST_SECOND), permanent=True)

    [line] = respond(interface, change).set_cookies

    assert "Expires" not in line
    assert "Max-Age" not in line
