"""Arrow columns as kernels want them: canonical floats, order-preserving integers, dense codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.engines.kernels.arrays import Booleans, Floats, Integers, Values, Words
from zipline.engines.kernels.dense import dense
from zipline.engines.kernels.order_keys import float_to_key
from zipline.order import order_key


def one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column as one contiguous array."""
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return column


def valid_of(column: pa.Array) -> Booleans | None:
    """Return which values are not null; None where all are."""
    if column.null_count == 0:
        return None
    return np.asarray(pc.is_valid(column).to_numpy(zero_copy_only=False))


def numbers(column: pa.Array) -> Values:
    """Return a column without nulls as numpy: float64, int64, bool, or a decimal's two words.

    Dates and timestamps become their int64 counts.
    """
    kind = column.type
    if pa.types.is_floating(kind):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    if pa.types.is_decimal(kind):
        return decimal_words(column)
    if pa.types.is_boolean(kind):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    if pa.types.is_date(kind):
        return np.asarray(column.cast(pa.int32()).to_numpy(zero_copy_only=False).astype(np.int64))
    return np.asarray(column.cast(pa.int64()).to_numpy(zero_copy_only=False))


def canonical_floats(values: Floats) -> Floats:
    """Return the values with one zero and one NaN."""
    result = values + 0.0
    missing = np.isnan(result)
    if missing.any():
        result[missing] = np.nan
    return np.asarray(result)


def decimal_words(column: pa.Array) -> Words:
    """Return the unscaled values of a decimal128 column without nulls, (n, 2) uint64, the low word first."""
    buffer = column.buffers()[1]
    words = np.frombuffer(buffer, np.uint64).reshape(-1, 2)
    return np.asarray(words[column.offset : column.offset + len(column)])


def float_values(column: pa.Array) -> Floats:
    """Return a numeric column without nulls as float64, each value rounded once; floats as they are."""
    if pa.types.is_decimal(column.type):
        return np.array([float(value) for value in column.to_pylist()], np.float64)
    return np.asarray(numbers(column).astype(np.float64, copy=False))


def order_keys(column: pa.Array, threads: int | None = None) -> Integers:
    """Return int64 keys of a column without nulls that compare as its values do, equal ones for equal values."""
    kind = column.type
    if pa.types.is_floating(kind):
        return float_to_key(column.to_numpy(zero_copy_only=False), threads)
    if pa.types.is_integer(kind) or pa.types.is_temporal(kind) or pa.types.is_boolean(kind):
        return numbers(column).astype(np.int64, copy=False)
    return coded(column).codes.astype(np.int64)


@dataclass(frozen=True)
class Coded:
    """A column as dense codes: `values[codes]`, with `values` distinct and ascending."""

    codes: Values
    values: pa.Array


def coded(column: pa.Array, threads: int | None = None) -> Coded:
    """Return the codes of a column; a null, where there is one, is the least value."""
    kind = column.type
    if pa.types.is_int64(kind) and column.null_count == 0:
        found, codes = dense(numbers(column), threads)
        return Coded(codes, pa.array(found))
    if pa.types.is_struct(kind):
        return _coded_struct(column, threads)
    if pa.types.is_nested(kind):
        return _coded_nested(column)
    encoded = pc.dictionary_encode(canonical(column), null_encoding="encode")
    values = encoded.dictionary
    order = pc.array_sort_indices(_sortable(values), null_placement="at_start").to_numpy()
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return Coded(rank[encoded.indices.to_numpy(zero_copy_only=False)], values.take(pa.array(order)))


def _sortable(values: pa.Array) -> pa.Array:
    """Return distinct values in a form that Arrow sorts by our rules: strings by bytes, NaN last, false first."""
    if pa.types.is_floating(values.type):
        keys = float_to_key(values.to_numpy(zero_copy_only=False))
        return masked(keys, valid_of(values))
    if pa.types.is_boolean(values.type):
        return values.cast(pa.int8())
    return values


def canonical(column: pa.Array) -> pa.Array:
    """Return a column with one zero and one NaN, in nested values too; other columns as they are."""
    kind = column.type
    if pa.types.is_floating(kind):
        return masked(canonical_floats(column.to_numpy(zero_copy_only=False)), valid_of(column), kind)
    if not _has_floats(kind):
        return column
    missing = None if column.null_count == 0 else pc.is_null(column)
    if pa.types.is_struct(kind):
        fields = [canonical(column.field(i)) for i in range(kind.num_fields)]
        return pa.StructArray.from_arrays(fields, fields=list(kind), mask=missing)
    if pa.types.is_fixed_size_list(kind):
        values = column.values.slice(column.offset * kind.list_size, len(column) * kind.list_size)
        return pa.FixedSizeListArray.from_arrays(canonical(values), kind.list_size, mask=missing)
    offsets = pa.array(column.offsets.to_numpy())  # a copy: those of a slice are refused beside a mask
    if pa.types.is_map(kind):
        return pa.MapArray.from_arrays(offsets, column.keys, canonical(column.items), type=kind, mask=missing)
    return pa.ListArray.from_arrays(offsets, canonical(column.values), type=kind, mask=missing)


def _has_floats(kind: pa.DataType) -> bool:
    if pa.types.is_floating(kind):
        return True
    return any(_has_floats(kind.field(i).type) for i in range(kind.num_fields))


def _coded_struct(column: pa.Array, threads: int | None) -> Coded:
    """Number structs by the codes of their fields, of which the first counts most; no struct at all is the least."""
    valid = valid_of(column)
    there = np.ones(len(column), np.bool_) if valid is None else valid
    codes = there.astype(np.int64)
    for field in range(column.type.num_fields):
        part = coded(column.field(field), threads)
        codes = dense(codes * len(part.values) + np.where(there, part.codes, 0), threads)[1].astype(np.int64)
    firsts = np.empty(int(codes.max(initial=-1)) + 1, np.int64)
    firsts[codes[::-1]] = np.arange(len(codes))[::-1]
    return Coded(codes.astype(np.int32), column.take(pa.array(firsts)))


def _coded_nested(column: pa.Array) -> Coded:
    keys = [order_key(row) for row in column.to_pylist()]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    codes = np.zeros(len(keys), np.int32)
    firsts: list[int] = []
    for place, row in enumerate(order):
        if place == 0 or keys[order[place - 1]] != keys[row]:
            firsts.append(row)
        codes[row] = len(firsts) - 1
    return Coded(codes, column.take(pa.array(firsts, pa.int64())))


def masked(values: Any, valid: Booleans | None, kind: pa.DataType | None = None) -> pa.Array:
    """Return an Arrow array, null where `valid` is false."""
    return pa.array(values, kind, mask=None if valid is None else ~valid)
