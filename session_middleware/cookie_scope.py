"""Domain and Path: to which hosts, and where on them, a browser sends a cookie.

What browsers would drop is refused (RFC 6265bis sections 4.1.2, 5.6 and 5.7).
"""

from __future__ import annotations

import re

from .exceptions import ConfigurationError

MAX_ATTRIBUTE = 1024  # bytes of one attribute's value, section 5.6 step 6

_PATH = re.compile(r"/[A-Za-z0-9/%._~!$&'()*+,=:@-]*")  # RFC 3986 3.3, but for ";"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # as a last label: an IPv4 address


def check_domain(domain: object) -> str | None:
    """The domain in ASCII and lower case, without a leading dot.

    :raises ConfigurationError: browsers would drop a cookie for it.
    """
    if domain is None:
        return None
    name = _in_ascii(domain.removeprefix(".")) if isinstance(domain, str) else ""
    labels = name.split(".")
    if (
        len(name) > 253
        or len(labels) < 2  # a public suffix, which browsers let nobody cover
        or not all(map(_LABEL.fullmatch, labels))
        or _NUMBER.fullmatch(labels[-1])
    ):
        raise ConfigurationError(
            "cookie_domain",
            "must be a host name with a dot in it, such as 'example.com', one that is "
            "not ASCII in its 'xn--' form: no scheme, port, path or IP address; None, "
            "the default, keeps the cookie to the one host",
        )
    return name


def check_path(path: object) -> None:
    """Refuse a path that no URL begins with, or that browsers would not store.

    :raises ConfigurationError: it is one.
    """
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        raise ConfigurationError(
            "cookie_path",
            "must begin with '/' and be written as in a URL, with %20 for a space: "
            "browsers compare it with the URL's path, letter by letter",
        )
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise ConfigurationError(
            "cookie_path", "must not have '.' or '..' in it: no URL that is sent does"
        )
    if len(path) > MAX_ATTRIBUTE:
        raise ConfigurationError(
            "cookie_path",
            f"must be at most {MAX_ATTRIBUTE} characters long: browsers would store "
            "another path",
        )


def _in_ascii(domain: str) -> str:
    """The domain as browsers write it; empty where Python's IDNA differs from theirs.

    Python's maps some letters, as the sharp s, where browsers have long kept them.
    """
    if len(domain) > 253:  # the codec takes its time with long ones
        return ""
    try:
        name = domain.encode("idna")
        same = domain.isascii() or name.decode("idna") == domain.lower()
    except UnicodeError:
        return ""
    return name.decode("ascii").lower() if same else ""
