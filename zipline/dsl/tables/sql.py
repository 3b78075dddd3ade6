"""Sql: the rows of a query to a database."""

from __future__ import annotations

import re
from typing import Any, Final

from zipline.dsl.definition import Definition
from zipline.dsl.table import Table
from zipline.errors import DefinitionError

_SCHEME: Final = re.compile(r"(?i)(postgres(?:ql)?|sqlite)://")
_SECRET: Final = re.compile(r"(://[^/@:]*:)(?!\$\{).*(@)|([?&]password=)(?!\$\{)[^&]*")


class Sql(Table):
    """The rows of a query to PostgreSQL or SQLite, read through ADBC: `pip install 'zipline-features[sql]'`.

    All tables of one database are read as they were at one moment, through the whole of a run: in PostgreSQL by one
    exported snapshot, in SQLite by one transaction. Columns, event times, keys and simple conditions are pushed into
    the query, which stays as it is: it becomes a subquery.

    PostgreSQL's numeric is a decimal where it has a precision; JSON and enums are text, arrays are lists (the driver
    flattens those of several dimensions). In SQLite values have types, not columns: these are read off all rows.

    Args:
        connection: `postgresql://user:${PASSWORD}@host:5432/database`, or `sqlite:///file.db` (relative to the
            repository; four slashes for an absolute path). `${name}` is resolved when the table is read.
        query: a SELECT; its columns have names, each its own.

    >>> Sql("postgresql://ann:secret@db/shop", "SELECT * FROM orders")
    Sql('postgresql://ann:***@db/shop', 'SELECT * FROM orders')
    """

    connection: str
    query: str

    def __init__(self, connection: str, query: str) -> None:
        for what, text in (("connection", connection), ("query", query)):
            if not isinstance(text, str) or not text.strip():
                shown = "the connection" if what == "connection" else repr(text)
                raise DefinitionError(f"{shown} is not a {what} as text", where="Sql")
        if not _SCHEME.match(connection) and not connection.startswith("${"):
            raise DefinitionError(
                f"{connection.partition(':')[0][:20]!r} is not a database that zipline reads", where="Sql",
                hint="write postgresql://user@host/database or sqlite:///file.db",
            )  # fmt: skip
        Definition.__init__(self, connection=connection, query=query.strip().rstrip(";").rstrip())

    def meaning(self) -> dict[str, Any]:
        """Return the query."""
        return {"query": self.query}

    @property
    def shown(self) -> str:
        """The connection without a password."""
        return shown(self.connection)

    def __repr__(self) -> str:
        return f"Sql({self.shown!r}, {self.query!r})"

    def __str__(self) -> str:
        return repr(self)


def shown(connection: str) -> str:
    """Return a connection without its password.

    >>> shown("postgresql://ann:s3:cr@t@db/shop"), shown("postgresql://ann:${PASSWORD}@db/shop")
    ('postgresql://ann:***@db/shop', 'postgresql://ann:${PASSWORD}@db/shop')
    """
    return _SECRET.sub(lambda match: f"{match[1]}***{match[2]}" if match[1] else f"{match[3]}***", connection)
