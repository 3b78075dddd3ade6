"""Types of a plan's columns: definitions are checked against real schemas before any data is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zipline.dsl.aggregation import Aggregation
from zipline.dsl.default import check_default
from zipline.dsl.source import EventSource
from zipline.dsl.timestamp import Timestamp
from zipline.errors import DefinitionError, RequestError, SchemaError, nearest
from zipline.expressions import parse
from zipline.plan.nodes import Column, Plan, Sweep
from zipline.types import BOOL, TIMESTAMP, DataType, map_of, parse_type

Schema = Mapping[str, DataType]


@dataclass(frozen=True)
class SweepTypes:
    """The types that a sweep's kernel sees.

    Attributes:
        table: of the table's own columns that are read.
        events: of the columns that aggregations see: the table's and `select`'s.
        features: of the sweep's columns, by output name.
    """

    table: Schema
    events: Schema
    features: Schema


def check_sweep(sweep: Sweep, table: Schema) -> SweepTypes:
    """Return a sweep's types, or say which definition does not fit the table.

    Raises:
        SchemaError: a column is missing or has a type that its use does not take.
    """
    source = sweep.source
    place = f"source {source.name!r}"
    _check_source(source, table, place)
    events = dict(table)
    for name, text in source.select:
        _check_case(name, table, f"{place}, select {name!r}")
        if name in dict(sweep.input.columns):
            events[name] = _typed(text, table, f"{place}, select {name!r}")
    for condition in (sweep.input.where, sweep.input.input.where):
        if condition is not None and (kind := _typed(condition, table, f"{place}, where")).kind not in (
            "bool",
            "null",
        ):
            raise SchemaError(
                f"is {kind}, not a condition", where=f"{place}, where", hint="write a comparison"
            )
    for column, _ in sweep.keys:
        _need(column, table, f"{place}, key")
        if not table[column].is_key:
            raise SchemaError(
                f"{column!r} is {table[column]}, which cannot be a key", where=place,
                hint="keys are bool, int, string, binary, date, timestamp or decimal: cast it in the table",
            )  # fmt: skip
    features = {column.name: _feature_type(column, events) for column in sweep.columns}
    return SweepTypes(table, events, features)


def _check_case(name: str, table: Schema, place: str) -> None:
    """Refuse a name that differs from a column's by case alone: SQL engines take both for one."""
    for column in table:
        if column != name and column.lower() == name.lower():
            raise SchemaError(
                f"the table has a column {column!r}", where=place, hint="write it alike, or rename one"
            )


def _check_source(source: EventSource, table: Schema, place: str) -> None:
    check_time(source.event_time, table, f"{place}, event_time")
    if source.knowledge_time:
        check_time(source.knowledge_time, table, f"{place}, knowledge_time")
    for column in source.id:
        _need(column, table, f"{place}, id")
    if source.deleted and _need(source.deleted, table, f"{place}, deleted") not in (BOOL, DataType("null")):
        raise SchemaError(
            f"{source.deleted!r} is {table[source.deleted]}, not bool", where=f"{place}, deleted",
            hint="name a boolean column",
        )  # fmt: skip
    if source.sequence and not _need(source.sequence, table, f"{place}, sequence").is_orderable:
        raise SchemaError(f"{source.sequence!r} is {table[source.sequence]}, which has no order", where=place)


def check_time(time: Timestamp, schema: Schema, place: str) -> None:
    """Refuse a time column that is missing, or whose reading would be a guess."""
    kind = _need(time.column, schema, place)
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


def _need(column: str, schema: Schema, place: str) -> DataType:
    if column not in schema:
        raise SchemaError(f"there is no column {column!r}", where=place, hint=nearest(column, schema))
    return schema[column]


def _typed(text: str, schema: Schema, place: str) -> DataType:
    try:
        return parse(text).type_of(schema)
    except DefinitionError as error:
        raise error.at(place) from None


def input_types(aggregation: Aggregation, events: Schema) -> tuple[DataType, ...]:
    """Return the types of the aggregated columns; `event_time` among several is the event's time."""
    several = isinstance(aggregation.column, tuple)
    return tuple(
        TIMESTAMP if several and column == "event_time" else _need(column, events, aggregation.title())
        for column in aggregation.columns
    )


def _feature_type(column: Column, events: Schema) -> DataType:
    aggregation = column.feature.aggregation
    view, _, name = column.name.partition("__")
    place = f"view {view!r}, feature {name!r}"
    try:
        if aggregation.where is not None:
            kind = parse(aggregation.where).type_of(events)
            if kind.kind not in ("bool", "null"):
                raise SchemaError(
                    f"where={aggregation.where!r} is {kind}, not a condition", hint="write a comparison"
                )
        result = aggregation.output_type(input_types(aggregation, events))
        if aggregation.by is not None:
            by = _need(aggregation.by, events, "by")
            if not by.is_key:
                raise SchemaError(
                    f"by={aggregation.by!r} is {by}, which cannot group", hint="group by a key type"
                )
            result = map_of(by, result)
        if aggregation.default is not None:
            check_default(aggregation, result)
        return result
    except DefinitionError as error:
        raise error.at(place) from None


@dataclass(frozen=True)
class PlanTypes:
    """The types of a whole plan: per sweep, and of every output column."""

    sweeps: tuple[SweepTypes, ...]
    assembled: Schema
    outputs: Schema


def check_plan(plan: Plan, tables: Mapping[EventSource, Schema], observations: Schema) -> PlanTypes:
    """Return the types of a plan, or the first thing that does not fit.

    Args:
        plan: the plan.
        tables: the types of each source's table.
        observations: the types of the observations' columns.
    """
    check_time(plan.time, observations, "observations, time")
    for field, name in plan.request:
        if field not in observations:
            raise RequestError(
                f"the observations have no column {field!r}, which the service requests",
                hint=nearest(field, observations),
            )
        expected = parse_type(name)
        if observations[field] not in (expected, DataType("null")) and (observations[field].kind, expected.kind) != (
            "int64", "float64",
        ):  # fmt: skip
            raise RequestError(f"column {field!r} is {observations[field]}; the service requests {expected}")
    sweeps = tuple(check_sweep(sweep, tables[sweep.source]) for sweep in plan.sweeps)
    for sweep, types in zip(plan.sweeps, sweeps, strict=True):
        for source_column, column in sweep.keys:
            _check_key(column, types.table[source_column], observations)
    for name in plan.root.outputs:
        if name in observations:
            raise RequestError(f"the observations already have a column {name!r}", hint="rename or drop it")
    assembled = dict(observations)
    assembled |= {field: parse_type(kind) for field, kind in plan.request}
    for types in sweeps:
        assembled |= types.features
    for derived in plan.root.columns:
        visible = {short: assembled[name] for short, name in derived.columns}
        try:
            assembled[derived.name] = parse(derived.expression, derived=True).type_of(visible)
        except DefinitionError as error:
            raise error.at(f"Derived({derived.name!r})") from None
    return PlanTypes(sweeps, assembled, {name: assembled[name] for name in plan.root.outputs})


def _check_key(column: str, source: DataType, observations: Schema) -> None:
    if column not in observations:
        raise RequestError(
            f"the observations have no key column {column!r}",
            hint=f"name it with keys={{entity_key: column}}; {nearest(column, observations)}",
        )
    kinds = {observations[column].kind, source.kind}
    if len(kinds) == 1 or kinds == {"int64", "string"} or "null" in kinds:
        return
    raise RequestError(
        f"key column {column!r} is {observations[column]}, and the source's is {source}",
        hint="cast one of them: only an int and a string in decimal form are compared across types",
    )
