"""An ini file's words for our options, and what is said of wrong ones."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta, timezone

import pytest

from session_middleware import ConfigurationError, SessionConfig, UnknownOption
from session_middleware.adapters.options import interface_from_text
from session_middleware.open_interface import OF_STORES

from ..support import KEY, OTHER_KEY

THIRD_KEY = "a third key, as long as the two that came before"
CHRISTMAS = datetime(2026, 12, 24, 18, tzinfo=timezone.utc)
WORDS = {
    ("allow_weak_secret", "yes"): True,
    ("allow_weak_secret", "0"): False,
    ("cookie_name", "sid"): "sid",
    ("cookie_name", "none"): None,
    ("cookie_secure", "auto"): "auto",
    ("cookie_secure", "True"): True,
    ("cookie_secure", "off"): False,
    ("cookie_domain", " app.example "): "app.example",
    ("cookie_path", "/app"): "/app",
    ("cookie_httponly", "false"): False,
    ("cookie_samesite", "strict"): "Strict",
    ("cookie_samesite", "None"): "None",
    ("cookie_samesite", "off"): None,
    ("cookie_partitioned", "on"): True,
    ("permanent", "1"): True,
    ("permanent_lifetime", "14d"): timedelta(days=14),
    ("permanent_lifetime", "20 m"): timedelta(minutes=20),
    ("permanent_lifetime", "3600"): timedelta(hours=1),
    ("permanent_lifetime", "90s"): timedelta(seconds=90),
    ("absolute_lifetime", "720H"): timedelta(days=30),
    ("absolute_lifetime", "off"): None,
    ("refresh_after", "0"): timedelta(0),
    ("not_before", "2026-12-24T18:00:00Z"): CHRISTMAS,
    ("not_before", "2026-12-24 19:00:00+01:00"): CHRISTMAS,
    ("not_before", "off"): None,
}
WRONG = {
    ("cookie_secure", "maybe"): "must be one of auto, true, yes, on, 1",
    ("cookie_httponly", "2"): "must be one of true",
    ("cookie_samesite", "loose"): "must be one of Strict, Lax, None, none, off",
    ("permanent_lifetime", "two weeks"): "time: 14d, 12h, 20m or 3600",
    ("permanent_lifetime", "3w"): "time: 14d, 12h, 20m or 3600",
    ("permanent_lifetime", "9999999999d"): "time: 14d, 12h, 20m or 3600",
    ("permanent_lifetime", "40d"): "longer than absolute_lifetime",
    ("cookie_name", "a b"): "cookie_name|name",
    ("store", "nowhere"): "must be a URL, as sqlite:///",
    ("owner_key", "user_id"): "is for sessions in a store; give store= too",
    ("accept", "mymodule.reader"): "cannot be written as text",
    ("secret_key_fallbacks", "short"): "has 5 bytes",
    ("permanent_lifetime", None): "must be a timedelta",
    ("not_before", "yesterday"): "as 2026-12-24T18:00:00Z",
    ("not_before", "2026-12-24T18:00:00"): "with a time zone",
}


def config_from(settings, prefix=""):
    return interface_from_text(settings, prefix).config


def read(**options):
    return config_from({"secret_key": KEY, **options})


@pytest.mark.parametrize(("option", "text"), WORDS)
def test_a_word_means_what_the_field_allows(option, text):
    config = read(**{option: text})

    assert getattr(config, option) == WORDS[option, text]


def test_every_option_can_be_written_or_says_why_not():
    cases = {option for option, _ in [*WORDS, *WRONG]} | {"secret_key"}

    assert cases == {each.name for each in fields(SessionConfig)} | {*OF_STORES}


def test_values_made_in_python_are_taken_as_they_are():
    config = read(
        permanent_lifetime=timedelta(days=1),
        secret_key_fallbacks=[b"k" * 8 + KEY.encode()],
    )

    assert config.permanent_lifetime == timedelta(days=1)
    assert len(config.secret_key_fallbacks) == 1


def test_a_list_of_keys_is_separated_by_white_space():
    config = read(secret_key_fallbacks="\n  aaa bbb\n\tccc\n", allow_weak_secret="true")

    assert config.secret_key_fallbacks == ("aaa", "bbb", "ccc")


def test_only_settings_under_the_prefix_are_read():
    config = config_from(
        {"mine.secret_key": KEY, "mine.permanent": "yes", "pyramid.debug": "x"}, "mine."
    )

    assert (config.secret_key, config.permanent) == (KEY, True)


def test_keys_can_come_from_files_and_from_the_environment(tmp_path, monkeypatch):
    key, older = tmp_path / "key", tmp_path / "older"
    key.write_text(f"{OTHER_KEY}\n")
    older.write_text("aaa\nbbb\n")
    monkeypatch.setenv("THE_KEY", THIRD_KEY)

    by_file = config_from(
        {
            "secret_key_file": str(key),
            "secret_key_fallbacks_file": str(older),
            "allow_weak_secret": "yes",
        }
    )
    by_variable = config_from({"secret_key_env": "THE_KEY"})

    assert by_file.secret_key == OTHER_KEY
    assert by_file.secret_key_fallbacks == ("aaa", "bbb")
    assert by_variable.secret_key == THIRD_KEY


@pytest.mark.parametrize(("option", "value"), WRONG)
def test_a_wrong_value_is_refused_by_the_name_in_the_file(option, value):
    settings = {"my.secret_key": KEY, f"my.{option}": value}

    with pytest.raises(ConfigurationError, match=WRONG[option, value]) as raised:
        config_from(settings, "my.")

    assert raised.value.option == f"my.{option}"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("secret_key_file", "/no/such/file"), ("secret_key_env", "NO_SUCH_VARIABLE")],
)
def test_a_key_that_is_not_where_it_should_be_is_refused(setting, value):
    with pytest.raises(
        ConfigurationError, match=r"cannot be read|no variable"
    ) as raised:
        config_from({setting: value})

    assert raised.value.option == setting


def test_a_key_in_the_place_of_a_variable_s_name_is_not_printed():
    with pytest.raises(ConfigurationError, match="secret_key_env") as raised:
        config_from({"secret_key_env": KEY})

    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    "path", [None, "a\0b", "binary"], ids=["none", "nul", "binary"]
)
def test_a_file_that_cannot_be_one_of_keys_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "binary").write_bytes(KEY.encode() + b"\xff")

    with pytest.raises(ConfigurationError, match="cannot be read") as raised:
        config_from({"secret_key_file": path})

    assert raised.value.__context__ is None  # which would carry what was read


def test_a_weak_key_is_refused_under_the_name_that_led_to_it(monkeypatch):
    monkeypatch.setenv("THE_KEY", "hunter2hunter2")

    with pytest.raises(ConfigurationError, match="14 bytes") as raised:
        config_from({"my.secret_key_env": "THE_KEY"}, "my.")

    assert raised.value.option == "my.secret_key_env"
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"my.cookie_pth": "/"},
            "my.cookie_pth: no such option; did you mean my.cookie_path",
        ),
        ({"my.zzz": "1"}, "my.zzz: no such option; there are"),
        ({}, "my.secret_key: is required"),
        ({"my.secret_key": "none"}, "my.secret_key: is required"),
        (
            {"my.secret_key": KEY, "my.secret_key_env": "HOME"},
            "my.secret_key is given too",
        ),
    ],
    ids=["close", "unknown", "no-key", "none", "two-keys"],
)
def test_what_is_wrong_is_said_with_a_way_out(settings, said):
    with pytest.raises(ConfigurationError) as raised:
        config_from(settings, "my.")

    assert said in str(raised.value)
    assert isinstance(raised.value, UnknownOption) == ("no such option" in said)
    assert KEY not in str(raised.value)
