"""SessionQuestions: what may become of one session, asked of a subclass or not."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .config import SessionConfig, check_lifetime
from .cookie_settings import CookieQuestions, overrides
from .exceptions import ConfigurationError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

NEVER = 1 << 50  # seconds


class SessionQuestions(CookieQuestions):
    """The questions of an interface about one session, beside those of its cookie.

    An override that has a parameter ``environ`` too is given the request's, as it was
    when the session was made for it: what the app puts there later is not seen.

    :param config: the settings.
    """

    def __init__(self, config: SessionConfig) -> None:
        super().__init__(config)
        self._given_environ = frozenset(
            name
            for name in _QUESTIONS
            if overrides(self, SessionQuestions, name) and _has_environ(self, name)
        )
        #: Whether a session has to know the request that it is of.
        self.asks_environ = bool(self._given_environ)

    def get_lifetime(self, session: Any) -> timedelta:
        """The idle limit of this session: for opening it, and for its expiration."""
        return self.config.permanent_lifetime

    def get_absolute_lifetime(self, session: Any) -> timedelta | None:
        """The limit from its creation; ``None``: none. The earlier of both ends it."""
        return self.config.absolute_lifetime

    def accept_session(self, session: Any) -> bool:
        """Asked once, after verification; ``False`` opens it empty. Give a bool.

        The place to compare ``session.created`` with a user's "valid from".
        """
        return True

    # -- the answers, checked ---------------------------------------------

    def ask(
        self, question: str, session: Any, environ: WSGIEnvironment | None = None
    ) -> Any:
        """What one of these methods says of a session.

        :param environ: for a session that does not know its request.
        """
        method = getattr(self, question)
        if question not in self._given_environ:
            return method(session)
        return method(session, environ=getattr(session, "_request", environ))

    def lifetime(self, session: Any, environ: WSGIEnvironment | None = None) -> int:
        """The idle limit in seconds, :meth:`get_lifetime`'s answer checked."""
        idle = self.ask("get_lifetime", session, environ)
        if idle is not self.config.permanent_lifetime:
            check_lifetime("get_lifetime", idle)
        return seconds_of(idle)

    def longest_lifetime(self, session: Any) -> int:
        """The same of :meth:`get_absolute_lifetime`."""
        absolute = self.ask("get_absolute_lifetime", session)
        if absolute is None:
            return NEVER
        if absolute is not self.config.absolute_lifetime:
            check_lifetime("get_absolute_lifetime", absolute)
        return seconds_of(absolute)


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


def seconds_of(length: timedelta) -> int:
    """The whole seconds of a length of time."""
    return length.days * 86400 + length.seconds


def _has_environ(interface: SessionQuestions, name: str) -> bool:
    parameters = inspect.signature(getattr(type(interface), name)).parameters
    return "environ" in parameters


_QUESTIONS = ("get_lifetime", "get_absolute_lifetime", "accept_session")
