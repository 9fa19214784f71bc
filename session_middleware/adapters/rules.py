"""The rules that an adapter is given: a ``SessionInterface``, checked."""

from __future__ import annotations

from ..exceptions import ConfigurationError
from ..interface import SessionInterface


def check_rules(interface: object, otherwise: str = "") -> SessionInterface:
    """The interface, if it is one.

    :param otherwise: what else the adapter takes, as it ends the message.
    :raises ConfigurationError: it is something else, such as its class or a key.
    """
    if isinstance(interface, SessionInterface):
        return interface
    raise ConfigurationError(
        "interface",
        "must be a SessionInterface, as "
        f"SecureCookieSessionInterface(SessionConfig(secret_key=...)){otherwise}",
    )
