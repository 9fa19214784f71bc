"""``request.session`` in Pyramid, by our factory and over the middleware's session."""

from __future__ import annotations

import pytest
from pyramid.authentication import SessionAuthenticationHelper
from pyramid.config import Configurator
from pyramid.csrf import SessionCSRFStoragePolicy, get_csrf_token
from pyramid.interfaces import ISession
from pyramid.response import Response
from pyramid_retry import mark_error_retryable
from zope.interface.verify import verifyObject

from session_middleware import (
    ConfigurationError,
    SessionMiddleware,
    SessionUnavailable,
)
from session_middleware.adapters.pyramid import session_factory

from ..support import KEY, START, call, make_interface
from .host import HostBehaviour


def make_app(interface, view, **routes):
    """A Pyramid app whose ``/`` is ``view(request)``; other views by their names."""
    with Configurator(session_factory=session_factory(interface)) as config:
        for name, each in {"": view, **routes}.items():
            config.add_route(name or "index", f"/{name}")
            config.add_view(each, route_name=name or "index")
        return config.make_wsgi_app()


def answer_of(view, status=200):
    """A Pyramid view that answers with what ``view(session)`` gives."""

    def answer(request):
        body = view(request.session)
        if isinstance(body, str):
            return Response(body, status=status, content_type="text/plain")
        return Response(app_iter=body, status=status)

    return answer


class TestPyramid(HostBehaviour):
    streams_commit_late = False

    def wrap(self, interface, view, status=200):
        return make_app(interface, answer_of(view, status))


class TestPyramidInsideTheMiddleware(HostBehaviour):
    def wrap(self, interface, view, status=200):
        return SessionMiddleware(make_app(None, answer_of(view, status)), interface)


def look(use, **options):
    """What ``use(session)`` gives inside a request."""
    found = []

    def view(request):
        found.append(use(request.session))
        return Response("seen")

    call(make_app(make_interface(**options), view))
    return found[0]


def test_it_is_what_pyramid_calls_a_session():
    assert look(lambda session: verifyObject(ISession, session))


def test_a_new_session_says_so_and_counts_its_seconds():
    assert look(lambda session: (session.created, session.new)) == (START, True)


def test_a_null_session_has_a_time_too():
    with pytest.warns(UserWarning, match="disabled"):
        created = look(lambda session: session.created, secret_key=None)

    assert created > START - 10 * 366 * 86400


def test_what_pyramid_has_no_word_for_is_our_session_s():
    def use(session):
        session.permanent = True
        session |= {"n": 1}
        session.regenerate()
        return session.status, session.permanent, session | {"m": 2}, repr(session)

    assert look(use) == ("new", True, {"n": 1, "m": 2}, "{'n': 1}")


def test_it_is_merged_from_the_right_too():
    assert look(lambda session: {"m": 2} | session) == {"m": 2}


def test_a_mapping_is_whole():
    def use(session):
        session.update(a=1, b=2, c=3)
        del session["a"]
        gone = session.pop("b"), "b" in session, len(session)
        return gone, session == {"c": 3}, [*session], session.get("d", 4)

    assert look(use) == ((2, False, 1), True, ["c"], 4)


def test_changed_insists_on_sending():
    interface = make_interface()
    cookie = TestPyramid().stored(interface, n=1)

    answer = TestPyramid().ask(interface, lambda s: str(s.changed()), cookie)

    assert TestPyramid().content(interface, answer.cookie) == "{'n': 1}"


class TestFlash:
    def test_messages_are_shown_once_in_their_order(self):
        def use(session):
            session.flash("one")
            session.flash("two")
            return session.peek_flash(), session.pop_flash(), session.pop_flash()

        assert look(use) == (["one", "two"], ["one", "two"], [])

    def test_queues_are_apart(self):
        def use(session):
            session.flash("saved")
            session.flash("lost", "error")
            return (
                session.pop_flash("error"),
                session.peek_flash(),
                session.peek_flash("x"),
            )

        assert look(use) == (["lost"], ["saved"], [])

    def test_a_duplicate_is_kept_unless_forbidden(self):
        def use(session):
            session.flash("twice")
            session.flash("twice")
            session.flash("twice", allow_duplicate=False)
            return session.pop_flash()

        assert look(use) == ["twice", "twice"]

    def test_messages_reach_the_next_request(self):
        interface = make_interface()
        host = TestPyramid()
        first = host.stored(interface, n=1)

        second = host.ask(interface, lambda s: str(s.flash("hello")), first).cookie
        third = host.ask(interface, lambda s: str(s.flash("again")), second).cookie

        assert host.ask(interface, lambda s: str(s.pop_flash()), third).body == (
            b"['hello', 'again']"
        )


class TestCSRF:
    def test_a_token_stays_until_a_new_one_is_made(self):
        def use(session):
            first = session.get_csrf_token()
            return first, session.get_csrf_token(), session.new_csrf_token()

        first, again, new = look(use)

        assert first == again != new
        assert len(first) == len(new) == 40

    def test_pyramid_s_own_policy_keeps_its_token_in_the_session(self):
        with Configurator(session_factory=session_factory(make_interface())) as config:
            config.set_csrf_storage_policy(SessionCSRFStoragePolicy())
            config.set_default_csrf_options(require_csrf=True)
            config.add_route("index", "/")
            config.add_view(
                lambda request: Response(get_csrf_token(request)), route_name="index"
            )
            app = config.make_wsgi_app()

        page = call(app)
        form = {"csrf_token": page.body.decode()}
        headers = {"Referer": "https://app.example/"}
        posted = call(
            app, cookie=page.cookie, method="POST", data=form, headers=headers
        )
        forged = call(app, cookie=page.cookie, method="POST", headers=headers)

        assert posted.status == "200 OK"
        assert forged.status == "400 Bad Request"


