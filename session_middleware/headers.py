"""Merge Vary, Cache-Control and Set-Cookie into a header list.

The length of a name is compared before its letters: most headers are none of ours.
"""

from __future__ import annotations

import re

from .exceptions import ConfigurationError

HeaderList = list[tuple[str, str]]

_BLANK = " \t"  # all that a header may be padded with (RFC 9110 section 5.6.3)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 section 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")  # section 5.5, without C1 controls
_DIRECTIVE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_CLOSED = re.compile(r'(?:[^"]|"(?:[^"\\]|\\.)*")*')

# What a shared cache obeys in the place of Cache-Control (RFC 9213 section 2.2), beside
# CDN-Cache-Control and what ends so: of Fastly and Varnish, Akamai, LiteSpeed.
_TARGETED = {
    "surrogate-control",
    "edge-control",
    "akamai-cache-control",
    "x-litespeed-cache-control",
}


def check_added(option: str, before: HeaderList, after: HeaderList) -> None:
    """Refuse headers that are no pairs of one line each, whoever added them.

    :param option: what is at fault then.
    :raises ConfigurationError: without them in it.
    """
    known = len(before) if after[: len(before)] == before else 0
    for pair in after[known:]:
        if not _is_header(pair) and pair not in before:
            raise ConfigurationError(
                option,
                "must add pairs of a header's name and its value, each a str of "
                "Latin-1 on one line",
            )


def _is_header(pair: object) -> bool:
    if not isinstance(pair, tuple) or len(pair) != 2:
        return False
    name, value = pair
    if not (type(name) is str and type(value) is str):
        return False
    if name != "Set-Cookie" and _NAME.fullmatch(name) is None:
        return False
    if value.isascii() and value.isprintable():  # a tenth of the time of the match
        return True
    return _VALUE.fullmatch(value) is not None


def vary_on_cookie(headers: HeaderList) -> HeaderList:
    """The headers with ``Vary: Cookie``: the same list if they have it, else a new one.

    ``*`` already says more and is left alone (RFC 9110 section 12.5.5).
    """
    line = None
    for index, (name, value) in enumerate(headers):
        if len(name) == 4 and name.lower() == "vary":
            fields = {field.strip(_BLANK).lower() for field in value.split(",")}
            if "cookie" in fields or "*" in fields:
                return headers
            line = index
    if line is None:
        return [*headers, ("Vary", "Cookie")]
    merged = list(headers)
    name, value = merged[line]
    merged[line] = (name, f"{value}, Cookie" if value.strip() else "Cookie")
    return merged


def has_cookie_or_caching(headers: HeaderList) -> bool:
    """Whether any may set a cookie or instruct a cache; in most responses none does.

    Told by the third letter from the end: Set-Cookie, any-Control, X-Accel-Expires.
    """
    for name, _ in headers:  # noqa: SIM110 -- a generator takes three times as long
        if len(name) > 9 and name[-3] in "kKrR":
            return True
    return False


def is_shared(headers: HeaderList) -> bool:
    """Whether the app said that shared caches may keep this response."""
    return any(map(_is_sharing, _cache_directives(headers)))


def make_private(headers: HeaderList) -> bool:
    """Keep shared caches away from a response, in place; whether it was for them.

    RFC 9111 section 7.3: a Set-Cookie alone does not stop a cache.
    """
    was_targeted = _untarget(headers)
    said = _cache_directives(headers)
    kept = [each for each in said if not _is_sharing(each)]
    was_shared = len(kept) < len(said)
    if not _is_for_one(kept):
        kept.append("private")
    kept.sort(key=_is_open)  # behind an open quote no cache would find it
    if kept != said:
        headers[:] = [pair for pair in headers if pair[0].lower() != "cache-control"]
        headers.append(("Cache-Control", ", ".join(kept)))
    return was_shared or was_targeted


def drop_replaced_cookies(headers: HeaderList, size: int) -> list[str]:
    """Of the first ``size`` headers, drop cookies that a later one sets again.

    :returns: the names dropped (RFC 6265bis section 4.1.1: one line for each name).
    """
    theirs = [index for index in range(size) if _is_set_cookie(headers[index][0])]
    if not theirs:
        return []
    ours = {
        _cookie_name(value) for name, value in headers[size:] if _is_set_cookie(name)
    }
    replaced = [index for index in theirs if _cookie_name(headers[index][1]) in ours]
    return [_cookie_name(headers.pop(index)[1]) for index in reversed(replaced)]


def _is_set_cookie(name: str) -> bool:
    return len(name) == 10 and name.lower() == "set-cookie"


def _cookie_name(line: str) -> str:
    return line.partition(";")[0].partition("=")[0].strip(" \t")


def _is_sharing(directive: str) -> bool:
    return directive.partition("=")[0].strip().lower() in ("public", "s-maxage")


def _is_open(directive: str) -> bool:
    return '"' in directive and _CLOSED.fullmatch(directive) is None


def _is_for_one(directives: list[str]) -> bool:
    """Whether no shared cache may store a response: ``private`` or ``no-store``.

    With ``no-cache`` it may, and reuse it after a 304 (RFC 9111 section 5.2.2.4); with
    a field name it may store the rest; and a cache that obeys ``must-understand``
    ignores ``no-store`` (section 5.2.2.3).
    """
    words = {each.lower() for each in directives}
    if "private" in words:
        return True
    return "no-store" in words and not any(
        each.partition("=")[0].strip() == "must-understand" for each in words
    )


def _untarget(headers: HeaderList) -> bool:
    """Take away, in place, what a cache would obey first; whether there was any.

    nginx has X-Accel-Expires, whose 0 stops it even where it ignores Cache-Control.
    """
    found = False
    for pair in [each for each in headers if len(each[0]) > 11 and each[0][-3] in "rR"]:
        name = pair[0].lower()
        if name == "x-accel-expires":
            headers[headers.index(pair)] = (pair[0], "0")
            found |= pair[1] != "0"
        elif name.endswith("cdn-cache-control") or name in _TARGETED:
            headers.remove(pair)
            found = True
    return found


def _cache_directives(headers: HeaderList) -> list[str]:
    found: list[str] = []
    for name, value in headers:
        if len(name) == 13 and name.lower() == "cache-control":
            stripped = (each.strip(_BLANK) for each in _DIRECTIVE.findall(value))
            found += filter(None, stripped)
    return found
