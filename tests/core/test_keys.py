"""What a secret key must be, where it is read, and what never shows it."""

from __future__ import annotations

import copy
import dataclasses
import logging
import pickle

import pytest

from session_middleware import (
    ConfigurationError,
    SecureCookieSessionInterface,
    SessionConfig,
    SignedSerializer,
)
from session_middleware.adapters.options import interface_from_text
from session_middleware.encrypted_cookie import EncryptedCookieSessionInterface
from session_middleware.formats.beaker import BeakerCookies
from session_middleware.formats.django import DjangoCookies
from session_middleware.formats.flask import FlaskCookies
from session_middleware.formats.ours import OurCookies
from session_middleware.formats.pyramid import PyramidCookies
from session_middleware.formats.starlette import StarletteCookies

from ..support import KEY, OTHER_KEY

# -- white space -----------------------------------------------------------

PADDED = [
    pytest.param(f"{KEY}\n", id="a line's end"),
    pytest.param(f" {KEY}", id="a blank before"),
    pytest.param(f"{KEY}\r\n".encode(), id="bytes of a file"),
    pytest.param(f"ä{KEY}\n", id="not ASCII"),
    pytest.param(f"{KEY}\xa0", id="a blank that does not break"),
]


@pytest.mark.parametrize("key", PADDED)
@pytest.mark.parametrize("option", ["secret_key", "secret_key_fallbacks"])
def test_a_key_with_white_space_at_an_end_is_refused(option, key):
    """One worker read the file with its line's end, another without."""
    options = {"secret_key": KEY, option: key}
    if option == "secret_key_fallbacks":
        options[option] = [key]

    with pytest.raises(ConfigurationError, match=r"white space.*strip") as refused:
        SessionConfig(**options)

    assert refused.value.option == option
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("key", PADDED)
def test_a_key_that_others_have_signed_with_is_taken_as_it_is(key):
    assert SessionConfig(secret_key=key, allow_weak_secret=True).secret_key == key


def test_random_bytes_may_end_in_anything():
    key = bytes(range(200, 240)) + b"\n"

    assert SessionConfig(secret_key=key).secret_key == key


# -- files -----------------------------------------------------------------


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "session.key"
    path.write_text(f"{KEY}\n")
    path.chmod(0o600)
    return path


def test_a_key_file_is_read_without_its_line_s_end(key_file, caplog):
    assert interface_from_text({"secret_key_file": key_file}).config.secret_key == KEY
    assert caplog.records == []


def test_a_key_file_that_everybody_can_read_is_said_to_be_that(key_file, caplog):
    key_file.chmod(0o644)

    with caplog.at_level(logging.WARNING, "session_middleware"):
        config = interface_from_text({"secret_key_file": key_file}).config

    assert config.secret_key == KEY
    [record] = caplog.records
    assert record.getMessage().startswith("secret_key_file: every user")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_key_file_that_begins_with_a_mark_is_refused(key_file, encoding):
    """Part of the key for one reader, and stripped by the next."""
    key_file.write_bytes(KEY.encode(encoding))

    with pytest.raises(ConfigurationError, match=r"secret_key_file: .*byte order mark"):
        interface_from_text({"secret_key_file": key_file})


def test_a_key_file_of_two_lines_is_refused(key_file):
    key_file.write_text(f"{KEY}\n{OTHER_KEY}\n")

    with pytest.raises(ConfigurationError, match=r"2 lines.*secret_key_fallbacks_file"):
        interface_from_text({"secret_key_file": key_file})


def test_a_file_of_older_keys_has_one_on_each_line(key_file):
    key_file.write_text(f"\n{KEY}\n{OTHER_KEY}\n")

    interface = interface_from_text(
        {"secret_key": KEY, "secret_key_fallbacks_file": key_file}
    )

    assert interface.config.secret_key_fallbacks == (KEY, OTHER_KEY)


UNSEEN = ["\0", "\u200b", "\ufeff", "\x0b", "\u2028"]


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
def test_a_key_file_with_what_nobody_sees_is_refused(key_file, unseen):
    key_file.write_text(f"{OTHER_KEY}\n{KEY[:20]}{unseen}{KEY[20:]}\n", "utf-8")

    with pytest.raises(ConfigurationError, match="nobody sees"):
        interface_from_text({"secret_key_fallbacks_file": key_file})


@pytest.mark.parametrize("setting", ["secret_key_file", "secret_key_fallbacks_file"])
def test_a_key_file_without_a_key_is_refused(key_file, setting):
    key_file.write_text("\n \n")

    with pytest.raises(ConfigurationError, match=f"{setting}: it has no key"):
        interface_from_text({setting: key_file})


# -- out of sight ----------------------------------------------------------

CONFIG = SessionConfig(secret_key=KEY, secret_key_fallbacks=[OTHER_KEY.encode()])
HOLDERS = {
    "a configuration": CONFIG,
    "its key": CONFIG.secret_key,
    "an older key": CONFIG.secret_key_fallbacks[0],
    "a signed interface": SecureCookieSessionInterface(CONFIG),
    "an encrypted interface": EncryptedCookieSessionInterface(CONFIG),
    "a serializer": SignedSerializer([KEY], "salt"),
    "a sealing serializer": EncryptedCookieSessionInterface(CONFIG).make_serializer(
        "session"
    ),
    "BeakerCookies": BeakerCookies(KEY),
    "DjangoCookies": DjangoCookies(KEY),
    "FlaskCookies": FlaskCookies(KEY),
    "OurCookies": OurCookies(SecureCookieSessionInterface(CONFIG)),
    "PyramidCookies": PyramidCookies(KEY),
    "StarletteCookies": StarletteCookies(KEY),
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_nothing_that_holds_a_key_is_pickled_or_copied(take, holder):
    with pytest.raises(TypeError, match="secret key") as refused:
        take(holder)

    assert KEY not in str(refused.value)


def test_the_keys_are_listed_with_the_one_that_signs_first_and_out_of_sight():
    config = SessionConfig(secret_key=KEY, secret_key_fallbacks=[OTHER_KEY])

    assert config.secret_keys == (KEY, OTHER_KEY)
    assert repr(config.secret_keys) == "(<secret key>, <secret key>)"
    assert SessionConfig(secret_key=None).secret_keys == ()


@pytest.mark.parametrize("take", [dataclasses.asdict, dataclasses.astuple])
@pytest.mark.parametrize("key", [KEY, KEY.encode()], ids=["str", "bytes"])
def test_a_configuration_as_a_dict_does_not_give_its_key(take, key):
    """For a debug page, or the log line of what the settings were."""
    with pytest.raises(TypeError, match="secret key"):
        take(SessionConfig(secret_key=key))
    with pytest.raises(TypeError, match="secret key"):
        take(SessionConfig(secret_key=None, secret_key_fallbacks=[key]))


@pytest.mark.parametrize("key", [KEY, KEY.encode()], ids=["str", "bytes"])
def test_a_key_is_what_it_was_and_no_repr_shows_it(key):
    held = SessionConfig(secret_key=key).secret_key

    assert held == key
    assert isinstance(held, type(key))
    assert repr([held]) == "[<secret key>]"
