"""The Beaker adapter: ``environ["beaker.session"]``, Beaker's options and methods.

Replace the line that wraps the app in Beaker's ``SessionMiddleware``::

    app = BeakerSessionMiddleware(app, {"session.validate_key": key})

As with Beaker, without ``auto`` a change is kept only if ``save()`` was called; a
change that is dropped is reported by the event ``not_saved``. Logging out needs no
``save()``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..exceptions import ConfigurationError
from ..interface import SessionInterface
from ..middleware import SessionMiddleware, typed_as_wsgi
from ..secure_cookie import SecureCookieSessionInterface
from ..session import SecureCookieSession
from .beaker_options import Options, is_auto, make_config, read_options
from .beaker_places import read_place
from .beaker_session import Answer as Answer
from .beaker_session import BeakerSession as BeakerSession
from .beaker_session import BeakerWords, refuse_other_sessions
from .beaker_session import NullBeakerSession as NullBeakerSession
from .beaker_session import SelfSavingBeakerSession as SelfSavingBeakerSession

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = [
    "Answer",
    "BeakerSession",
    "BeakerSessionInterface",
    "BeakerSessionMiddleware",
    "NullBeakerSession",
    "SelfSavingBeakerSession",
]


class BeakerSessionInterface(SecureCookieSessionInterface):
    """Sessions in a signed cookie that have Beaker's methods."""

    session_class: type[SecureCookieSession] = BeakerSession
    null_session_class = NullBeakerSession


class BeakerSessionMiddleware(SessionMiddleware):
    """A replacement for Beaker's ``SessionMiddleware``, with the same arguments.

    :param app: the WSGI application.
    :param config: options that begin with ``session.`` or ``beaker.session.``; all
        others are ignored.
    :param environ_key: where in the environ the session is put.
    :param interface: the rules, instead of options; its sessions must be
        :class:`BeakerSession` objects.
    :param options: Beaker's, with that prefix or without; ``validate_key`` or
        ``secret`` is required. Lengths of time are in seconds, or a ``timedelta``.
        Options that Beaker does not have are ``allow_weak_secret``,
        ``secret_key_fallbacks``, ``absolute_lifetime``, ``refresh_after``,
        ``cookie_partitioned``, ``accept`` and ``not_before``; and ``store``, a URL or a
        ``SessionStore``, ``store_env``, the name of a variable that has the URL, and
        ``owner_key``.
    :raises ConfigurationError: naming the option as it was written.
    """

    def __init__(
        self,
        app: WSGIApplication,
        config: Mapping[str, Any] | None = None,
        environ_key: str = "beaker.session",
        *,
        interface: SessionInterface | None = None,
        **options: Any,
    ) -> None:
        given = read_options(config, options)
        if interface is None:
            interface = _open(given)
        elif given:
            [written, *_] = [each.written for each in given.values()]
            raise ConfigurationError(written, "belongs in the interface")
        super().__init__(app, interface, environ_key=environ_key)
        if not issubclass(self.interface.session_class, BeakerWords):
            raise ConfigurationError(
                "interface",
                "its session_class must be a BeakerSession or a StoredBeakerSession",
            )

    @typed_as_wsgi
    def __call__(self, environ: WSGIEnvironment, *rest: Any) -> Iterable[bytes]:
        environ["beaker.get_session"] = refuse_other_sessions
        return super().__call__(environ, *rest)


def _open(given: Options) -> SessionInterface:
    """The interface that these options describe."""
    config, place = make_config(given), read_place(given)
    if place is None:
        interface: SessionInterface = BeakerSessionInterface(config)
        if is_auto(given):
            interface.session_class = SelfSavingBeakerSession
        return interface
    # Imported for those who have a store.
    stored: Any = import_module("session_middleware.adapters.beaker_stored")
    interface = stored.open_place(config, place)
    if is_auto(given):
        interface.session_class = stored.SelfSavingStoredBeakerSession
    return interface
