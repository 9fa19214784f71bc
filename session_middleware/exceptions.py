"""Every error and warning raised here."""

from __future__ import annotations

from typing import Final

LONGEST: Final = 80  # characters of a key or a fact that a message repeats


def cut(text: str) -> str:
    """At most 80 characters, for what a visitor may have had a part in."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


class SessionError(Exception):
    """The root of all errors of this package: ``except SessionError`` has them all."""


class ConfigurationError(SessionError, ValueError):
    """An option, or the answer of an overridden method, that cannot work.

    :param option: the option's name.
    :param reason: the rule it breaks and what to do; never its value if secret.
    """

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(option, reason)
        self.option = option
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.option}: {self.reason}"


class UnknownOption(ConfigurationError, TypeError):
    """An option that does not exist; the message says which may be meant."""


class SerializationError(SessionError, TypeError):
    """A value that cannot be stored without changing it.

    :param reason: why, and what to store instead.
    :param path: the keys and indexes that lead to the value, outermost first; the
        message cuts a long one.
    """

    def __init__(self, reason: str, path: tuple[object, ...] = ()) -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def under(self, key: object) -> SerializationError:
        """The same error, seen from one container further out."""
        return SerializationError(self.reason, (key, *self.path))

    def __str__(self) -> str:
        where = "".join(f"[{cut(repr(key))}]" for key in self.path)
        return f"session{where}: {self.reason}"


class SessionTooLarge(SessionError, ValueError):
    """A session that no browser would store; nothing was sent.

    :param size: bytes needed: the cookie's name and value; or the JSON, with
        ``json_limit``.
    :param limit: bytes allowed, of the cookie's name and value.
    :param largest: the largest keys with the size of their JSON in bytes.
    :param json_limit: bytes of JSON of which no cookie is made, if there are more than
        that; ``None``: there are not.
    """

    def __init__(
        self,
        size: int,
        limit: int,
        largest: list[tuple[str, int]],
        json_limit: int | None = None,
    ) -> None:
        super().__init__(size, limit, largest, json_limit)
        self.size = size
        self.limit = limit
        self.largest = largest
        self.json_limit = json_limit

    def __str__(self) -> str:
        keys = ", ".join(
            f"{cut(repr(key))} ({size} bytes)" for key, size in self.largest
        )
        return (
            f"{self._sizes()}; its largest keys are {keys or 'none'}. Nothing was sent "
            "and the browser keeps its old cookie. Store less: an id here, the data in "
            "a database."
        )

    def _sizes(self) -> str:
        if self.json_limit is None:
            return f"the session needs {self.size} bytes and {self.limit} are allowed"
        return (
            f"the session has {self.size} bytes of JSON: {self.limit} are allowed in a "
            f"cookie, and of more than {self.json_limit} bytes of JSON none is made"
        )


class SessionUnavailable(SessionError, RuntimeError):
    """There is no session that could be read or written.

    Raised by a write to a session that has no key or whose store is unavailable,
    and where the environ has no session.
    """


class StoreError(SessionError):
    """A store failed.

    The message has no address, no password and no data of the store.
    """


class StoreUnavailable(StoreError):
    """A store cannot be reached, or does not answer in time.

    See ``handle_store_error`` for what a visitor gets then.
    """


class LateSessionChange(UserWarning):
    """A change made after the headers had gone, which cannot be saved any more."""
