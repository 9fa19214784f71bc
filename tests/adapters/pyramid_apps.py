"""Pyramid apps with our sessions."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import NamedTuple

from pyramid.config import Configurator
from pyramid.response import Response

from session_middleware.adapters.pyramid import session_factory

from ..support import call, make_interface


def make_app(interface, view, configure=None, **routes):
    """A Pyramid app whose ``/`` is ``view(request)``; other views by their names.

    :param configure: called with the Configurator, last.
    """
    with Configurator(session_factory=session_factory(interface)) as config:
        for name, each in {"": view, "content": content, **routes}.items():
            config.add_route(name or "index", f"/{name}")
            config.add_view(each, route_name=name or "index")
        if configure is not None:
            configure(config)
        return config.make_wsgi_app()


def make_page(interface, view):
    """As ``make_app`` makes it, with nothing but ``/``, in a hundredth of the time.

    All share one Pyramid app, which asks the page that is called.
    """
    page = Page(session_factory(interface), view)

    def app(environ, start_response):
        before = _called.set(page)
        try:
            return _router()(environ, start_response)
        finally:
            _called.reset(before)

    return app


class Page(NamedTuple):
    """A session factory and the view of ``/``, each called with the request."""

    factory: Callable[..., object]
    view: Callable[..., object]


_called: ContextVar[Page] = ContextVar("_called")


@cache
def _router():
    def factory(request):
        return _called.get().factory(request)

    with Configurator(session_factory=factory) as config:
        config.add_route("index", "/")
        config.add_view(lambda request: _called.get().view(request), route_name="index")
        return config.make_wsgi_app()


def answer_of(view, status=200):
    """A Pyramid view that answers with what ``view(session)`` gives."""

    def answer(request):
        body = view(request.session)
        if isinstance(body, str):
            return Response(body, status=status, content_type="text/plain")
        return Response(app_iter=body, status=status)

    return answer


def content(request):
    return Response(repr(dict(request.session)))


def count(request):
    """Add one to ``visits`` in the session."""
    request.session["visits"] = request.session.get("visits", 0) + 1


def counting_errors(config):
    """Have a LookupError counted as a visit, and answered with a 404."""

    def sorry(error, request):
        count(request)
        return Response("sorry", status=404)

    config.add_exception_view(sorry, context=LookupError)


def counting_tween(handler, registry):
    """A tween, named by its path, that counts a visit when the response is made."""

    def tween(request):
        response = handler(request)
        count(request)
        return response

    return tween


COUNTING_TWEEN = f"{__name__}.counting_tween"


def content_of(app, cookie):
    """What a later request finds in its session."""
    return call(app, "/content", cookie=cookie).body.decode()


def look(use, **options):
    """What ``use(session)`` gives inside a request."""
    found = []

    def view(request):
        found.append(use(request.session))
        return Response("seen")

    call(make_app(make_interface(**options), view))
    return found[0]
