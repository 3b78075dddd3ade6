"""What each aggregation makes of the events in its window. Section 5, one function per row of its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zipline.errors import DataError
from zipline.exp2 import exp2_fraction
from zipline.reference import exact, sketches
from zipline.reference.values import as_float, canonical, order
from zipline.types import FLOAT64, INT64, TIMESTAMP, DataType, decimal, list_of, map_of, struct_of

_HORIZON = 256
"""How many half-lives back an event still counts."""


@dataclass(frozen=True)
class Event:
    """An event in the window: its times and its columns (after `select`)."""

    event_time: int
    knowledge_time: int | None
    columns: Mapping[str, Any]


def result(aggregation: Any, events: Sequence[Event], schema: Mapping[str, DataType], t: int) -> Any:
    """Return the feature's value, for events that `where` has already been applied to."""
    kind = output_type(aggregation, schema)
    if aggregation.by is None:
        inputs = _inputs(aggregation, events, t)
        return canonical(_statistic(aggregation, inputs, schema, t)) if inputs else default(aggregation, kind)
    groups: dict[Any, list[Event]] = {}
    values: dict[Any, Any] = {}
    for event in events:
        group = canonical(event.columns[aggregation.by])
        if group is not None:
            groups.setdefault(order(group), []).append(event)
            values[order(group)] = group
    present = {each: inputs for each in sorted(groups) if (inputs := _inputs(aggregation, groups[each], t))}
    _within(aggregation, len(present))
    if not present:
        return default(aggregation, kind)
    return {values[each]: canonical(_statistic(aggregation, present[each], schema, t)) for each in present}


def default(aggregation: Any, kind: DataType) -> Any:
    """Return the value where no input is left."""
    if aggregation.default is not None:
        return _typed(aggregation.default, kind)
    if aggregation.by is not None:
        return {}
    match type(aggregation).__name__:
        case "Count" | "CountDistinct" | "ApproxCountDistinct":
            return 0
        case "DecayedSum" | "DecayedCount":
            return 0.0
        case "FirstK" | "LastK" | "TopK" | "BottomK" | "MostFrequent":
            return []
        case "Histogram":
            return {}
    return None


def _typed(value: Any, kind: DataType) -> Any:
    """Return a default as the feature's type has it."""
    if kind.kind == "float64" and value is not None:
        return canonical(float(value))
    if kind.kind == "map" and isinstance(value, Mapping) and kind.element is not None:
        return {key: _typed(value[key], kind.element) for key in sorted(value, key=order)}
    if kind.kind in ("list", "vector") and kind.element is not None and value is not None:
        return [_typed(each, kind.element) for each in value]
    return value


