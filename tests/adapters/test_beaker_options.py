"""Beaker's options, in the ways that Beaker takes them."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_middleware import ConfigurationError, UnknownOption
from session_middleware.adapters.beaker import BeakerSessionMiddleware

from ..support import KEY, OTHER_KEY, call


def app(environ, start_response):
    session = environ["beaker.session"]
    session["n"] = 1
    session.save()
    start_response("200 OK", [])
    return [b""]


def wrap(config=None, **options):
    return BeakerSessionMiddleware(app, config, **options)


def config(**options):
    return wrap(**{"validate_key": KEY, **options}).interface.config


def cookie(**options):
    return call(wrap(**{"validate_key": KEY, **options})).set_cookies[0]


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda: wrap({"session.validate_key": KEY, "session.key": "sid"}),
        lambda: wrap({"beaker.session.validate_key": KEY, "beaker.session.key": "sid"}),
        lambda: wrap(None, **{"session.validate_key": KEY, "session.key": "sid"}),
        lambda: wrap(validate_key=KEY, key="sid"),
        lambda: wrap({"session.validate_key": KEY, "session.key": "x"}, key="sid"),
        lambda: wrap({"session.validate_key": KEY, "cache.key": "x"}, key="sid"),
    ],
    ids=["config", "long-prefix", "keywords", "plain", "both", "of-others"],
)
def test_options_come_in_each_of_beakers_ways(wrapped):
    assert call(wrapped()).set_cookies[0].startswith("sid=")


@pytest.mark.parametrize(
    ("option", "attribute"),
    [
        ({"key": "sid"}, "sid="),
        ({"secure": True}, "Secure"),
        ({"secure": "true"}, "Secure"),
        ({"httponly": "yes"}, "HttpOnly"),
        ({"samesite": "Strict"}, "SameSite=Strict"),
        ({"cookie_domain": "app.example"}, "Domain=app.example"),
        ({"cookie_path": "/shop"}, "Path=/shop"),
        ({"cookie_partitioned": True}, "Partitioned"),
        ({"cookie_expires": 3600}, "Max-Age=3600"),
        ({"cookie_expires": "3600"}, "Max-Age=3600"),
        ({"cookie_expires": timedelta(hours=1)}, "Max-Age=3600"),
        ({"cookie_expires": False}, "Max-Age=34560000"),
        ({"cookie_expires": "false"}, "Max-Age=34560000"),
    ],
    ids=str,
)
def test_an_option_does_what_it_does_in_beaker(option, attribute):
    assert attribute in cookie(**option)


@pytest.mark.parametrize(
    ("option", "attribute"),
    [
        ({"secure": False}, "Secure"),
        ({"httponly": "off"}, "HttpOnly"),
        ({"samesite": None}, "SameSite"),
        ({"cookie_expires": True}, "Max-Age"),
        ({"cookie_expires": "true"}, "Max-Age"),
        ({}, "Max-Age"),
    ],
    ids=str,
)
def test_an_option_takes_away_what_it_does_in_beaker(option, attribute):
    assert attribute not in cookie(**option)


def test_what_is_not_given_is_the_safest_that_works():
    line = cookie(secure=None, httponly=None, key=None)

    assert line.startswith("__Host-session=")
    assert sorted(line.split("; ")[1:]) == [
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
        "Secure",
    ]


@pytest.mark.parametrize(
    ("options", "idle", "refresh"),
    [
        ({}, timedelta(days=14), None),
        ({"timeout": 1200}, timedelta(minutes=20), timedelta(0)),
        ({"timeout": "1200"}, timedelta(minutes=20), timedelta(0)),
        ({"cookie_expires": 600}, timedelta(minutes=10), None),
        ({"cookie_expires": 600, "timeout": 900}, timedelta(minutes=10), timedelta(0)),
        ({"cookie_expires": 900, "timeout": 600}, timedelta(minutes=10), timedelta(0)),
        ({"timeout": 9_999_999}, timedelta(seconds=9_999_999), timedelta(0)),
        ({"save_accessed_time": True}, timedelta(days=14), timedelta(0)),
        ({"save_accessed_time": False}, timedelta(days=14), None),
        ({"timeout": 60, "refresh_after": timedelta(9, 1)}, None, None),
    ],
    ids=str,
)
def test_a_session_lives_as_long_as_it_does_in_beaker(options, idle, refresh):
    if idle is None:
        with pytest.raises(ConfigurationError, match="refresh_after"):
            config(**options)
        return

    made = config(**options)

    assert (made.permanent_lifetime, made.refresh_after) == (idle, refresh)
    assert made.absolute_lifetime is None


def test_validate_key_counts_where_secret_is_given_too():
    assert config(secret=OTHER_KEY).secret_key == KEY
    assert wrap(secret=KEY).interface.config.secret_key == KEY


def test_an_app_may_go_on_with_its_old_short_key():
    with pytest.raises(ConfigurationError, match=r"^validate_key: .*allow_weak_secret"):
        config(validate_key="short")

    assert config(validate_key="short", allow_weak_secret=True).allow_weak_secret


@pytest.mark.parametrize("written", ["session.{}", "beaker.session.{}", "{}"])
@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("type", "nowhere", "one of cookie, memory, file, dbm, ext:database"),
        ("type", 5, "one of cookie, memory, file, dbm, ext:database"),
        ("type", "file", "needs data_dir"),
        ("type", "dbm", "needs data_dir"),
        ("type", "ext:database", "needs url"),
        ("type", "ext:sqla", "needs url"),
        ("type", "ext:redis", "needs url"),
        ("type", "ext:memcached", "use type = file, ext:redis or ext:database"),
        ("type", "ext:google", "use type = file, ext:redis or ext:database"),
        ("type", "ext:mongodb", "use type = file, ext:redis or ext:database"),
        ("url", "redis://h/0", "is for type = ext:database"),
        ("lock_dir", "/no/such/place", "leave it out, or say type = file"),
        ("data_dir", "/dev/null/sessions", "one that can be made"),
        ("data_dir", "a\0b", "one that can be made"),
        ("data_dir", 5, "one that can be made"),
        ("memcache_module", "pylibmc", "leave it out"),
        ("table_name", "sessions", "leave it out, or make an SqlStore(engine)"),
        ("owner_key", "user_id", "is for sessions in a store"),
        ("encrypt_key", "hidden", "not encrypted"),
        ("crypto_type", "nss", "not encrypted"),
        ("data_serializer", "pickle", "must be 'json'"),
        ("data_serializer", bytes, "must be 'json'"),
        ("invalidate_corrupt", False, "empty session"),
        ("session_class", object, "leave it out"),
        ("timeout", "soon", "whole number of seconds"),
        ("timeout", -1, "whole number of seconds"),
        ("timeout", 0, "at least one second"),
        ("timeout", True, "whole number of seconds"),
        ("cookie_expires", datetime(2040, 1, 1, tzinfo=timezone.utc), "timedelta"),
        ("cookie_expires", "tomorrow", "True, False or a number"),
        ("cookie_expires", timedelta(0), "at least one second"),
        ("secure", "perhaps", "True or False"),
        ("auto", 2, "True or False"),
        ("samesite", "lax", "Lax"),
        ("key", "no good", "token"),
        ("cookie_domain", "http://app.example", "."),
        ("secret", "", "keygen"),
        ("validate_key", 5, "str or bytes"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_by_the_name_that_was_written(
    written, name, value, way_out
):
    option = written.format(name)

    with pytest.raises(ConfigurationError) as refusal:
        wrap(**{"secret": KEY, option: value})

    assert refusal.value.option == option
    assert way_out in refusal.value.reason
    assert "hidden" not in str(refusal.value)


def test_what_beaker_has_off_may_stay_off():
    off = {"data_dir": None, "encrypt_key": None, "log_file": None, "timeout": None}
    off = {**off, "lock_dir": None, "url": None, "store": None, "owner_key": None}
    same = {"type": "cookie", "data_serializer": "json", "invalidate_corrupt": "True"}

    assert config(**off, **same).permanent_lifetime == timedelta(days=14)


def test_beakers_own_rule_for_timeout_holds():
    with pytest.raises(ConfigurationError, match=r"^session\.timeout: .*save_accessed"):
        wrap({"session.timeout": 60, "session.save_accessed_time": False}, secret=KEY)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("session.cookie_expire", "did you mean cookie_expires?"),
        ("session_timeout", "did you mean timeout?"),
        ("zzz", "there are"),
        ("cookie_name", "no such option"),
    ],
)
def test_an_unknown_option_is_named_as_it_was_written(written, hint):
    with pytest.raises(UnknownOption) as refusal:
        wrap(**{"validate_key": KEY, written: "1"})

    assert refusal.value.option == written
    assert hint in refusal.value.reason


def test_a_config_of_which_nothing_is_for_sessions_is_a_mistake():
    with pytest.raises(ConfigurationError, match=r"config: .*'session.'"):
        wrap({"validate_key": KEY})


def test_without_a_key_it_says_how_to_make_one():
    with pytest.raises(ConfigurationError, match=r"^validate_key: .*keygen"):
        wrap()


@pytest.mark.parametrize("auto", [True, "true", False, "0", None], ids=str)
def test_auto_decides_who_saves(auto):
    def forgetful(environ, start_response):
        environ["beaker.session"]["n"] = 1
        start_response("200 OK", [])
        return []

    wrapped = BeakerSessionMiddleware(forgetful, validate_key=KEY, auto=auto)

    assert bool(call(wrapped).set_cookies) == (auto in (True, "true"))


@given(st.one_of(st.text(), st.from_regex(r"\s*[0-9]+\s*")))
def test_any_text_is_a_number_of_seconds_or_refused(text):
    options = {"validate_key": KEY, "timeout": text}

    with contextlib.suppress(ConfigurationError):
        lifetime = wrap(**options).interface.config.permanent_lifetime
        assert lifetime == timedelta(seconds=int(text))
