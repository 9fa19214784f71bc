"""What Flask's sessions store and ours refuse: stored as Flask gives it back.

A date is a str there, an int key too, and an object what the app's JSON makes of it.
What ours keep is kept as it is, in the same list or dict. What ours have no word for,
such as NaN, is Flask's own JSON in the token, which Flask reads when the session opens.
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
        self._has_room = False  # whether all of the stack was free

    def replace(self, data: dict[str, Any]) -> Any:
        """``data`` with whatever Flask can store in place of what is refused."""
        self._keeps_json = self._is_known(HostValue(""))
        return self._in_any_stack(self._known, data)

    def restore(self, data: dict[str, Any]) -> Any:
        """``data`` with what Flask reads in place of its own JSON."""
        return self._in_any_stack(self._restored, data)

    # -- to be written ----------------------------------------------------

    def _known(self, value: Any, depth: int = 0) -> Any:
        if depth > _DEEPEST:  # as of what holds itself; the writer says so
            return value
        if self._keeps_json and self._tried(self._has_own_tag, value) is True:
            return self._tried(self._in_flasks_json, value)
        value = self._tried(as_listed, value)
        kind = type(value)
        if kind not in _CONTAINERS:
            return value if self._is_known(value) else self._as_flask_does(value, depth)
        if depth >= MAX_DEPTH and self._keeps_json:
            return self._tried(self._in_flasks_json, value)
        if kind is dict:
            items = self._tried(self._with_known_keys, value)
            if items is value:  # Flask refuses a key too
                return value
            return {key: self._known(item, depth + 1) for key, item in items}
        return kind([self._known(item, depth + 1) for item in value])

    def _has_own_tag(self, value: Any) -> bool:
        """Whether Flask writes it by a tag of the app's.

        What ours keep exactly, types included, needs none.
        """
        if type(value) in EXACT:
            return False
        asked = next((tag for tag in self._tags.order if tag.check(value)), None)
        return asked is not None and type(asked) not in self._tags.default_tags

    def _with_known_keys(self, value: dict[Any, Any]) -> list[tuple[Any, Any]]:
        if self._is_known(dict.fromkeys(value)):
            return [*value.items()]  # a value's own methods may change it
        places = {key: place for place, key in enumerate(value)}
        written = self._json.loads(self._json.dumps(places))
        items = [*value.values()]
        return [(key, items[place]) for key, place in written.items()]

    def _is_known(self, value: Any) -> bool:
        try:
            self._write(0, False, {"": value})
        except SerializationError:
            return False
        return True

    def _as_flask_does(self, value: Any, depth: int) -> Any:
        kept = self._tried(self._in_flasks_json, value)
        found = self._restored(kept)
        if found is kept:  # Flask refuses it too; the writer says where it is
            return value
        if type(found) in _CONTAINERS:
            return self._known(found, depth)
        if self._is_known(found):
            return found
        return kept if self._keeps_json else value

    def _in_flasks_json(self, value: Any) -> HostValue:
        tagged = self._tags.tag(value)
        text: str | bytes = self._json.dumps(tagged, separators=(",", ":"))
        return HostValue(text if isinstance(text, str) else str(text, "utf-8"))

    # -- as it was read ---------------------------------------------------

    def _restored(self, value: Any) -> Any:
        kind = type(value)
        if kind is HostValue:
            return self._tried(self._of_flasks_json, value)
        if kind is dict:
            return {key: self._restored(item) for key, item in value.items()}
        if kind is list or kind is tuple:
            return kind([self._restored(item) for item in value])
        return value

    def _of_flasks_json(self, value: HostValue) -> Any:
        return self._read(self._json.loads(value.json))

    def _read(self, found: Any) -> Any:
        if isinstance(found, dict):
            read = {key: self._read(item) for key, item in found.items()}
            return self._tags.untag(read)
        return [*map(self._read, found)] if isinstance(found, list) else found

    # -- what an app's own classes, JSON and tags may raise ----------------

    def _tried(self, replace: Callable[[Any], Any], value: Any) -> Any:
        """What it is replaced by; or ``value``, which Flask refuses too."""
        try:
            return replace(value)
        except RecursionError:
            if not self._has_room:  # perhaps the app has used up most of the stack
                raise
            return value
        except Exception:
            return value

    def _in_any_stack(self, replace: Callable[[Any], Any], data: Any) -> Any:
        try:
            return replace(data)
        except RecursionError:
            self._has_room = True
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
