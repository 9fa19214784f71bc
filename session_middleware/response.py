"""HeldResponse: holds a response back until the app has had its say.

The app's ``start_response`` is noted and not passed on. The session is committed,
and the server's ``start_response`` called, as late as PEP 3333 allows: when the app
has returned a body that is already there; else with the body's first block, empty
or not; at the first ``write()``; or when the body ends without a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .headers import HeaderList
from .interface import SessionInterface
from .session_mixin import SessionMixin

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class HeldResponse:
    """One response on its way from an app to a server."""

    __slots__ = (
        "_environ",
        "_headers",
        "_interface",
        "_session",
        "_start_response",
        "_status",
        "_write",
    )

    def __init__(
        self,
        interface: SessionInterface,
        environ: WSGIEnvironment,
        session: SessionMixin,
        start_response: StartResponse,
    ) -> None:
        self._interface = interface
        self._environ = environ
        self._session = session
        self._start_response = start_response
        self._status: str | None = None  # None until the app starts
        self._headers: HeaderList = []
        self._write: Callable[[bytes], object] | None = None  # None until committed

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
                self._commit(exc_info)  # the server raises it if bytes have gone
            finally:
                exc_info = None  # a traceback kept here would be a cycle
        return self.write

    def write(self, data: bytes, /) -> None:
        """The imperative way to send a block."""
        if self._write is None:
            self._commit()
        assert self._write is not None
        self._write(data)

    def release(self, body: Iterable[bytes]) -> Iterable[bytes]:
        """The body to give to the server: the same object wherever that is possible."""
        if self._status is None or not (type(body) is list or self._is_there(body)):
            return _HeldBody(self, body)
        if self._write is None:
            try:
                self._commit()
            except BaseException:
                _close(body)
                raise
        return body

    def commit(self) -> None:
        """Send the headers, once; nothing if the app never called start_response."""
        if self._write is None and self._status is not None:
            self._commit()

    def check_late(self) -> None:
        self._session.check_late()

    def _commit(self, *exc_info: Any) -> None:
        assert self._status is not None
        try:
            headers = self._interface.commit(
                self._environ, self._session, self._status, self._headers
            )
            write = self._start_response(self._status, headers, *exc_info)
        finally:
            exc_info = ()  # as in start_response
        self._write = _no_write if write is None else write

    def _is_there(self, body: object) -> bool:
        """Whether no code of the app's runs when the server iterates."""
        if not hasattr(body, "__next__"):
            return True
        wrapper = self._environ.get("wsgi.file_wrapper")
        if isinstance(wrapper, type):
            return isinstance(body, wrapper)
        return wrapper is not None and hasattr(body, "read")  # uWSGI's gives the file


class _HeldBody:
    """A body that commits with its first block and passes on every one."""

    __slots__ = ("_body", "_iterator", "_response")

    def __init__(self, response: HeldResponse, body: Iterable[bytes]) -> None:
        self._response = response
        self._body: Iterable[bytes] | None = body
        self._iterator: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
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
