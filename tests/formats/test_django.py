"""Moving in from Django."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from itsdangerous import BadData

from session_middleware import SerializationError
from session_middleware.formats.django import SALT, DjangoCookies

from ..support import KEY, OTHER_KEY
from .reader import ReaderBehaviour

ENGINE = "django.contrib.sessions.backends.signed_cookies"
if not settings.configured:
    settings.configure(SECRET_KEY=KEY, SESSION_ENGINE=ENGINE)


def from_django(use, key=KEY, **options):
    """The value of the cookie in a response of Django's own middleware."""
    from django.contrib.sessions.middleware import SessionMiddleware
    from django.test.utils import override_settings

    def view(request):
        use(request.session)
        return HttpResponse()

    with override_settings(SECRET_KEY=key, SESSION_ENGINE=ENGINE, **options):
        response = SessionMiddleware(view)(HttpRequest())
    return response.cookies["sessionid"].value


class TestDjango(ReaderBehaviour):
    cookie_name = "sessionid"
    golden = "eyJ1c2VyIjoiYWRhIn0:1xocE4:vww-hBQgM9ef6Gxwd4HLMoysEtRCgPcVEu9IDpojQAc"
    created = None
    permanent = True
    max_age = 14 * 24 * 60 * 60
    refused = (
        *(("secret_key_fallbacks", value) for value in (KEY, 7, [None], [KEY] * 16)),
        *(("algorithm", value) for value in ("sha0", 7, "shake_128")),
        *(("session_cookie_age", value) for value in (0, "1")),
    )

    def reader(self, key=KEY, **options):
        return DjangoCookies(key, **options)

    def write(self, data, key=KEY):
        return from_django(lambda session: session.update(data), key)

    def sign(self, payload):
        dot = "." if payload.startswith(b"x") else ""
        text = dot + urlsafe_b64encode(payload).decode().rstrip("=")
        return signing.TimestampSigner(key=KEY, salt=SALT).sign(text)

    def test_who_is_logged_in_is_kept_as_django_has_it(self):
        data = {"_auth_user_id": "7", "_auth_user_backend": "b", "_auth_user_hash": "h"}

        assert self.reader().read(self.write(data)).data == data

    def test_much_is_compressed_and_read(self):
        value = self.write({"x": "y" * 9000})

        assert value.startswith(".")
        assert self.reader().read(value).data == {"x": "y" * 9000}

    @pytest.mark.parametrize("key", ["ключ", b"\xff", "x"])
    def test_a_fallback_key_is_read(self, key):
        value = self.write({"n": 1}, key)

        assert self.reader(secret_key_fallbacks=[key]).read(value).data == {"n": 1}
        with pytest.raises(BadData):
            self.reader(secret_key_fallbacks=[OTHER_KEY]).read(value)

    def test_an_older_algorithm_is_read_if_it_is_named(self):
        signer = signing.TimestampSigner(key=KEY, salt=SALT, algorithm="sha1")
        value = signer.sign_object({"n": 1})

        assert self.reader(algorithm="sha1").read(value).data == {"n": 1}
        with pytest.raises(BadData):
            self.reader().read(value)

    @pytest.mark.parametrize(
        ("expiry", "browser", "permanent"),
        [(None, False, True), (None, True, False), (0, False, False), (60, True, True)],
    )
    def test_it_outlives_the_browser_if_djangos_did(self, expiry, browser, permanent):
        def use(session):
            session["n"] = 1
            session.set_expiry(expiry)

        value = from_django(use, SESSION_EXPIRE_AT_BROWSER_CLOSE=browser)
        reader = self.reader(expire_at_browser_close=browser)

        assert reader.read(value).permanent is permanent

    @pytest.mark.parametrize("digits", ["", "-1", "!", "z" * 9, "é"])
    def test_a_timestamp_that_is_none_is_bad_data_or_the_epoch(self, digits):
        signer = signing.Signer(key=KEY, salt=SALT)
        payload = urlsafe_b64encode(b'{"n":1}').decode().rstrip("=")

        with pytest.raises(BadData):
            self.reader().read(signer.sign(f"{payload}:{digits}"))

    def test_a_pickle_is_refused_and_said_to_be_one(self):
        with pytest.raises(SerializationError, match="it is a pickle"):
            self.reader().read(self.sign(b"\x80\x04}."))
