"""What a browser does with cookies: RFC 6265bis sections 5.5 to 5.8, literally.

:class:`UserAgent` is a browser's jar for tests, with three verbs::

    jar = UserAgent()
    dropped = jar.receive(url, response_headers, now=seconds)  # [] if all were kept
    cookie = jar.header(url, now=seconds)  # for the next request; None: no cookie
    jar.close_browser()

``now`` is in seconds since the epoch; left out, it is the real time. ``jar.cookies``
lists what is stored. To look at one line by itself: ``jar.store(url, line, now)``
gives the :class:`Stored` cookie or raises :class:`Rejected` with the rule's reason.

Each comment names the step of the specification that the lines below it are. The
model is as strict as the strictest browser: Secure needs https, even on localhost.
All requests are same-site, and all come from HTTP rather than from a script.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import NamedTuple
from urllib.parse import urlsplit

AGE_LIMIT = 400 * 24 * 60 * 60  # seconds, section 5.5
EARLIEST = float("-inf")
PUBLIC_SUFFIXES = {"co.uk", "github.io"}  # and every name without a dot

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WSP = " \t"
_ATTRIBUTES = {
    each.lower(): each
    for each in ("Domain", "Path", "Secure", "HttpOnly", "SameSite", "Partitioned")
}


class Rejected(Exception):
    """The user agent drops the cookie; the reason is the message."""


class Parsed(NamedTuple):
    """A Set-Cookie line, read as section 5.6 says.

    ``attributes`` keeps order and repetitions; Expires and Max-Age are times already.
    """

    name: str
    value: str
    attributes: list[tuple[str, str | float]]

    def last(self, name: str) -> str | float | None:
        """The value of the last attribute of this name: the one that counts."""
        found = [value for attribute, value in self.attributes if attribute == name]
        return found[-1] if found else None


@dataclass
class Stored:
    """One cookie of the jar, with the fields of section 5.7."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool
    http_only: bool
    same_site: str
    partitioned: bool
    expires: float | None  # seconds since the epoch; None: with the browser
    created: int = 0  # a running number, so that no two are equal

    @property
    def identity(self) -> tuple[str, str, bool, str]:
        return self.name, self.domain, self.host_only, self.path


@dataclass
class UserAgent:
    """A browser's jar; see the top of this file."""

    cookies: list[Stored] = field(default_factory=list)
    _made: int = 0

    def receive(
        self,
        url: str,
        headers: Iterable[tuple[str, str]],
        now: float | None = None,
    ) -> list[str]:
        """Take every Set-Cookie of a response to ``url``; why some were dropped."""
        dropped = []
        for name, value in headers:
            if name.lower() != "set-cookie":
                continue
            try:
                self.store(url, value, now)
            except Rejected as reason:
                dropped.append(f"{value.partition('=')[0]}: {reason}")
        return dropped

    def header(self, url: str, now: float | None = None) -> str | None:
        """The Cookie header of a request for ``url`` (section 5.8.3)."""
        self._evict(now)
        asked = urlsplit(url)
        host, path = asked.hostname or "", asked.path or "/"
        fitting = [
            each
            for each in self.cookies
            if (host == each.domain if each.host_only else matches(host, each.domain))
            and path_matches(path, each.path)
            and (asked.scheme == "https" or not each.secure)
        ]
        fitting.sort(key=lambda each: (-len(each.path), each.created))
        pairs = [f"{each.name}={each.value}".removeprefix("=") for each in fitting]
        return "; ".join(pairs) or None

    def close_browser(self) -> None:
        """Forget what was not given a time."""
        self.cookies = [each for each in self.cookies if each.expires is not None]

    def store(self, url: str, line: str, now: float | None = None) -> Stored:
        """Store the cookie of one line.

        A cookie that deletes is not rejected: it is stored, already expired.

        :raises Rejected: a browser would drop it.
        """
        at = time.time() if now is None else now
        cookie = decide(url, parse(line, at))
        if not cookie.secure and urlsplit(url).scheme != "https":
            self._leave_secure_ones_alone(cookie)
        # Steps 25 to 27: the same name, domain, host-only-flag and path.
        self._made += 1
        cookie.created = self._made
        for old in self.cookies:
            if old.identity == cookie.identity:
                cookie.created = old.created
                self.cookies.remove(old)
                break
        self.cookies.append(cookie)
        self._evict(at)
        return cookie

    def _leave_secure_ones_alone(self, cookie: Stored) -> None:
        """Step 15: plain http does not cover up what https has set."""
        for old in self.cookies:
            if (
                old.secure
                and old.name == cookie.name
                and (
                    matches(old.domain, cookie.domain)
                    or matches(cookie.domain, old.domain)
                )
                and path_matches(cookie.path, old.path)
            ):
                raise Rejected("would cover up a Secure cookie from plain http")

    def _evict(self, now: float | None) -> None:
        at = time.time() if now is None else now
        self.cookies = [
            each for each in self.cookies if each.expires is None or each.expires > at
        ]


