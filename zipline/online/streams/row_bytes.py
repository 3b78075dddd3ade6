"""Rows as bytes that compare as section 1 orders values, column by column: null first, NaN last, texts by bytes.

Versions of one id and one knowledge time are ordered by them wherever they are stored: the form never changes. A null
is 0; any other value 1 and then: a number big-endian with its sign turned, text with 0 as 0 1 and 0 0 at its end, a
list each element after a 1 and a 0 at its end, a struct its fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from zipline.engines.kernels.order_keys import float_to_key
from zipline.engines.kernels.values import decimal_words, numbers

_NULL, _VALUE = pa.scalar(b"\x00", pa.binary()), pa.scalar(b"\x01", pa.binary())
_END, _NOTHING = pa.scalar(b"\x00\x00", pa.binary()), pa.scalar(b"", pa.binary())
_SIGN = np.uint64(1 << 63)


def row_bytes(columns: Sequence[pa.Array]) -> list[bytes]:
    """Return the bytes of each row of some columns.

    >>> rows = row_bytes([pa.array([None, -1, 1]), pa.array(["b", None, "a"])])
    >>> sorted(rows) == rows
    True
    """
    return list(joined([column_bytes(column) for column in columns]).to_pylist())


def joined(columns: Sequence[pa.Array]) -> pa.Array:
    """Return binary columns written one after another."""
    return pc.binary_join_element_wise(*columns, _NOTHING)


def column_bytes(column: pa.Array) -> pa.Array:
    """Return the bytes of each value, without nulls."""
    kind = column.type
    if pa.types.is_null(kind):
        return pa.repeat(_NULL, len(column))
    if pa.types.is_struct(kind):
        fields = [column_bytes(each) for each in column.flatten()]
        whole = joined([pa.repeat(_VALUE, len(column)), *fields])
        return pc.if_else(column.is_valid(), whole, _NULL)
    if pa.types.is_nested(kind):
        return _list_bytes(column)
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        text = _escaped(column.cast(pa.binary()))
        return pc.coalesce(pc.binary_join_element_wise(_VALUE, text, _END, _NOTHING), _NULL)
    words = _words(column if column.null_count == 0 else pc.fill_null(column, _zero(kind)))
    found = np.ones((len(column), 1 + 8 * words.shape[1]), np.uint8)
    found[:, 1:] = words.astype(">u8").view(np.uint8).reshape(len(column), 8 * words.shape[1])
    each = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(found.shape[1]), len(column), [None, pa.py_buffer(found.tobytes())]
    ).cast(pa.binary())
    return each if column.null_count == 0 else pc.if_else(column.is_valid(), each, _NULL)


def _words(column: pa.Array) -> NDArray[np.uint64]:
    """Return unsigned words, the highest first, that compare as the numbers of a column without nulls."""
    kind = column.type
    if pa.types.is_decimal(kind):
        words = decimal_words(column)[:, ::-1].copy()
    elif pa.types.is_floating(kind):
        wide = np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False))
        words = float_to_key(wide, 1).view(np.uint64).reshape(-1, 1).copy()
    else:
        words = numbers(column).astype(np.int64).view(np.uint64).reshape(-1, 1).copy()
    words[:, 0] ^= _SIGN
    return np.asarray(words)


def _zero(kind: pa.DataType) -> pa.Scalar:
    if pa.types.is_decimal(kind):
        return pa.scalar(Decimal(0), kind)  # a cast would ask for room for any integer
    return pa.scalar(0, pa.int32()).cast(kind) if pa.types.is_date(kind) else pa.scalar(0).cast(kind)


def _escaped(column: pa.Array) -> pa.Array:
    if not pc.any(pc.match_substring(column, b"\x00")).as_py():
        return column
    texts = (text if text is None else text.replace(b"\x00", b"\x00\x01") for text in column.to_pylist())
    return pa.array(texts, pa.binary())


def _list_bytes(column: pa.Array) -> pa.Array:
    elements = [b"\x01" + each for each in column_bytes(column.flatten()).to_pylist()]
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    stops = np.cumsum(lengths).tolist()
    found = (
        b"\x01" + b"".join(elements[stop - length : stop]) + b"\x00" if valid else b"\x00"
        for stop, length, valid in zip(stops, lengths.tolist(), column.is_valid().to_pylist(), strict=True)
    )
    return pa.array(found, pa.binary())
