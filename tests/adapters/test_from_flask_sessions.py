"""What a session of an interface made for Flask is outside Flask."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import flask.sessions
import pyramid_retry
import pytest
from cachelib import SimpleCache
from flask_session.cachelib import CacheLibSessionInterface
from pyramid.config import Configurator
from pyramid.response import Response

from session_middleware import SessionMiddleware
from session_middleware.adapters.from_flask import FromFlask
from session_middleware.adapters.pyramid import session_factory

from ..support import KEY, app_of, call
from ..support.visits import change, count, start, touch

FLASKS_OWN = flask.sessions.SecureCookieSessionInterface


def flasks_own(base=FLASKS_OWN, **config):
    return FromFlask(lambda app: base(), {"SECRET_KEY": KEY, **config})


def in_a_cache(cache=None, **options):
    cache = cache or SimpleCache()
    return FromFlask(lambda app: CacheLibSessionInterface(app, cache, **options))


def visit(interface, use, cookie=None, **response):
    return call(SessionMiddleware(app_of(use, **response), interface), cookie=cookie)


def in_pyramid(view, interface, *includes):
    settings = {"retry.attempts": "2"}
    with Configurator(session_factory=session_factory(), settings=settings) as config:
        for each in includes:
            config.include(each)
        config.add_route("index", "/")
        config.add_view(view, route_name="index")
        return SessionMiddleware(config.make_wsgi_app(), interface)


# -- a copy of it ----------------------------------------------------------


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy])
def test_a_copy_is_a_plain_dict_and_a_use_of_the_session(take):
    interface = flasks_own()
    cookie = visit(interface, lambda s: s.update(cart=["apple"])).cookie

    def use(session):
        taken = take(session)
        return type(taken), taken, taken["cart"] is session["cart"]

    answer = visit(interface, use, cookie)
    shared = take is copy.copy

    assert answer.body.decode() == str((dict, {"cart": ["apple"]}, shared))
    assert answer.set_cookies == []
    assert visit(interface, lambda s: take(s) == {}).all("Vary") == ["Cookie"]


def test_it_is_not_pickled_and_says_what_to_store():
    def use(session):
        with pytest.raises(TypeError, match=r"store dict\(session\)"):
            pickle.dumps([session])

    assert visit(flasks_own(), use).body == b"None"


# -- who is it -------------------------------------------------------------


def log_in(session):
    session["user"] = "ada"
    return session.sid


def log_out_and_go_on(session):
    session.invalidate()
    session["n"] = 1
    return session.sid


def test_what_is_written_after_logout_is_under_another_id():
    """Or whoever knows the id from before would be let into the new session."""
    interface = in_a_cache(permanent=False)
    before = visit(interface, log_in)

    after = visit(interface, log_out_and_go_on, before.cookie)

    assert after.body != before.body
    assert visit(interface, dict, before.cookie).body == b"{}"
    assert visit(interface, lambda s: s["n"], after.cookie).body == b"1"


def test_a_new_identity_keeps_the_data_and_ends_the_old_id():
    interface = in_a_cache(permanent=False)
    before = visit(interface, log_in)

    after = visit(interface, lambda s: s.regenerate(), before.cookie)

    assert visit(interface, dict, before.cookie).body == b"{}"
    assert visit(interface, dict, after.cookie).body == b"{'user': 'ada'}"


def test_a_new_identity_may_keep_only_some_of_the_data():
    interface = flasks_own()
    before = visit(interface, lambda s: s.update(user="ada", language="en"))

    after = visit(interface, lambda s: s.regenerate(keep=["language"]), before.cookie)

    assert visit(interface, dict, after.cookie).body == b"{'language': 'en'}"


def test_a_login_that_keeps_nothing_has_a_new_identity_too():
    interface = in_a_cache(permanent=False)
    planted = visit(interface, lambda s: s.update(n=1))

    def log_in(session):
        session.regenerate(keep=[])
        session["user"] = "ada"

    after = visit(interface, log_in, planted.cookie)

    assert visit(interface, dict, planted.cookie).body == b"{}"
    assert b"'user': 'ada'" in visit(interface, dict, after.cookie).body
    with pytest.raises(TypeError, match="list of keys"):
        visit(interface, lambda s: s.regenerate(keep="user"), after.cookie)


# -- what it says of itself ------------------------------------------------


def test_it_is_empty_when_its_interface_says_so():
    """Flask-Session keeps whether a session is permanent among its data."""
    answer = visit(in_a_cache(permanent=True), lambda s: (bool(s), len(s)))

    assert answer.body == b"(False, 0)"


@pytest.mark.parametrize("fact", ["created", "issued", "expires_at", "status"])
def test_what_it_does_not_know_of_itself_is_none(fact):
    assert visit(flasks_own(), lambda s: getattr(s, fact)).body == b"None"


def test_what_it_has_not_is_an_error_and_no_use_of_it():
    answer = visit(flasks_own(), lambda s: hasattr(s, "sid"))

    assert answer.body == b"False"
    assert answer.all("Vary") == []


def test_inside_another_middleware_it_stays_untouched():
    inner = SessionMiddleware(start, flasks_own())

    answer = call(SessionMiddleware(inner, secret_key=KEY, environ_key="outer"))

    assert answer.headers == []


def test_a_null_session_does_not_vary():
    assert visit(FromFlask(lambda app: FLASKS_OWN()), touch).all("Vary") == []


# -- in Pyramid ------------------------------------------------------------


def test_pyramid_s_own_words_work():
    def view(request):
        session = request.session
        session.flash("saved")
        return Response(repr((session.new, session.created > 0, session.pop_flash())))

    answer = call(in_pyramid(view, in_a_cache()))

    assert answer.body == b"(False, True, ['saved'])"


def test_a_retried_request_starts_from_what_came():
    seen = []

    def view(request):
        seen.append(request.session.get("visits"))
        count(request.session)
        if len(seen) == 2:
            raise pyramid_retry.RetryableException
        return Response("ok")

    app = in_pyramid(view, flasks_own(), "pyramid_retry")
    cookie = call(app).cookie

    cookie = call(app, cookie=cookie).cookie

    assert seen == [None, 1, 1]
    assert visit(flasks_own(), dict, cookie).body == b"{'visits': 2}"


# -- the response ----------------------------------------------------------


class OnlySuccesses(FLASKS_OWN):
    def save_session(self, app, session, response):
        response.headers["X-Type"] = response.mimetype
        if response.status_code < 400:
            super().save_session(app, session, response)


@pytest.mark.parametrize(("status", "kept"), [("200 OK", 1), ("404 Not Found", 0)])
def test_the_interface_sees_the_app_s_status_and_headers(status, kept):
    answer = visit(flasks_own(OnlySuccesses), change, status=status)

    assert len(answer.set_cookies) == kept
    assert answer.all("X-Type") == answer.all("Content-Type") == ["text/plain"]


def test_a_vary_of_the_app_s_own_is_merged_and_not_repeated():
    def remember(session):
        session.permanent = True
        session["n"] = 1

    interface = flasks_own()
    cookie = visit(interface, remember).cookie

    sent_anew = visit(interface, repr, cookie, headers=[("Vary", "Accept")])
    untouched = visit(interface, id, cookie, headers=[("Vary", "Accept")])

    assert sent_anew.all("Vary") == untouched.all("Vary") == ["Accept, Cookie"]


def test_a_session_does_not_wait_for_the_garbage_collector():
    kept = []

    def use(session):
        count(session)
        kept.append(weakref.ref(session.foreign))

    app = SessionMiddleware(app_of(use), flasks_own())
    gc.disable()
    try:
        call(app)
        [session] = kept
        left = session()
    finally:
        gc.enable()

    assert left is None


# -- Flask's own key -------------------------------------------------------


def be_remembered(session):
    session.permanent = True
    session.update(user="ada", language="en")


def test_a_permanent_session_stays_so_in_a_new_identity():
    """Flask keeps that among the data, from where ``keep=`` dropped it."""
    interface = flasks_own()

    def log_in(session):
        be_remembered(session)
        session.regenerate(keep=["language"])
        return session.permanent, dict(session)

    answer = visit(interface, log_in)

    assert answer.body == b"(True, {'language': 'en'})"
    assert "Expires=" in answer.set_cookies[0]


@pytest.mark.parametrize(
    "look",
    [list, len, dict, lambda s: s.copy(), lambda s: s | {}, lambda s: {} | s],
    ids=["list", "len", "dict", "copy", "or", "or from the right"],
)
def test_that_it_is_permanent_is_no_key_of_it(look):
    data = {"user": "ada", "language": "en"}

    def use(session):
        be_remembered(session)
        return look(session) == look(data) and "_permanent" not in session

    assert visit(flasks_own(), use).body == b"True"


# -- over https ------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "url", "secure"),
    [
        ({}, "https://app.example/", True),
        ({}, "http://app.example/", False),
        ({"SESSION_COOKIE_SECURE": False}, "https://app.example/", False),
        ({"SESSION_COOKIE_SECURE": True}, "http://app.example/", True),
        ({"SESSION_COOKIE_SECURE": True}, "https://app.example/", True),
    ],
    ids=["https", "http", "told not to be", "told to be", "told and https"],
)
def test_its_cookie_is_secure_over_https_unless_told_otherwise(config, url, secure):
    """Flask's default is not to be, whatever the request came by."""
    app = SessionMiddleware(app_of(change), flasks_own(**config))
    drop = SessionMiddleware(app_of(lambda s: s.clear()), app.interface)

    [line] = call(app, base_url=url).set_cookies
    [deletion] = call(drop, base_url=url, cookie=line.partition(";")[0]).set_cookies

    assert [each.count("; Secure") for each in (line, deletion)] == [secure, secure]
