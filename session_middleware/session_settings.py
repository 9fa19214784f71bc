"""SessionSettings: how long one session may live, and whether it is let in.

Answered from the configuration, or by a subclass for each session.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .config import SessionConfig, check_lifetime
from .cookie_settings import overrides
from .exceptions import ConfigurationError
from .limits import Limits, first_second, refresh_age, seconds_of
from .reporting import Reporting, has_environ

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class SessionSettings(Reporting):
    """The part of an interface that is about one session.

    An override that has a parameter ``environ`` too is given the request's, as it was
    when the session was made for it: what the app puts there later is not seen.

    :param config: the settings.
    """

    #: Seconds that another machine's clock may be ahead of ours, from 0 to 300. In a
    #: store the idle limit is so much longer, since another machine may have written
    #: when a session was used: 0 makes it exact.
    clock_skew = 60

    def __init__(self, config: SessionConfig) -> None:
        super().__init__(config)
        self._takes_environ = frozenset(
            name for name in _METHODS if has_environ(self, name)
        )
        #: Whether a session has to remember its request.
        self.asks_environ = bool(self._takes_environ) or self.event_takes_environ
        self._not_before = first_second(config.not_before)
        #: Whether a subclass decides which sessions are let in.
        self.asks_acceptance = overrides(self, SessionSettings, "accept_session")
        #: The limits of every session; ``None`` if each may have its own.
        self.fixed_limits: Limits | None = None
        if not overrides(self, SessionSettings, *_LIFETIMES):
            self.fixed_limits = self.limits_of(None)

    def get_lifetime(self, session: Any) -> timedelta:
        """The idle limit of this session: for opening it, and for its expiration."""
        return self.config.permanent_lifetime

    def get_absolute_lifetime(self, session: Any) -> timedelta | None:
        """The limit from its creation; ``None``: none. The earlier of both ends it."""
        return self.config.absolute_lifetime

    def accept_session(self, session: Any) -> bool:
        """Called once, after verification; ``False`` opens it empty. Give a bool.

        The place to compare ``session.created`` with a user's "valid from".
        """
        return True

    # -- the answers, checked ---------------------------------------------

    def limits_of(self, session: Any) -> Limits:
        """The limits of this session.

        :raises ConfigurationError: an override gives something else than a timedelta.
        """
        if self.fixed_limits is not None:
            return self.fixed_limits
        absolute = self._ask("get_absolute_lifetime", session)
        if absolute is not None and absolute is not self.config.absolute_lifetime:
            check_lifetime("get_absolute_lifetime", absolute)
        idle = self.idle_limit(session)
        refresh = refresh_age(idle, self.config.refresh_after)
        return Limits(
            idle, refresh, seconds_of(absolute), self._not_before, self.clock_skew
        )

    def idle_limit(self, session: Any, environ: WSGIEnvironment | None = None) -> int:
        """The idle limit in seconds.

        :param environ: for a session that does not remember its request.
        :raises ConfigurationError: an override gives something else than a timedelta.
        """
        idle = self._ask("get_lifetime", session, environ)
        if idle is not self.config.permanent_lifetime:
            check_lifetime("get_lifetime", idle)
        return seconds_of(idle)

    def accepts(self, session: Any) -> bool:
        """Whether :meth:`accept_session` lets a session in.

        :raises ConfigurationError: an override gives no bool.
        """
        return yes_or_no("accept_session", self._ask("accept_session", session))

    def _ask(
        self, method: str, session: Any, environ: WSGIEnvironment | None = None
    ) -> Any:
        asked = getattr(self, method)
        if method not in self._takes_environ:
            return asked(session)
        return asked(session, environ=getattr(session, "_request", environ))


def yes_or_no(option: str, answer: object) -> bool:
    """The answer of an overridden method; a ``return`` that was forgotten is none.

    :raises ConfigurationError: it is no bool.
    """
    if isinstance(answer, bool):
        return answer
    raise ConfigurationError(
        option,
        f"must return True or False, not {type(answer).__name__}; a method that ends "
        "without a return gives None, and would log everyone out",
    )


_LIFETIMES = ("get_lifetime", "get_absolute_lifetime")
_METHODS = (*_LIFETIMES, "accept_session")
