"""Moving in from Beaker."""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from base64 import b64encode

import beaker.session
import pytest
from beaker.middleware import SessionMiddleware
from itsdangerous import BadData

from session_middleware import SerializationError
from session_middleware.formats.beaker import BeakerCookies

from ..support import KEY, START, call, make_interface
from ..support.visits import names, respond
from .reader import ReaderBehaviour


def from_beaker(data, key=KEY, cookie=None, **options):
    """The value of the cookie in a response of Beaker's own middleware."""

    def app(environ, start_response):
        environ["beaker.session"].update(data)
        start_response("200 OK", [])
        return []

    config = {
        "session.type": "cookie",
        "session.auto": True,
        "session.data_serializer": "json",
        "session.validate_key": key,
        **options,
    }
    answer = call(SessionMiddleware(app, config), cookie=cookie)
    return answer.cookie.partition("=")[2]


class TestBeaker(ReaderBehaviour):
    cookie_name = "beaker.session.id"
    golden = (
        "4d2c48d6de32aaa7719bd9f01718c5ad558a7115eJyrVopPyc9NzMxTslLIK83J0VFQii9ILMkA"
        "cpX0lUC8zBQQ24AAACktLU4tAqlNTEkE60wuSk0syczPiy/JzE0FShhawFSDZBOTk1OLi1NTMGVr"
        "AVxWJw8="
    )
    refused = (("timeout", 0), ("timeout", "x"))

    @pytest.fixture(autouse=True)
    def _the_same_id(self, monkeypatch):
        monkeypatch.setattr(beaker.session, "_session_id", lambda: "0" * 32)

    def reader(self, key=KEY, **options):
        return BeakerCookies(key, **options)

    def write(self, data, key=KEY):
        return from_beaker(data, key)

    def sign(self, payload):
        value = b64encode(payload)
        return hmac.new(KEY.encode(), value, hashlib.sha1).hexdigest() + value.decode()

    def test_a_timeout_is_kept_if_it_is_said(self, clock):
        clock.forward(seconds=60)
        last = self.reader(timeout=60).read(self.golden).data
        clock.forward(seconds=1)

        assert last == {"user": "ada"}
        with pytest.raises(BadData):
            self.reader(timeout=60).read(self.golden)

    def test_an_accessed_session_keeps_its_creation_time(self, clock):
        clock.forward(minutes=10)
        cookie = f"beaker.session.id={self.golden}"

        found = self.reader().read(from_beaker({"n": 1}, cookie=cookie))

        assert found[:3] == ({"user": "ada", "n": 1}, START + 600, START)

    def test_it_outlives_the_browser_if_beakers_did(self):
        assert self.reader(cookie_expires=False).read(self.golden).permanent is True

    def test_a_pickle_is_refused_and_said_to_be_one(self):
        options = {"session.data_serializer": "pickle"}
        value = from_beaker({"n": 1}, **options)
        interface = make_interface(accept=[self.reader()])

        with pytest.raises(SerializationError, match="it is a pickle"):
            self.reader().read(value)

        answer = respond(interface, len, f"beaker.session.id={value}")
        assert (answer.body, names(interface)) == (b"0", ["malformed"])
        assert "it is a pickle" in interface.events[0][1]["reason"]

    def test_what_was_signed_and_is_no_base64_is_bad_data(self):
        signature = hmac.new(KEY.encode(), b"eJy", hashlib.sha1).hexdigest()

        with pytest.raises(BadData):
            self.reader().read(f"{signature}eJy")

    def test_what_an_older_beaker_kept_beside_the_data_is_left_out(self):
        times = {"_accessed_time": START, "_creation_time": START}
        data = {**times, "_expires": True, "_id": "5f", "_path": "/", "n": 1}

        found = self.reader().read(self.sign(zlib.compress(json.dumps(data).encode())))

        assert found.data == {"n": 1}

    def test_an_encrypted_one_is_refused(self):
        value = from_beaker({"n": 1}, **{"session.encrypt_key": "another"})

        # Of 256 one begins as a pickle does, and is taken for one.
        with pytest.raises((BadData, SerializationError)):
            self.reader().read(value)

    @pytest.mark.parametrize("time", [None, "1", -1, 1e300, [], float("nan")], ids=str)
    def test_one_without_its_times_is_bad_data(self, time):
        for key in "_accessed_time", "_creation_time":
            data = {"_accessed_time": START, "_creation_time": START, key: time}

            with pytest.raises(BadData):
                self.reader().read(self.sign(zlib.compress(json.dumps(data).encode())))
