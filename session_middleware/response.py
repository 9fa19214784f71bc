"""HeldResponse: holds a response back until the app has had its say.

The app's ``start_response`` is noted and not passed on. The session is committed,
and the server's ``start_response`` called, as late as PEP 3333 allows: when the app
has returned a body that is already there; else with the body's first block, empty
or not, which is made at once if the app has called ``start_response``; at the first
``write()``; or when the body ends without a block.

While code of the app runs, and no longer, the environ says so: whoever is called with
the same environ afterwards, such as the next app of a cascade, joins no session that is
done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from .headers import HeaderList
from .interface import SessionInterface
from .session_base import SessionMixin

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Owner(Protocol):
    """Whoever holds a response: a middleware."""

    interface: SessionInterface
    environ_key: str


class HeldResponse:
    """One response on its way from an app to a server.

    :param owner: the middleware; the environ leads to this object, and from here to no
        interface, whose key is not for templates.
    """

    __slots__ = (
        "_environ",
        "_headers",
        "_owner",
        "_shadowed",
        "_start_response",
        "_status",
        "_write",
        "outer",
        "session",
    )

    #: The response that this one is made inside of.
    outer: HeldResponse | None

    def __init__(
        self,
        owner: Owner,
        environ: WSGIEnvironment,
        session: SessionMixin,
        start_response: StartResponse,
    ) -> None:
        self._owner = owner
        self._environ = environ
        self.session = session
        self._start_response = start_response
        self.outer = None
        self._status: str | None = None  # None until the app starts
        self._headers: HeaderList = []
        self._write: Callable[[bytes], object] | None = None  # None until committed

    # -- where it is found ------------------------------------------------

    def enter(self) -> None:
        """Take the place in the environ: code that runs now may join the session."""
        environ = self._environ
        self.outer = environ.get(CHAIN)
        if self.outer is not None:
            self._shadowed = environ.get(self.environ_key)
            environ[self.environ_key] = self.session
        environ[CHAIN] = self

    def leave(self) -> None:
        """Give the place back as it was.

        The session stays, for whoever is around and asks for it later; but inside
        another response, which may have its own there, that is put back.
        """
        environ = self._environ
        if self.outer is None:
            environ.pop(CHAIN, None)
            return
        environ[CHAIN] = self.outer
        if self._shadowed is not None:
            environ[self.environ_key] = self._shadowed

    @property
    def environ_key(self) -> str:
        return self._owner.environ_key

    @property
    def is_sent(self) -> bool:
        """Whether the headers have gone, and the session is saved or is not."""
        return self._write is not None

    def belongs_to(self, owner: Owner) -> bool:
        return self._owner is owner

    def is_of(self, interface: SessionInterface) -> bool:
        return self._owner.interface is interface

    # -- called by the app and the middleware -----------------------------

    def start_response(
        self, status: str, headers: HeaderList, exc_info: Any = None, /
    ) -> Callable[[bytes], object]:
        """What the app is given for its ``start_response``."""
        if self._status is not None and not exc_info:
            raise AssertionError("start_response was called twice without exc_info")
        self._status = status
        self._headers = headers
        if self._write is not None:
            try:
                self.release(_NOTHING, exc_info)  # the server raises it if bytes went
            finally:
                exc_info = None  # a traceback kept here would be a cycle
        return self.write

    def write(self, data: bytes, /) -> None:
        """The imperative way to send a block."""
        self.commit()
        assert self._write is not None
        self._write(data)

    def release(self, body: Iterable[bytes], *exc_info: Any) -> Iterable[bytes]:
        """The body to give to the server: the same object wherever that is possible.

        The headers go now, unless code of the app's is still to make the first block.
        """
        if self._status is None:
            return _HeldBody(self, body)
        if not (type(body) is list or self._is_there(body)):
            held = _HeldBody(self, body)
            if self._write is None:
                held.begin()
            return held
        if self._write is None or exc_info:
            try:
                headers = self._owner.interface.commit(
                    self._environ, self.session, self._status, self._headers
                )
                write = self._start_response(self._status, headers, *exc_info)
                self._write = _no_write if write is None else write
            except BaseException:
                _close(body)
                raise
            finally:
                exc_info = ()  # as in start_response
        return body

    def commit(self) -> None:
        """Send the headers, once; nothing if the app never called start_response."""
        if self._write is None and self._status is not None:
            self.release(_NOTHING)

    def check_late(self) -> None:
        self.session.check_late()

    def _is_there(self, body: object) -> bool:
        """Whether no code of the app's runs when the server iterates."""
        if hasattr(body, "__len__") and not hasattr(body, "__next__"):
            return True
        wrapper = self._environ.get("wsgi.file_wrapper")
        if isinstance(wrapper, type):
            return isinstance(body, wrapper)
        return wrapper is not None and hasattr(body, "read")  # uWSGI's gives the file


class _HeldBody:
    """A body that commits with its first block and passes on every one."""

    __slots__ = ("_begun", "_body", "_iterator", "_response")

    def __init__(self, response: HeldResponse, body: Iterable[bytes]) -> None:
        self._response = response
        self._body: Iterable[bytes] | None = body
        self._iterator: Iterator[bytes] | None = None
        self._begun: list[bytes] = []  # the first block, until it is taken

    def begin(self) -> None:
        """Make the first block now, and with it the headers, which hosts may expect.

        WebOb reads all of a body whose headers do not come with it.
        """
        try:
            self._begun.append(self._next())
        except StopIteration:
            return
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._begun:
            return self._begun.pop()
        self._response.enter()
        try:
            return self._next()
        finally:
            self._response.leave()

    def _next(self) -> bytes:
        """A block that may still change the session, and the headers before it."""
        if self._iterator is None:
            assert self._body is not None
            self._iterator = iter(self._body)
        try:
            block = next(self._iterator)
        except StopIteration:
            self._response.commit()
            raise
        self._response.commit()
        return block

    def close(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            try:
                _close(body)
            finally:
                self._response.check_late()


def _close(body: object) -> None:
    close = getattr(body, "close", None)
    if close is not None:
        close()


def _no_write(data: bytes) -> None:
    """Stands for the ``write`` that some servers and test clients do not give."""
    raise TypeError("the server's start_response gave no write(); return a body")


_NOTHING: list[bytes] = []  # a body that is there

CHAIN = "session_middleware.chain"  # in the environ: the innermost response held
