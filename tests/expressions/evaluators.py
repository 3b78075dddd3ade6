"""The evaluators that every case runs on, over rows of plain Python values."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame

from tests.expressions.cases import SCHEMA
from tests.services.spark import session
from zipline.engines.duckdb.expressions import to_sql
from zipline.engines.spark.expressions import to_sql as to_spark_sql
from zipline.errors import DataError
from zipline.expressions import Expression
from zipline.expressions.evaluate import evaluate
from zipline.time import from_micros, to_micros
from zipline.types import DataType, to_arrow

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


def on_spark(expression: Expression, rows: Sequence[Row]) -> list[Any]:
    """Return the values by Spark."""
    found = all_on_spark([expression], rows)[0]
    if isinstance(found, Failed):
        raise found
    return found


def all_on_spark(expressions: Sequence[Expression], rows: Sequence[Row]) -> list[list[Any] | Failed]:
    """Return the values of each expression by Spark, or its failure, in one job if none fails."""
    frame = spark_rows(rows)
    sqls = [to_spark_sql(each, SCHEMA) for each in expressions]
    kinds = [each.type_of(SCHEMA) for each in expressions]
    return collected(frame, sqls, kinds)


def spark_rows(rows: Sequence[Row]) -> DataFrame:
    """Return the rows as a table, and in its column `row` their numbers."""
    columns = {
        name: pa.array([_for_spark(row.get(name)) for row in rows], _arrow_for_spark(kind))
        for name, kind in SCHEMA.items()
    }
    return session().createDataFrame(pa.table({"row": pa.array(range(len(rows)), pa.int64()), **columns}))


def _arrow_for_spark(kind: DataType) -> pa.DataType:
    if kind.kind == "timestamp":
        return pa.int64()
    return pa.list_(to_arrow(kind).value_type) if kind.kind == "vector" else to_arrow(kind)


def collected(frame: DataFrame, sqls: Sequence[str], kinds: Sequence[DataType]) -> list[list[Any] | Failed]:
    """Return the plain values of each column of SQL, or its failure; where one fails, each has a job of its own."""
    try:
        found = frame.selectExpr(*sqls).collect()
    except AnalysisException:
        raise
    except PySparkException as error:
        if len(sqls) == 1:
            return [Failed(str(error))]
        return [collected(frame, [sql], [kind])[0] for sql, kind in zip(sqls, kinds, strict=True)]
    return [[_from_spark(row[at], kind) for row in found] for at, kind in enumerate(kinds)]


def _for_spark(value: Any) -> Any:
    return to_micros(value) if hasattr(value, "tzinfo") else value


def _from_spark(value: Any, kind: DataType) -> Any:
    if value is not None and kind.kind == "timestamp":
        return plain(from_micros(value))
    return plain(value)


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
