"""CherryPy's adapter: what every host does, and what only CherryPy has."""

from __future__ import annotations

import itertools

import cherrypy
import pytest
from werkzeug.test import create_environ

from session_middleware import (
    LateSessionChange,
    SessionMiddleware,
    get_session,
)
from session_middleware.adapters.cherrypy import SessionTool

from ..servers import servers
from ..servers.counter import pages_of_a_counter
from ..support import KEY, call, make_interface
from .host import INCOMPRESSIBLE, HostBehaviour


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(cherrypy.log, "screen", False)


def make_app(interface, root, script_name="", **config):
    """An application with the tool on for all its paths."""
    cherrypy.tools.signed_session = SessionTool(interface)
    on = {"tools.signed_session.on": True}
    return cherrypy.Application(root, script_name, {"/": {**on, **config}})


class Root:
    """Pages that leave the session alone, write and read; a test adds its own."""

    @cherrypy.expose
    def index(self):
        return "nothing"

    @cherrypy.expose
    def write(self):
        cherrypy.request.session["name"] = "Ada"
        return "written"

    @cherrypy.expose
    def show(self):
        return repr(dict(cherrypy.request.session))


def content(interface, cookie):
    """What a later request finds in its session."""
    return call(make_app(interface, Root()), "/show", cookie=cookie).body.decode()


def one_page(view, status, session):
    """A root whose only page is ``view(session())``, as HostBehaviour asks for it."""

    class OnePage:
        @cherrypy.expose
        def index(self):
            answer = view(session())
            cherrypy.response.status = status
            cherrypy.response.headers["Content-Type"] = "text/plain"
            cherrypy.response.stream = not isinstance(answer, str)
            return answer

    return OnePage()


class TestCherryPy(HostBehaviour):
    def wrap(self, interface, view, status=200):
        root = one_page(view, status, lambda: cherrypy.request.session)
        return make_app(interface, root)


class TestMiddlewareAround(HostBehaviour):
    """Without the tool: an application of CherryPy's is a WSGI callable."""

    def wrap(self, interface, view, status=200):
        root = one_page(
            view, status, lambda: get_session(cherrypy.request.wsgi_environ)
        )
        return SessionMiddleware(cherrypy.Application(root), interface)

    def test_grafted_where_it_was_mounted_it_outlives_an_internal_redirect(self):
        class Moved:
            @cherrypy.expose
            def index(self):
                get_session(cherrypy.request.wsgi_environ)["name"] = "Ada"
                raise cherrypy.InternalRedirect("/show")

            @cherrypy.expose
            def show(self):
                return get_session(cherrypy.request.wsgi_environ)["name"]

        tree = type(cherrypy.tree)()
        app = tree.mount(Moved(), "/shop")
        tree.graft(SessionMiddleware(app, make_interface()), "/shop")

        answer = call(tree, "/shop/")

        assert answer.body == b"Ada"
        assert len(answer.set_cookies) == 1


class TestTheTool:
    def test_where_it_is_off_there_is_no_session_and_nothing_is_sent(self):
        class Half(Root):
            @cherrypy.expose
            def static(self):
                return str(hasattr(cherrypy.request, "session"))

        app = make_app(make_interface(), Half())
        app.merge({"/static": {"tools.signed_session.on": False}})
        cookie = call(app, "/write").cookie

        answer = call(app, "/static", cookie=cookie)

        assert answer.body == b"False"
        assert answer.set_cookies == answer.all("Vary") == []

    def test_its_decorator_turns_it_on_for_one_page(self):
        cherrypy.tools.signed_session = SessionTool(make_interface())

        class Half(Root):
            write = cherrypy.tools.signed_session()(lambda self: Root.write(self))
            write.exposed = True

        app = cherrypy.Application(Half(), "")

        answers = [call(app, "/write"), call(app, "/")]

        assert [len(answer.set_cookies) for answer in answers] == [1, 0]

    def test_applications_mounted_in_one_tree_share_the_session(self):
        tree = type(cherrypy.tree)()
        for path in ("/shop", "/blog"):
            tree.mount(make_app(make_interface(), Root(), path))

        cookie = call(tree, "/shop/write").cookie
        answer = call(tree, "/blog/show", cookie=cookie)

        assert answer.body == b"{'name': 'Ada'}"

    def test_the_pages_own_cookies_and_headers_are_kept(self):
        class Dressed(Root):
            @cherrypy.expose
            def write(self):
                cherrypy.response.cookie["theme"] = "dark"
                cherrypy.response.headers["Vary"] = "Accept"
                cherrypy.response.headers["X-Name"] = "Zoë"
                return super().write()

        answer = call(make_app(make_interface(), Dressed()), "/write")

        theme, session = answer.set_cookies
        assert theme == "theme=dark"
        assert session.startswith("__Host-session=")
        assert answer.all("Vary") == ["Accept, Cookie"]
        assert answer.all("X-Name") == ["Zoë"]

    def test_a_head_request_gets_the_cookie_and_no_body(self):
        interface = make_interface()

        answer = call(make_app(interface, Root()), "/write", method="HEAD")

        assert answer.body == b""
        assert content(interface, answer.cookie) == "{'name': 'Ada'}"

    def test_a_generator_that_is_not_streamed_saves_all_that_it_changes(self):
        class Slow(Root):
            @cherrypy.expose
            def index(self):
                yield "one"
                cherrypy.request.session["late"] = True
                yield "two"

        interface = make_interface()

        answer = call(make_app(interface, Slow()))

        assert answer.body == b"onetwo"
        assert answer.all("Content-Length") == ["6"]
        assert content(interface, answer.cookie) == "{'late': True}"

    def test_a_change_in_a_list_after_the_headers_warns(self):
        class Late(Root):
            @cherrypy.expose
            def index(self):
                cart = cherrypy.request.session.setdefault("cart", [])
                hooks = cherrypy.request.hooks
                hooks.attach("on_end_request", lambda: cart.append(1), priority=0)
                return "ordered"

        app = make_app(make_interface(), Late())

        with pytest.warns(LateSessionChange, match="cart"):
            call(app)


