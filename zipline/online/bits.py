"""Whether two columns hold the same values, bit for bit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as at
from numpy.typing import NDArray


def same_bits(first: pa.Array, second: pa.Array) -> NDArray[np.bool_]:
    """Return, row by row, whether two columns of one type and length hold the same; null is null, and NaN is NaN.

    0.0 and -0.0 are different, at any depth.

    >>> same_bits(pa.array([0.0, None, 0.5]), pa.array([-0.0, None, 0.5])).tolist()
    [False, True, True]
    """
    present, others = _flags(first.is_valid()), _flags(second.is_valid())
    if at.is_nested(first.type):
        pairs = zip(first.to_pylist(), second.to_pylist(), strict=True)
        # The text of a float is its shortest, with its sign: equal texts are equal bits.
        return np.fromiter((repr(one) == repr(other) for one, other in pairs), np.bool_, len(first))
    if at.is_floating(first.type):
        equal = _words(first) == _words(second)
    else:
        equal = _flags(pc.fill_null(pc.equal(first, second), False))
    return np.asarray((present & others & equal) | ~(present | others), np.bool_)


def _words(column: pa.Array) -> NDArray[np.int64]:
    """Return the bits of floats, every NaN the same."""
    values = np.array(column.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False))
    values[np.isnan(values)] = np.nan
    return values.view(np.int64)


def _flags(column: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.bool_)
