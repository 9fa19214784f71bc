"""The command line in a process of its own, and tokens for it."""

from __future__ import annotations

import os
import subprocess
import sys

from session_middleware import SessionConfig, SessionMiddleware
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.tokens.signed import SignedSerializer

from ..support import KEY, START, app_of, call

COMMAND = [sys.executable, "-m", "session_middleware"]


def token(data=None, name="session", key=KEY, created=START, issued=START + 60):
    serializer = SignedSerializer([key], f"session_middleware.v1:{name}")
    text = serializer.encode(created, False, {"user": 42} if data is None else data)
    return serializer.sign(serializer.pack(text), issued)


def signed(text):
    serializer = SignedSerializer([KEY], "session_middleware.v1:session")
    return serializer.sign(serializer.pack(text), START)


def sealed(data, name="session", key=KEY):
    """The value of an encrypted cookie."""
    config = SessionConfig(secret_key=key, cookie_name=name)
    interface = EncryptedCookieSessionInterface(config)
    app = SessionMiddleware(app_of(lambda s: s.update(data)), interface)
    return call(app).cookie.partition("=")[2]


class Done(tuple):
    """What a command left: exit code, standard output, standard error."""

    code = property(lambda self: self[0])
    out = property(lambda self: self[1])
    err = property(lambda self: self[2])


def spawn(*arguments, stdin=b"", **variables):
    return subprocess.run(
        [*COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
        env={**os.environ, **variables},
        check=False,
    )
