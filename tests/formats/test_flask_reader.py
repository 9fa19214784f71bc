"""Moving in from Flask."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask
from itsdangerous import BadData, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

from session_middleware.formats.flask import FlaskCookies

from ..support import KEY, OTHER_KEY
from .flask_apps import flask_app, flask_data, flask_writes
from .reader import ReaderBehaviour


class TestFlask(ReaderBehaviour):
    golden = "eyJ1c2VyIjoiYWRhIn0.a0nSAA.m-ZcoFRV3GuTLQgHRY4mjhdefDg"
    created = None
    max_age = 31 * 24 * 60 * 60
    data = flask_data
    refused = (
        *(("secret_key_fallbacks", value) for value in (KEY, 7, [""], [KEY] * 16)),
        *(("salt", b"x"), ("digest_method", "sha1"), ("digest_method", hashlib.new)),
        *(("permanent_session_lifetime", value) for value in (0, "1", float("nan"))),
    )

    def reader(self, key=KEY, **options):
        return FlaskCookies(key, **options)

    def write(self, data, key=KEY):
        return flask_writes(flask_app(key), data).partition("=")[2]

    def sign(self, payload):
        interface = Flask.session_interface
        signer = URLSafeTimedSerializer(
            KEY,
            interface.salt,
            signer_kwargs={
                "key_derivation": interface.key_derivation,
                "digest_method": interface.digest_method,
            },
        ).make_signer()
        dot = b"." if payload.startswith(b"x") else b""
        return signer.sign(dot + base64_encode(payload)).decode()

    def test_permanent_moves_in(self):
        value = flask_writes(flask_app(), {"n": 1}, permanent=True).partition("=")[2]

        data, _, _, permanent = self.reader().read(value)

        assert (data, permanent) == ({"n": 1}, True)

    def test_a_fallback_key_and_any_salt_and_digest_are_read(self):
        app = flask_app(OTHER_KEY)
        app.session_interface.salt = "another"
        app.session_interface.digest_method = hashlib.sha512
        value = flask_writes(app, {"n": 1}).partition("=")[2]
        options = {"salt": "another", "digest_method": hashlib.sha512}

        reader = self.reader(secret_key_fallbacks=[OTHER_KEY], **options)

        assert reader.read(value).data == {"n": 1}
        for wrong in ({}, {"salt": "another"}, options):
            with pytest.raises(BadData):
                self.reader(**wrong).read(value)
