"""Compute derived columns from what was read, with the one evaluator that they have on every path.

An expression that fails for a row, by an overflow or a bad cast, fails there only, and so does what is derived from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from zipline.engines.kernels.values import canonical
from zipline.errors import DataError
from zipline.expressions.values import Values, from_arrow, to_array
from zipline.online.service_state import Computed, ServiceState
from zipline.types import DataType, to_arrow

_FLAT = {"int64": np.int64, "float64": np.float64, "bool": np.bool_}


def derive_one(service: ServiceState, values: dict[str, Any], errors: dict[str, str]) -> None:
    """Add the derived columns of one request.

    Args:
        service: whose columns.
        values: column -> value, of features and the request's fields.
        errors: column -> why it has no value.
    """
    held: dict[str, Values] = {}
    for each in service.derived:
        values[each.name] = None
        if errors and (cause := _cause(each, errors)) is not None:
            errors[each.name] = cause
            continue
        inputs = {}
        for short, column in each.inputs:
            if column not in held:
                held[column] = _held(values[column], service.kinds[column])
            inputs[short] = held[column]
        try:
            result = each.program.values(inputs, 1)
        except DataError as error:
            errors[each.name] = error.message
            continue
        values[each.name], held[each.name] = _handed_out(result, each.program.type)


def derive_many(
    service: ServiceState, columns: dict[str, pa.Array], errors: dict[str, dict[int, str]], size: int
) -> None:
    """Add the derived columns of many requests.

    Args:
        service, columns: as of `derive_one`.
        errors: column -> row -> why it has no value.
        size: how many rows there are.
    """
    for each in service.derived:
        failed = {
            row: f"{column}: {cause}"
            for _, column in each.inputs
            for row, cause in errors.get(column, {}).items()
        }
        columns[each.name] = _column(each, columns, failed, size)
        if failed:
            errors[each.name] = failed


def _column(each: Computed, columns: Mapping[str, pa.Array], failed: dict[int, str], size: int) -> pa.Array:
    """Return a derived column, null in the rows that fail; those are added to `failed`."""
    inputs = {short: columns[column] for short, column in each.inputs}
    if not failed:
        try:
            return canonical(each.program.run(inputs, size))
        except DataError:
            pass  # below it is found which rows fail
    pieces = []
    for row in range(size):
        piece = pa.nulls(1, to_arrow(each.program.type))
        if row not in failed:
            try:
                piece = each.program.run({short: column.slice(row, 1) for short, column in inputs.items()}, 1)
            except DataError as error:
                failed[row] = error.message
        pieces.append(piece)
    return canonical(pa.concat_arrays(pieces))


def _cause(each: Computed, errors: Mapping[str, str]) -> str | None:
    return next((f"{column}: {errors[column]}" for _, column in each.inputs if column in errors), None)


def _held(value: Any, kind: DataType) -> Values:
    """Return a value as the evaluator holds it."""
    dtype = _FLAT.get(kind.kind)
    if dtype is None:
        return from_arrow(pa.array([value], to_arrow(kind)), kind)
    if value is None:
        return Values(np.zeros(1, dtype), np.zeros(1, np.bool_))
    return Values(np.array([value], dtype))


def _handed_out(result: Values, kind: DataType) -> tuple[Any, Values]:
    """Return a result as Python has it, and as later expressions read it: floats with one zero and one NaN."""
    if kind.kind not in _FLAT:
        array = canonical(to_array(result, kind))
        return array[0].as_py(), from_arrow(array, kind)
    if result.valid is not None and not result.valid[0]:
        return None, result
    value = result.data[0].item()
    if kind.kind != "float64" or (value == value and value != 0.0):
        return value, result
    one = 0.0 if value == 0.0 else float("nan")
    return one, Values(np.array([one]))
