"""Where Beaker's options keep sessions: in a signed cookie, or in which store."""

from __future__ import annotations

import os
from typing import NamedTuple

from ..exceptions import ConfigurationError
from .beaker_options import Given, Options
from .options import in_environment


class Place(NamedTuple):
    """A store for sessions.

    :param written: the option that says so, as it was written.
    :param store: its URL, or itself.
    :param owner_key: the option of that name, if it was given.
    """

    written: str
    store: object
    owner_key: Given | None

    def __repr__(self) -> str:
        return "<Place>"  # no password in a traceback


def read_place(given: Options) -> Place | None:
    """The store that the options name; ``None``: a signed cookie.

    :raises ConfigurationError: naming the option as it was written.
    """
    said = {
        name: option
        for name, option in given.items()
        if name in _OPTIONS and option.value is not None
    }
    owner_key = said.pop("owner_key", None)
    found = _of_ours(said) if "store" in said or "store_env" in said else _of_type(said)
    if found is not None:
        return Place(*found, owner_key)
    if owner_key is not None:
        raise ConfigurationError(owner_key.written, "is for sessions in a store")
    return None


def _of_ours(said: Options) -> Given:
    """Where our own options say, for which Beaker has no word."""
    name = "store" if "store" in said else "store_env"
    option = said.pop(name)
    for other in said.values():
        raise ConfigurationError(other.written, f"{option.written} is given too")
    if name == "store":
        return option
    url = in_environment(option.written, option.value)
    return Given(option.written, url.strip())


def _of_type(said: Options) -> Given | None:
    """Where Beaker's ``type`` says, or a ``data_dir`` without it."""
    option = said.get("type") or Given("type", "file" if "data_dir" in said else "")
    kind = str(option.value).strip().lower()
    if kind not in _NEEDED:
        raise ConfigurationError(option.written, _REFUSED.get(kind, _KINDS))
    needed = _NEEDED[kind]
    if "url" in said and needed != "url":
        raise ConfigurationError(said["url"].written, _FOR_URLS)
    if kind in ("", "cookie"):
        for name in ("data_dir", "lock_dir"):
            if name in said:
                raise ConfigurationError(said[name].written, _IN_A_COOKIE)
        return None
    if not needed:
        return Given(option.written, "memory:")
    if needed not in said:
        raise ConfigurationError(option.written, f"needs {needed} too")
    return said["url"] if needed == "url" else _in_directory(said["data_dir"])


def _in_directory(option: Given) -> Given:
    """A file in a directory, which is made as Beaker makes it."""
    try:
        directory = os.path.abspath(option.value)
        os.makedirs(directory, mode=0o700, exist_ok=True)
    except (OSError, TypeError, ValueError):
        rule = "must be a directory, or one that can be made"
        raise ConfigurationError(option.written, rule) from None
    path = os.path.join(directory, "sessions.db")
    return Given(option.written, f"sqlite:///{path}")


_OPTIONS = ("type", "data_dir", "lock_dir", "url", "store", "store_env", "owner_key")
_NEEDED = {  # what Beaker's types need beside them
    "": "",
    "cookie": "",
    "memory": "",
    "file": "data_dir",
    "dbm": "data_dir",
    "ext:database": "url",
    "ext:sqla": "url",
    "ext:redis": "url",
}
_KINDS = f"must be one of {', '.join(filter(None, _NEEDED))}"
_ANOTHER = (
    "use type = file, ext:redis or ext:database, or a SessionStore of your own: give "
    "it as store"
)
_REFUSED = {
    "ext:memcached": f"memcached forgets sessions whenever it is full; {_ANOTHER}",
    "ext:google": f"there is no such store; {_ANOTHER}",
    "ext:mongodb": f"there is no such store; {_ANOTHER}",
}
_FOR_URLS = "is for type = ext:database, ext:sqla or ext:redis"
_IN_A_COOKIE = (
    "sessions are kept in a signed cookie and not on the server: leave it out, or say "
    "type = file"
)
