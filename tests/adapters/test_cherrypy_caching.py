"""CherryPy's own caching and conditional tools, with our session tool beside them."""

from __future__ import annotations

import threading

import cherrypy
import pytest
from werkzeug.test import create_environ

from ..support import Clock, call, make_interface
from ..support.visits import count, stored
from .cherrypy_apps import Root, make_app

CACHING = {"tools.caching.on": True}
ETAGS = {"tools.etags.on": True, "tools.etags.autotags": True}


@pytest.fixture(autouse=True)
def _empty_cache():
    """CherryPy's cache is one for the process."""
    if hasattr(cherrypy, "_cache"):
        cherrypy._cache.clear()


class Greetings(Root):
    """Pages that greet their visitor, each in its own way, and one that does not."""

    made = 0

    def greet(self):
        self.made += 1
        return f"hello {cherrypy.request.session.get('name', 'stranger')}"

    @cherrypy.expose
    def index(self):
        return self.greet()

    @cherrypy.expose
    def counted(self):
        return f"{self.greet()}, {count(cherrypy.request.session)}"

    @cherrypy.expose
    def generated(self):
        yield "hello"
        yield self.greet()

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    def streamed(self):
        yield self.greet()
        yield "!"

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    def streamed_late(self):
        yield "well, "
        yield self.greet()

    @cherrypy.expose
    def measured(self):
        cherrypy.response.headers["Content-Length"] = "100"  # nothing is collapsed
        return (self.greet().ljust(100) for _ in range(1))

    @cherrypy.expose
    def refused(self):
        raise cherrypy.HTTPError(403, self.greet())

    @cherrypy.expose
    def moved(self):
        raise cherrypy.HTTPRedirect(f"/home/{self.greet()[6:]}")

    @cherrypy.expose
    def passed_on(self):
        assert self.greet()
        raise cherrypy.InternalRedirect("/received")

    @cherrypy.expose
    def received(self):
        return self.greet()

    @cherrypy.expose
    def untouched(self):
        self.made += 1
        return "for everybody"

    @cherrypy.expose
    def mixed(self):
        if "Cookie" in cherrypy.request.headers:
            return self.greet()
        return self.untouched()


PERSONAL = [
    *("/", "/counted", "/generated", "/streamed", "/streamed_late", "/measured"),
    *("/refused", "/moved", "/passed_on"),
]


class TestCaching:
    @pytest.mark.parametrize("path", PERSONAL)
    def test_nobody_is_shown_a_page_that_another_visitors_session_had_a_part_in(
        self, path
    ):
        """CherryPy keeps what a page was before our headers are on it.

        It looks for ``Vary`` in ``response.headers`` alone, and not at all at
        ``Set-Cookie`` or ``private``: whoever came next was shown the same page.
        """
        interface = make_interface()
        app = make_app(interface, Greetings(), **CACHING)
        cookies = [stored(interface, name=name) for name in ("zelda", "quincy")]

        answers = [call(app, path, cookie=each) for each in (*cookies, None, None)]

        shown = [f"{answer.body!r} {answer.all('Location')}" for answer in answers]
        assert ["zelda" in page for page in shown] == [True, False, False, False]
        assert ["quincy" in page for page in shown] == [False, True, False, False]
        assert ["stranger" in page for page in shown] == [False, False, True, True]

    def test_nobody_gets_another_visitors_cookie(self):
        interface = make_interface()
        app = make_app(interface, Greetings(), **CACHING)

        cookies = [call(app, "/counted").cookie for _ in range(2)]

        for cookie in cookies:
            assert call(app, "/counted", cookie=cookie).body == b"hello stranger, 2"

    def test_a_page_that_leaves_the_session_alone_is_kept_for_everybody(self):
        interface = make_interface()
        root = Greetings()
        app = make_app(interface, root, **CACHING)
        cookie = stored(interface, name="ada")

        answers = [call(app, "/untouched", cookie=each) for each in (cookie, None)]

        assert [answer.body for answer in answers] == [b"for everybody"] * 2
        assert [len(answer.all("Age")) for answer in answers] == [0, 1]
        assert all(answer.all("Vary") == [] for answer in answers)
        assert root.made == 1

    def test_a_page_that_was_kept_without_a_session_is_not_kept_with_one(self):
        interface = make_interface()
        app = make_app(interface, Greetings(), **CACHING)
        cookie = stored(interface, name="ada")
        fresh = {"Pragma": "no-cache"}  # CherryPy answers anew, and keeps that

        call(app, "/mixed")
        mine = call(app, "/mixed", cookie=cookie, headers=fresh)
        others = call(app, "/mixed")

        assert (mine.body, others.body) == (b"hello ada", b"for everybody")

    def test_who_comes_after_a_page_that_is_not_kept_does_not_wait_for_it(self):
        """CherryPy lets others wait for a page that is on its way to its cache.

        It waits for five seconds if the page does not come there.
        """
        interface = make_interface()
        app = make_app(interface, Greetings(), **CACHING)
        app.merge({"/": {"tools.response_headers.on": True}})
        app.merge({"/": {"tools.response_headers.headers": [("Vary", "Cookie")]}})
        cookie = stored(interface, name="ada")
        call(app, "/mixed")

        call(app, "/mixed", cookie=cookie)

        uri = "https://app.example/mixed"
        waited_for = cherrypy._cache.store.get(uri, {}).values()
        assert not any(isinstance(each, threading.Event) for each in waited_for)
        assert call(app, "/mixed", cookie=cookie).body == b"hello ada"

    def test_a_hook_that_reads_the_body_after_the_cache_sees_all_of_it(self):
        def shout():
            body = b"".join(cherrypy.response.body)
            cherrypy.response.body = body.upper()

        shout.priority = 110
        quiet = {"hooks.before_finalize": shout}
        interface = make_interface()
        app = make_app(interface, Greetings(), **CACHING, **quiet)
        cookies = [stored(interface, name=name) for name in ("ada", "bob")]

        answers = [call(app, "/generated", cookie=each) for each in cookies]

        assert [each.body for each in answers] == [b"HELLOHELLO ADA", b"HELLOHELLO BOB"]

    def test_a_client_that_goes_in_the_middle_of_a_stream_closes_it(self):
        seen = []

        class Slow(Root):
            @cherrypy.expose
            @cherrypy.config(**{"response.stream": True})
            def index(self):
                try:
                    yield cherrypy.request.session.get("name", "one")
                    yield "two"
                finally:
                    seen.append("closed")

        app = make_app(make_interface(), Slow(), **CACHING)
        body = app(create_environ(), lambda status, headers, exc_info=None: None)

        next(iter(body))
        body.close()

        assert seen == ["closed"]

    def test_what_comes_after_the_headers_finds_them_where_cherrypy_has_them(self):
        seen = []

        def look():
            headers = cherrypy.response.headers
            seen.append([headers.get(name) for name in ("Vary", "Cache-Control")])

        app = make_app(make_interface(), Greetings(), **{"hooks.on_end_resource": look})

        for path in ("/untouched", "/", "/counted"):
            call(app, path)

        assert seen == [[None, None], ["Cookie", None], ["Cookie", "private"]]


