"""Which of several cookies of one name is the session's."""

from __future__ import annotations

from collections.abc import Callable

from itsdangerous import BadPayload, BadSignature

from .tokens.signed import Verified

__all__ = ["newest"]

MAX_CANDIDATES = 4  # different values that are tried


def newest(
    values: list[str],
    latest: int,
    verify: Callable[[str], Verified],
    created: Callable[[bytes], int],
) -> tuple[str, int]:
    """The newest value that verifies, and how many do.

    Of those issued at the same time it is the one whose session was created later, and
    then the greater. One that is issued in the future is chosen only if there is no
    other.

    :param values: of the cookie, as they came; more than four different ones that have
        the form of a token are refused.
    :param latest: when one may have been issued, in seconds since the epoch.
    :param verify: a serializer's.
    :param created: gives the time at which the session in a payload was created.
    :raises itsdangerous.BadSignature: none is authentic.
    :raises itsdangerous.BadPayload: none is a token, or too many may be.
    """
    found = _verify_all(values, verify)
    times = {value: issued for value, (_, issued, _) in found.items()}
    newest = max(times.values(), key=lambda issued: (issued <= latest, issued))
    ties = [value for value, issued in times.items() if issued == newest]
    if len(ties) > 1:
        ties.sort(key=lambda value: (created(found[value][0]), value))
    return ties[-1], len(found)


def _verify_all(
    values: list[str], verify: Callable[[str], Verified]
) -> dict[str, Verified]:
    """All that verify, if no more than four different ones are well-formed."""
    found: dict[str, Verified] = {}
    refused = 0
    for value in dict.fromkeys(values):
        try:
            found[value] = verify(value)
        except BadPayload:
            continue
        except BadSignature:
            refused += 1
        if len(found) + refused > MAX_CANDIDATES:
            raise BadPayload(f"more than {MAX_CANDIDATES} different values")
    if found:
        return found
    raise BadSignature("none verifies") if refused else BadPayload("none is a token")
