"""What the errors are and say, and that they are the same in another process."""

from __future__ import annotations

import pickle

import pytest

import session_middleware
from session_middleware import (
    ConfigurationError,
    LateSessionChange,
    SerializationError,
    SessionError,
    SessionTooLarge,
    SessionUnavailable,
    UnknownOption,
)

ERRORS = [
    ConfigurationError("cookie_path", "must begin with '/'"),
    UnknownOption("secretkey", "no such option"),
    SerializationError("is an object", ("cart", 2)),
    SessionTooLarge(5000, 4096, [("cart", 4800), ("user", 7)]),
    SessionTooLarge(70000, 4096, [("cart", 69900)], 65536),
    SessionUnavailable("sessions are disabled"),
]


@pytest.mark.parametrize(
    ("error", "standard"),
    [
        (ConfigurationError, ValueError),
        (UnknownOption, TypeError),
        (UnknownOption, ConfigurationError),
        (SerializationError, TypeError),
        (SessionTooLarge, ValueError),
        (SessionUnavailable, RuntimeError),
    ],
)
def test_every_error_is_a_session_error_and_a_standard_one(error, standard):
    assert issubclass(error, SessionError)
    assert issubclass(error, standard)


def test_a_late_change_is_a_warning_and_no_error():
    assert issubclass(LateSessionChange, UserWarning)
    assert not issubclass(LateSessionChange, SessionError)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_error_can_be_imported_from_the_package(error):
    assert getattr(session_middleware, type(error).__name__) is type(error)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_in_another_process(error):
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_a_configuration_error_names_the_option_and_the_rule():
    error = ConfigurationError("cookie_path", "must begin with '/'")

    assert str(error) == "cookie_path: must begin with '/'"
    assert (error.option, error.reason) == ("cookie_path", "must begin with '/'")


def test_a_serialization_error_shows_the_way_to_the_value():
    error = SerializationError("is an object").under(2).under("cart")

    assert error.path == ("cart", 2)
    assert str(error) == "session['cart'][2]: is an object"


def test_too_large_names_sizes_and_keys_and_the_way_out():
    error = SessionTooLarge(5000, 4096, [("cart", 4800), ("user", 7)])

    assert (error.size, error.limit) == (5000, 4096)
    assert error.largest == [("cart", 4800), ("user", 7)]
    assert str(error) == (
        "the session needs 5000 bytes and 4096 are allowed; its largest keys are "
        "'cart' (4800 bytes), 'user' (7 bytes). Nothing was sent and the browser keeps "
        "its old cookie. Store less: an id here, the data in a database."
    )


def test_too_large_without_keys_says_so():
    assert "its largest keys are none." in str(SessionTooLarge(5000, 4096, []))


def test_a_long_key_is_cut_in_what_an_error_says_and_whole_in_its_path():
    key = "k" * 5000
    refused, large = SerializationError("is an object", (key, 2)), [(key, 9000)]

    assert str(refused) == f"session['{'k' * 78}…][2]: is an object"
    assert refused.path == (key, 2)
    assert f"keys are '{'k' * 78}… (9000 bytes)." in str(SessionTooLarge(1, 1, large))
