"""Changes after the headers have gone: too late to save, never lost in silence."""

from __future__ import annotations

import sys

import pytest

from session_middleware import (
    LateSessionChange,
    SerializationError,
    SessionMiddleware,
)

from ..support import app_of, make_interface
from ..support.exchange import Exchange

SECRET = "the secret of ann"


def streaming(late, early=lambda session: None, close=None):
    """An interface, and an app that does ``late(session)`` after its first block."""
    interface = make_interface()

    def app(environ, start_response):
        early(environ["session"])
        start_response("200 OK", [("Content-Type", "text/plain")])
        try:
            yield b"one"
            late(environ["session"])
            yield b"two"
        finally:
            if close is not None:
                close()

    return interface, SessionMiddleware(app, interface)


def cookie_with(interface, **data):
    """The Cookie header of a session that holds ``data``."""
    app = SessionMiddleware(app_of(lambda session: session.update(data)), interface)
    return Exchange(app).run().cookie


def names(interface):
    return [name for name, _ in interface.events]


def keep(session):
    """Read something that can be changed inside."""
    return session["cart"]


@pytest.mark.parametrize(
    ("late", "key"),
    [
        pytest.param(lambda s: s.update(user=SECRET), "user", id="set"),
        pytest.param(lambda s: s.pop("cart"), "cart", id="pop"),
        pytest.param(lambda s: s.__delitem__("cart"), "cart", id="del"),
        pytest.param(lambda s: s.setdefault("user", SECRET), "user", id="setdefault"),
        pytest.param(lambda s: setattr(s, "permanent", True), "permanent", id="fact"),
        pytest.param(lambda s: s.clear(), "*", id="clear"),
        pytest.param(lambda s: s.invalidate(), "*", id="invalidate"),
        pytest.param(lambda s: s.regenerate(), "*", id="regenerate"),
        pytest.param(lambda s: setattr(s, "modified", True), "*", id="modified"),
    ],
)
def test_a_late_write_warns_with_the_name_of_the_key(late, key):
    interface, app = streaming(late, early=len)
    cookie = cookie_with(interface, cart=[SECRET])

    with pytest.warns(LateSessionChange) as warned:
        exchange = Exchange(app, HTTP_COOKIE=cookie).run()

    assert f"session[{key!r}] was changed after" in str(warned[0].message)
    assert SECRET not in str(warned[0].message)
    assert ("late_change", {"key": key}) in interface.events
    assert exchange.blocks == [b"one", b"two"]
    assert exchange.set_cookies == []


def test_a_late_write_in_a_body_without_next_warns_too():
    interface = make_interface()

    class Body:
        def __init__(self, environ, start_response):
            self.session = environ["session"]

        def __iter__(self):
            yield b"one"
            self.session["user"] = SECRET
            yield b"two"

    def app(environ, start_response):
        start_response("200 OK", [])
        return Body(environ, start_response)

    with pytest.warns(LateSessionChange, match="user"):
        Exchange(SessionMiddleware(app, interface)).run()


def test_a_write_after_the_first_written_bytes_is_late():
    def app(environ, start_response):
        start_response("200 OK", [])(b"one")
        environ["session"]["user"] = SECRET
        return []

    with pytest.warns(LateSessionChange, match="user"):
        Exchange(SessionMiddleware(app, make_interface())).run()


@pytest.mark.parametrize("early", [len, keep], ids=["opened before", "held before"])
def test_a_late_nested_change_is_found_when_the_body_is_closed(early):
    interface, app = streaming(lambda s: s["cart"].append(SECRET), early)
    exchange = Exchange(app, HTTP_COOKIE=cookie_with(interface, cart=[1], other=[2]))

    exchange.call()
    exchange.next()
    exchange.next()
    with pytest.warns(LateSessionChange) as warned:
        exchange.close()

    assert [str(each.message).partition(" ")[0] for each in warned] == [
        "session['cart']"
    ]
    assert SECRET not in str(warned[0].message)
    assert ("late_change", {"key": "cart"}) in interface.events


def test_a_nested_change_that_was_saved_and_then_changed_again_is_late():
    interface, app = streaming(
        lambda s: s["cart"].append("late"), early=lambda s: s["cart"].append("saved")
    )
    cookie = cookie_with(interface, cart=[], other=[])

    with pytest.warns(LateSessionChange, match=r"session\['cart'\]") as warned:
        exchange = Exchange(app, HTTP_COOKIE=cookie).run()

    seen = []
    read = SessionMiddleware(app_of(lambda s: seen.append(dict(s))), interface)
    Exchange(read, HTTP_COOKIE=exchange.cookie).run()
    assert len(warned) == 1
    assert seen == [{"cart": ["saved"], "other": []}]


def test_a_late_nested_change_to_what_cannot_be_stored_warns_as_well():
    interface, app = streaming(lambda s: s["cart"].append(object()))
    cookie = cookie_with(interface, cart=[])

    with pytest.warns(LateSessionChange, match=r"session\['cart'\]"):
        Exchange(app, HTTP_COOKIE=cookie).run()


