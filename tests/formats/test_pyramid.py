"""Moving in from Pyramid."""

from __future__ import annotations

import pickle

import pytest
from itsdangerous import BadData
from pyramid.request import Request
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from webob.cookies import SignedSerializer

from session_middleware import SerializationError
from session_middleware.formats.pyramid import PyramidCookies

from ..support import KEY, START
from .reader import ReaderBehaviour


class Raw:
    """A serializer of bytes, to sign anything."""

    def dumps(self, raw):
        return raw


class TestPyramid(ReaderBehaviour):
    golden = (
        "lS6VRJsDIbi0NhaGWQ9bYLWIj4JxZbdd8-tzILlo5TVMyav_sS2xoWHNr7t2YCwUKod7NdIskLKM"
        "1w2Uvq3EUFsxODAwMDAwMDAwLCAxODAwMDAwMDAwLCB7InVzZXIiOiAiYWRhIn1d"
    )
    max_age = 1200
    refused = (
        *(("hashalg", value) for value in ("sha0", None, "shake_128")),
        *(("salt", 7), ("timeout", 0), ("timeout", "1200")),
    )

    def reader(self, key=KEY, **options):
        return PyramidCookies(key, **options)

    def write(self, data, key=KEY, **options):
        request, response = Request.blank("/"), Response()
        session = SignedCookieSessionFactory(key, **options)(request)
        session.update(data)
        request._process_response_callbacks(response)
        return response.headers["Set-Cookie"].partition("=")[2].partition(";")[0]

    def sign(self, payload):
        return self.sign_all(b"[%d, %d, %b]" % (START, START, payload))

    def sign_all(self, payload):
        signed = SignedSerializer(KEY, "pyramid.session.", serializer=Raw())
        return signed.dumps(payload).decode()

    @pytest.mark.parametrize("secret", ["ключ", "é", b"\xff", "x"])
    @pytest.mark.parametrize("hashalg", ["sha512", "sha1", "md5"])
    @pytest.mark.parametrize("salt", ["pyramid.session.", "", "é"])
    def test_any_secret_salt_and_algorithm_are_read(self, secret, hashalg, salt):
        value = self.write({"n": 1}, secret, hashalg=hashalg, salt=salt)

        reader = self.reader(secret, hashalg=hashalg, salt=salt)

        assert reader.read(value).data == {"n": 1}

    def test_a_timeout_of_none_is_none(self, clock):
        clock.forward(days=100)

        reader = self.reader(timeout=None, max_age=99)

        assert reader.read(self.golden)[:] == ({"user": "ada"}, START, START, True)

    def test_a_renewed_session_keeps_its_creation_time(self, clock):
        request, response = Request.blank("/"), Response()
        request.headers["Cookie"] = f"session={self.golden}"
        clock.forward(minutes=10, seconds=0.5)
        SignedCookieSessionFactory(KEY)(request)["n"] = 1
        request._process_response_callbacks(response)
        value = response.headers["Set-Cookie"].partition("=")[2].partition(";")[0]

        found = self.reader().read(value)

        assert found[:3] == ({"user": "ada", "n": 1}, START + 600, START)

    @pytest.mark.parametrize(
        "raw",
        [
            *(
                b"[]",
                b"7",
                b"[1, 2]",
                b'["", 1, {}]',
                b"[1, null, {}]",
                b"[NaN, 1, {}]",
            ),
            *(b"[-1, 1, {}]", b"[1e300, 1, {}]", b"[Infinity, 1, {}]", b"[1, [], {}]"),
        ],
        ids=bytes.decode,
    )
    def test_what_is_not_renewed_created_and_data_is_bad_data(self, raw):
        with pytest.raises(BadData):
            self.reader(timeout=None).read(self.sign_all(raw))

    def test_a_pickle_is_refused_and_said_to_be_one(self):
        value = self.sign_all(pickle.dumps((START, START, {"n": 1})))

        with pytest.raises(SerializationError, match="it is a pickle"):
            self.reader().read(value)
