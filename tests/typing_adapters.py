"""A program that uses the adapters' public names; it must type-check, and is not run.

Every ``type: ignore`` here stands where mypy and pyright must both object.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict, cast

import falcon
import flask

from session_middleware import (
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
    get_session,
)
from session_middleware.adapters import pyramid
from session_middleware.adapters.beaker import (
    Answer,
    BeakerSession,
    BeakerSessionInterface,
    BeakerSessionMiddleware,
    NullBeakerSession,
    SelfSavingBeakerSession,
)
from session_middleware.adapters.beaker_options import (
    Given,
    is_auto,
    make_config,
    read_options,
)
from session_middleware.adapters.beaker_places import Place, read_place
from session_middleware.adapters.beaker_stored import (
    SelfSavingStoredBeakerSession,
    StoredBeakerSession,
    StoredBeakerSessionInterface,
    open_place,
)
from session_middleware.adapters.bottle import SessionPlugin
from session_middleware.adapters.cherrypy import SessionTool
from session_middleware.adapters.falcon import SessionComponent
from session_middleware.adapters.flask import (
    FlaskNullSession,
    FlaskSession,
    FlaskSessionInterface,
)
from session_middleware.adapters.options import in_environment, interface_from_text
from session_middleware.adapters.paste import filter_app_factory
from session_middleware.adapters.pyramid import PyramidSession, session_factory
from session_middleware.adapters.view import SessionView
from session_middleware.server_side import ServerSideSessionInterface
from session_middleware.stores.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class Account(TypedDict, total=False):
    """What a session of this program may hold."""

    user_id: int


def adapt(app: WSGIApplication, environ: WSGIEnvironment) -> None:
    settings = {"my.secret_key": in_environment("my.secret_key_env", "KEY")}
    config: SessionConfig = interface_from_text(settings, "my.").config
    interface = SecureCookieSessionInterface(config)

    SessionTool(interface)
    SessionTool(config)  # type: ignore[arg-type]

    plugin = SessionPlugin(interface, keyword="account")
    keyword: str = plugin.keyword
    SessionPlugin(SessionMiddleware(app, interface))  # type: ignore[arg-type]
    SessionPlugin(interface, keyword=b"account")  # type: ignore[arg-type]

    served = falcon.App(middleware=[SessionComponent(interface)])
    SessionComponent(config)  # type: ignore[arg-type]

    filtered: SessionMiddleware = filter_app_factory(app, {}, permanent="yes")
    filter_app_factory(app, {}, permanent=True)  # type: ignore[arg-type]

    factory: Callable[[Any], PyramidSession] = session_factory(interface)
    view_only = session_factory()
    session_factory(config)  # type: ignore[arg-type]
    include: Callable[[Any], None] = pyramid.includeme
    prefix: str = pyramid.PREFIX
    print(keyword, served, filtered, factory, view_only, include, prefix, environ)


def in_flask(app: flask.Flask) -> None:
    app.session_interface = FlaskSessionInterface()
    app.session_interface = FlaskSessionInterface(SecureCookieSessionInterface)
    app.session_interface.null_session_class = FlaskNullSession
    interface = SecureCookieSessionInterface(SessionConfig(secret_key="KEY"))
    interface.session_class = FlaskSession
    FlaskSessionInterface(interface)  # type: ignore[arg-type]


def in_pyramid(session: PyramidSession) -> Account:
    created: int = session.created
    view: SessionView = session
    session.flash("Welcome!", queue="news", allow_duplicate=False)
    messages: list[Any] = [*session.pop_flash("news"), *session.peek_flash()]
    token: str = session.new_csrf_token() or session.get_csrf_token()
    session.changed()
    print(created, messages, token, view)
    session.flash("Welcome!", queue=1)  # type: ignore[arg-type]
    return cast(Account, session)


def with_beaker(app: WSGIApplication, environ: WSGIEnvironment) -> WSGIApplication:
    session = get_session(environ, "beaker.session")
    assert isinstance(session, (BeakerSession, SelfSavingBeakerSession))
    created: float = session.created
    accessed: Answer = session.accessed
    last: float | None = session.last_accessed
    identity: str = session.id
    if session.has_key("user") and session.is_new and not session.dirty():
        session.save()
    session.regenerate_id()
    session.delete()
    print(created, accessed(), last, identity, NullBeakerSession)
    session.save(accessed_only=True)
    session.save(access=True)  # type: ignore[call-arg]
    config = SessionConfig(secret_key="KEY", refresh_after=timedelta(0))
    inside = BeakerSessionMiddleware(app, interface=BeakerSessionInterface(config))
    return BeakerSessionMiddleware(inside, {"session.timeout": 3600}, secret="KEY")


def with_a_store(app: WSGIApplication, flask_app: flask.Flask) -> WSGIApplication:
    store = MemoryStore()
    made = FlaskSessionInterface(lambda given: ServerSideSessionInterface(given, store))
    made.regenerate(flask.session)
    flask_app.session_interface = made
    given = read_options({"session.type": "memory"}, {"secret": "KEY"})
    given["auto"] = Given("auto", value=is_auto(given))
    place: Place | None = read_place(given)
    assert place is not None
    config = make_config(given)
    interface: StoredBeakerSessionInterface = open_place(config, place)
    print(interface.sessions_of("ada"), StoredBeakerSession)
    interface.session_class = SelfSavingStoredBeakerSession
    return BeakerSessionMiddleware(app, interface=interface)
