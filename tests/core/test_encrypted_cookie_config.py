"""What an encrypted cookie needs: keys that cannot be guessed, and ``cryptography``."""

from __future__ import annotations

import subprocess
import sys

import pytest

from session_middleware import ConfigurationError, SessionConfig
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface

from ..support import KEY, OTHER_KEY, make_interface
from ..support.visits import respond, stored


def encrypted(**options):
    return make_interface(EncryptedCookieSessionInterface, **options)


def look(session):
    return dict(session)


@pytest.mark.parametrize(
    ("option", "keys"),
    [
        ("secret_key", {"secret_key": KEY[:31]}),
        ("secret_key", {"secret_key": b"\xff" * 31}),
        ("secret_key_fallbacks", {"secret_key_fallbacks": [OTHER_KEY, "weak"]}),
    ],
    ids=["text", "bytes", "fallback"],
)
def test_a_weak_key_encrypts_nothing_whatever_is_allowed(option, keys):
    config = SessionConfig(**{"secret_key": KEY, "allow_weak_secret": True, **keys})

    with pytest.raises(ConfigurationError, match="at least 32") as caught:
        EncryptedCookieSessionInterface(config)

    assert caught.value.option == option
    assert "allow_weak_secret" in str(caught.value)
    assert "keygen" in str(caught.value)


@pytest.mark.parametrize("key", [KEY[:32], KEY[:32].encode(), "ключ" * 4])
def test_32_bytes_are_enough(key):
    interface = encrypted(secret_key=key, allow_weak_secret=True)

    assert respond(interface, look, stored(interface, n=1)).body == b"{'n': 1}"


@pytest.mark.parametrize("config", [{"secret_key": KEY}, KEY, object()])
def test_what_is_no_configuration_is_refused(config):
    with pytest.raises(ConfigurationError, match=r"must be a SessionConfig\(...\)"):
        EncryptedCookieSessionInterface(config)


def test_a_salt_that_is_no_text_is_refused():
    class Salted(EncryptedCookieSessionInterface):
        salt = b"of bytes"

    with pytest.raises(ConfigurationError, match="salt: must be a str"):
        Salted(SessionConfig(secret_key=KEY))


WITHOUT_CRYPTOGRAPHY = """
import sys
sys.modules["cryptography"] = None  # whoever imports it is told that there is none
from session_middleware import SessionConfig, SessionMiddleware
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
SessionMiddleware(print, secret_key="a key for the signed ones, which need no extra")
try:
    EncryptedCookieSessionInterface(SessionConfig(secret_key={key!r}))
except ValueError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize("key", [KEY, None], ids=["key", "no key"])
def test_without_cryptography_construction_says_which_extra_to_install(key):
    finished = subprocess.run(
        [sys.executable, "-c", WITHOUT_CRYPTOGRAPHY.format(key=key)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert finished.stdout.startswith("ConfigurationError EncryptedCookie")
    assert "pip install session-middleware[encrypted]" in finished.stdout


def test_what_is_not_installed_is_the_cause_of_the_error(monkeypatch):
    for name in [*sys.modules]:
        if name.partition(".")[0] == "cryptography":
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "session_middleware.tokens.sealed")

    with pytest.raises(ConfigurationError) as caught:
        encrypted()

    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_without_a_key_there_are_no_sessions():
    with pytest.warns(UserWarning, match="sessions are disabled"):
        interface = encrypted(secret_key=None)

    assert respond(interface, look).body == b"{}"
