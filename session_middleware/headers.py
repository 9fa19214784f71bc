"""Merge Vary, Cache-Control and Set-Cookie into a header list.

The length of a name is compared before its letters: most headers are none of ours.
"""

from __future__ import annotations

import re

HeaderList = list[tuple[str, str]]

_BLANK = " \t"  # all that a header may be padded with (RFC 9110 section 5.6.3)
_DIRECTIVE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_NOT_SHARED = {"private", "no-store", "no-cache"}


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
    """Whether any may be a Set-Cookie or a Cache-Control; in most responses none is."""
    for name, _ in headers:  # noqa: SIM110 -- a generator takes three times as long
        if len(name) == 10 or len(name) == 13:
            return True
    return False


def is_shared(headers: HeaderList) -> bool:
    """Whether the app said that shared caches may keep this response."""
    return any(map(_is_sharing, _cache_directives(headers)))


def make_private(headers: HeaderList) -> bool:
    """Keep shared caches away from a response, in place; whether it was for them.

    Left alone if it already says ``private``, ``no-store`` or ``no-cache`` without a
    field name. RFC 9111 section 7.3: a Set-Cookie alone does not stop a cache.
    """
    directives = _cache_directives(headers)
    if not directives:
        headers.append(("Cache-Control", "private"))
        return False
    if not _NOT_SHARED.isdisjoint(map(str.lower, directives)):
        return False
    kept = [each for each in directives if not _is_sharing(each)]
    headers[:] = [pair for pair in headers if pair[0].lower() != "cache-control"]
    headers.append(("Cache-Control", ", ".join([*kept, "private"])))
    return len(kept) < len(directives)


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


def _cache_directives(headers: HeaderList) -> list[str]:
    found: list[str] = []
    for name, value in headers:
        if len(name) == 13 and name.lower() == "cache-control":
            stripped = (each.strip(_BLANK) for each in _DIRECTIVE.findall(value))
            found += filter(None, stripped)
    return found
