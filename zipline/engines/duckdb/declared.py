"""Columns in the types that a source declares, and rows that cannot be read as them: named, or left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zipline.engines.duckdb.casts import cast, widen
from zipline.engines.duckdb.reading import Reading
from zipline.engines.duckdb.sql import duckdb_type, literal, quote
from zipline.engines.duckdb.times import micros_sql
from zipline.errors import SchemaError, nearest
from zipline.types import STRING, DataType

_WIDENED = {("int64", "float64"), ("int64", "decimal"), ("date", "timestamp"), ("decimal", "decimal")}


@dataclass(frozen=True)
class Check:
    """How to find the rows whose value of a column is not of its declared type.

    Attributes:
        kind: what was declared.
        value: SQL for the value as a text.
        bad: SQL for whether it is not of its type.
    """

    kind: DataType
    value: str
    bad: str


@dataclass(frozen=True)
class Declared:
    """A table with its columns in their declared types.

    Attributes:
        columns: column -> SQL that gives it in its type.
        checks: declared column -> how to find the rows where it is not of its type.
    """

    columns: Mapping[str, str]
    checks: Mapping[str, Check] = field(default_factory=dict)

    def select(self, source: str, *more: str) -> str:
        """Return what stands after FROM to read the columns, and more of them as they are."""
        parts = [f"{sql} AS {quote(name)}" for name, sql in self.columns.items()]
        return f"(SELECT {', '.join([*parts, *more])} FROM {source})"


def declare(
    stored: Mapping[str, str], types: Mapping[str, DataType], texts: frozenset[str], reading: Reading
) -> Declared:
    """Return a table's columns in the types that are declared.

    Args:
        stored: column -> the DuckDB type that it is stored in.
        types: column -> its widened type.
        texts: the columns that are texts of any type, as those of CSV and JSON are.
        reading: what is declared.

    Raises:
        SchemaError: a declared column is not there, or has a type that is not held by the declared one.
    """
    columns, checks = {}, {}
    for name in stored:
        kind = reading.declared.get(name)
        if kind is None:
            columns[name] = quote(name)
        elif name in texts:
            value, parsed = _parsed(name, stored[name], kind)
            checks[name] = Check(kind, value, f"({value} IS NOT NULL AND TRY({parsed}) IS NULL)")
            columns[name] = f"TRY({parsed})" if reading.skip else parsed
        else:
            columns[name] = _held(name, stored[name], types.get(name), kind)
    for name in reading.declared:
        if name not in stored:
            raise SchemaError(
                f"there is no column {name!r}, which schema declares", hint=nearest(name, stored)
            )
    return Declared(columns, checks)


def _held(name: str, stored: str, have: DataType | None, want: DataType) -> str:
    if have == want:
        return quote(name)
    pair = (have.kind if have else "", want.kind)
    if have is None or not (pair in _WIDENED or have.kind == "null") or not _fits(have, want):
        raise SchemaError(
            f"column {name!r} is {have or stored}; schema declares {want}",
            hint="declare its own type, or one that holds it: int as float or decimal, date as timestamp; or write "
            f"select={{{name!r}: 'CAST({name} AS ...)'}}",
        )  # fmt: skip
    if have.kind == "null":
        return f"{quote(name)}::{duckdb_type(want)}"
    return widen(f"{quote(name)}::{duckdb_type(have)}", have, want)


def _fits(have: DataType, want: DataType) -> bool:
    if have.kind != "decimal":
        return True
    return have.scale <= want.scale and have.precision - have.scale <= want.precision - want.scale


def _parsed(name: str, stored: str, kind: DataType) -> tuple[str, str]:
    """Return the SQL of a text, and of what it is read as."""
    is_json = stored == "JSON"
    value = f"({quote(name)} ->> '$')" if is_json else quote(name)
    if kind.kind == "list" and is_json and kind.element is not None:
        is_list = f"json_type({quote(name)}) = 'ARRAY'"
        elements = f"CASE WHEN {is_list} THEN {quote(name)} ELSE concat('not allowed: ', {value})::JSON END"
        each = _text_as("(e ->> '$')", kind.element, name)
        return (
            value,
            f"CASE WHEN {value} IS NOT NULL THEN list_transform(({elements})::JSON[], lambda e: {each}) END",
        )
    return value, _text_as(value, kind, name)


def _text_as(value: str, kind: DataType, name: str) -> str:
    if kind == STRING:
        return value
    if kind.kind in ("binary", "list"):
        raise SchemaError(
            f"column {name!r} is text, which is not read as {kind}",
            hint="declare a plain type; a list of them is read from JSON only",
        )
    if kind.kind == "decimal":  # more digits than it has are refused: DuckDB would round them
        digits = rf"[+-]?([0-9]+(\.[0-9]{{0,{kind.scale}}}0*)?|\.[0-9]{{1,{max(kind.scale, 1)}}}0*)"
        exact = f"regexp_full_match({value}, {literal(digits)})"
        refused = f"CAST(concat('not allowed: ', {value}) AS {duckdb_type(kind)})"
        parsed = cast(value, STRING, kind)
        return f"CASE WHEN {exact} THEN {parsed} WHEN {value} IS NOT NULL THEN {refused} END"
    return cast(value, STRING, kind)


@dataclass(frozen=True)
class Readable:
    """A table with its columns typed, without the rows that cannot be read.

    Attributes:
        sql: what stands after FROM to read them.
        left_out: a query of how many others there are.
    """

    sql: str
    left_out: str


def readable(declared: Declared, stored: Mapping[str, str], source: str, reading: Reading) -> Readable:
    """Return the rows of a table that can be read.

    Args:
        declared: the table's columns in their types.
        stored: column -> the DuckDB type of that.
        source: what stands after FROM to read the table.
        reading: which columns hold times.
    """
    bad = " OR ".join(check.bad for check in declared.checks.values()) or "false"
    typed = declared.select(source, f"({bad}) AS zl_bad")
    conditions, columns = ["NOT zl_bad"], {name: quote(name) for name in declared.columns}
    for time in reading.times:
        if time.column in stored:
            good = f"(({micros_sql(time, stored[time.column], otherwise='NULL')}) IS NOT NULL)"
            conditions.append(f"({quote(time.column)} IS NULL OR {good})")
            if stored[time.column] == "VARCHAR" or time.unit is not None:
                # Conditions are evaluated in any order: none may fail on a row that another one leaves out.
                columns[time.column] = f"CASE WHEN {good} THEN {quote(time.column)} END"
    where = " AND ".join(conditions)
    parts = ", ".join(f"{sql} AS {quote(name)}" for name, sql in columns.items())
    return Readable(
        f"(SELECT {parts} FROM {typed} WHERE {where})",
        f"SELECT count(*) AS rows FROM {typed} WHERE NOT ({where})",
    )
