"""What WebOb decides of a response after its callbacks: 304, a part, what is cached."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from pyramid.httpexceptions import HTTPNotModified
from pyramid.response import FileResponse, Response

from session_middleware import SessionMiddleware

from ..support import Clock, call, make_interface
from ..support.visits import names, stored
from .pyramid_apps import content_of, count, make_app

CHANGED_LAST = datetime(2026, 11, 1, tzinfo=timezone.utc)
IF_TAG = {"If-None-Match": '"hello ada"'}
IF_CHANGED = {"If-Modified-Since": "Mon, 02 Nov 2026 00:00:00 GMT"}


def greet(request):
    """A page that WebOb compares with what the client has."""
    text = f"hello {request.session.get('name', 'stranger')}"
    return Response(text, etag=text, conditional_response=True)


def greet_by_date(request):
    count(request) if request.params else len(request.session)
    return Response("hello", last_modified=CHANGED_LAST, conditional_response=True)


def greet_by_stream(request):
    response = greet(request)
    response.app_iter = (each for each in [b"hello ", b"ada"])
    return response


def greet_in_place(request):
    """The same with the response that Pyramid has made."""
    response = request.response
    response.text = f"hello {request.session.get('name')}"
    response.etag, response.conditional_response = response.text, True
    return response


def send_file(request):
    len(request.session)
    return FileResponse(__file__, request)


def not_modified(request):
    len(request.session)
    raise HTTPNotModified


VIEWS = [
    (greet, IF_TAG),
    (greet_by_date, IF_CHANGED),
    (greet_by_stream, IF_TAG),
    (greet_in_place, IF_TAG),
    (send_file, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    (not_modified, {}),
]


class TestNotModified:
    @pytest.mark.parametrize(
        ("view", "headers"), VIEWS, ids=[view.__name__ for view, _ in VIEWS]
    )
    def test_a_mere_reissue_waits_for_a_whole_page(self, view, headers):
        """A cache keeps the headers of a 304, and a mere re-issue is never sent on one.

        WebOb decides on it when it sends, after the callback that saves the session,
        which took the status for a 200.
        """
        clock = Clock()
        interface = make_interface(clock=clock)
        app = make_app(interface, view, content=greet)
        cookie = stored(interface, name="ada")
        clock.forward(days=5)

        answer = call(app, cookie=cookie, headers=headers)
        whole = call(app, "/content", cookie=cookie)

        assert (answer.status, answer.body) == ("304 Not Modified", b"")
        assert answer.all("Vary") == ["Cookie"]
        assert answer.set_cookies == answer.all("Cache-Control") == []
        assert len(whole.set_cookies) == 1

    def test_a_change_is_sent_on_it(self):
        interface = make_interface()
        app = make_app(interface, greet_by_date)
        cookie = stored(interface, name="ada")

        answer = call(app, "/?change=1", cookie=cookie, headers=IF_CHANGED)

        assert answer.status == "304 Not Modified"
        assert answer.all("Vary") == ["Cookie"]
        assert answer.all("Cache-Control") == ["private"]
        assert content_of(app, answer.cookie) == "{'name': 'ada', 'visits': 1}"

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
    def test_with_the_tag_of_anothers_page_it_is_the_visitors_own(self, method):
        interface = make_interface()
        app = make_app(interface, greet)
        cookie = stored(interface, name="bob")

        answer = call(app, cookie=cookie, headers=IF_TAG, method=method)

        assert answer.status == "200 OK"
        assert answer.all("Content-Length") == ["9"]
        assert answer.all("Vary") == ["Cookie"]

    def test_a_session_that_is_left_alone_changes_no_header(self):
        def plain(request):
            return Response("plain", etag="plain", conditional_response=True)

        tag = {"If-None-Match": '"plain"'}

        answer = call(make_app(make_interface(), plain), headers=tag)

        assert answer.status == "304 Not Modified"
        assert answer.headers == [("ETag", '"plain"')]

    def test_a_middleware_around_pyramid_sees_what_is_sent(self):
        clock = Clock()
        interface = make_interface(clock=clock)
        app = SessionMiddleware(make_app(None, greet), interface)
        cookie = stored(interface, name="ada")
        clock.forward(days=5)

        answer = call(app, cookie=cookie, headers=IF_TAG)

        assert answer.status == "304 Not Modified"
        assert (answer.all("Vary"), answer.set_cookies) == (["Cookie"], [])


class TestParts:
    @pytest.mark.parametrize(
        "view", [greet, greet_by_stream], ids=["a text", "a stream"]
    )
    @pytest.mark.parametrize(
        ("part", "status", "body"),
        [
            ("bytes=6-8", "206 Partial Content", b"ada"),
            (
                "bytes=900-",
                "416 Requested Range Not Satisfiable",
                b"Requested range not satisfiable: bytes=900-",
            ),
        ],
        ids=["206", "416"],
    )
    @pytest.mark.parametrize("days", [0, 5])
    def test_a_part_of_a_page_carries_the_session(self, view, part, status, body, days):
        clock = Clock()
        interface = make_interface(clock=clock)

        def measured(request):
            response = view(request)
            response.content_length = len("hello ada")
            return response

        app = make_app(interface, measured)
        cookie = stored(interface, name="ada")
        clock.forward(days=days)

        answer = call(app, cookie=cookie, headers={"Range": part})

        assert (answer.status, answer.body) == (status, body)
        assert answer.all("Vary") == ["Cookie"]
        assert len(answer.set_cookies) == bool(days)

    def test_a_stream_is_closed_once_whatever_part_of_it_was_asked_for(self):
        closed = []

        class Blocks:
            def __init__(self, *blocks):
                self.blocks = iter(blocks)

            def __iter__(self):
                return self

            def __next__(self):
                return next(self.blocks)

            def close(self):
                closed.append(self)

        def view(request):
            len(request.session)
            response = Response(conditional_response=True, etag="tag")
            response.app_iter = Blocks(b"hello ", b"ada")
            response.content_length = len("hello ada")
            return response

        app = make_app(make_interface(), view)

        for part in ("bytes=6-8", "bytes=900-"):
            call(app, headers={"Range": part, "If-None-Match": '"another"'})

        assert len(closed) == 2


class TestCacheControl:
    # WebOb's own, from Python 3.12 on.
    @pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
    def test_http_cache_of_a_view_is_for_its_visitor_alone_once_it_has_a_cookie(self):
        def configure(config):
            config.add_route("cached", "/cached")
            config.add_view(
                view, route_name="cached", http_cache=(60, {"public": True})
            )

        def view(request):
            count(request) if request.params else len(request.session)
            return Response("hello")

        interface = make_interface()
        app = make_app(interface, view, configure)

        read, written = call(app, "/cached"), call(app, "/cached?change=1")

        assert read.all("Cache-Control") == ["max-age=60, public"]
        assert written.all("Cache-Control") == ["max-age=60, private"]
        assert read.all("Vary") == written.all("Vary") == ["Cookie"]
        assert len(read.all("Expires")) == len(written.all("Expires")) == 1
        assert names(interface) == ["made_private"]

    def test_webobs_cache_control_tells_later_what_is_sent(self):
        seen = []

        def tell(request, response):
            response.cache_control.public = True
            request.add_finished_callback(lambda request: seen.append(response))

        def view(request):
            request.add_response_callback(tell)
            count(request)
            return Response("hello", cache_control="public, max-age=60")

        app = make_app(make_interface(), view)

        answer = call(app)

        [response] = seen
        assert str(response.cache_control) == "max-age=60, private"
        assert answer.all("Cache-Control") == ["max-age=60, private"]
        assert response.vary == ("Cookie",)
