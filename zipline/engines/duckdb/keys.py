"""Key codes: every entity that the observations ask for gets a number, and only those entities are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.values import one_chunk
from zipline.types import DataType, to_arrow

CANONICAL_INTEGER = r"^(0|-?[1-9][0-9]{0,18})$"


@dataclass(frozen=True)
class KeyCodes:
    """The entities of some observations.

    Attributes:
        codes: int64[m], the entity of each observation; `count` where a key part is null.
        count: how many entities there are.
        table: `code`, `key_0`, `key_1`, ...: one row per entity, in the types of the source.
    """

    codes: Integers
    count: int
    table: pa.Table


def encode_keys(columns: Sequence[pa.Array | pa.ChunkedArray], kinds: Sequence[DataType]) -> KeyCodes:
    """Number the entities of observations.

    Args:
        columns: the observations' key columns.
        kinds: the types of the source's key columns. An int equals a string only in canonical decimal form.
    """
    parts = [
        pc.dictionary_encode(as_source(one_chunk(c), kind)) for c, kind in zip(columns, kinds, strict=True)
    ]
    combined = np.zeros(len(parts[0]), np.int64)
    missing = np.zeros(len(combined), np.bool_)
    for part in parts:
        missing |= part.is_null().to_numpy(zero_copy_only=False)
        indices = pc.fill_null(part.indices, 0).to_numpy(zero_copy_only=False)
        combined = _dense(combined * max(len(part.dictionary), 1) + indices)
    present = np.flatnonzero(~missing)
    distinct = pc.dictionary_encode(pa.array(combined[present]))
    codes = np.full(len(combined), len(distinct.dictionary), np.int64)
    codes[present] = distinct.indices.to_numpy(zero_copy_only=False)
    first = np.empty(len(distinct.dictionary), np.int64)
    first[codes[present][::-1]] = present[::-1]
    taken = pa.array(first)
    table = pa.table(
        {"code": pa.array(np.arange(len(first)))}
        | {f"key_{i}": part.dictionary.take(part.indices.take(taken)) for i, part in enumerate(parts)}
    )
    return KeyCodes(codes, len(first), table)


def _dense(codes: Integers) -> Integers:
    """Return equal codes for equal ones, numbered from 0, so that products of many parts do not overflow."""
    return np.asarray(pc.dictionary_encode(pa.array(codes)).indices.to_numpy(zero_copy_only=False), np.int64)


def as_source(column: pa.Array, kind: DataType) -> pa.Array:
    """Return an observation's key column in the type of the source's; what cannot be equal to any key is null."""
    target = to_arrow(kind)
    if column.type == target or pa.types.is_decimal(column.type):
        return column
    if pa.types.is_string(column.type) and kind.kind == "int64":
        canonical = pc.match_substring_regex(column, CANONICAL_INTEGER)
        digits = pc.if_else(canonical, column, pa.scalar(None, pa.string())).cast(pa.decimal128(38, 0))
        inside = pc.and_(pc.greater_equal(digits, -(2**63)), pc.less_equal(digits, 2**63 - 1))
        return pc.if_else(inside, digits, pa.scalar(None, digits.type)).cast(pa.int64())
    return column.cast(target)
