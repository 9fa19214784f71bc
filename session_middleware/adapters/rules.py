"""The check of what an adapter takes as its rules: a ``SessionInterface``."""

from __future__ import annotations

from ..exceptions import ConfigurationError
from ..interface import SessionInterface

__all__ = ["check_rules"]


def check_rules(interface: object, otherwise: str = "") -> SessionInterface:
    """The interface, if it is one.

    :param interface: what the adapter was given.
    :param otherwise: what else the adapter takes; the end of the message.
    :raises ConfigurationError: it is something else, such as a class or a key.
    """
    if isinstance(interface, SessionInterface):
        return interface
    raise ConfigurationError(
        "interface",
        "must be a SessionInterface, such as "
        f"SecureCookieSessionInterface(SessionConfig(secret_key=...)){otherwise}",
    )
