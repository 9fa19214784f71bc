"""One round of fuzzing: a few inputs, and what must hold for each."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from itsdangerous import BadData

from session_middleware import SerializationError, SessionMiddleware, SessionTooLarge

from ..support import START, call, make_interface
from .mutations import LIMIT, Trap, mutated, odd_header, odd_payload

CORPUS = Path(__file__).parent / "corpus"

# RFC 6265 section 4.1.1, with the attributes that we write.
_LINE = re.compile(
    r"[A-Za-z0-9!#$%&'*+.^_`|~-]+=[!#-+\--:<-\[\]-~]{0,4096}"
    r"(; (Secure|HttpOnly|Path=/|Domain=app\.example|SameSite=Lax|Max-Age=[0-9]+"
    r"|Expires=[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT))*"
)
_SIGNING_TIMES = [START] * 12 + [START - 86400, START - 10**8, 0, 2**31, 2**40, 2**62]
_oversized: list[int] = []  # what was inflated to more than the limit


class Found(Exception):
    """An input for which a promise does not hold."""


class Fuzzer:
    """One target with a generator of its own.

    :param target: has ``golden``, ``reader()``, ``content(rng)``, ``sign(payload)``,
        ``text_of(value)`` and ``sign_text(text)``, where the text is all that the
        signature is over, and ``homes()``, the interfaces whose own cookies these are.
    :param seed: the same one makes the same inputs.
    """

    def __init__(self, target: Any, seed: int = 0) -> None:
        self.reached: dict[str, int] = {}  # how often a value was read, or refused
        self._rng = Random(seed)
        self._changed = False
        self._target = target
        self._reader = target.reader()
        accepting = make_interface(accept=[self._reader])
        self._visited = [
            (interface, SessionMiddleware(self._use, interface))
            for interface in [accepting, *target.homes()]
        ]

    def round(self) -> None:
        """A hostile value, odd ones that are signed, and a whole request.

        :raises Found: a promise does not hold.
        """
        rng = self._rng
        hostile = self._mutated(self._target.golden)
        authentic = self.signed(odd_payload(rng, self._target.content(rng)))
        nearly = self._mutated(authentic)
        text = self._mutated(self._target.text_of(authentic)).encode("latin-1")
        odd_text = self._target.sign_text(text)
        self.check(hostile, allowed=BadData, expected={"user": "ada"})
        for value in (authentic, nearly, odd_text):
            self.check(value)
        values = rng.sample([hostile, authentic, nearly, odd_text], rng.randint(1, 3))
        self.visit(odd_header(rng, self._reader.cookie.name, values))

    def signed(self, payload: bytes) -> str:
        """A value that the framework signed, at a time that may be odd too."""
        now = self._rng.choice(_SIGNING_TIMES)  # once: other threads ask for it too
        with patch("time.time", lambda: now):
            return self._target.sign(payload)

    def check(
        self,
        value: str,
        allowed: Any = (BadData, SerializationError),
        expected: Any = None,
    ) -> None:
        """A value is refused as it may be, or read; nothing is inflated too far.

        :param expected: the only data that may be read.
        :raises Found: otherwise.
        """
        try:
            data, issued, created, permanent = self._reader.read(value)
            outcome = "read"
            assert isinstance(data, dict)
            assert expected in (None, data)
            assert {type(issued), type(created or 0), type(permanent)} <= {int, bool}
        except allowed as error:
            outcome = type(error).__name__
        except Exception as error:
            raise Found(f"reading {value!r}") from error
        self.reached[outcome] = self.reached.get(outcome, 0) + 1
        _check_traces(f"reading {value!r}")

    def visit(self, header: str) -> None:
        """A request is answered, with cookies that a browser takes and gives back.

        :raises Found: otherwise.
        """
        for interface, app in self._visited:
            what = f"a request with the Cookie header {header!r}"
            try:
                answer = call(app, cookie=header)
            except SessionTooLarge as error:
                if not self._changed:  # a session that is only read never raises
                    raise Found(what) from error
                continue
            except Exception as error:
                raise Found(what) from error
            finally:
                interface.events.clear()
            _check_traces(what)
            lines = answer.set_cookies
            names = {line.partition("=")[0] for line in lines}
            if answer.status != "200 OK" or len(names) != len(lines):
                raise Found(f"{answer.status}, {lines} for {what}")
            if not all(map(_LINE.fullmatch, lines)):
                raise Found(f"{lines} for {what}")

    def run_corpus(self, name: str) -> None:
        """Every input kept for a target, each as a value and as a whole header.

        :raises Found: a promise does not hold.
        """
        for literal in (CORPUS / f"{name}.txt").read_text("ascii").split("\n")[:-1]:
            kept = eval(literal)
            self.check(kept)
            self.visit(f"{self._reader.cookie.name}={kept}")
            self.visit(kept)

    def _mutated(self, text: str) -> str:
        return mutated(self._rng, text.encode("latin-1")).decode("latin-1")

    def _use(self, environ: Any, start_response: Any) -> list[bytes]:
        session = environ["session"]
        facts = session.permanent, session.created, session.issued, session.expires_at
        body = repr([dict(session), facts]).encode(errors="replace")
        outcome = f"session {session.status}{' with data' if session else ''}"
        self.reached[outcome] = self.reached.get(outcome, 0) + 1
        use = self._rng.choice(_USES)
        use(session)
        self._changed = use is not _read
        start_response("200 OK", [])
        return [body]


def _read(session: Any) -> None:
    pass


def _set(session: Any) -> None:
    session["n"] = 1


def _nest(session: Any) -> None:
    for item in session.values():
        if type(item) is list:
            item.append(1)
        elif type(item) is dict:
            item["n"] = 1


def _lengthen(session: Any) -> None:
    session.permanent = not session.permanent


def _start_over(session: Any) -> None:
    session.regenerate(keep=["user"])


_USES: list[Any] = [
    *(_read, _set, _nest, _lengthen, _start_over),
    *(lambda session: session.clear(), lambda session: session.invalidate()),
]


def _check_traces(what: str) -> None:
    if _oversized or Trap.sprung:
        too_much, Trap.sprung = _oversized[:], 0
        _oversized.clear()
        raise Found(f"{too_much or 'a pickle'} was inflated or loaded by {what}")


@contextmanager
def watched() -> Iterator[None]:
    """Time stands still, and what is inflated is weighed."""
    real = zlib.decompressobj

    class Weighed:
        def __init__(self, *args: Any) -> None:
            self._inflater = real(*args)
            self._total = 0

        def decompress(self, *args: Any) -> bytes:
            raw = self._inflater.decompress(*args)
            self._total += len(raw)
            if self._total > LIMIT:
                _oversized.append(self._total)
            return raw

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inflater, name)

    def unbounded(*args: Any, **options: Any) -> Any:
        raise AssertionError("zlib.decompress has no bound")

    with (
        patch("time.time", lambda: START),
        patch("zlib.decompressobj", Weighed),
        patch("zlib.decompress", unbounded),
    ):
        yield
