"""The tables of SqlStore: sessions, and the values of each under their names.

Keys and names are compared byte by byte, a blank at the end too. MariaDB and MySQL have
no text of which both is true in every version, so there names are bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import TypeEngine

from .base import MAX_NAME

_MYSQL = ("mysql", "mariadb")  # SQLAlchemy has a dialect for each
_ASCII = {"charset": "ascii", "collation": "ascii_bin"}


class _Bytes(TypeDecorator[str]):
    """ASCII text that is kept as bytes."""

    impl = mysql.VARBINARY
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.encode()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else value.decode()


def _text(length: int, on_mysql: TypeEngine[str] | None = None) -> TypeEngine[str]:
    """Text of which no language's order is known, which may change in an upgrade."""
    on_mysql = on_mysql or mysql.VARCHAR(length, **_ASCII)
    return (
        String(length)
        .with_variant(postgresql.VARCHAR(length, collation="C"), "postgresql")
        .with_variant(on_mysql, *_MYSQL)
    )


def _name() -> TypeEngine[str]:
    return _text(MAX_NAME, on_mysql=_Bytes(MAX_NAME))


def _long_text() -> TypeEngine[str]:
    """Text of more than the 64 KiB that MySQL's TEXT has room for."""
    return Text().with_variant(mysql.MEDIUMTEXT(**_ASCII), *_MYSQL)


METADATA = MetaData()
SESSION = Table(
    "session",
    METADATA,
    Column("key", _text(64), primary_key=True),
    Column("created", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("permanent", Boolean, nullable=False),
    Column("owner", _text(64), nullable=False),
    Column("successor", _text(64)),  # NULL: it is a session, and no mark
    Column("mark_until", BigInteger, nullable=False),
    Column("applied", Text, nullable=False),  # ids, with a blank between two
    Index("session_owner", "owner"),
    Index("session_expires", "expires"),
    mysql_engine="InnoDB",  # MyISAM, which may be the default, has no transactions
    mariadb_engine="InnoDB",
)
# Who empties the first table by hand does not leave the values behind.
_SESSION_KEY = ForeignKey(SESSION.c.key, ondelete="CASCADE")
VALUE = Table(
    "session_value",
    METADATA,
    Column("key", _text(64), _SESSION_KEY, primary_key=True),
    Column("name", _name(), primary_key=True),
    Column("text", _long_text(), nullable=False),
    mysql_engine="InnoDB",
    mariadb_engine="InnoDB",
)


def create_what_is_missing(connection: Connection) -> None:
    """Create each table and each index that is not there."""
    for table in METADATA.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in _indexes(table):
            index.create(connection, checkfirst=True)


def ddl(dialect: Dialect) -> Iterator[str]:
    """The statements that create the tables."""
    for table in METADATA.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect)).strip()
        for index in _indexes(table):
            yield str(CreateIndex(index).compile(dialect=dialect))


def _indexes(table: Table) -> list[Index]:
    """In the same order each time, which their set has not."""
    return sorted(table.indexes, key=lambda index: str(index.name))
