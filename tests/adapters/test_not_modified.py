"""Bottle and Falcon: they have decided on a 304 when the session is saved."""

from __future__ import annotations

import bottle
import falcon
import pytest

from ..support import Clock, call, make_interface
from ..support.visits import count, stored
from . import bottle_apps, falcon_apps

IF_CHANGED = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}


def use(session, asked):
    """Read the session, and change it where the client asks for that."""
    return count(session) if asked else len(session)


def bottle_file(interface, folder):
    app = bottle_apps.make_app(interface)

    @app.route("/")
    def index(session):
        use(session, bottle.request.query)
        return bottle.static_file("page.txt", root=folder)

    return app


def bottle_raise(interface, folder):
    app = bottle_apps.make_app(interface)

    @app.route("/")
    def index(session):
        use(session, bottle.request.query)
        if "If-Modified-Since" in bottle.request.headers:
            raise bottle.HTTPResponse(status=304)
        return "page"

    return app


def falcon_status(interface, folder):
    def responder(req, resp):
        use(req.context.session, req.params)
        resp.text = "page"
        if req.if_modified_since:
            resp.status = falcon.HTTP_304

    return falcon_apps.make_app(responder, interface=interface)


def falcon_component(interface, folder):
    class Compare:
        def process_response(self, req, resp, resource, req_succeeded):
            if req.if_modified_since:
                resp.status = 304

    def responder(req, resp):
        use(req.context.session, req.params)
        resp.text = "page"

    return falcon_apps.make_app(responder, Compare(), interface=interface)


@pytest.mark.parametrize(
    "make", [bottle_file, bottle_raise, falcon_status, falcon_component]
)
def test_a_304_varies_and_carries_a_change_and_no_mere_reissue(make, tmp_path):
    (tmp_path / "page.txt").write_text("page")
    clock = Clock()
    interface = make_interface(clock=clock)
    app = make(interface, tmp_path)
    cookie = stored(interface, name="ada")
    clock.forward(days=5)

    whole = call(app, cookie=cookie)
    read = call(app, cookie=cookie, headers=IF_CHANGED)
    written = call(app, "/?change=1", cookie=cookie, headers=IF_CHANGED)

    assert [answer.body for answer in (whole, read, written)] == [b"page", b"", b""]
    assert read.status == written.status == "304 Not Modified"
    assert read.all("Vary") == written.all("Vary") == ["Cookie"]
    sent = [len(answer.set_cookies) for answer in (whole, read, written)]
    assert sent == [1, 0, 1]
    assert written.all("Cache-Control") == ["private"]
