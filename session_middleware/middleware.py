"""SessionMiddleware: load, call, commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .cookies import plain
from .exceptions import ConfigurationError, SessionUnavailable
from .handed_back import PRESERVE, TESTING, WatchedBody, hand_over
from .interface import SessionInterface
from .nesting import check_cookie_is_free, enclosing
from .open_interface import OF_STORES, SessionOptions, open_interface
from .response import CHAIN, HeldResponse
from .session import SecureCookieSession
from .session_base import SessionMixin

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Unpack

    _Call = Callable[[Any, WSGIEnvironment, StartResponse], Iterable[bytes]]


def typed_as_wsgi(call: Callable[..., Iterable[bytes]]) -> _Call:
    """A ``__call__`` of any arguments, which type checkers see with WSGI's two.

    It takes others only to tell an ASGI server that it is wrong here.
    """
    return call


class SessionMiddleware:
    """Gives any WSGI application a session, in ``environ["session"]``.

    The response's headers are held back until the app has returned and has called
    ``start_response``, or has made the first block of its body (PEP 3333).

    Attributes it does not have are those of ``app``, read and written. What is a
    subclass's own is declared in its class.

    :param app: the WSGI application.
    :param interface: the rules; without one, a signed cookie with ``options``.
    :param environ_key: where in the environ the session is put.
    :param options: those of :class:`SessionConfig`; ``secret_key`` is required. With
        ``store`` sessions are kept there; see :class:`SessionOptions`.
    :raises ConfigurationError: naming the option, the rule and what to do.
    """

    app: WSGIApplication
    interface: SessionInterface
    environ_key: str
    _replaced: dict[str, Any]  # what the app had before it was set from here

    def __init__(
        self,
        app: WSGIApplication,
        interface: SessionInterface | None = None,
        *,
        environ_key: str = "session",
        **options: Unpack[SessionOptions],
    ) -> None:
        if not callable(app):
            raise ConfigurationError("app", "must be a WSGI application, a callable")
        self.app = app
        self._replaced = {}
        self.interface = _check_interface(interface, options)
        self.environ_key = _check_environ_key(environ_key)

    @typed_as_wsgi
    def __call__(
        self, environ: WSGIEnvironment, start_response: Any = None, *more: object
    ) -> Iterable[bytes]:
        if start_response is None or more:  # ASGI 2 and 3
            raise ConfigurationError(
                "app",
                "is a WSGI application, and this server calls it as ASGI; use a WSGI "
                "server, such as gunicorn or waitress, or a2wsgi.WSGIMiddleware(app)",
            )
        session = self.interface.load(environ)
        response = HeldResponse(self, environ, session, start_response)
        nested = CHAIN in environ
        if nested:
            self._check_nesting(environ, session)
            response.enter()
        else:  # what enter() does where nothing is around, as it nearly always is
            environ[self.environ_key] = session
            environ[CHAIN] = response
        try:
            body = response.release(self.app(environ, response.start_response))
        finally:
            if nested:
                response.leave()
            else:
                environ.pop(CHAIN, None)
        if PRESERVE in environ or TESTING in environ:
            hand_over(environ, session)
            return WatchedBody(session, body, is_last=TESTING in environ)
        return body

    def __getattr__(self, name: str) -> Any:
        if name == "app" or name in _COPYING:  # "app": not set yet in a copy
            raise AttributeError(name)
        return getattr(self.app, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if not self._is_own(name):
            app = self.app
            if _declares(type(app), name) or hasattr(app, name):
                if name in getattr(app, "__dict__", ()):
                    self._replaced[name] = vars(app)[name]
                setattr(app, name, value)
                return
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if self._is_own(name):
            object.__delattr__(self, name)
        elif name in self._replaced:  # how pytest's monkeypatch puts it back
            setattr(self.app, name, self._replaced.pop(name))
        else:
            delattr(self.app, name)

    def _is_own(self, name: str) -> bool:
        """Whether an attribute is not to be looked for in the app."""
        own = vars(self)
        return name in own or "app" not in own or _declares(type(self), name)

    def _check_nesting(self, environ: WSGIEnvironment, session: SessionMixin) -> None:
        """Refuse what another middleware outside already has.

        :raises ConfigurationError: its place in the environ, or its cookie.
        """
        for each in enclosing(environ):
            if each.belongs_to(self):  # called inside itself: it opens afresh
                continue
            if each.environ_key == self.environ_key and not each.is_of(self.interface):
                raise ConfigurationError(
                    "environ_key",
                    f"another SessionMiddleware already put a session under "
                    f"{self.environ_key!r}; give one of them another environ_key",
                )
            check_cookie_is_free(each, environ, session)


def get_session(
    environ: WSGIEnvironment, environ_key: str = "session"
) -> SecureCookieSession:
    """The session that a :class:`SessionMiddleware` put in the environ.

    :param environ: the request's.
    :param environ_key: the middleware's.
    :raises SessionUnavailable: there is none under this key.
    """
    session = environ.get(environ_key)
    if not isinstance(session, SessionMixin):
        raise SessionUnavailable(
            f"environ has no session under {environ_key!r}: wrap the application in "
            "SessionMiddleware(app, secret_key=...), or name its environ_key here"
        )
    return session  # type: ignore[return-value]  # a mapping of the same vocabulary


def _declares(kind: type, name: str) -> bool:
    """Whether a class has this attribute, or says that its instances will."""
    return any(
        name in vars(each) or name in vars(each).get("__annotations__", ())
        for each in kind.__mro__
    )


def _check_interface(interface: object, options: SessionOptions) -> SessionInterface:
    if interface is None:
        return open_interface(options)
    if isinstance(interface, type) and issubclass(interface, SessionInterface):
        raise ConfigurationError(
            "interface",
            f"is the class itself; make one: {interface.__name__}(SessionConfig(...))",
        )
    if not isinstance(interface, SessionInterface):
        raise ConfigurationError(
            "interface",
            f"must be a SessionInterface, not {type(interface).__name__}; a key is "
            "given by name, as secret_key=...",
        )
    for name in options:
        if name in OF_STORES:
            rule = "belongs in the interface: ServerSideSessionInterface(config, store)"
            raise ConfigurationError(name, rule)
        raise ConfigurationError(name, "belongs in the interface's SessionConfig")
    return interface


def _check_environ_key(key: object) -> str:
    if not isinstance(key, str) or not key:
        raise ConfigurationError("environ_key", "must be a str and not empty")
    name: str = plain(key)
    if name.startswith(_TAKEN):
        raise ConfigurationError("environ_key", f"{name!r} has another meaning in WSGI")
    return name


_TAKEN = (  # what WSGI and CGI put there
    CHAIN,
    *("wsgi.", "HTTP", "SERVER_", "CONTENT_", "REMOTE_", "REQUEST_METHOD", "GATEWAY_"),
    *("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "AUTH_TYPE"),
)
_COPYING = frozenset(  # asked of an object, and never to be answered by the app
    {
        "__deepcopy__",
        "__getnewargs__",
        "__getnewargs_ex__",
        "__getstate__",
        "__setstate__",
    }
)
