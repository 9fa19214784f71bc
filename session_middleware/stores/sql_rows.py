"""The statements of SqlStore, each on a connection in whose transaction it is.

They are built once: SQLAlchemy finds what it compiled by their parts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Connection,
    Select,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    outerjoin,
    select,
    update,
)

from .base import Changes, Record
from .sql_tables import SESSION, VALUE

_KEY: BindParameter[str] = bindparam("this_key")
_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_ITS_VALUES = SESSION.c.key == VALUE.c.key
_COLUMNS = (*SESSION.c, VALUE.c.name, VALUE.c.text)


def _whole(*values: Any) -> Select[Any]:
    """Sessions with their values: a row for each, and one where there is none."""
    return select(*_COLUMNS).select_from(outerjoin(SESSION, VALUE, *values))


_READ = _whole(_ITS_VALUES).where(SESSION.c.key == _KEY)
_READ_NAMES = _whole(_ITS_VALUES & VALUE.c.name.in_(_NAMES)).where(
    SESSION.c.key == _KEY
)
_READ_OWNED = _whole(_ITS_VALUES).where(
    SESSION.c.owner == bindparam("this_owner"), SESSION.c.successor.is_(None)
)
_COUNT = (
    select(func.count())
    .select_from(SESSION)
    .where(SESSION.c.successor.is_(None), SESSION.c.expires >= bindparam("alive_at"))
)
_LOCK = select(SESSION.c.key).where(SESSION.c.key == _KEY).with_for_update()
_RENEW = (
    update(SESSION)
    .where(
        SESSION.c.key == _KEY,
        SESSION.c.successor.is_(None),
        or_(
            SESSION.c.owner == bindparam("owner_read"),
            SESSION.c.owner == bindparam("now_owner"),  # where it is repeated
        ),
        SESSION.c.expires >= bindparam("alive_at"),
    )
    .values(
        used=case(
            (SESSION.c.used < bindparam("now_used"), bindparam("now_used")),
            else_=SESSION.c.used,
        ),
        expires=case(
            (
                or_(
                    SESSION.c.expires < bindparam("now_expires"),
                    bindparam("shortened", type_=Boolean),
                ),
                bindparam("now_expires"),
            ),
            else_=SESSION.c.expires,
        ),
        permanent=func.coalesce(
            bindparam("now_permanent", type_=Boolean), SESSION.c.permanent
        ),
        owner=func.coalesce(
            bindparam("now_owner", type_=SESSION.c.owner.type), SESSION.c.owner
        ),
    )
)
_REPLACE = update(SESSION).where(SESSION.c.key == _KEY)
_APPLIED = _REPLACE.values(applied=bindparam("now_applied"))
_EXPIRED = (
    select(SESSION.c.key)
    .where(SESSION.c.expires < bindparam("now"))
    .order_by(SESSION.c.expires)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_NEXT = (
    select(SESSION.c.key, SESSION.c.successor, SESSION.c.mark_until)
    .where(SESSION.c.key > bindparam("last"))
    .order_by(SESSION.c.key)
    .limit(bindparam("most"))
    .with_for_update()
)
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_REMOVE = delete(SESSION).where(SESSION.c.key.in_(_KEYS))
_REMOVE_VALUES = delete(VALUE).where(VALUE.c.key.in_(_KEYS))
_REMOVE_NAMES = delete(VALUE).where(VALUE.c.key == _KEY, VALUE.c.name.in_(_NAMES))
_CHANGE_VALUE = (
    update(VALUE)
    .where(VALUE.c.key == _KEY, VALUE.c.name == bindparam("this_name"))
    .values(text=bindparam("now_text"))
)


def read_record(
    connection: Connection, key: str, names: Collection[str] | None = None
) -> Record | None:
    """A record with all its values, or with those of some names alone."""
    if names is None:
        rows = connection.execute(_READ, {"this_key": key})
    else:
        which = {"this_key": key, "names": list(names)}
        rows = connection.execute(_READ_NAMES, which)
    return dict(_records(rows)).get(key)


def read_owned(connection: Connection, owner: str) -> list[tuple[str, Record]]:
    """The sessions of an owner, and no marks."""
    return list(_records(connection.execute(_READ_OWNED, {"this_owner": owner})))


def lock(connection: Connection, key: str) -> bool:
    """Have a session to oneself until the transaction ends; whether there is one."""
    return connection.scalar(_LOCK, {"this_key": key}) is not None


def renew(connection: Connection, key: str, changes: Changes) -> bool:
    """Change what is in a session's own row, unless the changes are to be refused."""
    done = connection.execute(
        _RENEW,
        {
            "this_key": key,
            "owner_read": changes.owner_read,
            "alive_at": changes.alive_at,
            "now_used": changes.used,
            "now_expires": changes.expires,
            "shortened": changes.shortened,
            "now_permanent": changes.permanent,
            "now_owner": changes.owner,
        },
    )
    return done.rowcount > 0


