"""The command ``sessions``: lists and ends the sessions of a store.

It takes no secret key, and prints no value of a session and no URL.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

from .exceptions import ConfigurationError, StoreError
from .server_side import ServerSideSessionInterface
from .stored.owners import OwnedSessions, hash_owner
from .stores.base import SessionStore
from .stores.urls import open_store

DONE, NOT_FOUND, WRONG_USAGE, STORE_FAILED = range(4)  # exit codes

_HELP = "list and end the sessions of a store"
_EPILOG = (
    "Where the interface has a salt of its own, owners are not found here: call its "
    "sessions_of and revoke_all instead. Exit code: 0 done, 1 there is no such "
    "session, 2 wrong usage, 3 the store is away or has failed."
)


def add_to(commands: Any) -> None:
    """Describe the command and its actions to the parser of all commands."""
    where = _where()
    sessions = commands.add_parser(
        "sessions",
        allow_abbrev=False,
        parents=[where],
        help=_HELP,
        description=f"{_HELP.capitalize()}.",
        epilog=_EPILOG,
    )
    actions = sessions.add_subparsers(dest="action", required=True)
    for name, (_, text, of_owner) in _ACTIONS.items():
        action = actions.add_parser(
            name, allow_abbrev=False, parents=[where], help=text, description=text
        )
        if of_owner:
            rule = "as get_owner or owner_key gives it"
            action.add_argument("--owner", metavar="X", required=True, help=rule)
    actions.choices["revoke"].add_argument(
        "public_id", metavar="ID", help="as list shows it"
    )


def _where() -> argparse.ArgumentParser:
    """The options that say which store, before the action or after it."""
    where = argparse.ArgumentParser(
        add_help=False, argument_default=argparse.SUPPRESS, allow_abbrev=False
    )
    where.add_argument(
        "--store-env",
        metavar="NAME",
        help="the environment variable that has the store's URL, and its password",
    )
    where.add_argument(
        "--store", metavar="URL", help="the URL itself, which others here may see"
    )
    return where


def run(options: argparse.Namespace) -> int:
    """Do what is asked for; the exit code says how it ended."""
    try:
        act, _, _ = _ACTIONS[options.action]
        return act(_open(options), options)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return WRONG_USAGE
    except StoreError as error:
        print(f"the store failed: {error}", file=sys.stderr)
        return STORE_FAILED


def _open(options: argparse.Namespace) -> SessionStore:
    given = vars(options)
    if ("store" in given) == ("store_env" in given):
        raise ConfigurationError("store", "give --store-env NAME, or else --store URL")
    url = given.get("store")
    if url is None:
        url = os.environ.get(options.store_env)
        if not url:  # the name is not shown, since it may be a URL
            raise ConfigurationError(
                "store-env", "there is no such variable, or no URL"
            )
    store = open_store(url)
    if not store.shared:
        raise ConfigurationError("store", "is in the memory of another process")
    if _names_no_file(str(url)):
        raise ConfigurationError("store", _NO_FILE)
    return store


def _names_no_file(url: str) -> bool:
    """Whether a SQLite database is not there: the store would make an empty one."""
    scheme, _, path = url.partition(":///")
    return scheme[:6] == "sqlite" and not os.path.isfile(path.partition("?")[0])


_NO_FILE = (
    "there is no such SQLite database; its path begins in this directory, or with four "
    "slashes, as sqlite:////srv/sessions.db, at the root"
)


def _alive_at() -> int:
    return int(time.time()) - ServerSideSessionInterface.clock_skew


def _owned(store: SessionStore, options: argparse.Namespace) -> OwnedSessions:
    owner = hash_owner(ServerSideSessionInterface.salt, options.owner)
    return OwnedSessions(store, owner, _alive_at())


# -- the actions --------------------------------------------------------------


def _list(store: SessionStore, options: argparse.Namespace) -> int:
    found = list(_owned(store, options))
    print(f"{'ID':32}  {'created (UTC)':19}  {'last used':19}  expires")
    for info in found:
        times = (info.created, info.used, info.expires_at)
        print(info.public_id, *(f"{t:%Y-%m-%d %H:%M:%S}" for t in times), sep="  ")
    return DONE if found else NOT_FOUND


def _revoke(store: SessionStore, options: argparse.Namespace) -> int:
    if _owned(store, options).revoke(options.public_id):
        print(_sessions(1, "ended"))
        return DONE
    print("this owner has no session with this ID", file=sys.stderr)
    return NOT_FOUND


def _revoke_all(store: SessionStore, options: argparse.Namespace) -> int:
    print(_sessions(_owned(store, options).revoke_all(), "ended"))
    return DONE


def _revoke_everyone(store: SessionStore, options: argparse.Namespace) -> int:
    print(_sessions(store.delete_all(), "ended"))
    return DONE


def _count(store: SessionStore, options: argparse.Namespace) -> int:
    if type(store).count is SessionStore.count:
        raise ConfigurationError("count", "this kind of store does not count")
    print(_sessions(store.count(_alive_at()), "found by going through all"))
    return DONE


def _clean(store: SessionStore, options: argparse.Namespace) -> int:
    deleted = 0
    while turn := store.delete_expired(_alive_at()):
        deleted += turn
    print(_sessions(deleted, "or marks had expired, and are deleted"))
    return DONE


def _sessions(number: int, what: str) -> str:
    return f"{number} session{'' if number == 1 else 's'} {what}"


_ACTIONS = {
    "list": (_list, "show the sessions of an owner, and no data", True),
    "revoke": (_revoke, "end one session of an owner", True),
    "revoke-all": (_revoke_all, "end all sessions of an owner", True),
    "revoke-everyone": (_revoke_everyone, "end every session of the store", False),
    "count": (_count, "count the sessions; this goes through all of them", False),
    "clean": (_clean, "delete what has expired", False),
}
