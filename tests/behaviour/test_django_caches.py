"""Django's caches and its conditional responses, inside a SessionMiddleware."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control, cache_page
from django.views.decorators.vary import vary_on_cookie

from session_middleware import SessionMiddleware

from ..support import KEY, Clock, call, make_interface
from ..support.visits import count, stored

if not settings.configured:
    settings.configure(SECRET_KEY=KEY)

UPDATE = "django.middleware.cache.UpdateCacheMiddleware"
FETCH = "django.middleware.cache.FetchFromCacheMiddleware"
CONDITIONAL = "django.middleware.http.ConditionalGetMiddleware"
TELL = f"{__name__}.tell_the_cache"


def tell_the_cache(get_response):
    """A Django middleware as docs/security.rst describes it."""

    def middleware(request):
        response = get_response(request)
        if request.environ["session"].accessed:
            patch_cache_control(response, private=True)
        return response

    return middleware


def greet(request):
    session = request.environ["session"]
    made = count(session) if request.GET else ""
    return HttpResponse(f"hello {session.get('name', 'stranger')}{made}")


def plain(request):
    return HttpResponse("for everybody")


@contextmanager
def django_app(*middleware, interface, view=greet):
    """A Django application whose ``/`` is ``view``, in our middleware."""
    from django.core.cache import cache
    from django.core.handlers.wsgi import WSGIHandler
    from django.test.utils import override_settings

    with override_settings(
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=middleware,
        ROOT_URLCONF=(path("", view), path("plain", plain)),
    ):
        cache.clear()
        yield SessionMiddleware(WSGIHandler(), interface)


def bodies(app, where, cookies):
    return [call(app, where, cookie=each).body.decode() for each in cookies]


def visitors(interface):
    """The Cookie headers of two users and of two visitors without a session."""
    return [*(stored(interface, name=name) for name in ("ada", "bob")), None, None]


KEPT = [[UPDATE, FETCH], []]
VIEWS = [greet, cache_page(60)(greet)]
kinds = pytest.mark.parametrize(
    ("middleware", "view"), [*zip(KEPT, VIEWS, strict=True)], ids=["site", "page"]
)


@kinds
def test_a_cache_inside_has_to_be_told_for_our_headers_come_later(middleware, view):
    """What docs/security.rst warns of: the app keeps a page before we see it."""
    interface = make_interface()

    with django_app(*middleware, interface=interface, view=view) as app:
        shown = bodies(app, "/", visitors(interface))

    assert shown == ["hello ada"] * 4


class TestTold:
    @pytest.mark.parametrize("where", ["/", "/?change=1"], ids=["read", "changed"])
    def test_the_site_cache_keeps_no_page_that_used_its_session(self, where):
        interface = make_interface()

        with django_app(UPDATE, TELL, FETCH, interface=interface) as app:
            shown = bodies(app, where, visitors(interface))

        made = "1" if "change" in where else ""
        names = ["ada", "bob", "stranger", "stranger"]
        assert shown == [f"hello {name}{made}" for name in names]

    def test_it_keeps_the_pages_that_left_it_alone(self):
        interface = make_interface()

        with django_app(UPDATE, TELL, FETCH, interface=interface) as app:
            answers = [call(app, "/plain", cookie=each) for each in ("a=1", None)]

        expires = [answer.all("Expires") for answer in answers]
        assert expires[0] == expires[1] != []
        assert all(answer.all("Vary") == [] for answer in answers)

    @pytest.mark.parametrize(
        "tell",
        [cache_control(private=True), vary_on_cookie],
        ids=["private", "vary_on_cookie"],
    )
    @pytest.mark.parametrize(
        ("middleware", "keep"),
        [([UPDATE, FETCH], lambda view: view), ([], cache_page(60))],
        ids=["site", "page"],
    )
    def test_a_view_may_tell_it_by_a_decorator(self, tell, middleware, keep):
        interface = make_interface()
        view = keep(tell(greet))

        with django_app(*middleware, interface=interface, view=view) as app:
            shown = bodies(app, "/", visitors(interface))

        assert shown == ["hello ada", "hello bob", "hello stranger", "hello stranger"]


class TestNotModified:
    def test_a_mere_reissue_waits_and_a_change_is_sent(self):
        def view(request):
            greet(request)
            return HttpResponse("always the same")

        clock = Clock()
        interface = make_interface(clock=clock)
        cookie = stored(interface, name="ada")
        clock.forward(days=5)

        with django_app(CONDITIONAL, interface=interface, view=view) as app:
            visit = partial(call, app, cookie=cookie)
            whole = visit()
            tag = {"If-None-Match": whole.all("ETag")[0]}
            read, written = visit(headers=tag), visit("/?change=1", headers=tag)

        answers = [whole, read, written]
        assert [answer.status[:3] for answer in answers] == ["200", "304", "304"]
        assert [len(answer.set_cookies) for answer in answers] == [1, 0, 1]
        assert all(answer.all("Vary") == ["Cookie"] for answer in answers)
        assert written.all("Cache-Control") == ["private"]

    def test_with_the_tag_of_anothers_page_it_is_the_visitors_own(self):
        interface = make_interface()
        ada, bob, *_ = visitors(interface)

        with django_app(CONDITIONAL, interface=interface) as app:
            tag = {"If-None-Match": call(app, cookie=ada).all("ETag")[0]}
            answer = call(app, cookie=bob, headers=tag)

        assert (answer.status, answer.body) == ("200 OK", b"hello bob")