def parse(line: str, now: float) -> Parsed:
    """Section 5.6: the algorithm that reads a Set-Cookie line."""
    # Step 1
    if _CONTROL.search(line):
        raise Rejected("has a control character")
    # Step 2
    pair, semicolon, rest = line.partition(";")
    # Step 3
    name, equals, value = pair.partition("=")
    if not equals:
        name, value = "", pair
    # Step 4
    name, value = name.strip(_WSP), value.strip(_WSP)
    # Step 5
    if _octets(name) + _octets(value) > 4096:
        raise Rejected("is larger than 4096 octets")
    attributes = []
    for part in rest.split(";") if semicolon else []:
        attribute, _, argument = part.partition("=")
        attribute, argument = attribute.strip(_WSP), argument.strip(_WSP)
        if _octets(argument) > 1024:
            continue
        attributes += _read_attribute(attribute.lower(), argument, now)
    return Parsed(name, value, attributes)


def _read_attribute(name: str, value: str, now: float) -> list[tuple[str, str | float]]:
    """Sections 5.6.1 to 5.6.7: the attribute to note, if it is one."""
    if name == "expires":
        expires = parse_date(value)
        return [] if expires is None else [("Expires", min(expires, now + AGE_LIMIT))]
    if name == "max-age":
        if not re.fullmatch(r"[0-9-][0-9]*", value) or value == "-":
            return []
        # Compared by its digits: no number is too long to be read.
        digits = value.removeprefix("-").lstrip("0")
        if value.startswith("-") or not digits:
            return [("Max-Age", EARLIEST)]
        age = AGE_LIMIT if len(digits) > 9 else min(int(digits), AGE_LIMIT)
        return [("Max-Age", now + age)]
    if name == "domain":
        return [("Domain", value.removeprefix(".").lower())]
    if name == "path":
        return [("Path", value if value.startswith("/") else "")]
    if name == "samesite":
        known = {"none": "None", "strict": "Strict", "lax": "Lax"}
        return [("SameSite", known.get(value.lower(), "Default"))]
    return [(_ATTRIBUTES[name], "")] if name in _ATTRIBUTES else []


def decide(url: str, line: Parsed) -> Stored:
    """Section 5.7, up to the point where the jar itself is looked at."""
    asked = urlsplit(url)
    https, host = asked.scheme == "https", (asked.hostname or "").lower()
    present = {name for name, _ in line.attributes}
    # Step 2
    if not line.name and not line.value:
        raise Rejected("has neither a name nor a value")
    # Step 6: Max-Age counts more than Expires.
    expires = line.last("Max-Age" if "Max-Age" in present else "Expires")
    # Steps 7 to 9
    domain = str(line.last("Domain") or "")
    if not domain.isascii():
        raise Rejected("has a Domain that is not ASCII")
    if domain and is_public_suffix(domain):
        if domain != host:
            raise Rejected("has a public suffix for its Domain")
        domain = ""
    if domain and not matches(host, domain):
        raise Rejected("has a Domain that is not the host's")
    # Step 10
    path = str(line.last("Path") or default_path(asked.path))
    secure, http_only = "Secure" in present, "HttpOnly" in present
    cookie = Stored(
        name=line.name,
        value=line.value,
        domain=domain or host,
        host_only=not domain,
        path=path,
        secure=secure,
        http_only=http_only,
        same_site=str(line.last("SameSite") or "Default"),
        partitioned="Partitioned" in present,
        expires=expires,  # type: ignore[arg-type]
    )
    # Step 12
    if secure and not https:
        raise Rejected("is Secure, and came over plain http")
    # Step 18
    if cookie.same_site == "None" and not secure:
        raise Rejected("is SameSite=None and not Secure")
    # The specification of Partitioned: such a cookie needs Secure.
    if cookie.partitioned and not secure:
        raise Rejected("is Partitioned and not Secure")
    _check_prefixes(cookie, "Path" in present)
    return cookie


