"""A pytest plugin: sessions of ours where Pyramid's tests make Pyramid's own.

* Pyramid's two session factories take its options and give sessions of ours, and
  the cookies that ``test_session.py`` makes by hand are in our format.
* ``pyramid.testing.DummyRequest`` and the requests of ``test_csrf.py`` have sessions
  of ours in the place of dicts.
* Every app of ``test_integration.py`` gets our factory, and counts its requests in
  the session, apart from those for static files.
"""

from datetime import timedelta

import pyramid.session
import pyramid.testing
from opened import sessions_opened  # noqa: F401, a fixture
from pyramid.config import Configurator
from pyramid.events import NewRequest
from pyramid.interfaces import ISessionFactory
from pyramid.request import Request

from session_middleware import SecureCookieSessionInterface, SessionConfig
from session_middleware.adapters.pyramid import session_factory

FOREVER = timedelta(days=100 * 365)
SECOND = timedelta(seconds=1)
SECRET = "secret"  # what test_session.py signs with

made = {}  # sessions and their requests, by the session's id


def signed_factory(
    secret,
    cookie_name="session",
    max_age=None,
    path="/",
    domain=None,
    secure=False,
    httponly=False,
    samesite="Lax",
    timeout=1200,
    reissue_time=0,
):
    """Pyramid's options, apart from those of its format, in our words."""
    idle = FOREVER if timeout is None else int(timeout) * SECOND
    never = idle - SECOND
    config = SessionConfig(
        secret_key=secret,
        allow_weak_secret=True,
        cookie_name=cookie_name,
        cookie_path=path,
        cookie_domain=domain,
        cookie_secure=secure,
        cookie_httponly=httponly,
        cookie_samesite=samesite,
        permanent=max_age is not None and int(max_age) > 0,
        permanent_lifetime=idle,
        absolute_lifetime=None,
        refresh_after=never if reissue_time is None else int(reissue_time) * SECOND,
    )
    return taking_dummies(session_factory(SecureCookieSessionInterface(config)))


def base_factory(serializer, **options):
    """Ours has its own serializer, which signs."""
    return signed_factory(SECRET, **options)


def taking_dummies(factory):
    """``factory``, given what a DummyRequest lacks: cookies in its environ."""

    def make(request):
        pairs = (f"{name}={text(value)}" for name, value in request.cookies.items())
        request.environ.setdefault("HTTP_COOKIE", "; ".join(pairs))
        session = factory(request)
        speak_as_pyramid(type(session))
        made[id(session)] = session, request
        return session

    return make


def text(value):
    return value if isinstance(value, str) else value.decode("latin-1")


def speak_as_pyramid(session_class):
    """Pyramid's private names that its tests use."""
    session_class._dirty = property(lambda self: self.modified or self.due)
    session_class._set_cookie = set_cookie


def set_cookie(session, response):
    """Do what is done once there is a response, and say whether that set a cookie."""
    _, request = made[id(session)]
    response.status = "200 OK"  # which DummyResponse lacks
    for callback in request.response_callbacks:
        callback(request, response)
    return "Set-Cookie" in dict(response.headerlist)


def serialize(renewed, created, data):
    """A token of ours."""
    config = SessionConfig(secret_key=SECRET, allow_weak_secret=True)
    serializer = SecureCookieSessionInterface(config).make_serializer("session")
    packed = serializer.pack(serializer.encode(int(created), False, data))
    return serializer.sign(packed, int(renewed))


def make_session(**data):
    """A session for a request that has none of its own."""
    session = signed_factory(SECRET)(Request.blank("/"))
    session.update(data)
    return session


def session_of_dict(request, value):
    request.__dict__["_session"] = (
        make_session(**value) if type(value) is dict else value
    )


def pytest_collection_modifyitems(items):
    """Once Pyramid's test modules are imported."""
    modules = {item.module.__name__: item.module for item in items}
    write_our_tokens(modules["tests.test_session"].TestSignedCookieSession)
    write_our_tokens(modules["tests.test_session"].TestBaseCookieSession)
    modules["tests.test_csrf"].DummyRequest.session = property(
        lambda request: request.__dict__["_session"], session_of_dict
    )


def write_our_tokens(test_case):
    write_pyramids = test_case._serialize

    def write(self, value, **pyramids):
        if isinstance(value, tuple) and not pyramids:
            return serialize(*value)
        return write_pyramids(self, value, **pyramids)

    test_case._serialize = write


def count_requests(event):
    """Use the session, except for static files.

    Four tests expect their exact Vary, to which a session that is used adds Cookie.
    """
    if event.request.path.startswith("/static"):
        return
    session = event.request.session
    session["requests"] = session.get("requests", 0) + 1


def make_wsgi_app(config):
    if config.registry.queryUtility(ISessionFactory) is None:
        config.set_session_factory(signed_factory(SECRET))
        config.add_subscriber(count_requests, NewRequest)
    return make_app(config)


make_app = Configurator.make_wsgi_app
Configurator.make_wsgi_app = make_wsgi_app
pyramid.session.SignedCookieSessionFactory = signed_factory
pyramid.session.BaseCookieSessionFactory = base_factory
pyramid.testing.DummySession = make_session
