"""Our own cookies, of an interface with other settings: move on from it.

From one salt, digest, key or cookie name to another, from signed to encrypted and back.
"""

from __future__ import annotations

from ..config import Foreign
from ..exceptions import ConfigurationError
from ..keys import HoldsKeys
from ..secure_cookie import SecureCookieSessionInterface


class OurCookies(HoldsKeys):
    """Reads the cookies that another interface of ours wrote, for ``accept``.

    Their limits are from now on those of the interface that accepts them.

    :param interface: as it was; its cookie is the one that it gives to a request over
        https.
    :raises ConfigurationError: it is none that keeps a session in a cookie.
    """

    def __init__(self, interface: SecureCookieSessionInterface) -> None:
        if not isinstance(interface, SecureCookieSessionInterface):
            raise ConfigurationError(
                "interface", "must be a SecureCookieSessionInterface, as it was before"
            )
        request = {"wsgi.url_scheme": "https"}
        try:
            self.cookie = interface.ask_cookie(request)
            serializer = interface.get_signing_serializer(request)
        except KeyError as error:
            raise ConfigurationError(
                "interface",
                f"its methods ask a request for {error}, and a reader has none; give "
                "one whose get_cookie_* and get_signing_serializer need no request",
            ) from None
        if serializer is None:
            raise ConfigurationError("interface", "has no secret key to verify with")
        self._serializer = serializer

    def read(self, value: str) -> Foreign:
        """Verify a value, then decode it.

        :raises itsdangerous.BadData: it does not verify, or cannot be read.
        """
        payload, issued, _ = self._serializer.verify(value)
        created, permanent, data, _ = self._serializer.decode(payload)
        return Foreign(data, issued, created, permanent)