def _inputs(aggregation: Any, events: Sequence[Event], t: int) -> list[tuple[Event, Any]]:
    """Return events and their values in the order of section 2, without those that are no input."""
    inputs = [(event, _value(aggregation, event)) for event in events]
    if aggregation.column is not None and not _keeps_nulls(aggregation):
        inputs = [(event, value) for event, value in inputs if value is not None]
    if type(aggregation).__name__ in ("VectorSum", "VectorMean"):
        inputs = [(event, value) for event, value in inputs if None not in value]
    if type(aggregation).__name__ in ("DecayedSum", "DecayedCount"):
        h = aggregation.half_life_us
        inputs = [(event, value) for event, value in inputs if t // h - event.event_time // h <= _HORIZON]
    return sorted(inputs, key=lambda each: (each[0].event_time, each[0].knowledge_time or 0, order(each[1])))


def _value(aggregation: Any, event: Event) -> Any:
    if aggregation.column is None:
        return None
    if isinstance(aggregation.column, str):
        return canonical(event.columns[aggregation.column])
    return {name: canonical(_cell(event, name)) for name in aggregation.column}


def _cell(event: Event, name: str) -> Any:
    return event.event_time if name == "event_time" else event.columns[name]


def _keeps_nulls(aggregation: Any) -> bool:
    return not isinstance(aggregation.column, str) or getattr(aggregation, "nulls", False) is True


def _statistic(
    aggregation: Any, inputs: Sequence[tuple[Event, Any]], schema: Mapping[str, DataType], t: int
) -> Any:
    name = type(aggregation).__name__
    values = [value for _, value in inputs]
    match name:
        case "Count":
            return len(values)
        case "Sum":
            return exact.sum_of(values, schema[aggregation.column])
        case "Mean":
            return exact.mean_of(values)
        case "Variance" | "Stddev":
            return exact.moment(name, values, aggregation.sample)
        case "Skew" | "Kurtosis":
            return exact.moment(name, values, False)
        case "VectorSum" | "VectorMean":
            return exact.vector_of(values, schema[aggregation.column], name == "VectorMean")
        case "Min":
            return min(values, key=order)
        case "Max":
            return max(values, key=order)
        case "First":
            return values[0]
        case "Last":
            return values[-1]
        case "FirstK" | "LastK":
            return _ends(values if name == "FirstK" else values[::-1], aggregation.distinct)[: aggregation.k]
        case "TopK" | "BottomK":
            return sorted(values, key=order, reverse=name == "TopK")[: aggregation.k]
        case "CountDistinct":
            return _within(aggregation, len({order(value) for value in values}))
        case "ApproxCountDistinct":
            return sketches.approximate_count(values, schema[aggregation.column])
        case "Quantile":
            return _quantile(aggregation, [as_float(value) for value in values])
        case "Histogram":
            chosen = _by_count(aggregation, values)[: aggregation.k]
            return dict(sorted(chosen, key=lambda each: order(each[0])))
        case "MostFrequent":
            return [value for value, _ in _by_count(aggregation, values)[: aggregation.k]]
        case "DecayedSum" | "DecayedCount":
            return _decayed(aggregation, inputs, t)
        case "TimeSinceFirst":
            return float(t - inputs[0][0].event_time) / 1e6
        case "TimeSinceLast":
            return float(t - inputs[-1][0].event_time) / 1e6
    raise NotImplementedError(name)


def _ends(values: Sequence[Any], distinct: bool) -> list[Any]:
    """Return the values, of equal ones only the first when they are to be distinct."""
    if not distinct:
        return list(values)
    return [value for at, value in enumerate(values) if order(value) not in map(order, values[:at])]


def _by_count(aggregation: Any, values: Sequence[Any]) -> list[tuple[Any, int]]:
    counts = Counter(values)
    _within(aggregation, len(counts))
    return sorted(counts.items(), key=lambda each: (-each[1], order(each[0])))


def _within(aggregation: Any, distinct: int) -> int:
    if aggregation.limit is not None and distinct > aggregation.limit:
        raise DataError(f"{distinct} distinct values are more than limit={aggregation.limit}")
    return distinct


def _quantile(aggregation: Any, values: Sequence[float]) -> float | list[float]:
    accuracy = str(aggregation.accuracy)
    if isinstance(aggregation.q, (tuple, list)):
        return [sketches.quantile(values, q, accuracy) for q in aggregation.q]
    return sketches.quantile(values, aggregation.q, accuracy)


def _decayed(aggregation: Any, inputs: Sequence[tuple[Event, Any]], t: int) -> float:
    h = aggregation.half_life_us
    newest = t // h
    terms = []
    for event, value in inputs:
        k = event.event_time // h
        weight = exp2_fraction((event.event_time - k * h) / h)
        terms.append(((1.0 if value is None else as_float(value)) * weight, k - newest))
    return exact.decayed(terms, exp2_fraction((t - newest * h) / h))


def output_type(aggregation: Any, schema: Mapping[str, DataType]) -> DataType:
    """Return the type of the feature."""
    inner = _inner_type(aggregation, schema)
    return inner if aggregation.by is None else map_of(schema[aggregation.by], inner)


def _inner_type(aggregation: Any, schema: Mapping[str, DataType]) -> DataType:
    column = aggregation.column
    if isinstance(column, tuple):
        kind = struct_of(*((name, TIMESTAMP if name == "event_time" else schema[name]) for name in column))
    else:
        kind = schema[column] if column is not None else INT64
    match type(aggregation).__name__:
        case "Count" | "CountDistinct" | "ApproxCountDistinct":
            return INT64
        case "Sum":
            return {"bool": INT64, "decimal": decimal(38, kind.scale)}.get(kind.kind, kind)
        case "Min" | "Max" | "First" | "Last" | "VectorSum" | "VectorMean":
            return kind
        case "FirstK" | "LastK" | "TopK" | "BottomK" | "MostFrequent":
            return list_of(kind)
        case "Histogram":
            return map_of(kind, INT64)
        case "Quantile" if isinstance(aggregation.q, (tuple, list)):
            return list_of(FLOAT64)
    return FLOAT64
