"""Types of a sweep's sources: each is checked against its own table, and the members of a union against one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zipline.dsl.snapshot import Snapshot
from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.errors import DefinitionError, SchemaError, nearest
from zipline.expressions import parse
from zipline.plan.nodes import Select, Sweep
from zipline.plan.passes import feature_columns
from zipline.types import BOOL, Columns, DataType

Schema = Mapping[str, DataType]


@dataclass(frozen=True)
class SourceTypes:
    """The types of one source.

    Attributes:
        table: of the table's own columns.
        events: of the columns that aggregations see: the table's and `select`'s.
    """

    table: Schema
    events: Schema


def source_types(select: Select, keys: Sequence[str], table: Schema) -> SourceTypes:
    """Return a source's types, or say which part of its definition does not fit the table.

    Args:
        select: the source, and what is read of it.
        keys: the columns that hold the entity's keys.
        table: the types of its table's columns.

    Raises:
        SchemaError: a column is missing or has a type that its use does not take.
    """
    source = select.source
    place = f"source {source.name!r}"
    _check_source(source, table, place)
    events = Columns(table)
    for name, text in source.select:
        _check_case(name, table, f"{place}, select {name!r}")
        if name in dict(select.columns):
            events[name] = _typed(text, table, f"{place}, select {name!r}")
    for condition in (select.where, select.input.where):
        if condition is not None and (kind := _typed(condition, table, f"{place}, where")).kind not in (
            "bool",
            "null",
        ):
            raise SchemaError(
                f"is {kind}, not a condition", where=f"{place}, where", hint="write a comparison"
            )
    for column in keys:
        need(column, table, f"{place}, key")
        if not table[column].is_key:
            raise SchemaError(
                f"{column!r} is {table[column]}, which cannot be a key", where=place,
                hint="keys are bool, int, string, binary, date, timestamp or decimal: cast it in the table",
            )  # fmt: skip
    return SourceTypes(table, events)


def check_members(sweep: Sweep, types: Sequence[SourceTypes]) -> None:
    """Refuse a union whose members do not all have what is read of them, in one type.

    Raises:
        SchemaError: it names the member and the column.
    """
    names = [source.name for source in sweep.sources]
    for column, _ in sweep.keys:
        _check_equal(column, names, [each.table for each in types], "key ", "cast it in the table")
    for column in feature_columns(sweep.columns):
        if any(column in each.events for each in types):
            _check_equal(
                column, names, [each.events for each in types], "", "cast it, or add it, with select="
            )


def _check_equal(column: str, names: Sequence[str], schemas: Sequence[Schema], what: str, hint: str) -> None:
    first = next(at for at, schema in enumerate(schemas) if column in schema)
    for name, schema in zip(names, schemas, strict=True):
        if column not in schema:
            raise SchemaError(
                f"there is no column {column!r}, which {names[first]!r} has, a member of the same union",
                where=f"source {name!r}", hint=f"{hint}; {nearest(column, schema)}",
            )  # fmt: skip
        if schema[column] != schemas[first][column]:
            raise SchemaError(
                f"{what}{column!r} is {schema[column]}, and of {names[first]!r}, a member of the same union, it is "
                f"{schemas[first][column]}",
                where=f"source {name!r}", hint=f"{hint}, so that it has one type in all members",
            )  # fmt: skip


def _check_case(name: str, table: Schema, place: str) -> None:
    """Refuse a name that differs from a column's by case alone: SQL engines take both for one."""
    for column in table:
        if column != name and column.lower() == name.lower():
            raise SchemaError(
                f"the table has a column {column!r}", where=place, hint="write it alike, or rename one"
            )


def _check_source(source: EventSource, table: Schema, place: str) -> None:
    what = "date" if isinstance(source.table, Snapshot) else "event_time"
    check_time(source.event_time, table, f"{place}, {what}")
    if source.knowledge_time:
        check_time(source.knowledge_time, table, f"{place}, knowledge_time")
    for column in source.id:
        need(column, table, f"{place}, id")
    if isinstance(source.table, Snapshot):
        for column in source.table.columns or ():
            need(column, table, f"{place}, columns")
    if source.deleted and need(source.deleted, table, f"{place}, deleted") not in (BOOL, DataType("null")):
        raise SchemaError(
            f"{source.deleted!r} is {table[source.deleted]}, not bool", where=f"{place}, deleted",
            hint="name a boolean column",
        )  # fmt: skip
    if source.sequence and not need(source.sequence, table, f"{place}, sequence").is_orderable:
        raise SchemaError(f"{source.sequence!r} is {table[source.sequence]}, which has no order", where=place)


def check_time(time: Timestamp, schema: Schema, place: str) -> None:
    """Refuse a time column that is missing, or whose reading would be a guess."""
    kind = need(time.column, schema, place)
    allowed = (
        {"int64"} if time.unit else {"timestamp", "string"} if time.zone else {"timestamp", "date", "string"}
    )
    if kind.kind in allowed or kind.kind == "null":
        return
    if kind.kind == "int64":
        hint = f'say what the integers count: zl.Timestamp({time.column!r}, unit="ms")'
    elif time.unit:
        hint = "a unit is for integer columns: drop it"
    else:
        hint = "a time is a timestamp, a date, an ISO 8601 string, or an integer with a unit"
    raise SchemaError(f"{time.column!r} is {kind}, which cannot be read as a time", where=place, hint=hint)


def need(column: str, schema: Schema, place: str) -> DataType:
    """Return a column's type, or say that there is none."""
    if column not in schema:
        if why := getattr(schema, "untaken", {}).get(column):
            raise SchemaError(f"column {column!r} cannot be read", where=place, hint=why)
        raise SchemaError(f"there is no column {column!r}", where=place, hint=nearest(column, schema))
    return schema[column]


def _typed(text: str, schema: Schema, place: str) -> DataType:
    try:
        return parse(text).type_of(schema)
    except DefinitionError as error:
        raise error.at(place) from None
