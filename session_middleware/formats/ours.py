"""Our own cookies, of an interface with other settings: move on from it.

From one salt, digest, key or cookie name to another, from signed to encrypted and back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cookie_interface import HTTPS, LOCALHOST
from ..cookies import Cookie
from ..exceptions import ConfigurationError
from ..keys import HoldsKeys
from ..migration import Foreign
from ..secure_cookie import SecureCookieSessionInterface
from ..tokens.signed import SessionSerializer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class OurCookies(HoldsKeys):
    """Reads the cookies that another interface of ours wrote, for ``accept``.

    Their limits are from now on those of the interface that accepts them.

    :param interface: as it was; its cookie is the one that it gives to a request over
        https, and where the new cookie is not Secure, as on http://localhost, the one
        that it gives there.
    :raises ConfigurationError: it is none that keeps a session in a cookie.
    """

    on_localhost: OurCookies | None = None  # where that is another cookie

    def __init__(self, interface: SecureCookieSessionInterface) -> None:
        if not isinstance(interface, SecureCookieSessionInterface):
            raise ConfigurationError(
                "interface", "must be a SecureCookieSessionInterface, as it was before"
            )
        self.cookie, self._serializer = _ask(interface, HTTPS)
        cookie, serializer = _ask(interface, LOCALHOST)
        if cookie != self.cookie:
            self.on_localhost = there = object.__new__(type(self))
            there.cookie, there._serializer = cookie, serializer

    def read(self, value: str) -> Foreign:
        """Verify a value, then decode it.

        :raises itsdangerous.BadData: it does not verify, or cannot be read.
        """
        payload, issued, _ = self._serializer.verify(value)
        created, permanent, data, _ = self._serializer.decode(payload)
        return Foreign(data, issued, created, permanent)


def _ask(
    interface: SecureCookieSessionInterface, request: WSGIEnvironment
) -> tuple[Cookie, SessionSerializer]:
    """The cookie that a request got, and what reads it."""
    try:
        cookie = interface.ask_cookie(request)
        serializer = interface.get_signing_serializer(request)
    except KeyError as error:
        raise ConfigurationError(
            "interface",
            f"its methods ask a request for {error}, and a reader has none; give "
            "one whose get_cookie_* and get_signing_serializer need no request",
        ) from None
    if serializer is None:
        raise ConfigurationError("interface", "has no secret key to verify with")
    return cookie, serializer
