"""OurCookies: reads our own cookies that were written with other settings.

From one salt, digest, key or cookie name to another, from signed to encrypted and back,
from any of them into a store, and out of one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ..cookie_interface import HTTPS, LOCALHOST, CookieSessionInterface
from ..cookies import Cookie
from ..exceptions import ConfigurationError
from ..keys import HoldsKeys
from ..migration import Foreign
from ..secure_cookie import SecureCookieSessionInterface
from ..tokens.signed import SessionSerializer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from ..server_side import ServerSideSessionInterface

__all__ = ["OurCookies"]


class OurCookies(HoldsKeys):
    """Reads the cookies that another interface of this package wrote, for ``accept``.

    Their limits are from now on those of the interface that accepts them. What is in a
    store stays there, until it has expired.

    :param interface: as it was; its cookie is the one that it gives to a request over
        https, and where the new cookie is not Secure, as on http://localhost, the one
        that it gives there.
    :raises ConfigurationError: it is none whose cookies lead to a session.
    """

    on_localhost: OurCookies | None = None  # None: it is the same cookie there
    #: Where the sessions are, if they are in a store.
    kept: object

    def __init__(
        self, interface: SecureCookieSessionInterface | ServerSideSessionInterface
    ) -> None:
        if not isinstance(interface, CookieSessionInterface):
            raise ConfigurationError(
                "interface",
                "must be a SecureCookieSessionInterface or a "
                "ServerSideSessionInterface, as it was before",
            )
        self.cookie, self._read, self.kept = _ask(interface, HTTPS)
        cookie, read, kept = _ask(interface, LOCALHOST)
        if cookie != self.cookie:
            self.on_localhost = there = object.__new__(type(self))
            there.cookie, there._read, there.kept = cookie, read, kept

    def read(self, value: str) -> Foreign:
        """Verify a value, then decode it.

        :raises itsdangerous.BadData: it does not verify, or cannot be read.
        :raises StoreError: the store in which it is does not answer.
        """
        return self._read(value)


def _ask(
    interface: CookieSessionInterface, request: WSGIEnvironment
) -> tuple[Cookie, Callable[[str], Foreign], object]:
    """The cookie that a request got, what reads it, and where its session is kept."""
    try:
        cookie = interface.ask_cookie(request)
        read, kept = _reader_of(interface, request, cookie)
    except KeyError as error:
        raise ConfigurationError(
            "interface",
            f"its methods look for {error} in a request, and a reader has none; give "
            "one whose get_cookie_* and get_signing_serializer need no request",
        ) from None
    if read is None:
        raise ConfigurationError("interface", "has no secret key to verify with")
    return cookie, read, kept


def _reader_of(
    interface: CookieSessionInterface, request: WSGIEnvironment, cookie: Cookie
) -> tuple[Callable[[str], Foreign] | None, object]:
    if isinstance(interface, SecureCookieSessionInterface):
        serializer = interface.get_signing_serializer(request)
        if serializer is None:
            return None, None
        return partial(_read_token, serializer), None
    backend = interface.make_backend(cookie)
    return getattr(backend, "move_out", None), getattr(backend, "kept", None)


def _read_token(serializer: SessionSerializer, value: str) -> Foreign:
    payload, issued, _ = serializer.verify(value)
    created, permanent, data, _ = serializer.decode(payload)
    return Foreign(data, issued, created, permanent)
