"""SessionInterface: the rules by which a session is opened, kept and sent.

Change them by a class attribute or by overriding one method, in a subclass.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .config import SessionConfig
from .cookie_settings import overrides
from .cookies import LAST_SECOND, MAX_COOKIE
from .exceptions import ConfigurationError, SessionTooLarge
from .headers import (
    HeaderList,
    check_added,
    drop_replaced_cookies,
    has_cookie_or_caching,
    is_shared,
    make_private,
    vary_on_cookie,
)
from .keys import HoldsKeys
from .limits import expiration
from .session import Session
from .session_base import CHANGED, DUE, READ, UNTOUCHED, NullSession, SessionMixin
from .session_settings import SessionSettings, yes_or_no

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class SessionInterface(SessionSettings, HoldsKeys):
    """Opens a session before the app is called, and saves it with the response.

    A host calls :meth:`load` and :meth:`commit`, once each per request. A subclass
    writes :meth:`open_session` and :meth:`save_session`.

    :param config: the settings; ``None`` is for interfaces that need none.
    :raises ConfigurationError: naming the option or the class attribute that is wrong.
    """

    #: What a request gets that can have no session; a subclass of ``NullSession``.
    null_session_class: type[NullSession] = NullSession
    #: What a request gets; a subclass of ``Session``.
    session_class: type[Session] = Session
    #: Whether to open a session takes no more than the request.
    opening_is_free = True
    #: Save changes on responses of status 500 and above too.
    save_on_error = False
    #: Bytes of name and value; browsers drop what is larger (RFC 6265bis section 5.6).
    max_cookie_size = MAX_COOKIE

    def __init__(self, config: SessionConfig | None = None) -> None:
        config = SessionConfig(secret_key=None) if config is None else config
        _check_rules(self, config)
        super().__init__(config)
        self._asks_sending = overrides(self, SessionInterface, "should_set_cookie")
        self._asks_null = overrides(self, SessionInterface, "is_null_session")
        self._asks_saving = True  # somebody else's save_session, and so it is checked

    # -- called by a host -------------------------------------------------

    def load(self, environ: WSGIEnvironment) -> SessionMixin:
        """The session of this request, unopened: nothing is read or parsed yet.

        :raises ConfigurationError: an overridden method gives what cannot work.
        """
        session = self.open_session(environ)
        return self.make_null_session(environ) if session is None else session

    def commit(
        self,
        environ: WSGIEnvironment,
        session: SessionMixin,
        status: str,
        headers: HeaderList,
    ) -> HeaderList:
        """The response's headers, with what the session adds: docs/saving.rst's table.

        A response that sets the cookie is made ``private`` for caches (RFC 9111
        section 5.2.2.7); one whose session was used gets ``Vary: Cookie``.

        :param environ: the request's.
        :param session: what :meth:`load` gave.
        :param status: as given to ``start_response``, such as ``"200 OK"``.
        :param headers: the app's; never changed.
        :returns: the same list if nothing changes, else a new one.
        :raises SerializationError: a value cannot be stored.
        :raises SessionTooLarge: no browser would keep the cookie.
        """
        outcome = session.conclude()
        if outcome == UNTOUCHED or (self._asks_null and self.is_null_session(session)):
            return headers
        varied = vary_on_cookie(headers)
        if outcome == READ and not (self._asks_sending and session):
            return varied
        if outcome in (READ, DUE) and _is_to_wait(status, headers):
            if outcome == DUE:
                self._postpone(environ, session, status)
            return varied
        if outcome == CHANGED and status >= "500" and not self.save_on_error:
            self._say_not_saved(environ, session, status)
            if not session.invalidated:
                return varied
        if self._asks_sending and session and not self._is_to_send(environ, session):
            return varied
        return self._save(environ, session, varied)

    def _say_not_saved(
        self, environ: WSGIEnvironment, session: SessionMixin, status: str
    ) -> None:
        self.report(
            environ,
            "not_saved",
            status=status[:3],
            keys=session.changed_keys(),
            advice="save_on_error = True in a subclass saves these too",
        )
        session.forget_changes()

    def _postpone(
        self, environ: WSGIEnvironment, session: SessionMixin, status: str
    ) -> None:
        """Called where a re-issue is due and waits for another response."""

    def _is_to_send(self, environ: WSGIEnvironment, session: SessionMixin) -> bool:
        answer = self.should_set_cookie(environ, session)
        return yes_or_no("should_set_cookie", answer)

    def _save(
        self, environ: WSGIEnvironment, session: SessionMixin, headers: HeaderList
    ) -> HeaderList:
        """A new list with what saves the session, the only word on its cookies."""
        sent = list(headers)
        try:
            self.save_session(environ, session, sent)
            if self._asks_saving:
                check_added("save_session", headers, sent)
        except BaseException:
            session.resume()
            raise
        if len(sent) == len(headers):
            return headers
        one = len(sent) == len(headers) + 1 and sent[-1][0] == "Set-Cookie"
        if one and not has_cookie_or_caching(headers):
            sent.insert(len(headers), ("Cache-Control", "private"))
            return sent
        for name in drop_replaced_cookies(sent, len(headers)):
            self.report(environ, "replaced_cookie", cookie=name)
        if make_private(sent):
            reason = "a Set-Cookie is for one user alone"
            self.report(environ, "made_private", reason=reason)
        return sent

    # -- written by subclasses --------------------------------------------

    def open_session(self, environ: WSGIEnvironment) -> SessionMixin | None:
        """An unopened session; no I/O and no parsing yet. ``None``: there is none."""
        raise NotImplementedError

    def save_session(
        self, environ: WSGIEnvironment, session: Any, headers: HeaderList
    ) -> None:
        """Append to ``headers``, this response's own list, what saves the session.

        Called only for a change, a deletion or a due re-issue.
        """
        raise NotImplementedError

    # -- overridden to decide for each request ----------------------------

    def get_expiration_time(
        self, environ: WSGIEnvironment, session: Any
    ) -> datetime | None:
        """When the browser may forget the cookie; ``None``: when the browser ends.

        It is sent as Expires and Max-Age, for 400 days at most (RFC 6265bis section
        5.5), and never past the session's own limits.

        :returns: an aware datetime.
        """
        if not session.permanent:
            return None
        end = expiration(self.now(), self.idle_limit(session, environ))
        if end > LAST_SECOND:
            return None
        return datetime.fromtimestamp(end, timezone.utc)

    def should_set_cookie(self, environ: WSGIEnvironment, session: Any) -> bool:
        """Whether to send the session. Called last, for used sessions that hold data.

        Give a bool.
        """
        return bool(session.modified or session.due)

    def make_null_session(self, environ: WSGIEnvironment) -> NullSession:
        """The session of a request that can have none."""
        return self.null_session_class()

    def is_null_session(self, obj: object) -> bool:
        """Whether ``obj`` is such a null session."""
        return isinstance(obj, self.null_session_class)

    def handle_too_large(
        self, environ: WSGIEnvironment, session: Any, error: SessionTooLarge
    ) -> None:
        """Raise ``error``; or return, to send what fits then.

        Take out of the session what it can do without. If it is still too large,
        nothing is sent, and the browser keeps its old cookie.

        :param error: has the size, the limit and the largest keys.
        """
        raise error

    def now(self) -> float:
        """Seconds since the epoch; override it to have another clock."""
        return time.time()


def _check_rules(interface: SessionInterface, config: object) -> None:
    """The configuration and the class attributes are of the kind they must be."""
    if not isinstance(config, SessionConfig):
        raise ConfigurationError("config", "must be a SessionConfig(...)")
    for option, least, most in (
        ("max_cookie_size", 1, MAX_COOKIE),
        ("clock_skew", 0, _MAX_SKEW),
    ):
        value = getattr(interface, option)
        if type(value) is not int or not least <= value <= most:
            raise ConfigurationError(option, f"must be an int from {least} to {most}")
    for option, base in (
        ("session_class", SessionMixin),
        ("null_session_class", NullSession),
    ):
        value = getattr(interface, option)
        if not (isinstance(value, type) and issubclass(value, base)):
            raise ConfigurationError(option, f"must be a subclass of {base.__name__}")


def _is_to_wait(status: str, headers: HeaderList) -> bool:
    """Whether a mere re-issue waits for another response.

    A cache keeps the headers of a 304 (RFC 9111 section 4.3.4).
    """
    return status >= "500" or status.startswith("304") or is_shared(headers)


def set_clock(interface: SessionInterface, now: Callable[[], float] | None) -> Any:
    """Have one interface take the time from there; ``None``: by its class again.

    :returns: what was set before.
    """
    before = vars(interface).pop("now", None)
    if now is not None:
        vars(interface)["now"] = now
    return before


_MAX_SKEW = 300  # seconds; more would let tokens outlive their limits by as much
