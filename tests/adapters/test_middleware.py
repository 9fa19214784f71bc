"""The middleware itself is a host like any other, for an app of plain WSGI."""

from __future__ import annotations

from session_middleware import SessionMiddleware

from ..support import Clock, make_interface
from ..support.reading import all_cookies, refusing
from ..support.visits import plain_app
from .host import HostBehaviour

OPENED = {
    "none": "new",
    "of others": "new",
    "good": "ok",
    "in another spelling": "ok",
    "empty": "malformed",
    "junk": "malformed",
    "cut short": "bad_signature",
    "of a key not known here": "bad_signature",
    "idle for too long": "expired",
    "too old": "expired",
    "refused": "refused",
    "two good ones": "ok",
    "one of two": "ok",
    "two not known": "bad_signature",
    "too many": "malformed",
}


class TestPlainWSGI(HostBehaviour):
    def wrap(self, interface, view, status=200):
        return SessionMiddleware(plain_app(view, status), interface)

    def test_the_cookies_that_are_read_open_as_they_should(self):
        clock = Clock()
        cookies = all_cookies(self, make_interface, clock)
        interface = refusing(make_interface(clock=clock))

        opened = {
            name: self.ask(interface, lambda s: s.status, cookie).body.decode()
            for name, cookie in cookies.items()
        }

        assert opened == OPENED
        limits = [facts.get("limit") for _, facts in interface.events]
        assert [each for each in limits if each] == ["idle", "absolute"]
