"""Queries to a database: how columns are named, and bounds and literals written, in its SQL."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime

from zipline.engines.duckdb.readers.bounds import Bound, Value
from zipline.engines.duckdb.sql import literal, quote


def query(
    columns: Sequence[str], source: str, bounds: Sequence[Bound], write: Callable[[Value], str | None]
) -> str:
    """Return a query of some columns of another query.

    Args:
        columns: as SQL.
        source: the other query.
        bounds: what rows must meet.
        write: a value as a literal, None where it has none.

    >>> query(['"a"'], "SELECT * FROM t", [Bound("a", ">", (3,)), Bound("b", "in", ("x", "y"))], plain)
    'SELECT "a" FROM (\\nSELECT * FROM t\\n) AS zl_query WHERE "a" > 3 AND "b" IN (\\'x\\', \\'y\\')'
    """
    met = conditions(bounds, write)
    where = f" WHERE {' AND '.join(met)}" if met else ""
    return f"SELECT {', '.join(columns)} FROM (\n{source}\n) AS zl_query{where}"


def conditions(bounds: Sequence[Bound], write: Callable[[Value], str | None]) -> list[str]:
    """Return the bounds as SQL, those whose values can be written."""
    met = []
    for bound in bounds:
        values = [write(each) for each in bound.values]
        if None not in values:
            written = ", ".join(each for each in values if each is not None)
            operator, right = ("IN", f"({written})") if bound.op == "in" else (bound.op, written)
            met.append(f"{quote(bound.column)} {operator} {right}" if values else "1 = 0")
    return met


def plain(value: Value) -> str | None:
    """Return an int, a float or a text as a literal that every database reads alike."""
    if isinstance(value, (bool, date)):
        return None
    if isinstance(value, str):
        return None if "\\" in value or "\0" in value else literal(value)
    return repr(value) if math.isfinite(value) else None


def datafusion(value: Value) -> str | None:
    """Return a value as a literal of DataFusion."""
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.isoformat()}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return plain(value)


def postgres(value: Value) -> str | None:
    """Return a value as a literal of PostgreSQL.

    >>> postgres(True), postgres(date(2024, 1, 2)), postgres("it's")
    ('true', "DATE '2024-01-02'", "'it''s'")
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{'TIMESTAMPTZ' if value.tzinfo else 'TIMESTAMP'} '{value.isoformat()}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    written = plain(value)
    return f"{written}::float8" if written and isinstance(value, float) else written
