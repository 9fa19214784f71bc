"""Which tests of other projects are run, and which must come out differently."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple


class Variant(NamedTuple):
    """Sessions of ours in the place of a suite's own.

    ``plugin`` is a module of ``plugins``; ``reasons`` says why an outcome must differ,
    by the name of the test.
    """

    title: str
    plugin: str
    reasons: dict[str, str]


class Suite(NamedTuple):
    project: str
    files: tuple[str, ...]
    variants: tuple[Variant, ...]


def _reasons(cases: tuple[str, ...], reasons: dict[str, str]) -> dict[str, str]:
    """The same reasons for the same tests of several test cases."""
    pairs = product(cases, reasons.items())
    return {f"{case}::{test}": reason for case, (test, reason) in pairs}


_SIGNED = "tests.test_session.TestSignedCookieSession"
_BASE = "tests.test_session.TestBaseCookieSession"

PYRAMIDS_FORMAT = {
    "test_custom_hashalg": "hashalg chooses the digest of Pyramid's format",
    "test_hashalg_mismatch": "hashalg chooses the digest of Pyramid's format",
    "test_custom_salt": "salt chooses the salt of Pyramid's format",
    "test_salt_mismatch": "salt chooses the salt of Pyramid's format",
    "test_custom_serializer": "the cookie is put together in Pyramid's format",
}
_ON_EXCEPTION = (
    "set_on_exception=False is an option of Pyramid's alone; ours goes by the status"
)
PYRAMIDS_OWN = {
    "test__set_cookie_on_exception": _ON_EXCEPTION,
    "test__set_cookie_on_exception_no_request_exception": _ON_EXCEPTION,
    "test_no_set_cookie_with_exception": _ON_EXCEPTION,
    "test__set_cookie_options": (
        "expects WebOb's spelling of Set-Cookie, and Domain=localhost, which browsers "
        "drop and we refuse"
    ),
    "test_timeout_never": (
        "expects a cookie issued a year from now to be read; ours allows for a clock "
        "that is a minute ahead"
    ),
}

SUITES = (
    Suite(
        "flask",
        ("tests",),
        (
            Variant("FlaskSessionInterface()", "flask_default", {}),
            Variant("... with FlaskCookieSessionInterface", "flask_format", {}),
        ),
    ),
    Suite(
        "pyramid",
        ("tests/test_csrf.py", "tests/test_integration.py", "tests/test_session.py"),
        (
            Variant(
                "session_factory(...)",
                "pyramid_factory",
                _reasons((_SIGNED,), PYRAMIDS_FORMAT)
                | _reasons((_BASE, _SIGNED), PYRAMIDS_OWN),
            ),
        ),
    ),
)
