"""Read one name's values from a Cookie header; check and write one Set-Cookie line.

Reading follows RFC 6265bis section 5.8.3 and nothing else: split on ``;``, trim
space and tab, compare the name exactly. No unquoting, no percent-decoding, no
splitting on commas: each of these has let somebody forge a ``__Host-`` cookie.

Writing refuses what a browser would drop (sections 4.1, 5.6 and 5.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache, partial
from typing import Any

from .cookie_scope import check_domain, check_path
from .exceptions import ConfigurationError

MAX_HEADER = 64 * 1024  # characters of a Cookie header that are looked at
MAX_COOKIE = 4096  # bytes of name + value, RFC 6265bis section 5.6 step 5
MAX_VALUES = 50  # of one name that are looked at
LAST_SECOND = 253_402_300_799  # of the year 9999, and of what a date can say
MAX_AGE = 400 * 24 * 60 * 60  # seconds, section 5.5

_BLANK = " \t"
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 section 5.6.2
_OCTETS = bytes({*range(0x21, 0x7F)} - {*b'",;\\'})  # RFC 6265bis section 4.1.1
_SAMESITE = (None, "Strict", "Lax", "None")
_EPOCH = "Thu, 01 Jan 1970 00:00:00 GMT"

_imf_fixdate = lru_cache(maxsize=16)(partial(formatdate, usegmt=True))


def read_values(header: str, name: str, most: int = MAX_VALUES) -> list[str]:
    """The values a Cookie header gives to ``name``, in its order; never raises.

    A value too long to be a cookie, and a header too long to be read, stand as an
    empty string: something came, and it is not a session. Linear in the header.

    :param most: how many to find; no browser has as many of one name as the default.
    """
    if len(header) > MAX_HEADER:
        return [""]
    values = []
    limit = MAX_COOKIE - len(name)
    start = header.find(name)
    while start >= 0:
        end = header.find(";", start)
        pair = header[start:end] if end >= 0 else header[start:]
        found, equals, value = pair.partition("=")
        # "; " is how browsers write it.
        begins = not start or header[start - 2 : start] == "; "
        if (
            equals
            and (found == name or found.rstrip(_BLANK) == name)
            and (begins or _begins_pair(header, start))
        ):
            value = value.strip(_BLANK)
            values.append(value if len(value) <= limit else "")
            if len(values) == most:
                break
        if end < 0:
            break
        start = header.find(name, end)  # a second hit in one pair cannot be its name
    return values


def _begins_pair(header: str, start: int) -> bool:
    return not header[header.rfind(";", 0, start) + 1 : start].strip(_BLANK)


def check_value(option: str, value: Any) -> str:
    """A cookie's value; what signs it may be another's.

    :param option: what gave it.
    :raises ConfigurationError: it is not made of cookie-octets.
    """
    text = value if type(value) is str and value.isascii() else " "
    # Deleting what is allowed takes a third of the time of matching it.
    if not text.encode().translate(None, _OCTETS):
        return text
    raise ConfigurationError(
        option, "must sign a str that a cookie can carry, as base64url is"
    )


def plain(value: Any) -> Any:
    """The very text of a str subclass, as of an ``Enum`` whose members are str.

    Formatted, such a member is its name: ``SameSite=Mode.STRICT``.
    """
    return str.__str__(value) if isinstance(value, str) else value


def automatic_name(domain: str | None, path: str, secure: bool) -> str:
    """The most protective name that these attributes allow (section 4.1.3)."""
    if not secure:
        return "session"
    return "__Host-session" if domain is None and path == "/" else "__Secure-session"


@dataclass(frozen=True)
class Cookie:
    """One cookie's name and attributes, in a combination that browsers store.

    The rules are those of RFC 6265bis, sections 4.1 and 5.7.

    :param name: a token (RFC 9110 section 5.6.2) of at most 1024 characters. The
        prefixes ``__Host-`` and ``__Secure-`` bring their conditions with them.
    :param domain: ``None`` keeps it to the one host.
    :param path: begins with ``/``.
    :param secure: sent over https alone.
    :param httponly: hidden from scripts.
    :param samesite: ``"Strict"``, ``"Lax"``, ``"None"``, or ``None`` for no attribute.
    :param partitioned: a jar of its own for each site that embeds this one (CHIPS).
    :raises ConfigurationError: browsers would not store it; it names the option.
    """

    name: str
    domain: str | None = None
    path: str = "/"
    secure: bool = True
    httponly: bool = True
    samesite: str | None = "Lax"
    partitioned: bool = False
    _attributes: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for option in ("name", "domain", "path", "samesite"):
            object.__setattr__(self, option, plain(getattr(self, option)))
        _check_name(self.name)
        object.__setattr__(self, "domain", check_domain(self.domain))
        check_path(self.path)
        for option in ("secure", "httponly", "partitioned"):
            if not isinstance(getattr(self, option), bool):
                raise ConfigurationError(f"cookie_{option}", "must be True or False")
        if self.samesite not in _SAMESITE:
            raise ConfigurationError(
                "cookie_samesite", "must be 'Strict', 'Lax', 'None' or None"
            )
        _check_prefix(self)
        _check_secure(self)
        object.__setattr__(self, "_attributes", self._join_attributes())

    def _join_attributes(self) -> str:
        parts = [f"; Domain={self.domain}"] if self.domain else []
        parts.append(f"; Path={self.path}")
        parts += ["; Secure"] if self.secure else []
        parts += ["; HttpOnly"] if self.httponly else []
        parts += [f"; SameSite={self.samesite}"] if self.samesite else []
        parts += ["; Partitioned"] if self.partitioned else []
        return "".join(parts)

    def line(self, value: str, max_age: int | None = None, now: float = 0) -> str:
        """The Set-Cookie value that stores ``value``.

        :param value: made of the characters that a cookie can carry (section 4.1.1);
            not checked here.
        :param max_age: seconds to keep it past the browser's end, at most 400 days
            (section 5.5); ``None`` for a cookie that ends with the browser.
        :param now: seconds since the epoch, for Expires.
        """
        if max_age is None:
            return f"{self.name}={value}{self._attributes}"
        age = min(max(max_age, 0), MAX_AGE)
        expires = _imf_fixdate(min(int(now) + age, LAST_SECOND))
        return (
            f"{self.name}={value}; Expires={expires}; Max-Age={age}{self._attributes}"
        )

    def deletion(self) -> str:
        """The Set-Cookie value that removes it; every attribute is repeated.

        A browser ignores a deletion with another Domain or Path, and one of a
        prefixed name without Secure (section 5.7).
        """
        return f"{self.name}=; Expires={_EPOCH}; Max-Age=0{self._attributes}"


def needs_secure(name: str | None, samesite: str | None, partitioned: bool) -> bool:
    """Whether browsers would drop this cookie without Secure."""
    prefixed = name is not None and name.lower().startswith(_PREFIXES)
    return samesite == "None" or partitioned or prefixed


_PREFIXES = ("__host-", "__secure-", "__http-")


def is_token(text: str) -> bool:
    """Whether a cookie can have this name."""
    return _TOKEN.fullmatch(text) is not None


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not is_token(name):
        raise ConfigurationError(
            "cookie_name",
            "must be a token of letters, digits and !#$%&'*+.^_`|~- (RFC 9110 5.6.2)",
        )
    if len(name) > MAX_COOKIE // 4:
        raise ConfigurationError(
            "cookie_name", f"must be at most {MAX_COOKIE // 4} characters long"
        )


def _check_prefix(cookie: Cookie) -> None:
    """Sections 4.1.3.1 and 4.1.3.2, and the same for the Http prefixes."""
    folded = cookie.name.lower()
    for prefix in ("__Host-Http-", "__Host-", "__Secure-", "__Http-"):
        if not folded.startswith(prefix.lower()):
            continue
        if not cookie.name.startswith(prefix):
            raise ConfigurationError(
                "cookie_name", f"the prefix is written {prefix!r}, in this very case"
            )
        if len(cookie.name) == len(prefix):
            raise ConfigurationError("cookie_name", f"{prefix!r} needs a name after it")
        if not cookie.secure:
            raise ConfigurationError("cookie_secure", f"must be True for {prefix!r}")
        if "Http-" in prefix and not cookie.httponly:
            raise ConfigurationError("cookie_httponly", f"must be True for {prefix!r}")
        if prefix.startswith("__Host-") and cookie.domain is not None:
            raise ConfigurationError("cookie_domain", f"must be None for {prefix!r}")
        if prefix.startswith("__Host-") and cookie.path != "/":
            raise ConfigurationError("cookie_path", f"must be '/' for {prefix!r}")
        return


def _check_secure(cookie: Cookie) -> None:
    if cookie.secure:
        return
    if cookie.samesite == "None":
        raise ConfigurationError(
            "cookie_samesite", "'None' needs cookie_secure=True or 'auto'"
        )
    if cookie.partitioned:
        raise ConfigurationError(
            "cookie_partitioned", "needs cookie_secure=True or 'auto'"
        )
