"""A program that uses the public names and must type-check; it is never run.

Every ``type: ignore`` here stands where a checker must object: strict mode fails on
one that is not needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from session_middleware import (
    ConfigurationError,
    Cookie,
    Foreign,
    NullSession,
    SecureCookieSession,
    SecureCookieSessionInterface,
    SerializationError,
    SessionConfig,
    SessionError,
    SessionInterface,
    SessionMiddleware,
    SessionMixin,
    SessionOptions,
    SessionReader,
    SessionSerializer,
    SessionTooLarge,
    SessionUnavailable,
    SignedSerializer,
    StoreError,
    StoreUnavailable,
    UnknownOption,
    get_session,
)
from session_middleware.csrf import check_csrf_token, get_csrf_token, new_csrf_token
from session_middleware.flash import flash, peek_flash, pop_flash

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

KEY = "a key of at least thirty-two different bytes"


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    session = get_session(environ)
    session["user_id"] = 42
    session.permanent = True
    visits: int = session.get("visits", 0)
    user: str | None = session.get("user")
    plain: dict[str, Any] = {**session, **session.copy(), **(session | {"more": 1})}
    when: datetime = session.created
    issued: datetime | None = session.issued
    status: str = session.status
    session.regenerate(keep=["language"])
    session.regenerate()
    session |= {"more": 1}
    session.modified = True
    if session.new and session.accessed and session.expires_at > when:
        session.invalidate()
    flash(session, "Saved.", queue="news")
    shown: list[Any] = [*pop_flash(session), *peek_flash(environ["session"], "news")]
    token: str = get_csrf_token(session) or new_csrf_token(session)
    right: bool = check_csrf_token(session, None) or check_csrf_token(session, token)
    flash(session, shown, queue=right)  # type: ignore[arg-type]
    start_response("200 OK", [])
    return [f"{visits} {user} {plain} {issued} {status}".encode()]


class Reader:
    """Reads another framework's cookie."""

    cookie = Cookie("legacy", samesite=None)

    def read(self, value: str) -> Foreign:
        return Foreign({"value": value}, issued=0)


reader: SessionReader = Reader()


class Session(SecureCookieSession):
    """A session with words of its own."""

    @property
    def user_id(self) -> int | None:
        user_id: int | None = self.get("user_id")
        return user_id


class Interface(SecureCookieSessionInterface):
    """Every method overridden with the types it is documented to have."""

    session_class = Session
    null_session_class = NullSession
    save_on_error = True
    salt = "my own:"

    def get_cookie_domain(self, environ: WSGIEnvironment) -> str | None:
        host: str = environ["HTTP_HOST"]
        return host

    def get_cookie_secure(self, environ: WSGIEnvironment) -> bool:
        return True

    def get_lifetime(self, session: Session) -> timedelta:
        return timedelta(days=30 if session.user_id else 1)

    def get_expiration_time(
        self, environ: WSGIEnvironment, session: Session
    ) -> datetime | None:
        return super().get_expiration_time(environ, session)

    def should_set_cookie(self, environ: WSGIEnvironment, session: Session) -> bool:
        return session.user_id is not None

    def get_absolute_lifetime(
        self, session: Session, environ: WSGIEnvironment | None = None
    ) -> timedelta | None:
        return super().get_absolute_lifetime(session) if environ else None

    def accept_session(self, session: Session) -> bool:
        return session.created.year > 2000

    def handle_too_large(
        self, environ: WSGIEnvironment, session: Session, error: SessionTooLarge
    ) -> None:
        sizes: list[tuple[str, int]] = error.largest
        if error.size > error.limit + len(sizes):
            super().handle_too_large(environ, session, error)

    def get_signing_serializer(
        self, environ: WSGIEnvironment
    ) -> SessionSerializer | None:
        return SignedSerializer([KEY], "salt")

    def event(self, name: str, **facts: object) -> None:
        super().event(name, **facts)

    def now(self) -> float:
        return 0.0


class Stored(SessionInterface):
    """The two methods that a subclass writes."""

    def open_session(self, environ: WSGIEnvironment) -> SessionMixin | None:
        return None

    def save_session(
        self, environ: WSGIEnvironment, session: Any, headers: list[tuple[str, str]]
    ) -> None:
        headers.append(("Set-Cookie", "id=1"))


config = SessionConfig(
    secret_key=KEY,
    secret_key_fallbacks=[b"bytes", "text"],
    allow_weak_secret=True,
    cookie_secure="auto",
    cookie_samesite=None,
    permanent_lifetime=timedelta(days=7),
    absolute_lifetime=None,
    accept=[reader],
)
one_line = SessionMiddleware(app, secret_key=KEY, permanent=True, cookie_name="x")
by_interface = SessionMiddleware(app, Interface(config), environ_key="my.session")
stored = SessionMiddleware(app, Stored())
nested: WSGIApplication = SessionMiddleware(one_line, by_interface.interface)
options: SessionOptions = {"secret_key": KEY, "cookie_path": "/app"}
from_options = SessionMiddleware(app, **options)
forwarded: Any = one_line.anything_the_app_has

try:
    SessionMiddleware(app, secret_key="short")
except UnknownOption as unknown:
    print(unknown.option)
except ConfigurationError as wrong:
    print(wrong.option, wrong.reason)
except (StoreUnavailable, StoreError, SerializationError, SessionTooLarge):
    raise
except (SessionUnavailable, SessionError):
    raise

SessionMiddleware(app, KEY)  # type: ignore[arg-type]
SessionMiddleware(app, SecureCookieSessionInterface)  # type: ignore[arg-type]
SessionMiddleware(app, secret_kee=KEY)  # type: ignore[call-arg]
SessionMiddleware(app, secret_key=KEY, cookie_samesite="Loose")  # type: ignore[arg-type]
SessionMiddleware(app, secret_key=KEY, permanent_lifetime=3600)  # type: ignore[arg-type]
SessionConfig(KEY)  # type: ignore[call-arg]
config.cookie_name = "x"  # type: ignore[misc]
