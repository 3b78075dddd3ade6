"""The two evaluators that every case runs on, over rows of plain Python values."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from tests.expressions.cases import SCHEMA
from zipline.engines.duckdb.expressions import to_sql
from zipline.errors import DataError
from zipline.expressions import Expression
from zipline.expressions.evaluate import evaluate
from zipline.types import to_arrow

Row = Mapping[str, Any]


class Failed(Exception):
    """The evaluator refused a row."""


def on_zipline(expression: Expression, rows: Sequence[Row]) -> list[Any]:
    """Return the values by zipline's own evaluator."""
    columns = {
        name: pa.array([row.get(name) for row in rows], to_arrow(kind)) for name, kind in SCHEMA.items()
    }
    try:
        result = evaluate(expression, columns, SCHEMA)
    except DataError as error:
        raise Failed(str(error)) from error
    assert result.type == to_arrow(expression.type_of(SCHEMA))
    return [plain(value) for value in result.to_pylist()]


def on_duckdb(expression: Expression, rows: Sequence[Row]) -> list[Any]:
    """Return the values by DuckDB."""
    columns = {}
    for name, kind in SCHEMA.items():
        column = pa.array([row.get(name) for row in rows], to_arrow(kind))
        columns[name] = column.cast(pa.timestamp("us")) if kind.kind == "timestamp" else column
    table = pa.table(columns)
    with duckdb.connect() as connection:
        connection.register("rows", table)
        try:
            found = connection.sql(f"SELECT {to_sql(expression, SCHEMA)} FROM rows").fetchall()
        except duckdb.Error as error:
            raise Failed(str(error)) from error
    return [plain(value) for (value,) in found]


def plain(value: Any) -> Any:
    """Return a value that compares equal only to the very same: floats by their bits, canonical; times
    without zone.
    """
    if isinstance(value, float):
        bits = struct.pack("<d", math.nan if math.isnan(value) else value + 0.0)
        return ("float", value, bits) if not math.isnan(value) else ("float", "nan")
    if hasattr(value, "tzinfo"):
        return value.replace(tzinfo=None)
    return (type(value).__name__, value)
