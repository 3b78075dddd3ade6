"""Tables that Spark reads itself: SQL over their own columns, in the forms that expressions and kernels want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pyspark.sql import DataFrame
from pyspark.sql import types as st

from zipline.dsl.timestamp import Timestamp
from zipline.engines.spark.bounds import bounds_sql
from zipline.engines.spark.scanning import Wanted
from zipline.engines.spark.sql import literal, quote, spark_type
from zipline.engines.spark.times import micros_sql, moment_sql
from zipline.engines.spark.wire import from_spark
from zipline.errors import DefinitionError, SchemaError, nearest
from zipline.types import DataType

_WIDENED = {("int64", "float64"), ("int64", "decimal"), ("date", "timestamp"), ("decimal", "decimal")}


@dataclass(frozen=True)
class Native:
    """A table of Spark's own.

    Attributes:
        frame: its rows.
        title: how messages and `explain()` call it.
        declared: column -> the type that a source declares.
        skip: the times of a source that leaves rows out whose times cannot be read.
    """

    frame: DataFrame
    title: str
    declared: Mapping[str, DataType]
    skip: tuple[Timestamp, ...] = ()

    @cached_property
    def stored(self) -> Mapping[str, st.DataType]:
        """The Spark type of every column."""
        return {field.name: field.dataType for field in self.frame.schema.fields}

    @cached_property
    def own(self) -> Mapping[str, DataType]:
        """The widened type of every column that zipline can take."""
        found = {}
        for name, kind in self.stored.items():
            try:
                found[name] = from_spark(kind)
            except DefinitionError:
                continue
        return found

    def types(self) -> Mapping[str, DataType]:
        """Return the types of the columns, as they are declared where they are.

        Raises:
            SchemaError: a declared column is not there, or has a type that is not held by the declared one.
        """
        for name, want in self.declared.items():
            if name not in self.stored:
                raise SchemaError(
                    f"there is no column {name!r}, which schema declares", hint=nearest(name, self.stored)
                )
            _check_held(name, self.own.get(name), want, self.stored[name])
        return {name: self.declared.get(name, kind) for name, kind in self.own.items()}

    def scan(self, wanted: Wanted) -> DataFrame:
        """Return what is wanted of the rows."""
        parts = wanted.parts(self.widened, self._micros, quote)
        rows = self.rows()
        for condition in bounds_sql(wanted.bounds, self.stored):
            rows = rows.where(condition)
        return rows.selectExpr(*(f"{sql} AS {quote(name)}" for name, sql in parts.items()))

    def rows(self) -> DataFrame:
        """Return the rows that can be read, as they are stored."""
        rows = self.frame
        for time in self.skip:
            rows = rows.where(f"{quote(time.column)} IS NULL OR ({self._micros(time, 'NULL')}) IS NOT NULL")
        return rows

    def plain(self, column: str) -> str:
        """Return SQL for a column as it is stored, or in the type that a source declares; a time stays what it is."""
        declared = self.declared.get(column)
        return quote(column) if declared is None or declared.kind == "timestamp" else self.widened(column)

    def unreadable(self) -> int:
        """Return how many rows are left out because a time cannot be read."""
        if not self.skip:
            return 0
        bad = (
            f"({quote(time.column)} IS NOT NULL AND ({self._micros(time, 'NULL')}) IS NULL)"
            for time in self.skip
        )
        return self.frame.where(" OR ".join(bad)).count()

    def widened(self, column: str, sql: str | None = None) -> str:
        """Return SQL for a column in the form that expressions see; `sql` stands for the column if given."""
        return widened_sql(sql or quote(column), self.stored[column], self.types()[column])

    def _micros(self, time: Timestamp, otherwise: str | None = None) -> str:
        return micros_sql(time, _named(self.stored[time.column]), otherwise)


def _named(kind: st.DataType) -> str:
    return "string" if isinstance(kind, (st.CharType, st.VarcharType)) else str(kind.simpleString())


def widened_sql(sql: str, stored: st.DataType, kind: DataType) -> str:
    """Return SQL for a value in its widened type; a time is a number of microseconds unless it lies in a list."""
    if kind.kind == "timestamp":
        return (
            moment_sql(sql, _named(stored)) if not isinstance(stored, st.NullType) else "CAST(NULL AS BIGINT)"
        )
    return _widened(sql, stored, kind, 0)


def _widened(sql: str, stored: st.DataType, kind: DataType, depth: int) -> str:
    """Return SQL for a value, or a part of one."""
    if kind.kind == "timestamp":
        return (
            sql
            if isinstance(stored, st.TimestampType)
            else f"timestamp_micros({moment_sql(sql, _named(stored))})"
        )
    if isinstance(stored, st.ArrayType) and kind.element is not None:
        each = f"e{depth}"
        inner = _widened(each, stored.elementType, kind.element, depth + 1)
        return sql if inner == each else f"transform({sql}, {each} -> {inner})"
    if isinstance(stored, st.StructType):
        parts = [
            (name, f"{sql}.{quote(name)}", field.dataType, each)
            for (name, each), field in zip(kind.fields, stored.fields, strict=True)
        ]
        wide = [(name, part, _widened(part, have, each, depth)) for name, part, have, each in parts]
        if all(before == after for _, before, after in wide):
            return sql
        named = ", ".join(f"{literal(name)}, {after}" for name, _, after in wide)
        return f"CASE WHEN {sql} IS NOT NULL THEN named_struct({named}) END"
    if isinstance(stored, st.NullType) and kind.kind == "null":
        return sql
    target = spark_type(kind)
    return sql if _named(stored).upper() == target.upper() else f"CAST({sql} AS {target})"


def _check_held(name: str, have: DataType | None, want: DataType, stored: st.DataType) -> None:
    pair = (have.kind if have else "", want.kind)
    if have == want or (have is not None and have.kind == "null"):
        return
    fits = have is None or have.kind != "decimal" or (
        have.scale <= want.scale and have.precision - have.scale <= want.precision - want.scale
    )  # fmt: skip
    if pair not in _WIDENED or not fits:
        raise SchemaError(
            f"column {name!r} is {have or stored.simpleString()}; schema declares {want}",
            hint="declare its own type, or one that holds it: int as float or decimal, date as timestamp; or write "
            f"select={{{name!r}: 'CAST({name} AS ...)'}}",
        )  # fmt: skip
