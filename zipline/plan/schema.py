"""Types of a plan's columns: definitions are checked against real schemas before any data is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zipline.dsl.aggregation import Aggregation
from zipline.dsl.default import check_default
from zipline.dsl.source import EventSource
from zipline.errors import DefinitionError, RequestError, SchemaError, nearest
from zipline.expressions import parse
from zipline.plan.nodes import Column, DerivedColumn, Plan, Sweep
from zipline.plan.pinned import check_pins
from zipline.plan.sources import Schema, SourceTypes, check_members, check_time, need, source_types
from zipline.types import TIMESTAMP, DataType, map_of, parse_type


@dataclass(frozen=True)
class SweepTypes:
    """The types that a sweep's kernel sees.

    Attributes:
        sources: of each source's columns.
        keys: of the key parts; of every source the same.
        features: of the sweep's columns, by output name.
    """

    sources: tuple[SourceTypes, ...]
    keys: tuple[DataType, ...]
    features: Schema


def check_sweep(sweep: Sweep, tables: Sequence[Schema]) -> SweepTypes:
    """Return a sweep's types, or say which definition does not fit its table.

    Args:
        sweep: what is swept.
        tables: the types of each source's table.

    Raises:
        SchemaError: a column is missing or has a type that its use does not take.
    """
    keys = [column for column, _ in sweep.keys]
    sources = [source_types(each, keys, table) for each, table in zip(sweep.inputs, tables, strict=True)]
    check_members(sweep, sources)
    features = {column.name: _feature_type(column, sources[0].events) for column in sweep.columns}
    return SweepTypes(tuple(sources), tuple(sources[0].table[column] for column in keys), features)


def input_types(aggregation: Aggregation, events: Schema) -> tuple[DataType, ...]:
    """Return the types of the aggregated columns; `event_time` among several is the event's time."""
    several = isinstance(aggregation.column, tuple)
    return tuple(
        TIMESTAMP if several and column == "event_time" else need(column, events, aggregation.title())
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
            by = need(aggregation.by, events, "by")
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
        if not fits_request(observations[field], expected):
            raise RequestError(f"column {field!r} is {observations[field]}; the service requests {expected}")
    check_pins(plan, tables)
    sweeps = tuple(check_sweep(sweep, [tables[each] for each in sweep.sources]) for sweep in plan.sweeps)
    for sweep, types in zip(plan.sweeps, sweeps, strict=True):
        for (_, column), kind in zip(sweep.keys, types.keys, strict=True):
            _check_key(column, kind, observations)
    for name in plan.root.outputs:
        if name in observations:
            raise RequestError(f"the observations already have a column {name!r}", hint="rename or drop it")
    assembled = dict(observations)
    assembled |= {field: parse_type(kind) for field, kind in plan.request}
    for types in sweeps:
        assembled |= types.features
    add_derived(plan.root.columns, assembled)
    return PlanTypes(sweeps, assembled, {name: assembled[name] for name in plan.root.outputs})


def add_derived(columns: Sequence[DerivedColumn], assembled: dict[str, DataType]) -> None:
    """Add the types of derived columns to those of the columns before them, in order.

    Raises:
        DefinitionError: an expression does not fit the types of what it reads.
    """
    for derived in columns:
        visible = {short: assembled[name] for short, name in derived.columns}
        try:
            assembled[derived.name] = parse(derived.expression, derived=True).type_of(visible)
        except DefinitionError as error:
            raise error.at(f"Derived({derived.name!r})") from None


def fits_request(given: DataType, expected: DataType) -> bool:
    """Return whether values of a type are taken for a request's field: an int is for a float."""
    return given in (expected, DataType("null")) or (given.kind, expected.kind) == ("int64", "float64")


def comparable(one: DataType, other: DataType) -> bool:
    """Return whether keys of two types are compared: an int and a string in decimal form are, of other types none."""
    kinds = {one.kind, other.kind}
    return len(kinds) == 1 or kinds == {"int64", "string"} or "null" in kinds


def _check_key(column: str, source: DataType, observations: Schema) -> None:
    if column not in observations:
        raise RequestError(
            f"the observations have no key column {column!r}",
            hint=f"name it with keys={{entity_key: column}}; {nearest(column, observations)}",
        )
    if comparable(observations[column], source):
        return
    raise RequestError(
        f"key column {column!r} is {observations[column]}, and the source's is {source}",
        hint="cast one of them: only an int and a string in decimal form are compared across types",
    )
