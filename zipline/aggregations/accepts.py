"""What aggregations accept: types of inputs and values of parameters, refused with the allowed ones named."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zipline.dsl.aggregation import Aggregation
from zipline.errors import DefinitionError, SchemaError
from zipline.types import DataType


def numeric(aggregation: Aggregation, inputs: Sequence[DataType]) -> DataType:
    """Return the one input's type, which must be numeric."""
    return _one(aggregation, inputs, lambda kind: kind.is_numeric, "int, float, decimal or bool")


def orderable(aggregation: Aggregation, inputs: Sequence[DataType]) -> DataType:
    """Return the one input's type, which must have an order that users know."""
    allowed = "bool, int, float, decimal, string, binary, date or timestamp"
    return _one(aggregation, inputs, lambda kind: kind.is_orderable, allowed)


def countable(aggregation: Aggregation, inputs: Sequence[DataType]) -> DataType:
    """Return the one input's type, which must be fit to be a map's key in a histogram."""
    return _one(
        aggregation, inputs, lambda kind: kind.kind in ("string", "int64", "bool"), "string, int or bool"
    )


def vector(aggregation: Aggregation, inputs: Sequence[DataType]) -> DataType:
    """Return the one input's type, which must be a fixed-size list of floats."""
    return _one(
        aggregation, inputs, lambda kind: kind.kind == "vector", "a fixed-size list of float32 or float64"
    )


def _one(
    aggregation: Aggregation, inputs: Sequence[DataType], fits: Callable[[DataType], bool], allowed: str
) -> DataType:
    (kind,) = inputs
    if not fits(kind):
        raise SchemaError(
            f"{aggregation.title()} cannot take {kind}: {aggregation.column!r} must be {allowed}",
            hint="name another column, or make one in the source: select={'x': 'CAST(... AS ...)'}",
        )
    return kind


def positive(value: object, parameter: str, aggregation: type[Aggregation]) -> int:
    """Return a parameter that must be a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise DefinitionError(
            f"{parameter}={value!r} is not a whole number of at least 1", where=aggregation.__name__,
            hint=f"write {parameter}=3, for example",
        )  # fmt: skip
    return value


def positive_or_none(value: object, parameter: str, aggregation: type[Aggregation]) -> int | None:
    """Return a parameter that may be absent, and must be a whole number of at least 1 otherwise."""
    return None if value is None else positive(value, parameter, aggregation)
