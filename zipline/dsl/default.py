"""Does a `default=` fit the type of the result that it stands in for?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from zipline.dsl.aggregation import Aggregation
from zipline.errors import RequestError, SchemaError
from zipline.exact import to_decimal
from zipline.order import canonical_float
from zipline.time import from_micros, to_micros
from zipline.types import DataType


def check_default(aggregation: Aggregation, output: DataType) -> Any:
    """Return an aggregation's default in the form of its output type (None without one); refuse an unfit one.

    Args:
        aggregation: whose `default` is meant.
        output: the type of the feature's column; with `by`, of the whole map.

    >>> from zipline.aggregations import Mean
    >>> from zipline.types import FLOAT64
    >>> check_default(Mean("amount", default=0), FLOAT64)
    0.0
    """
    if aggregation.default is None:
        return None
    try:
        return conform(aggregation.default, output)
    except (TypeError, ValueError, OverflowError):
        raise SchemaError(
            f"default={aggregation.default!r} does not fit the result, which is {output}",
            where=aggregation.title(),
            hint=f"give a value of type {output}, or no default",
        ) from None


def conform(value: Any, kind: DataType) -> Any:
    """Return a value in the one Python form of its type; ValueError or TypeError where it does not fit."""
    if value is None:
        raise ValueError("a null inside a default")
    match kind.kind:
        case "bool":
            return _exactly(value, bool)
        case "int64":
            return _integer(value)
        case "float64" | "float32":
            return canonical_float(float(_exactly(value, int, float)))
        case "decimal":
            return _decimal(value, kind)
        case "string":
            return _exactly(value, str)
        case "binary":
            return _exactly(value, bytes)
        case "date":
            return _exactly(value, date)
        case "timestamp":
            return _moment(value)
        case _:
            return _nested(value, kind)


def _exactly(value: Any, *classes: type) -> Any:
    if type(value) not in classes:
        raise TypeError(f"{value!r} is none of {classes}")
    return value


def _integer(value: Any) -> int:
    number = int(_exactly(value, int))
    if not -(2**63) <= number < 2**63:
        raise ValueError(f"{number} is beyond int64")
    return number


def _decimal(value: Any, kind: DataType) -> Decimal:
    number = Decimal(_exactly(value, int, Decimal))
    unscaled = Fraction(number) * 10**kind.scale  # exact: a decimal context would round to its precision
    if unscaled.denominator != 1 or abs(unscaled) >= 10**kind.precision:
        raise ValueError(f"{number} is no {kind}")
    return to_decimal(int(unscaled), kind.scale)


def _moment(value: Any) -> datetime:
    try:
        return from_micros(to_micros(_exactly(value, str, datetime)))
    except RequestError as error:
        raise ValueError(str(error)) from None


def _nested(value: Any, kind: DataType) -> Any:
    if kind.kind in ("list", "vector") and kind.element is not None:
        items = [conform(each, kind.element) for each in _exactly(value, list, tuple)]
        if kind.kind == "vector" and len(items) != kind.size:
            raise ValueError(f"{len(items)} elements, not {kind.size}")
        return items
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no mapping")
    if kind.kind == "map" and kind.key is not None and kind.element is not None:
        return {conform(key, kind.key): conform(each, kind.element) for key, each in value.items()}
    if kind.kind != "struct" or set(value) != {name for name, _ in kind.fields}:
        raise ValueError(f"{value!r} has other fields")
    return {name: conform(value[name], each) for name, each in kind.fields}