def test_pyramid_s_own_login_is_kept_in_the_session():
    helper = SessionAuthenticationHelper()

    def login(request):
        helper.remember(request, "ada")
        return Response("welcome")

    def logout(request):
        helper.forget(request)
        return Response("bye")

    def who(request):
        return Response(str(helper.authenticated_userid(request)))

    app = make_app(make_interface(), who, login=login, logout=logout)

    cookie = call(app, "/login").cookie
    logged_in = call(app, cookie=cookie).body
    after = call(app, "/logout", cookie=cookie)

    assert logged_in == b"ada"
    assert "Max-Age=0" in after.set_cookies[0]


class TestAroundTheView:
    def test_an_exception_view_s_session_is_saved(self):
        def fail(request):
            request.session["seen"] = "before"
            raise LookupError

        def sorry(error, request):
            request.session["sorry"] = True
            return Response(repr(dict(request.session)), status=404)

        with Configurator(session_factory=session_factory(make_interface())) as config:
            config.add_route("index", "/")
            config.add_view(fail, route_name="index")
            config.add_exception_view(sorry, context=LookupError)
            app = config.make_wsgi_app()

        answer = call(app)

        assert answer.body == b"{'seen': 'before', 'sorry': True}"
        assert answer.cookie

    def test_a_tween_may_use_the_session_after_the_view(self):
        interface = make_interface()
        with Configurator(session_factory=session_factory(interface)) as config:
            config.add_tween(f"{__name__}.counting_tween")
            config.add_route("index", "/")
            config.add_view(lambda request: Response("ok"), route_name="index")
            app = config.make_wsgi_app()

        second = call(app, cookie=call(app).cookie)

        assert TestPyramid().content(interface, second.cookie) == "{'visits': 2}"

    def test_a_session_that_is_not_asked_for_is_not_made(self):
        app = make_app(None, lambda request: Response("plain"))

        assert call(app).body == b"plain"

    def test_without_rules_and_without_a_middleware_the_way_out_is_named(self):
        app = make_app(None, answer_of(len))

        with pytest.raises(SessionUnavailable, match="give session_factory"):
            call(app)


def counting_tween(handler, registry):
    def tween(request):
        response = handler(request)
        request.session["visits"] = request.session.get("visits", 0) + 1
        return response

    return tween


@pytest.mark.parametrize("outside", [False, True], ids=["alone", "in-the-middleware"])
def test_another_attempt_starts_from_the_cookie(outside):
    interface = make_interface()
    attempts = []

    def view(request):
        attempts.append(dict(request.session))
        request.session["tries"] = request.session.get("tries", 0) + 1
        if len(attempts) == 1:
            error = LookupError("try again")
            mark_error_retryable(error)
            raise error
        return Response("done")

    factory = session_factory(None if outside else interface)
    with Configurator(session_factory=factory) as config:
        config.include("pyramid_tm")
        config.include("pyramid_retry")
        config.add_route("index", "/")
        config.add_view(view, route_name="index")
        app = config.make_wsgi_app()
    if outside:
        app = SessionMiddleware(app, interface)
    cookie = TestPyramid().stored(interface, name="Ada")

    answer = call(app, cookie=cookie)

    assert attempts == [{"name": "Ada"}] * 2
    assert TestPyramid().content(interface, answer.cookie) == (
        "{'name': 'Ada', 'tries': 1}"
    )


def test_a_request_s_copy_in_the_middleware_takes_nothing_back():
    def copied(request):
        copy = request.copy()
        copy.session = factory(copy)
        request.session["n"] = 1
        return Response(repr(dict(copy.session)))

    factory = session_factory()
    app = SessionMiddleware(make_app(None, copied), make_interface())

    assert call(app).body == b"{'n': 1}"


class TestSettings:
    def include(self, **settings):
        named = {f"session_middleware.{name}": text for name, text in settings.items()}
        with Configurator(settings=named) as config:
            config.include("session_middleware.adapters.pyramid")
            config.add_route("index", "/")
            view = answer_of(lambda s: str(s.update(n=1)))
            config.add_view(view, route_name="index")
            return config.make_wsgi_app()

    def test_text_from_an_ini_file_is_enough(self):
        app = self.include(secret_key=KEY, cookie_name="sid", permanent="yes")

        [line] = call(app).set_cookies

        assert line.startswith("sid=")
        assert "Max-Age=1209600" in line

    def test_a_wrong_setting_is_named_as_in_the_file(self):
        with pytest.raises(
            ConfigurationError, match=r"session_middleware\.cookie_samesite: must be"
        ):
            self.include(secret_key=KEY, cookie_samesite="loose")

    def test_a_key_is_required(self):
        with pytest.raises(ConfigurationError, match=r"session_middleware\.secret_key"):
            self.include()


def test_a_wrong_interface_is_refused():
    with pytest.raises(ConfigurationError, match="SessionInterface"):
        session_factory(KEY)