def _check_prefixes(cookie: Stored, has_path: bool) -> None:
    """Steps 19 to 22, section 5.4: prefixes are matched whatever their case."""
    name = cookie.name.lower()
    if not name:
        # A nameless cookie could be read back as one with a prefix.
        if cookie.value.lower().startswith(("__secure-", "__host-", "__http-")):
            raise Rejected("has no name and a value that looks like a prefix")
        return
    at_host = cookie.host_only and cookie.path == "/" and has_path
    if name.startswith("__secure-") and not cookie.secure:
        raise Rejected("is __Secure- and not Secure")
    if name.startswith("__host-") and not (cookie.secure and at_host):
        raise Rejected("is __Host- and not Secure, at Path=/, without a Domain")
    if name.startswith(("__http-", "__host-http-")) and not (
        cookie.secure and cookie.http_only
    ):
        raise Rejected("has an Http prefix and is not Secure and HttpOnly")


def matches(host: str, domain: str) -> bool:
    """Section 5.1.3: domain-match."""
    if host == domain:
        return True
    is_address = re.fullmatch(r"[0-9.]+", host) or ":" in host
    return host.endswith("." + domain) and not is_address


def is_public_suffix(domain: str) -> bool:
    """Whether many owners share the domain, so that no cookie may cover it."""
    return "." not in domain or domain in PUBLIC_SUFFIXES


def path_matches(path: str, cookie_path: str) -> bool:
    """Section 5.1.4: path-match."""
    if path == cookie_path:
        return True
    if not path.startswith(cookie_path):
        return False
    return cookie_path.endswith("/") or path[len(cookie_path)] == "/"


def default_path(path: str) -> str:
    """Section 5.1.4: what a cookie without Path gets."""
    if not path.startswith("/") or path.count("/") == 1:
        return "/"
    return path[: path.rindex("/")]


def parse_date(text: str) -> float | None:
    """Section 5.1.1: a date in seconds since the epoch, ``None`` if it is none."""
    found: dict[str, int] = {}
    hour = minute = second = 0
    for token in re.split(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+", text):
        clock = re.match(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)", token, re.ASCII)
        day = re.match(r"\d{1,2}(?!\d)", token, re.ASCII)
        year = re.match(r"\d{2,4}(?!\d)", token, re.ASCII)
        if "time" not in found and clock:
            found["time"] = 1
            hour, minute, second = map(int, clock.groups())
        elif "day" not in found and day:
            found["day"] = int(day[0])
        elif "month" not in found and token[:3].lower() in _MONTHS:
            found["month"] = _MONTHS.index(token[:3].lower()) + 1
        elif "year" not in found and year:
            found["year"] = int(year[0])
    if len(found) < 4:
        return None
    in_full = found["year"]
    if 70 <= in_full <= 99:
        in_full += 1900
    elif in_full <= 69:
        in_full += 2000
    if in_full < 1601:
        return None
    try:
        moment = datetime(
            in_full,
            found["month"],
            found["day"],
            hour,
            minute,
            second,
            tzinfo=timezone.utc,
        )
    except ValueError:
        return None
    return moment.timestamp()


def _octets(text: str) -> int:
    """Header text stands for its bytes in latin-1; what cannot, for UTF-8."""
    try:
        return len(text.encode("latin-1"))
    except UnicodeEncodeError:
        return len(text.encode("utf-8", "surrogatepass"))


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun"]
_MONTHS += ["jul", "aug", "sep", "oct", "nov", "dec"]
