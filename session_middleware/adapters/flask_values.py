"""What Flask's sessions store and ours refuse: stored as Flask gives it back.

A date is a str there, an int key too, and an object what the app's JSON makes of it.
What ours keep is kept as it is, in the same list or dict.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ..exceptions import SerializationError
from ..tokens.listed_types import as_listed
from ..tokens.tagged_json import on_a_new_stack

_DEEPEST = 200  # levels; no format of ours has more


class FlaskValues:
    """Replaces what is refused in a session's data.

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

    def replace(self, data: dict[str, Any], refusal: SerializationError) -> Any:
        """``data`` with whatever Flask can store in place of what is refused.

        :raises SerializationError: the refusal, if a class calls itself without end.
        """
        try:
            return self._known(data)
        except RecursionError:
            pass
        try:
            return on_a_new_stack(self._known, data)
        except ValueError:
            raise refusal from None

    def _known(self, value: Any, depth: int = 0) -> Any:
        if depth > _DEEPEST:  # as of what holds itself; the writer says so
            return value
        try:
            value = as_listed(value)
        except SerializationError:
            return _tried(self._as_flask_does, value)
        kind = type(value)
        if kind is dict:
            keyed = _tried(self._with_known_keys, value)
            items = [*keyed.items()]  # a value's own methods may change it
            return {key: self._known(item, depth + 1) for key, item in items}
        if kind is list or kind is tuple:
            return kind([self._known(item, depth + 1) for item in value])
        return value if self._is_known(value) else _tried(self._as_flask_does, value)

    def _with_known_keys(self, value: dict[Any, Any]) -> dict[Any, Any]:
        if self._is_known(dict.fromkeys(value)):
            return value
        places = {key: place for place, key in enumerate(value)}
        written = self._json.loads(self._json.dumps(places))
        items = [*value.values()]
        return {key: items[place] for key, place in written.items()}

    def _is_known(self, value: Any) -> bool:
        try:
            self._write(0, False, {"": value})
        except SerializationError:
            return False
        return True

    def _as_flask_does(self, value: Any) -> Any:
        text = self._json.dumps(self._tags.tag(value))
        return self._read(self._json.loads(text))

    def _read(self, found: Any) -> Any:
        if isinstance(found, dict):
            read = {key: self._read(item) for key, item in found.items()}
            return self._tags.untag(read)
        return [*map(self._read, found)] if isinstance(found, list) else found


def _tried(replace: Callable[[Any], Any], value: Any) -> Any:
    try:
        return replace(value)
    except RecursionError:  # perhaps the app has used up most of the stack
        raise
    except Exception:  # Flask refuses it too; the writer says where it is
        return value


class Tags(Protocol):
    """Flask's ``TaggedJSONSerializer``."""

    def tag(self, value: Any) -> Any: ...
    def untag(self, value: dict[str, Any]) -> Any: ...


class Json(Protocol):
    """Flask's ``JSONProvider``."""

    def dumps(self, obj: Any) -> str: ...
    def loads(self, s: str | bytes) -> Any: ...
