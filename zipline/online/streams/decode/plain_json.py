"""Plain JSON objects into columns, all at once; those that are not plain are named, to be read one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from zipline.engines.kernels import json_objects as kernels
from zipline.engines.kernels.arrays import frozen
from zipline.online.streams.decode.base import Shape
from zipline.online.streams.record_values import RecordValues
from zipline.types import BOOL, FLOAT64, INT64, STRING, TIMESTAMP, to_arrow

_KINDS: Final = {
    BOOL: kernels.BOOL, INT64: kernels.INT64, FLOAT64: kernels.FLOAT64, STRING: kernels.STRING,
    TIMESTAMP: kernels.TIMESTAMP,
}  # fmt: skip
_MOST = 64
_LONGEST = 2**31 - 1


def is_plain(shape: Shape) -> bool:
    """Return whether objects of a shape can be read so: few columns of simple types, and times in UTC."""
    return not shape.zones and 0 < len(shape.types) <= _MOST and set(shape.types.values()) <= set(_KINDS)


class PlainJson:
    """Reads plain objects.

    Args:
        shape: of which `is_plain` is true.
    """

    def __init__(self, shape: Shape) -> None:
        self._types = shape.types
        names = [name.encode() for name in shape.types]
        self._names = np.frombuffer(b"".join(names), np.uint8)
        self._ends = np.cumsum([len(name) for name in names])
        self._kinds = np.array([_KINDS[kind] for kind in shape.types.values()], np.int64)
        self._required = np.array([name in shape.required for name in shape.types], np.bool_)

    def read(self, values: RecordValues) -> tuple[pa.Table, NDArray[np.bool_]]:
        """Return the rows of plain objects, and which are plain; every record has a value."""
        count, shape = len(values), (len(self._kinds), len(values))
        states, numbers, sizes = (
            np.zeros(shape, np.uint8),
            np.empty(shape, np.int64),
            np.empty(shape, np.int64),
        )
        floats, good, data = np.empty(shape), np.empty(count, np.bool_), frozen(values.data)
        if len(data) > _LONGEST:
            return self._table([], data), np.zeros(count, np.bool_)
        kernels.read_objects(
            data, values.starts, values.lengths, self._names, self._ends, self._kinds, self._required,
            states, numbers, floats, sizes, good,
        )  # fmt: skip
        parts: list[NDArray[Any]] = [states, numbers, floats, sizes]
        if not good.all():
            parts = [part[:, good] for part in parts]
        return self._table(parts, data), good

    def _table(self, parts: Sequence[NDArray[Any]], data: NDArray[np.uint8]) -> pa.Table:
        columns = {}
        for at, (name, kind) in enumerate(self._types.items()):
            column = (
                _column(int(self._kinds[at]), data, *(part[at] for part in parts)) if parts else pa.nulls(0)
            )
            columns[name] = column.cast(to_arrow(kind))
        return pa.table(columns)


def _column(
    kind: int, data: NDArray[np.uint8], states: NDArray[np.uint8], numbers: NDArray[np.int64],
    floats: NDArray[np.float64], sizes: NDArray[np.int64],
) -> pa.Array:  # fmt: skip
    there = states != kernels.NOTHING
    if kind == kernels.STRING:
        return _texts(data, numbers, np.where(there, sizes, 0), there)
    mask = None if there.all() else ~there
    if kind == kernels.FLOAT64:
        digits = np.flatnonzero(states == kernels.DIGITS)
        if len(digits):
            texts = _texts(data, numbers[digits], sizes[digits], np.ones(len(digits), np.bool_))
            floats[digits] = texts.cast(pa.float64()).to_numpy()
        return pa.array(floats, mask=mask)
    return pa.array(numbers != 0 if kind == kernels.BOOL else numbers, mask=mask)


def _texts(
    data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64], there: NDArray[np.bool_]
) -> pa.Array:
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    out = np.empty(offsets[-1], np.uint8)
    kernels.gather(data, np.ascontiguousarray(starts), offsets, out)
    bits = None if there.all() else pa.array(there).buffers()[1]
    return pa.StringArray.from_buffers(
        len(sizes), pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(out), bits
    )
