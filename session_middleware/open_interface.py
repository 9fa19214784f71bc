"""open_interface: the interface that the options of the one-line form describe."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from .config import ConfigOptions, config_from_options
from .exceptions import ConfigurationError
from .interface import SessionInterface
from .secure_cookie import SecureCookieSessionInterface

if TYPE_CHECKING:
    from .stores.base import SessionStore


class SessionOptions(ConfigOptions, total=False):
    """The options of the one-line form.

    Those of :class:`~session_middleware.SessionConfig`, and two for sessions in a
    store.
    """

    #: Where sessions are kept: a URL, as ``"sqlite:///sessions.db"``, or a store.
    store: SessionStore | str
    #: The key of a session that says whose it is, as ``"user_id"``.
    owner_key: str


#: Options that are for sessions in a store.
OF_STORES = ("store", "owner_key")


def open_interface(options: SessionOptions) -> SessionInterface:
    """A signed cookie, or with ``store`` sessions that are kept there.

    :raises UnknownOption: for a name that is no option.
    :raises ConfigurationError: naming the option, the rule and what to do.
    """
    ours: dict[str, Any] = {**options}
    stored = {name: ours.pop(name) for name in OF_STORES if name in ours}
    config = config_from_options(cast(ConfigOptions, ours))
    if "store" in stored:  # imported for those who have a store
        server_side = import_module("session_middleware.server_side")
        opened: SessionInterface = server_side.open_with(config, **stored)
        return opened
    for name in stored:
        raise ConfigurationError(name, "is for sessions in a store; give store= too")
    return SecureCookieSessionInterface(config)
