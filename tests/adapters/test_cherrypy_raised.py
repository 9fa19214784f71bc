"""What a page of CherryPy raises: redirects, its own errors and ours."""

from __future__ import annotations

import cherrypy
import pytest

from session_middleware.adapters.cherrypy import SessionTool

from ..support import call, make_interface
from .cherrypy_apps import Root, content, make_app
from .host import INCOMPRESSIBLE


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


class TestWhatCannotBeSaved:
    class Large(Root):
        @cherrypy.expose
        def index(self):
            cherrypy.request.session["photo"] = INCOMPRESSIBLE
            return "never sent"

        @cherrypy.expose
        def log_out(self):
            cherrypy.request.session.invalidate()
            return self.index()

    def test_what_is_too_large_is_an_error_of_the_page_and_is_named(self):
        """It was the event not_saved too: the error page saved the session again."""
        interface = make_interface()

        answer = call(make_app(interface, self.Large()))

        assert answer.status.startswith("500")
        assert b"SessionTooLarge" in answer.body
        assert b"photo" in answer.body
        assert answer.set_cookies == []
        assert answer.all("Vary") == ["Cookie"]
        assert [name for name, _ in interface.events] == ["too_large"]

    def test_an_error_handler_that_redirects_saves_what_it_writes_and_no_more(self):
        """What was too large was so again, and the visitor got a bare error."""

        def handler():
            cherrypy.request.session["said"] = "sorry"
            raise cherrypy.HTTPRedirect("/", 303)

        interface = make_interface()
        app = make_app(interface, self.Large(), **{"request.error_response": handler})
        cookie = call(app, "/write").cookie

        answer = call(app, cookie=cookie)

        assert answer.status == "303 See Other"
        kept = content(interface, answer.cookie)
        assert kept == "{'name': 'Ada', 'said': 'sorry'}"
        assert [name for name, _ in interface.events] == ["too_large"]

    def test_what_an_error_page_writes_is_an_event_of_its_own(self):
        def page(**facts):
            cherrypy.request.session["said"] = "sorry"
            return "sorry"

        interface = make_interface()
        app = make_app(interface, self.Large(), **{"error_page.500": page})

        answer = call(app)

        assert answer.set_cookies == []
        [(_, _), (name, facts)] = interface.events
        assert (name, facts["keys"]) == ("not_saved", ["said"])

    def test_a_logout_is_kept(self):
        interface = make_interface()
        app = make_app(interface, self.Large())
        cookie = call(app, "/write").cookie

        answer = call(app, "/log_out", cookie=cookie)

        assert answer.status.startswith("500")
        assert "Max-Age=0" in answer.set_cookies[0]
        assert [name for name, _ in interface.events] == ["too_large"]
