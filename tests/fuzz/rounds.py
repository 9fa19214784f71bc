"""One round of fuzzing: three inputs, and what must hold for each."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from itsdangerous import BadData

from session_middleware import SerializationError, SessionMiddleware

from ..support import call, make_interface
from .mutations import mutated, odd_payload

_LINE = re.compile(r"[\x20-\x7e]+")


class Found(Exception):
    """An input for which a promise does not hold."""


class Fuzzer:
    """One target with a generator of its own.

    :param target: has ``golden``, ``reader()`` and ``sign(payload)``.
    :param seed: the same one makes the same inputs.
    """

    def __init__(self, target: Any, seed: int) -> None:
        self._rng = Random(seed)
        self._target = target
        self._reader = target.reader()
        self._interface = make_interface(accept=[self._reader])
        self._app = SessionMiddleware(self._use, self._interface)

    def round(self) -> None:
        """A hostile value, an odd one that is signed, and a whole request.

        :raises Found: a promise does not hold.
        """
        hostile = self._mutated(self._target.golden)
        authentic = self._target.sign(odd_payload(self._rng))
        nearly = self._mutated(authentic)
        self._check(hostile, allowed=BadData)
        for value in (authentic, nearly):
            self._check(value, allowed=(BadData, SerializationError))
        values = self._rng.sample([hostile, authentic, nearly], 2)
        name = self._reader.cookie.name
        self._visit(self._mutated("; ".join(f"{name}={value}" for value in values)))

    def _mutated(self, text: str) -> str:
        return mutated(self._rng, text.encode("latin-1")).decode("latin-1")

    def _check(self, value: str, allowed: Any) -> None:
        try:
            self._reader.read(value)
        except allowed:
            return
        except Exception as error:
            raise Found(f"reading {value!r}") from error

    def _visit(self, header: str) -> None:
        try:
            answer = call(self._app, cookie=header)
        except Exception as error:
            raise Found(f"a request with the Cookie header {header!r}") from error
        finally:
            self._interface.events.clear()
        if not all(_LINE.fullmatch(line) for line in answer.set_cookies):
            raise Found(f"{answer.set_cookies} for the Cookie header {header!r}")

    def _use(self, environ: Any, start_response: Any) -> list[bytes]:
        session = environ["session"]
        kind = self._rng.randrange(3)
        body = repr(dict(session)).encode()
        if kind == 1:
            session.clear()
        elif kind == 2:
            session.regenerate(keep=["user"])
            session["n"] = 1
        start_response("200 OK", [])
        return [body]
