"""FlaskValues: stores what Flask's sessions take and ours refuse, as Flask would.

A date becomes a str, and so does an int key; an object becomes what the app's JSON
makes of it. A value that our sessions keep is kept as it is, in the same list or dict.
One that our JSON cannot express, such as NaN, is in the token as Flask's own JSON,
which Flask reads when the session is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ..exceptions import SerializationError
from ..tokens.listed_types import EXACT, HostValue, as_listed
from ..tokens.tagged_json import on_a_new_stack
from ..tokens.tags import HOST, MAX_DEPTH

MARK = f'{{"{HOST}":'  # in the text of every session with Flask's JSON in it

_DEEPEST = 200  # levels; no format of ours has more
_CONTAINERS = (dict, list, tuple)


class FlaskValues:
    """Replaces what is refused in a session's data, and puts it back.

    :param write: the text of data: ``write(created, permanent, data)``.
    :param tags: what Flask's own sessions make of a value, and of what they read.
    :param json: the app's.
    """

    def __init__(
        self, write: Callable[[int, bool, Any], str], tags: Tags, json: Json
    ) -> None:
        self._write = write
        self._tags = tags
        self._json = json
        self._has_whole_stack = False

    def replace(self, data: dict[str, Any]) -> Any:
        """``data`` with whatever Flask can store in place of what is refused."""
        self._keeps_json = self._is_storable(HostValue(""))
        return self._in_any_stack(self._storable, data)

    def restore(self, data: dict[str, Any]) -> Any:
        """``data`` with what Flask reads in place of its own JSON."""
        return self._in_any_stack(self._restored, data)

    # -- writing ----------------------------------------------------------

    def _storable(self, value: Any, depth: int = 0) -> Any:
        if depth > _DEEPEST:  # such as a list that contains itself: writing it raises
            return value
        if self._keeps_json and self._replaced(self._has_own_tag, value) is True:
            return self._replaced(self._to_flasks_json, value)
        value = self._replaced(as_listed, value)
        kind = type(value)
        if kind not in _CONTAINERS:
            if self._is_storable(value):
                return value
            return self._as_flask_does(value, depth)
        if depth >= MAX_DEPTH and self._keeps_json:
            return self._replaced(self._to_flasks_json, value)
        if kind is dict:
            items = self._replaced(self._with_storable_keys, value)
            if items is value:  # Flask refuses a key too
                return value
            return {key: self._storable(item, depth + 1) for key, item in items}
        return kind([self._storable(item, depth + 1) for item in value])

    def _has_own_tag(self, value: Any) -> bool:
        """Whether Flask writes it by a tag that the app has registered.

        A value that our sessions keep exactly, type included, needs no tag.
        """
        if type(value) in EXACT:
            return False
        chosen = next((tag for tag in self._tags.order if tag.check(value)), None)
        return chosen is not None and type(chosen) not in self._tags.default_tags

    def _with_storable_keys(self, value: dict[Any, Any]) -> list[tuple[Any, Any]]:
        if self._is_storable(dict.fromkeys(value)):
            return [*value.items()]  # a list: a value's own methods may change the dict
        places = {key: place for place, key in enumerate(value)}
        written = self._json.loads(self._json.dumps(places))
        items = [*value.values()]
        return [(key, items[place]) for key, place in written.items()]

    def _is_storable(self, value: Any) -> bool:
        try:
            self._write(0, False, {"": value})
        except SerializationError:
            return False
        return True

    def _as_flask_does(self, value: Any, depth: int) -> Any:
        kept = self._replaced(self._to_flasks_json, value)
        found = self._restored(kept)
        if found is kept:  # Flask refuses it too: writing it raises, with the path
            return value
        if type(found) in _CONTAINERS:
            return self._storable(found, depth)
        if self._is_storable(found):
            return found
        return kept if self._keeps_json else value

    def _to_flasks_json(self, value: Any) -> HostValue:
        tagged = self._tags.tag(value)
        text: str | bytes = self._json.dumps(tagged, separators=(",", ":"))
        return HostValue(text if isinstance(text, str) else str(text, "utf-8"))

    # -- reading ----------------------------------------------------------

    def _restored(self, value: Any) -> Any:
        kind = type(value)
        if kind is HostValue:
            return self._replaced(self._from_flasks_json, value)
        if kind is dict:
            return {key: self._restored(item) for key, item in value.items()}
        if kind is list or kind is tuple:
            return kind([self._restored(item) for item in value])
        return value

    def _from_flasks_json(self, value: HostValue) -> Any:
        return self._read(self._json.loads(value.json))

    def _read(self, found: Any) -> Any:
        if isinstance(found, dict):
            read = {key: self._read(item) for key, item in found.items()}
            return self._tags.untag(read)
        return [*map(self._read, found)] if isinstance(found, list) else found

    # -- errors of an app's own classes, JSON and tags ---------------------

    def _replaced(self, replace: Callable[[Any], Any], value: Any) -> Any:
        """``replace(value)``; or ``value``, if that raises and Flask refuses it too."""
        try:
            return replace(value)
        except RecursionError:
            if not self._has_whole_stack:  # the app may have used up most of it
                raise
            return value
        except Exception:
            return value

    def _in_any_stack(self, replace: Callable[[Any], Any], data: Any) -> Any:
        try:
            return replace(data)
        except RecursionError:
            self._has_whole_stack = True
            return on_a_new_stack(replace, data)


class Tags(Protocol):
    """Flask's ``TaggedJSONSerializer``."""

    order: list[Any]
    default_tags: list[type[Any]]

    def tag(self, value: Any) -> Any: ...
    def untag(self, value: dict[str, Any]) -> Any: ...


class Json(Protocol):
    """Flask's ``JSONProvider``."""

    def dumps(self, obj: Any, **kwargs: Any) -> str: ...
    def loads(self, s: str | bytes) -> Any: ...