BEFORE_THE_HEADERS = [
    "on_start_resource",
    "before_request_body",
    "before_handler",
    "before_finalize",
]


class TestHooks:
    @pytest.mark.parametrize("point", BEFORE_THE_HEADERS)
    def test_a_hook_of_any_point_before_the_headers_may_write(self, point):
        def hook():
            cherrypy.request.session["hook"] = point

        interface = make_interface()
        app = make_app(interface, Root(), **{f"hooks.{point}": hook})

        answer = call(app)

        assert answer.body == b"nothing"
        assert content(interface, answer.cookie) == repr({"hook": point})

    def test_a_hook_after_the_headers_is_warned(self):
        def hook():
            cherrypy.request.session["late"] = True

        app = make_app(make_interface(), Root(), **{"hooks.on_end_resource": hook})

        with pytest.warns(LateSessionChange, match="late"):
            answer = call(app, "/show")

        assert answer.set_cookies == []

    def test_a_hook_that_fails_after_the_headers_takes_them_back(self):
        def hook():
            raise LookupError("the hook's own")

        interface = make_interface()
        app = make_app(interface, Root(), **{"hooks.on_end_resource": hook})

        answer = call(app, "/write")

        assert answer.status.startswith("500")
        assert answer.set_cookies == []
        assert [name for name, _ in interface.events] == ["not_saved"]


class TestRedirects:
    def test_a_redirect_saves(self):
        class Moved(Root):
            @cherrypy.expose
            def index(self):
                self.write()
                raise cherrypy.HTTPRedirect("/show", 303)

        interface = make_interface()

        answer = call(make_app(interface, Moved()))

        assert answer.status == "303 See Other"
        assert content(interface, answer.cookie) == "{'name': 'Ada'}"

    def test_an_internal_redirect_goes_on_with_the_same_session(self):
        class Moved(Root):
            @cherrypy.expose
            def index(self):
                self.write()
                raise cherrypy.InternalRedirect("/show")

        interface = make_interface()

        answer = call(make_app(interface, Moved()))

        assert answer.body == b"{'name': 'Ada'}"
        assert content(interface, answer.cookie) == "{'name': 'Ada'}"

    def test_an_internal_redirect_to_another_tools_path_gets_its_session(self):
        class Both(Root):
            @cherrypy.expose
            @cherrypy.config(**{"tools.signed_session.on": False})
            def admin(self):
                cherrypy.request.session["seen"] = True
                raise cherrypy.InternalRedirect("/show")

        cherrypy.tools.admin_session = SessionTool(make_interface(cookie_name="admin"))
        app = make_app(make_interface(), Both())
        app.merge({"/admin": {"tools.admin_session.on": True}})
        cookie = call(app, "/write").cookie

        answer = call(app, "/admin", cookie=cookie)

        assert answer.body == b"{'name': 'Ada'}"

    def test_a_page_that_is_not_modified_varies_and_has_no_body(self):
        etags = {"tools.etags.on": True, "tools.etags.autotags": True}
        app = make_app(make_interface(), Root(), **etags)
        cookie = call(app, "/write").cookie
        [etag] = call(app, "/show", cookie=cookie).all("ETag")

        answer = call(app, "/show", cookie=cookie, headers={"If-None-Match": etag})

        assert answer.status == "304 Not Modified"
        assert answer.all("Vary") == ["Cookie"]
        assert answer.set_cookies == []


