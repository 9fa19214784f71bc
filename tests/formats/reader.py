"""What every reader of another format does, whatever the format.

A test file for a format inherits :class:`ReaderBehaviour` and says how the real
framework writes a cookie; time stands still at ``START`` for both.
"""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st
from itsdangerous import BadData

from session_middleware import (
    ConfigurationError,
    Cookie,
    SerializationError,
    SessionConfig,
)

from ..support import KEY, OTHER_KEY, START, make_interface
from ..support.cookie_rules import UserAgent
from ..support.examples import examples
from ..support.visits import log_out, names, respond

URL = "https://app.example/"
DATA = {"cart": [1, 2.5, None, True, {"é": "🍪"}], "n": 2**70, "user": "ada"}

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
json_data = st.dictionaries(
    st.text(max_size=6).filter(lambda key: not key.startswith("_")),
    _json,
    min_size=1,
    max_size=4,
)
# Time stands still for all examples, and what fails for one format is worth a try
# with another.
property_test = examples(
    100,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
    ],
)


@pytest.mark.usefixtures("clock")
class ReaderBehaviour:
    """Inherited by ``class TestDjango(ReaderBehaviour)`` and its like."""

    #: The name of its cookies.
    cookie_name = "session"
    #: What the framework makes of ``{"user": "ada"}`` with the key ``KEY``.
    golden: str
    #: Whether a session that moves in outlives the browser.
    permanent = False
    #: The creation time of one that the framework wrote just now.
    created: int | None = START
    #: How long the framework lets one live, in seconds; ``None``: for ever.
    max_age: int | None = None
    #: What the framework can write, for Hypothesis.
    data: Any = json_data
    #: Options that are refused, each with the name of the option at fault.
    refused: Any = ()

    def reader(self, key: Any = KEY, **options: Any) -> Any:
        """The reader."""
        raise NotImplementedError

    def write(self, data: dict[str, Any], key: str = KEY) -> str:
        """The value of the cookie in which the real framework keeps ``data``."""
        raise NotImplementedError

    def sign(self, payload: bytes) -> str:
        """A value whose JSON, compressed or not, is replaced by any bytes."""
        raise NotImplementedError

    def pack(self, raw: bytes) -> bytes:
        """The payload for :meth:`sign` that compresses ``raw``."""
        return zlib.compress(raw)

    def header(self, value: str) -> str:
        return f"{self.cookie_name}={value}"

    # -- reading ----------------------------------------------------------

    def test_the_cookie_is_pinned_and_the_framework_writes_it(self):
        assert self.write({"user": "ada"}) == self.golden
        assert self.reader().read(self.golden).data == {"user": "ada"}

    def test_it_knows_what_the_framework_knows(self):
        data, issued, created, permanent = self.reader().read(self.write(DATA))

        assert repr(data) == repr(DATA)
        assert (issued, created, permanent) == (START, self.created, self.permanent)

    @property_test
    @given(data=st.data())
    def test_what_the_framework_writes_is_read(self, data):
        drawn = data.draw(self.data)

        found = self.reader().read(self.write(drawn)).data

        assert in_order(found) == in_order(drawn)

    def test_another_key_opens_nothing(self):
        with pytest.raises(BadData):
            self.reader(OTHER_KEY).read(self.golden)

    def test_no_changed_character_makes_another_session(self):
        reader = self.reader()
        for index, letter in enumerate(self.golden):
            for other in "A", "B", ".", "":
                changed = self.golden[:index] + other + self.golden[index + 1 :]
                if other != letter:
                    assert read_or_refuse(reader, changed) in (None, {"user": "ada"})

    @property_test
    @example(value="\ud800.a.b")
    @given(value=st.text() | st.text("ABab09-_.:=+/", max_size=200))
    def test_whatever_a_visitor_sends_is_bad_data_and_nothing_else(self, value):
        with pytest.raises(BadData):
            self.reader().read(value)

    @property_test
    @given(index=st.integers(0, 400), text=st.text(max_size=3))
    def test_whatever_a_visitor_makes_of_a_cookie_is_bad_data_or_the_cookie(
        self, index, text
    ):
        changed = self.golden[:index] + text + self.golden[index + len(text) :]

        assert read_or_refuse(self.reader(), changed) in (None, {"user": "ada"})

    @property_test
    @given(raw=st.binary() | st.text().map(str.encode))
    def test_whatever_is_authentic_and_no_session_is_bad_data(self, raw):
        for payload in (raw, self.pack(raw)):
            read_or_refuse(self.reader(), self.sign(payload))

    @pytest.mark.parametrize(
        "raw",
        [b"null", b"[]", b'"x"', b"{", b"\xff", b"[" * 20000 + b"]" * 20000, b""],
        ids=lambda raw: repr(raw[:9]),
    )
    def test_an_authentic_payload_that_is_no_session_is_bad_data(self, raw):
        for payload in (raw, self.pack(raw)):
            with pytest.raises(BadData):
                self.reader().read(self.sign(payload))

    def test_a_bomb_is_not_inflated(self):
        bomb = self.pack(b'{"a": "' + b"x" * 1_000_000 + b'"}')

        with pytest.raises(BadData):
            self.reader().read(self.sign(bomb))

    def test_nothing_is_decoded_before_it_is_verified(self, monkeypatch):
        forged = self.write({"x": "y" * 900}, OTHER_KEY)
        reader = self.reader()
        monkeypatch.setattr(zlib, "decompressobj", pytest.fail)
        monkeypatch.setattr(json, "loads", pytest.fail)

        with pytest.raises(BadData):
            reader.read(forged)

    def test_what_the_framework_would_not_take_for_its_age_is_not_read(self, clock):
        if self.max_age is None:
            clock.forward(days=1000)
            assert self.reader().read(self.golden).data == {"user": "ada"}
            return
        clock.forward(seconds=self.max_age)
        last = self.reader().read(self.golden).data
        clock.forward(seconds=1)

        assert last == {"user": "ada"}
        with pytest.raises(BadData):
            self.reader().read(self.golden)

    # -- options ----------------------------------------------------------

    @pytest.mark.parametrize(
        "key",
        ["", b"", None, 7, ["key"], "\ud800"],
        ids=["empty", "no bytes", "None", "int", "list", "surrogate"],
    )
    def test_a_key_that_cannot_be_one_is_refused(self, key):
        with pytest.raises(ConfigurationError) as caught:
            self.reader(key)

        assert caught.value.option in ("secret_key", "secret", "validate_key")
        assert "ud800" not in str(caught.value)

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("cookie_name", "a b"),
            ("cookie_name", None),
            ("cookie_domain", "localhost"),
            ("cookie_path", "old"),
        ],
    )
    def test_a_cookie_that_browsers_would_not_store_is_refused(self, option, value):
        with pytest.raises(ConfigurationError) as caught:
            self.reader(**{option: value})

        assert caught.value.option == option

    def test_other_options_are_refused_by_their_names(self):
        for option, value in self.refused:
            with pytest.raises(ConfigurationError) as caught:
                self.reader(**{option: value})

            assert caught.value.option == option

    def test_its_cookie_is_the_frameworks_unless_it_is_said_to_be_another(self):
        place = {"cookie_domain": "app.example", "cookie_path": "/old"}

        assert self.reader().cookie == Cookie(self.cookie_name, secure=False)
        assert self.reader(cookie_name="__Secure-x", **place).cookie == Cookie(
            "__Secure-x", "app.example", "/old", secure=True
        )

    # -- moving in --------------------------------------------------------

    def test_a_visitor_moves_in_once_and_logs_out_for_good(self, clock):
        interface = make_interface(
            clock=clock, cookie_name="ours", accept=[self.reader()]
        )
        jar = UserAgent()
        line = self.reader().cookie.line(self.write(DATA))
        jar.store(URL, f"{line}; Secure", clock.now)

        bodies, sent = [], []
        for use in (dict, dict, log_out, dict):
            answer = respond(
                interface, lambda s, use=use: ascii(use(s)), jar.header(URL)
            )
            assert not jar.receive(URL, answer.headers, now=clock.now)
            bodies.append(answer.body.decode())
            sent.append([line.partition("=")[0] for line in answer.set_cookies])

        assert bodies == [ascii(DATA), ascii(DATA), "None", "{}"]
        assert sent == [["ours", self.cookie_name], [], ["ours"], []]
        assert jar.cookies == []
        format = type(self.reader()).__name__
        facts = {"cookie": self.cookie_name, "format": format}
        assert interface.events == [("migrated", facts)]

    def test_a_logout_before_moving_in_deletes_theirs(self):
        interface = make_interface(accept=[self.reader()])

        answer = respond(interface, log_out, self.header(self.golden))

        assert answer.set_cookies == [self.reader().cookie.deletion()]

    def test_our_own_limits_hold_from_their_time(self, clock):
        interface = make_interface(clock=clock, accept=[self.reader()])
        cookie = self.header(self.golden)
        clock.forward(days=14, seconds=1)

        answer = respond(interface, len, cookie)

        assert answer.body == b"0"
        assert "migrated" not in names(interface)

    def test_what_ours_cannot_carry_is_an_event_and_an_empty_session(self):
        interface = make_interface(accept=[self.reader()])

        answer = respond(interface, len, self.header(self.write({"x": float("nan")})))

        assert (answer.body, answer.set_cookies) == (b"0", [])
        assert names(interface) == ["malformed"]

    def test_without_being_accepted_it_is_nothing(self):
        interface = make_interface(cookie_name=self.cookie_name)

        assert respond(interface, len, self.header(self.golden)).body == b"0"

    def test_a_configuration_takes_it(self):
        reader = self.reader()

        assert SessionConfig(secret_key=KEY, accept=[reader]).accept == (reader,)


def read_or_refuse(reader, value):
    """The data, or ``None`` for bad data; anything else is raised."""
    try:
        return reader.read(value).data
    except (BadData, SerializationError):
        return None


def in_order(value):
    """The repr with the keys of all dicts in order."""
    if type(value) is dict:
        return repr([(key, in_order(value[key])) for key in sorted(value)])
    if type(value) in (list, tuple):
        return f"{type(value)} {[in_order(item) for item in value]}"
    return repr(value)
