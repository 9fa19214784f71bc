"""CherryPy's adapter: what every host does, and what only CherryPy has."""

from __future__ import annotations

import cherrypy
import pytest

from session_middleware import LateSessionChange, SessionMiddleware, get_session
from session_middleware.adapters.cherrypy import SessionTool

from ..servers import servers
from ..servers.counter import pages_of_a_counter
from ..support import KEY, call, make_interface
from .cherrypy_apps import Root, content, make_app
from .host import HostBehaviour


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


@pytest.mark.servers
class TestExample:
    def test_the_counter_counts_for_who_is_logged_in(self):
        with servers.script("examples/cherrypy_app.py", SECRET_KEY=KEY) as running:
            pages = pages_of_a_counter(running.url)

        assert pages == ["nobody: 1\n", "Ada: 2\n", "nobody: 1\n"]
