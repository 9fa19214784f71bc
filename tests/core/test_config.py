"""Every option: its default, what it refuses, and that no secret shows."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import traceback
import typing
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from session_middleware import (
    ConfigurationError,
    Cookie,
    SecureCookieSessionInterface,
    SessionConfig,
    SessionMiddleware,
    UnknownOption,
)
from session_middleware.config import ConfigOptions

from ..support import KEY, OTHER_KEY, app_of, call
from ..support.cookie_rules import UserAgent
from ..support.examples import examples

NOTHING = app_of(lambda session: "")


class Reader:
    """Another format, which reads nothing."""

    cookie = Cookie("theirs")

    def read(self, value):
        raise NotImplementedError


class NoCookie:
    def read(self, value):
        raise NotImplementedError


class NoReading:
    cookie = Cookie("theirs")
    read = "no method"


def test_the_defaults_are_these():
    config = SessionConfig(secret_key=KEY)

    values = {
        each.name: getattr(config, each.name) for each in dataclasses.fields(config)
    }

    assert values == {
        "secret_key": KEY,
        "secret_key_fallbacks": (),
        "allow_weak_secret": False,
        "cookie_name": None,
        "cookie_secure": "auto",
        "cookie_domain": None,
        "cookie_path": "/",
        "cookie_httponly": True,
        "cookie_samesite": "Lax",
        "cookie_partitioned": False,
        "permanent": False,
        "permanent_lifetime": timedelta(days=14),
        "absolute_lifetime": timedelta(days=30),
        "refresh_after": None,
        "accept": (),
        "not_before": None,
    }


def test_the_one_line_form_has_the_same_options_of_the_same_types():
    options = typing.get_type_hints(ConfigOptions)
    fields = typing.get_type_hints(SessionConfig)

    # There, a key is required.
    assert options.pop("secret_key") == str | bytes
    assert fields.pop("secret_key") == str | bytes | None
    assert options == fields


@pytest.mark.parametrize(
    "options",
    [
        {"secret_key": b"0123456789abcdefghijklmnopqrstuv"},
        {"secret_key": "\xe4bcdefgh" * 4},
        {"secret_key": "short", "allow_weak_secret": True},
        {"secret_key_fallbacks": [OTHER_KEY, OTHER_KEY.encode()]},
        {"secret_key_fallbacks": ["short"], "allow_weak_secret": True},
        {"secret_key_fallbacks": [OTHER_KEY] * 15},
        {"secret_key": None},
        {"cookie_name": "__Host-s"},
        {"cookie_name": "__Host-Http-s"},
        {"cookie_name": "s", "cookie_secure": False},
        {"cookie_domain": "example.com", "cookie_path": "/app"},
        {"cookie_samesite": "None", "cookie_partitioned": True},
        {"cookie_samesite": None, "cookie_secure": False},
        {"cookie_httponly": False},
        {"permanent": True, "permanent_lifetime": timedelta(seconds=1)},
        {"permanent_lifetime": timedelta.max, "absolute_lifetime": None},
        {"permanent_lifetime": timedelta.max, "absolute_lifetime": timedelta.max},
        {"permanent_lifetime": timedelta(days=30)},
        {"refresh_after": timedelta(0)},
        {"refresh_after": timedelta(days=14) - timedelta.resolution},
        {"accept": [Reader()]},
    ],
    ids=lambda options: " ".join(
        f"{key} {value}"[:40] for key, value in options.items()
    ),
)
def test_what_can_work_is_accepted(options):
    assert SessionConfig(**{"secret_key": KEY, **options})


FALLBACKS = "secret_key_fallbacks"
WRONG = [
    ("secret_key", "", "is empty; make one with: python -m session_middleware keygen"),
    ("secret_key", b"", "keygen"),
    ("secret_key", "too short", "has 9 bytes.*32.*keygen.*allow_weak_secret=True"),
    (
        "secret_key",
        "ab" * 40,
        "has 80 bytes, 2 of them different.*at least 32 bytes, at least 8 of them",
    ),
    ("secret_key", "a" * 25 + "bcdefg", "has 31 bytes"),
    ("secret_key", 123, "must be str or bytes"),
    ("secret_key", bytearray(KEY.encode()), "must be str or bytes"),
    ("secret_key", [KEY], "must be str or bytes"),
    ("secret_key", KEY + "\ud800", "UTF-8"),
    (FALLBACKS, KEY, "must be a list or tuple"),
    (FALLBACKS, KEY.encode(), "must be a list or tuple"),
    (FALLBACKS, bytearray(KEY.encode()), "must be a list or tuple"),
    (FALLBACKS, None, "must be a list or tuple"),
    (FALLBACKS, 1, "must be a list or tuple"),
    (FALLBACKS, {KEY: OTHER_KEY}, "must be a list or tuple"),
    (FALLBACKS, {KEY, OTHER_KEY}, "must be a list or tuple"),
    (FALLBACKS, [None], "must be str or bytes"),
    (FALLBACKS, [OTHER_KEY, "too short"], "has 9 bytes"),
    (FALLBACKS, [OTHER_KEY, ""], "is empty"),
    (FALLBACKS, [OTHER_KEY] * 16, "at most 15"),
    ("allow_weak_secret", "yes", "must be True or False"),
    ("allow_weak_secret", None, "must be True or False"),
    ("cookie_name", "", "token"),
    ("cookie_name", "a b", "token"),
    ("cookie_name", 3, "token"),
    ("cookie_name", [], "token"),
    ("cookie_name", b"s", "token"),
    ("cookie_name", "__HOST-s", "'__Host-'"),
    ("cookie_secure", None, "must be True, False or 'auto'"),
    ("cookie_secure", "AUTO", "must be True, False or 'auto'"),
    ("cookie_secure", 1, "must be True, False or 'auto'"),
    ("cookie_secure", [], "must be True, False or 'auto'"),
    ("cookie_domain", "", "host name"),
    ("cookie_domain", "https://a.example", "host name"),
    ("cookie_domain", "localhost", "with a dot.*None, the default"),
    ("cookie_domain", 3, "host name"),
    ("cookie_domain", ["a.example"], "host name"),
    ("cookie_path", "", "begin with '/'"),
    ("cookie_path", "app", "begin with '/'"),
    ("cookie_path", "/my app", "%20"),
    ("cookie_path", "/a/./b", "'.'"),
    ("cookie_path", "/" * 1025, "1024"),
    ("cookie_path", None, "begin with '/'"),
    ("cookie_path", 3, "begin with '/'"),
    ("cookie_path", [], "begin with '/'"),
    ("cookie_httponly", "yes", "must be True or False"),
    ("cookie_samesite", "lax", "'Strict', 'Lax', 'None' or None"),
    ("cookie_samesite", False, "'Strict', 'Lax', 'None' or None"),
    ("cookie_samesite", [], "'Strict', 'Lax', 'None' or None"),
    ("cookie_samesite", {}, "'Strict', 'Lax', 'None' or None"),
    ("cookie_partitioned", 0, "must be True or False"),
    ("cookie_partitioned", [], "must be True or False"),
    ("permanent", "yes", "must be True or False"),
    ("permanent_lifetime", 3600, r"timedelta\(days=14\)"),
    ("permanent_lifetime", None, "must be a timedelta"),
    ("permanent_lifetime", datetime(2027, 1, 1), "must be a timedelta"),
    ("permanent_lifetime", timedelta(0), "at least one second"),
    ("permanent_lifetime", timedelta(milliseconds=999), "at least one second"),
    ("permanent_lifetime", timedelta.min, "at least one second"),
    ("permanent_lifetime", timedelta(days=31), "absolute_lifetime.*None"),
    ("permanent_lifetime", timedelta.max, "absolute_lifetime.*None"),
    ("absolute_lifetime", 3600, "must be a timedelta"),
    ("absolute_lifetime", timedelta(0), "at least one second"),
    ("refresh_after", 3600, "must be a timedelta of zero or more, or None"),
    ("refresh_after", timedelta(seconds=-1), "zero or more"),
    ("refresh_after", timedelta.max, "shorter than permanent_lifetime"),
    ("refresh_after", timedelta(days=14), "shorter than permanent_lifetime"),
    ("accept", None, "must be a list or tuple"),
    ("accept", Reader(), "must be a list or tuple"),
    ("accept", [object()], "Cookie `cookie` and a method `read"),
    ("accept", [NoCookie()], "Cookie `cookie` and a method `read"),
    ("accept", [NoReading()], "Cookie `cookie` and a method `read"),
    ("accept", [None], "Cookie `cookie` and a method `read"),
]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        pytest.param(*case, id=f"{case[0]} {type(case[1]).__name__} {number}")
        for number, case in enumerate(WRONG)
    ],
)
def test_a_wrong_option_is_refused_by_its_name_with_the_way_out(option, value, message):
    options = {"secret_key": KEY, option: value}

    with pytest.raises(
        ConfigurationError, match=rf"(?s)^{option}: .*{message}"
    ) as config:
        SessionConfig(**options)
    with pytest.raises(ConfigurationError) as one_line:
        SessionMiddleware(NOTHING, **options)

    assert config.value.option == one_line.value.option == option


@pytest.mark.parametrize(
    ("option", "options"),
    [
        ("cookie_secure", {"cookie_name": "__Host-s", "cookie_secure": False}),
        ("cookie_domain", {"cookie_name": "__Host-s", "cookie_domain": "a.example"}),
        ("cookie_path", {"cookie_name": "__Host-s", "cookie_path": "/app"}),
        ("cookie_secure", {"cookie_name": "__Secure-s", "cookie_secure": False}),
        ("cookie_httponly", {"cookie_name": "__Http-s", "cookie_httponly": False}),
        ("cookie_samesite", {"cookie_samesite": "None", "cookie_secure": False}),
        ("cookie_partitioned", {"cookie_partitioned": True, "cookie_secure": False}),
    ],
)
def test_options_that_exclude_each_other_are_refused_by_name(option, options):
    with pytest.raises(ConfigurationError) as caught:
        SessionConfig(secret_key=KEY, **options)

    assert caught.value.option == option


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.timedeltas(),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=2),
    st.just(object()),
    st.sampled_from(["__Host-a", "/app", "a.example", "None", "auto", Reader()]),
)


@examples(1000)
@given(
    st.dictionaries(
        st.sampled_from([each.name for each in dataclasses.fields(SessionConfig)]),
        ANYTHING,
        max_size=4,
    )
)
@example({"cookie_domain": "a.\u00e9"})
def test_whatever_is_configured_either_works_in_a_browser_or_is_refused(options):
    try:
        config = SessionConfig(**{"secret_key": KEY, **options})
    except ConfigurationError:
        return
    if config.secret_key is None:
        return

    host = Cookie("a", config.cookie_domain).domain  # as browsers write it, in ASCII
    home = f"https://{host or 'app.example'}{config.cookie_path}"
    interface = SecureCookieSessionInterface(config)
    app = SessionMiddleware(app_of(lambda session: session.update(a=1)), interface)
    answer = call(app, base_url=home, path=config.cookie_path)
    jar = UserAgent()

    assert jar.receive(home, answer.headers) == []
    assert jar.header(home) == answer.cookie


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("secretkey", "did you mean secret_key?"),
        ("cookie_same_site", "did you mean cookie_samesite?"),
        ("lifetime", "did you mean"),
        ("zzz", "there are"),
    ],
)
def test_an_unknown_option_is_refused_with_the_one_that_was_meant(name, hint):
    with pytest.raises(UnknownOption) as caught:
        SessionMiddleware(NOTHING, secret_key=KEY, **{name: "its value"})

    assert caught.value.option == name
    assert hint in str(caught.value)
    assert "its value" not in str(caught.value)


@pytest.mark.parametrize(
    "options", [{}, {"secret_key": None}], ids=["left out", "None"]
)
def test_the_one_line_form_must_have_a_key(options):
    with pytest.raises(ConfigurationError, match=r"secret_key: is required; .* keygen"):
        SessionMiddleware(NOTHING, **options)


def test_a_key_that_is_none_disables_sessions_with_one_warning():
    config = SessionConfig(secret_key=None)

    with pytest.warns(UserWarning, match="sessions are disabled") as warned:
        SecureCookieSessionInterface(config)

    assert len(warned) == 1


def test_options_are_given_by_keyword():
    with pytest.raises(TypeError):
        SessionConfig(KEY)


@pytest.mark.parametrize(
    "option", [each.name for each in dataclasses.fields(SessionConfig)]
)
def test_a_configuration_does_not_change(option):
    config = SessionConfig(secret_key=KEY)

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, option, getattr(config, option))


def test_a_configuration_does_not_change_with_the_lists_it_was_given():
    fallbacks, readers = [OTHER_KEY], [Reader()]
    config = SessionConfig(
        secret_key=KEY, secret_key_fallbacks=fallbacks, accept=readers
    )

    fallbacks.clear()
    readers.clear()

    assert config.secret_key_fallbacks == (OTHER_KEY,)
    assert len(config.accept) == 1


def test_a_changed_copy_is_checked_again():
    config = SessionConfig(secret_key=KEY, cookie_name="__Host-s")

    assert dataclasses.replace(config, permanent=True).permanent
    with pytest.raises(ConfigurationError, match="cookie_path"):
        dataclasses.replace(config, cookie_path="/app")


@pytest.mark.parametrize(
    "show", [repr, str, "{}".format, lambda config: [config].__repr__()]
)
def test_no_text_of_a_configuration_shows_a_key(show):
    config = SessionConfig(secret_key=KEY, secret_key_fallbacks=[OTHER_KEY])

    assert KEY not in show(config)
    assert OTHER_KEY not in show(config)
    assert "cookie_samesite='Lax'" in show(config)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy, vars])
def test_a_configuration_does_not_leave_the_process(take):
    config = SessionConfig(secret_key=KEY)

    with pytest.raises(TypeError) as caught:
        take(config)

    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"secret_key": "c4n4ry"},
        {"secret_key": "c4n4ry\ud800" * 9},
        {"secret_key": ["c4n4ry"]},
        {"secret_key_fallbacks": ["c4n4ry"]},
        {"secret_key_fallbacks": "c4n4ry"},
        {"secret_key_fallbacks": {"c4n4ry": 1}},
        {"secret_key_fallbacks": ["c4n4ry\ud800"], "allow_weak_secret": True},
    ],
    ids=ascii,
)
def test_no_refusal_shows_a_key(options):
    with pytest.raises(ConfigurationError) as caught:
        SessionConfig(**{"secret_key": KEY, **options})

    shown = "".join(traceback.format_exception(caught.value))
    assert "c4n4ry" not in shown + repr(caught.value)
    assert caught.value.__context__ is None  # it could carry the key
