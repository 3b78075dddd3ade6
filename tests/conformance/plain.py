"""Arrow to plain Python and back to something that compares to the bit: how engines' answers are held side by side."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.types as at

from zipline.types import DataType, from_arrow

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Return a table's rows as `zipline.reference.values` describes values."""
    columns = {name: cells(table.column(name).combine_chunks()) for name in table.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def schema_of(table: pa.Table) -> dict[str, DataType]:
    """Return the widened type of every column."""
    return {field.name: from_arrow(field.type) for field in table.schema}


def cells(array: Any) -> list[Any]:
    """Return an Arrow array as plain values; a map is a dict in its own order."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    kind = array.type
    if at.is_dictionary(kind):
        return cells(array.dictionary_decode())
    if at.is_timestamp(kind):
        ticks = array.cast(pa.int64()).to_pylist()
        return [None if tick is None else tick * 1_000_000 // _PER_SECOND[kind.unit] for tick in ticks]
    if at.is_date32(kind):
        return list(array.cast(pa.int32()).to_pylist())
    if at.is_date64(kind):
        return [None if tick is None else tick // 86_400_000 for tick in array.cast(pa.int64()).to_pylist()]
    if at.is_struct(kind):
        fields = {field.name: cells(array.field(at_)) for at_, field in enumerate(kind)}
        valid = array.is_valid().to_pylist()
        return [
            {name: values[row] for name, values in fields.items()} if here else None
            for row, here in enumerate(valid)
        ]
    if at.is_map(kind):
        entries = _parts(
            array, lambda part: list(zip(cells(part.field(0)), cells(part.field(1)), strict=True))
        )
        return [None if each is None else dict(each) for each in entries]
    if at.is_list(kind) or at.is_large_list(kind) or at.is_fixed_size_list(kind):
        return _parts(array, cells)
    return list(array.to_pylist())


def _parts(array: Any, read: Any) -> list[Any]:
    """Return each row of a nested array, read by itself."""
    return [read(each.values) if (each := array[row]).is_valid else None for row in range(len(array))]


def exact(value: Any) -> Any:
    """Return what is equal only for the same value: floats by their bits, true apart from 1, maps with their order."""
    if isinstance(value, float):
        return ("float", struct.pack(">d", value).hex())
    if isinstance(value, list):
        return ("list", tuple(exact(each) for each in value))
    if isinstance(value, Mapping):
        return ("map", tuple((exact(key), exact(each)) for key, each in value.items()))
    return (type(value).__name__, str(value) if value is not None else None)