class TestErrors:
    @pytest.mark.parametrize(("status", "saved"), [(403, 1), (404, 1), (503, 0)])
    def test_an_http_error_below_500_saves(self, status, saved):
        class Refused(Root):
            @cherrypy.expose
            def index(self):
                self.write()
                raise cherrypy.HTTPError(status)

        answer = call(make_app(make_interface(), Refused()))

        assert answer.status.startswith(str(status))
        assert len(answer.set_cookies) == saved

    def test_a_page_that_does_not_exist_may_show_the_session(self):
        def page(**facts):
            return f"not here, {cherrypy.request.session['name']}"

        interface = make_interface()
        app = make_app(interface, Root(), **{"error_page.404": page})
        cookie = call(app, "/write").cookie

        answer = call(app, "/nowhere", cookie=cookie)

        assert answer.status == "404 Not Found"
        assert answer.body.strip() == b"not here, Ada"
        assert answer.all("Vary") == ["Cookie"]

    def test_the_page_of_an_unexpected_error_varies_and_saves_nothing(self):
        class Broken(Root):
            @cherrypy.expose
            def index(self):
                self.write()
                raise LookupError("the page's own")

        def page(**facts):
            return f"sorry, {cherrypy.request.session['name']}"

        interface = make_interface()
        app = make_app(interface, Broken(), **{"error_page.500": page})

        answer = call(app)

        assert answer.body.strip() == b"sorry, Ada"
        assert answer.all("Vary") == ["Cookie"]
        assert answer.set_cookies == []
        assert [name for name, _ in interface.events] == ["not_saved"]

    def test_an_error_handler_that_redirects_saves(self):
        def handler():
            cherrypy.request.session["said"] = "sorry"
            raise cherrypy.HTTPRedirect("/", 303)

        class Broken(Root):
            @cherrypy.expose
            def index(self):
                raise LookupError("the page's own")

        interface = make_interface()
        app = make_app(interface, Broken(), **{"request.error_response": handler})

        answer = call(app)

        assert answer.status == "303 See Other"
        assert content(interface, answer.cookie) == "{'said': 'sorry'}"

    def test_what_is_too_large_is_an_error_of_the_page_and_is_named(self):
        class Large(Root):
            @cherrypy.expose
            def index(self):
                cherrypy.request.session["photo"] = INCOMPRESSIBLE
                return "never sent"

        answer = call(make_app(make_interface(), Large()))

        assert answer.status.startswith("500")
        assert b"SessionTooLarge" in answer.body
        assert b"photo" in answer.body
        assert answer.set_cookies == []


class Counted(Root):
    """A stream that notes how far it was read, and that it was closed."""

    def __init__(self, *blocks):
        self.blocks = blocks
        self.seen = []

    @cherrypy.expose
    @cherrypy.config(**{"response.stream": True})
    def index(self):
        try:
            for block in self.blocks:
                self.seen.append(block)
                yield block
        finally:
            self.seen.append("closed")


class TestStreams:
    @pytest.mark.parametrize("blocks", [[], ["one"], ["one", "two"]], ids=len)
    def test_every_block_is_sent_once_and_the_stream_is_closed(self, blocks):
        root = Counted(*blocks)

        answer = call(make_app(make_interface(), root))

        assert answer.body.decode() == "".join(blocks)
        assert answer.all("Content-Length") == []
        assert root.seen == [*blocks, "closed"]

    @pytest.mark.parametrize("taken", [0, 1, 2])
    def test_it_is_read_one_block_ahead_at_most_and_closed_when_the_client_goes(
        self, taken
    ):
        blocks = ["one", "two", "three"]
        root = Counted(*blocks)
        app = make_app(make_interface(), root)

        body = app(create_environ(), lambda status, headers, exc_info=None: None)
        read = list(itertools.islice(body, taken))
        body.close()

        assert b"".join(read).decode() == "".join(blocks[:taken])
        assert root.seen == [*blocks[: max(taken, 1)], "closed"]

    def test_an_iterator_with_a_close_of_its_own_is_closed_once(self):
        class Rows:
            closed = 0

            def __iter__(self):
                return self

            def __next__(self):
                return b"row"

            def close(self):
                self.closed += 1

        rows = Rows()

        class Table(Root):
            @cherrypy.expose
            @cherrypy.config(**{"response.stream": True, "tools.encode.on": False})
            def index(self):
                return rows

        app = make_app(make_interface(), Table())

        body = app(create_environ(), lambda status, headers, exc_info=None: None)
        read = list(itertools.islice(body, 2))
        body.close()

        assert (read, rows.closed) == ([b"row", b"row"], 1)

    def test_an_error_before_the_first_block_is_an_error_page_and_saves_nothing(self):
        class Broken(Root):
            @cherrypy.expose
            @cherrypy.config(**{"response.stream": True})
            def index(self):
                self.write()
                raise LookupError("the stream's own")
                yield

        answer = call(make_app(make_interface(), Broken()))

        assert answer.status.startswith("500")
        assert b"LookupError" in answer.body
        assert answer.set_cookies == []


@pytest.mark.servers
class TestExample:
    def test_the_counter_counts_for_who_is_logged_in(self):
        with servers.script("examples/cherrypy_app.py", SECRET_KEY=KEY) as running:
            pages = pages_of_a_counter(running.url)

        assert pages == ["nobody: 1\n", "Ada: 2\n", "nobody: 1\n"]