def to_the_close_that_fails():
    """An exchange with a late nested change, of which only ``close()`` is left."""

    def fail():
        raise OSError("on close")

    interface, app = streaming(lambda s: s["cart"].append(1), close=fail)
    exchange = Exchange(app, HTTP_COOKIE=cookie_with(interface, cart=[]))
    exchange.call()
    exchange.next()
    exchange.next()
    return exchange


def test_a_late_nested_change_warns_even_if_close_fails():
    exchange = to_the_close_that_fails()

    with (
        pytest.raises(OSError, match="on close"),
        pytest.warns(LateSessionChange, match="cart"),
    ):
        exchange.close()


@pytest.mark.filterwarnings("error")
def test_warnings_as_errors_do_not_hide_the_apps_own_error():
    exchange = to_the_close_that_fails()

    with pytest.raises(LateSessionChange) as raised:
        exchange.close()

    assert isinstance(raised.value.__context__, OSError)


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(lambda s: s["cart"], id="held and not changed"),
        pytest.param(lambda s: s.get("user"), id="read"),
        pytest.param(lambda s: s.__setitem__("user", "ann"), id="set to the same"),
        pytest.param(lambda s: s.modified, id="asked whether it was modified"),
    ],
)
def test_what_is_no_change_is_no_late_change(late):
    interface, app = streaming(late, early=len)
    cookie = cookie_with(interface, cart=[1], user="ann")

    Exchange(app, HTTP_COOKIE=cookie).run()

    assert names(interface) == []


def test_a_change_before_the_first_block_is_not_late():
    interface, app = streaming(
        lambda s: None, early=lambda s: s["cart"].append(2) or s.update(user="ann")
    )
    cookie = cookie_with(interface, cart=[1])

    exchange = Exchange(app, HTTP_COOKIE=cookie).run()

    assert exchange.cookie != cookie
    assert names(interface) == []


def test_a_change_that_a_gone_client_never_gets_is_not_late():
    interface, app = streaming(
        lambda s: None, early=lambda s: s["cart"].append(2) or s.update(user="ann")
    )
    exchange = Exchange(app, HTTP_COOKIE=cookie_with(interface, cart=[1]))

    exchange.call()
    exchange.close()

    assert names(interface) == []


@pytest.mark.parametrize(
    "late",
    [
        pytest.param(lambda s: s.get("user"), id="get"),
        pytest.param(len, id="len"),
        pytest.param(lambda s: s.permanent, id="a fact"),
    ],
)
def test_a_first_touch_after_the_headers_is_an_event(late):
    interface, app = streaming(late)

    exchange = Exchange(app).run()

    assert names(interface) == ["late_read"]
    assert exchange.headers == [("Content-Type", "text/plain")]


def test_a_second_late_touch_is_no_second_event():
    interface, app = streaming(lambda s: [s.get("user"), s.get("user")])

    Exchange(app).run()

    assert names(interface) == ["late_read"]


def test_a_late_touch_of_a_session_read_in_time_is_no_event():
    interface, app = streaming(lambda s: s.get("user"), early=len)

    Exchange(app).run()

    assert names(interface) == []


def test_a_first_touch_that_is_a_late_write_is_both():
    interface, app = streaming(lambda s: s.update(user=SECRET))

    with pytest.warns(LateSessionChange, match="user"):
        Exchange(app).run()

    assert names(interface) == ["late_read", "late_change"]


def test_a_late_change_inside_what_the_app_handed_in_warns():
    interface = make_interface()

    def app(environ, start_response):
        cart = environ["session"].setdefault("cart", [])
        start_response("200 OK", [])
        yield b"one"
        cart.append(SECRET)

    with pytest.warns(LateSessionChange, match="cart"):
        Exchange(SessionMiddleware(app, interface)).run()

    assert interface.events == [("late_change", {"key": "cart"})]


def test_a_late_write_is_named_once_whatever_else_was_read():
    interface, app = streaming(lambda s: s.update(user=SECRET), early=keep)
    cookie = cookie_with(interface, cart=[])

    with pytest.warns(LateSessionChange):
        Exchange(app, HTTP_COOKIE=cookie).run()

    assert interface.events == [("late_change", {"key": "user"})]


def test_mending_a_session_that_could_not_be_saved_is_not_late():
    interface = make_interface()

    def app(environ, start_response):
        session = environ["session"]
        session["user"] = object()
        write = start_response("200 OK", [])
        try:
            write(b"never sent")
        except SerializationError:
            session["user"] = "ann"
            start_response("200 OK", [], sys.exc_info())
        return [b"mended"]

    exchange = Exchange(SessionMiddleware(app, interface)).run()

    assert len(exchange.set_cookies) == 1
    assert interface.events == []