class TestTheOtherTools:
    def test_a_change_is_sent_when_the_page_is_not_modified(self):
        class Unseen(Root):
            @cherrypy.expose
            def index(self):
                count(cherrypy.request.session)
                return "always the same"

        interface = make_interface()
        app = make_app(interface, Unseen(), **ETAGS)
        [etag] = call(app).all("ETag")

        answer = call(app, headers={"If-None-Match": etag})

        assert answer.status == "304 Not Modified"
        assert len(answer.set_cookies) == 1
        assert answer.all("Vary") == ["Cookie"]
        assert answer.all("Cache-Control") == ["private"]

    def test_a_mere_reissue_waits_when_the_page_is_not_modified(self):
        clock = Clock()
        interface = make_interface(clock=clock)
        app = make_app(interface, Greetings(), **ETAGS)
        cookie = stored(interface, name="ada")
        [etag] = call(app, cookie=cookie).all("ETag")
        clock.forward(days=5)

        answer = call(app, cookie=cookie, headers={"If-None-Match": etag})
        later = call(app, cookie=cookie)

        assert answer.status == "304 Not Modified"
        assert answer.all("Vary") == ["Cookie"]
        assert [len(each.set_cookies) for each in (answer, later)] == [0, 1]

    def test_another_visitor_with_the_tag_of_a_page_gets_their_own(self):
        interface = make_interface()
        app = make_app(interface, Greetings(), **ETAGS, **CACHING)
        ada, bob = (stored(interface, name=name) for name in ("ada", "bob"))
        tagged = {"If-None-Match": call(app, cookie=ada).all("ETag")[0]}

        answers = [call(app, cookie=each, headers=tagged) for each in (ada, bob)]

        assert answers[0].status == "304 Not Modified"
        assert (answers[1].status, answers[1].body) == ("200 OK", b"hello bob")

    @pytest.mark.parametrize("caching", [{}, CACHING], ids=["alone", "with caching"])
    def test_gzip_and_expires_add_to_what_the_session_says(self, caching):
        tools = {
            "tools.gzip.on": True,
            "tools.expires.on": True,
            "tools.expires.secs": 60,
            "tools.expires.force": True,
        }
        app = make_app(make_interface(), Greetings(), **tools, **caching)

        answer = call(app, "/counted", headers={"Accept-Encoding": "gzip"})

        assert answer.all("Content-Encoding") == ["gzip"]
        assert answer.all("Vary") == ["Accept-Encoding, Cookie"]
        assert answer.all("Cache-Control") == ["private"]
        assert len(answer.all("Expires")) == len(answer.set_cookies) == 1
