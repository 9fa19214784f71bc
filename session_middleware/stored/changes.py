"""What a request changed: the difference between the texts it read and those it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..stores.base import add

_Texts = Mapping[str, str]


class Difference(NamedTuple):
    """What a store is to be told of values, in the words of its ``Changes``."""

    set: dict[str, tuple[str | None, str]]
    deleted: dict[str, str | None]
    increments: dict[str, tuple[int, str]]

    def __repr__(self) -> str:
        return f"<Difference in {len(self.set) + len(self.deleted)} values>"


def difference(read: _Texts, now: _Texts, steps: Mapping[str, int]) -> Difference:
    """What was done to the values that were read.

    :param steps: what was added to counters, by their names.
    """
    changed: dict[str, tuple[str | None, str]] = {}
    for name, text in now.items():
        before = read.get(name)
        if before is not text and before != text:
            changed[name] = before, text
    deleted: dict[str, str | None] = {}
    if not read.keys() <= now.keys():
        deleted.update((name, text) for name, text in read.items() if name not in now)
    increments = {}
    for name, step in steps.items():
        if name in changed:
            increments[name] = step, changed.pop(name)[1]
    return Difference(changed, deleted, increments)


def merge(
    read: _Texts, mine: _Texts, theirs: _Texts, steps: Mapping[str, int]
) -> tuple[Difference, list[str]]:
    """What others did to a session meanwhile, and is to be done to mine too.

    :returns: that, and the names where mine wins over theirs.
    """
    changed: dict[str, tuple[str | None, str]] = {}
    deleted: dict[str, str | None] = {}
    overwritten = []
    for name in {**read, **theirs}:
        before, here, there = read.get(name), mine.get(name), theirs.get(name)
        if there in (before, here):
            continue
        if name in steps and here is not None:
            there = add(there, steps[name], here)
        elif here != before:
            overwritten.append(name)
            continue
        if there is None:
            deleted[name] = here
        else:
            changed[name] = here, there
    return Difference(changed, deleted, {}), overwritten
