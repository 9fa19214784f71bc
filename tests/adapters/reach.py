"""Whatever public names lead to, as a template in a sandbox could follow them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from session_middleware import SessionConfig, SessionInterface

_LEAVES = (str, bytes, int, float, type(None), ModuleType, type)
_VERBS = ("sign", "seal", "make_serializer", "get_signing_serializer")


def keys_in_reach(roots: Mapping[str, Any], *keys: str) -> list[str]:
    """The paths, nothing being called, to a key, or to what signs with one.

    :param roots: by their names.
    """
    return [path for path, found in reachable(roots) if _gives_a_key(found, list(keys))]


def reachable(roots: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every object that attributes without an underscore and items lead to, once."""
    waiting = deque(roots.items())
    seen: dict[int, Any] = {}
    while waiting:
        path, found = waiting.popleft()
        if id(found) in seen:
            continue
        seen[id(found)] = found  # kept, so that no other object gets its id
        yield path, found
        if not isinstance(found, _LEAVES):
            waiting.extend(_next(path, found))


def _next(path: str, found: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(found, Mapping):
        try:
            yield from ((f"{path}[{key!r}]", item) for key, item in found.items())
        except Exception:  # some mappings only look like one
            return
    elif isinstance(found, (list, tuple, set, frozenset, deque)):
        yield from ((f"{path}[{at}]", item) for at, item in enumerate(list(found)))
    for name in dir(found):
        if not name.startswith("_"):
            try:
                yield f"{path}.{name}", getattr(found, name)
            except Exception:  # it is in nobody's reach then
                continue


def _gives_a_key(found: Any, keys: list[str]) -> bool:
    if isinstance(found, (SessionInterface, SessionConfig)):
        return True
    if isinstance(found, str):
        return any(key in found for key in keys)
    if isinstance(found, bytes):
        return any(key.encode() in found for key in keys)
    return not isinstance(found, type) and any(
        callable(getattr(found, verb, None)) for verb in _VERBS
    )
