"""Flask's conditional responses, which are decided before the session is saved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import flask
import pytest

from session_middleware import SessionMiddleware
from session_middleware.adapters.flask import FlaskSessionInterface

from ..support import KEY, call, make_interface
from ..support.visits import count, stored


def make_app(*after):
    """A Flask app whose pages greet their visitor."""
    app = flask.Flask(__name__)
    app.secret_key = KEY
    app.session_interface = FlaskSessionInterface()
    app.add_url_rule("/", view_func=greet)
    app.add_url_rule("/in-place", view_func=greet_in_place)
    app.add_url_rule("/file", view_func=send_file)
    app.add_url_rule("/name/<name>", view_func=be)
    for each in after:
        app.after_request(each)
    return app


def use():
    """Read the session, and change it where the client asks for that."""
    if flask.request.args:
        count(flask.session)
    return flask.session.get("name", "stranger")


def greet():
    """A page that an ``after_request`` function may compare."""
    return f"hello {use()}"


def greet_in_place():
    response = flask.make_response(greet())
    return compare(response)


def send_file():
    use()
    return flask.send_file(Path(__file__), conditional=True)


def be(name):
    flask.session["name"] = name
    flask.session.permanent = True
    return ""


def compare(response):
    response.add_etag()
    return response.make_conditional(flask.request)


PAGES = [("/", [compare]), ("/in-place", []), ("/file", [])]
each_page = pytest.mark.parametrize(
    ("path", "after"), PAGES, ids=["after_request", "in the view", "send_file"]
)


@each_page
def test_a_mere_reissue_waits_for_a_whole_page(path, after):
    app = make_app(*after)  # where a permanent session is sent with each response
    cookie = call(app, "/name/ada").cookie

    whole = call(app, path, cookie=cookie)
    tag = {"If-None-Match": whole.all("ETag")[0]}
    answer = call(app, path, cookie=cookie, headers=tag)

    assert (answer.status, answer.body) == ("304 NOT MODIFIED", b"")
    assert answer.all("Vary") == ["Cookie"]
    assert [len(each.set_cookies) for each in (whole, answer)] == [1, 0]


@each_page
def test_a_change_is_sent_with_a_304(path, after):
    app = make_app(*after)
    cookie = call(app, "/name/ada").cookie
    tag = {"If-None-Match": call(app, path, cookie=cookie).all("ETag")[0]}

    answer = call(app, f"{path}?change=1", cookie=cookie, headers=tag)

    assert answer.status == "304 NOT MODIFIED"
    assert answer.all("Vary") == ["Cookie"]
    assert len(answer.set_cookies) == 1


def test_with_the_tag_of_anothers_page_it_is_the_visitors_own():
    app = make_app(compare)
    ada, bob = (call(app, f"/name/{name}").cookie for name in ("ada", "bob"))
    tag = {"If-None-Match": call(app, cookie=ada).all("ETag")[0]}

    answer = call(app, cookie=bob, headers=tag)

    assert (answer.status, answer.body) == ("200 OK", b"hello bob")


def test_a_part_of_a_file_carries_the_session():
    app = make_app()

    answer = call(app, "/file?change=1", headers={"Range": "bytes=0-2"})

    assert (answer.status, answer.body) == ("206 PARTIAL CONTENT", b'"""')
    assert len(answer.set_cookies) == 1
    assert answer.all("Vary") == ["Cookie"]


def test_a_middleware_around_flask_sees_what_is_sent():
    def read():
        return compare(flask.make_response(flask.request.environ["session"]["name"]))

    app = flask.Flask(__name__)
    app.add_url_rule("/", view_func=read)
    interface = make_interface(refresh_after=timedelta(0))
    wrapped = SessionMiddleware(app, interface)
    cookie = stored(interface, name="ada")

    whole = call(wrapped, cookie=cookie)
    tag = {"If-None-Match": whole.all("ETag")[0]}
    answer = call(wrapped, cookie=cookie, headers=tag)

    assert answer.status == "304 NOT MODIFIED"
    assert answer.all("Vary") == ["Cookie"]
    assert [len(each.set_cookies) for each in (whole, answer)] == [1, 0]
