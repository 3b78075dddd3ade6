"""Columns as the evaluator holds them: numpy arrays of physical values, with a mask where something is
missing.

bool -> bool_;  int64, date, timestamp -> int64;  float64 -> float64
string, binary -> objects (str, bytes);  decimal -> objects (int, unscaled);  list -> objects (lists of the
same, None inside)
struct, map -> objects as Arrow gives them: nothing looks inside
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zipline.types import DataType, to_arrow

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
_FLAT = {"bool": np.bool_, "int64": np.int64, "float64": np.float64, "date": np.int64, "timestamp": np.int64}


@dataclass(frozen=True, slots=True)
class Values:
    """One value per row. `data` where `valid` is false is anything of its dtype; `valid` None: every value is
    there.
    """

    data: Array
    valid: Mask | None = None

    def __len__(self) -> int:
        return len(self.data)

    def mask(self) -> Mask:
        """Return where a value is there, one flag a row."""
        return np.ones(len(self.data), np.bool_) if self.valid is None else self.valid

    def objects(self) -> list[Any]:
        """Return the values as Python objects, None where missing."""
        listed: list[Any] = self.data.tolist()
        if self.valid is None:
            return listed
        return [value if there else None for value, there in zip(listed, self.valid.tolist(), strict=True)]

    def take(self, rows: Mask) -> Values:
        """Return the rows where the mask is true."""
        return Values(self.data[rows], None if self.valid is None else self.valid[rows])


def both(*operands: Values) -> Mask | None:
    """Return where every operand has a value; None: everywhere."""
    masks = [each.valid for each in operands if each.valid is not None]
    if not masks:
        return None
    return masks[0] if len(masks) == 1 else np.logical_and.reduce(masks)


def dtype_of(kind: DataType) -> type[np.generic]:
    """Return the numpy type that values of `kind` are held in."""
    return _FLAT.get(kind.kind, np.object_)


def constant(value: Any, kind: DataType, size: int) -> Values:
    """Return `size` times the same value; None is a missing one."""
    if value is None:
        return Values(np.zeros(size, dtype_of(kind)), np.zeros(size, np.bool_))
    return Values(np.full(size, value, dtype_of(kind)))


def from_objects(objects: Sequence[Any], kind: DataType) -> Values:
    """Return values from Python objects, None where missing."""
    dtype = dtype_of(kind)
    valid = np.fromiter((each is not None for each in objects), np.bool_, len(objects))
    everywhere = bool(valid.all())
    if dtype is np.object_:
        data = np.empty(len(objects), np.object_)
        for row, each in enumerate(objects):
            data[row] = each
    else:
        data = np.array(objects if everywhere else [0 if each is None else each for each in objects], dtype)
    return Values(data, None if everywhere else valid)


def by_row(function: Callable[..., Any], kind: DataType, *operands: Values) -> Values:
    """Apply a Python function to each row that has every operand; None from it is a missing value."""
    columns = [each.objects() for each in operands]
    results = [None if None in row else function(*row) for row in zip(*columns, strict=True)]
    return from_objects(results, kind)


def from_arrow(array: pa.Array, kind: DataType) -> Values:
    """Return an Arrow array of a widened type `kind`, or of a narrower one that Arrow casts to it."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    wanted = to_arrow(kind)
    if array.type != wanted:
        array = array.cast(wanted)
    if kind.kind in _FLAT:
        valid = array.is_valid().to_numpy(zero_copy_only=False) if array.null_count else None
        return Values(_flat(array, kind), valid)
    return from_objects(_objects(array, kind), kind)


def _flat(array: pa.Array, kind: DataType) -> Array:
    if kind.kind == "date":
        array = array.view(pa.int32()).cast(pa.int64())
    elif kind.kind == "timestamp":
        array = array.view(pa.int64())
    if array.null_count:
        array = array.fill_null(False if kind.kind == "bool" else 0)
    flat: Array = array.to_numpy(zero_copy_only=False)
    return flat


def _objects(array: pa.Array, kind: DataType) -> list[Any]:
    if kind.kind in ("list", "vector"):
        assert kind.element is not None
        return _lists(array, kind)
    if kind.kind == "decimal":
        return [None if each is None else _unscaled(each, kind.scale) for each in array.to_pylist()]
    if kind.kind in ("date", "timestamp"):
        return Values(_flat(array, kind), array.is_valid().to_numpy(zero_copy_only=False)).objects()
    listed: list[Any] = array.to_pylist()
    return listed


def _lists(array: pa.Array, kind: DataType) -> list[Any]:
    assert kind.element is not None
    valid = array.is_valid().to_pylist()
    if kind.kind == "vector":
        bounds = [(row + array.offset) * kind.size for row in range(len(array) + 1)]
    else:
        bounds = array.offsets.to_pylist()
    inner = _objects(array.values, kind.element)
    return [inner[bounds[row] : bounds[row + 1]] if valid[row] else None for row in range(len(array))]


def _unscaled(value: Any, scale: int) -> int:
    sign, digits, exponent = value.as_tuple()
    whole: int = int("".join(map(str, digits))) * 10 ** (exponent + scale)
    return -whole if sign else whole


def to_array(values: Values, kind: DataType) -> pa.Array:
    """Return the Arrow array in which values of `kind` are handed out."""
    wanted = to_arrow(kind)
    if kind.kind in _FLAT:
        missing = None if values.valid is None else ~values.valid
        array = pa.array(values.data, mask=missing)
        if kind.kind == "date":
            return array.cast(pa.int32()).view(wanted)
        return array.view(wanted) if kind.kind == "timestamp" else array
    return _array(values.objects(), kind)


def _array(objects: list[Any], kind: DataType) -> pa.Array:
    from decimal import Decimal

    wanted = to_arrow(kind)
    if kind.kind == "decimal":
        exact = [None if each is None else Decimal(f"{each}e-{kind.scale}") for each in objects]
        return pa.array(exact, wanted)
    if kind.kind != "list":
        return pa.array(objects, wanted)
    assert kind.element is not None
    inner = _array([value for each in objects if each is not None for value in each], kind.element)
    offsets = np.zeros(len(objects) + 1, np.int32)
    np.cumsum([0 if each is None else len(each) for each in objects], out=offsets[1:])
    missing = pa.array([each is None for each in objects])
    return pa.ListArray.from_arrays(pa.array(offsets), inner, type=wanted, mask=missing)


def merge(pieces: Sequence[tuple[Mask, Values]], kind: DataType, size: int) -> Values:
    """Return one column of `size` rows from pieces that each fill the rows of their mask; the others stay
    missing.
    """
    data = np.zeros(size, dtype_of(kind))
    valid = np.zeros(size, np.bool_)
    for rows, values in pieces:
        data[rows] = values.data
        valid[rows] = values.mask()
    return Values(data, None if valid.all() else valid)