def add_record(connection: Connection, key: str, record: Record) -> None:
    """Insert a record that is not there."""
    connection.execute(insert(SESSION), {"key": key, **_row(record)})
    write_values(connection, key, {}, record.values)


def put_record(connection: Connection, key: str, record: Record) -> None:
    """Put a record in the place of another, whose lock is held."""
    connection.execute(_REPLACE, {"this_key": key, **_row(record)})
    connection.execute(_REMOVE_VALUES, {"keys": [key]})
    write_values(connection, key, {}, record.values)


def write_values(
    connection: Connection,
    key: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> None:
    """Write what differs; the session's lock is held."""
    if gone := [name for name in before if name not in after]:
        connection.execute(_REMOVE_NAMES, {"this_key": key, "names": gone})
    differ = {name: text for name, text in after.items() if before.get(name) != text}
    if changed := [name for name in differ if name in before]:
        rows = [
            {"this_key": key, "this_name": name, "now_text": after[name]}
            for name in changed
        ]
        # One is not sent as many are, which takes drivers longer.
        connection.execute(_CHANGE_VALUE, rows if len(rows) > 1 else rows[0])
    if new := [name for name in differ if name not in before]:
        rows = [{"key": key, "name": name, "text": after[name]} for name in new]
        connection.execute(insert(VALUE), rows if len(rows) > 1 else rows[0])


def write_applied(connection: Connection, key: str, applied: Iterable[str]) -> None:
    """Remember which increments were applied; the session's lock is held."""
    connection.execute(_APPLIED, {"this_key": key, "now_applied": " ".join(applied)})


def remove(connection: Connection, keys: list[str]) -> int:
    """Delete sessions or marks whose locks are held; how many it were."""
    connection.execute(_REMOVE_VALUES, {"keys": keys})
    return connection.execute(_REMOVE, {"keys": keys}).rowcount


def expired_keys(connection: Connection, now: int, most: int) -> list[str]:
    """The keys of what expired first, all locked; none that somebody else has."""
    return list(connection.scalars(_EXPIRED, {"now": now, "most": most}))


def count(connection: Connection, alive_at: int) -> int:
    """How many sessions there are that have not expired."""
    return int(connection.execute(_COUNT, {"alive_at": alive_at}).scalar_one())


def next_rows(connection: Connection, last: str, most: int) -> list[Any]:
    """Key, successor and ``mark_until`` of what follows a key, all locked."""
    return list(connection.execute(_NEXT, {"last": last, "most": most}))


def _row(record: Record) -> dict[str, Any]:
    row = record._asdict()
    del row["values"]
    return {**row, "applied": " ".join(record.applied)}


def _records(rows: Iterable[Any]) -> Iterator[tuple[str, Record]]:
    """Each session once, with the values that its rows have."""
    found: dict[str, Record] = {}
    texts: dict[str, dict[str, str]] = {}
    for key, *fields, applied, name, text in rows:
        if key not in found:
            texts[key] = {}
            created, used, expires, permanent, owner, successor, until = fields
            found[key] = Record(
                texts[key],
                created,
                used,
                expires,
                permanent,
                owner,
                successor,
                until,
                tuple(applied.split()),
            )
        if name is not None:
            texts[key][name] = text
    yield from found.items()
