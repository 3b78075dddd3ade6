"""The arrays of kernels: their types, and where long ones get their memory."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Words: TypeAlias = NDArray[np.uint64]
Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Booleans: TypeAlias = NDArray[np.bool_]
Values: TypeAlias = NDArray[Any]


def empty(shape: int | tuple[int, ...], dtype: Any) -> Values:
    """Return a new array whose memory comes from Arrow's pool, as that of long columns should.

    The pool uses memory again that other columns have given back. numpy gives it back to the system, which takes
    longer to clear fresh pages than many a kernel takes to fill them.
    """
    count = int(np.prod(shape))
    if count == 0:
        return np.empty(shape, dtype)
    buffer = pa.allocate_buffer(count * np.dtype(dtype).itemsize)
    return np.frombuffer(buffer, dtype).reshape(shape)


def frozen(array: Values) -> Values:
    """Return an array as one that cannot be written to, as Arrow's are: kernels are compiled for each kind apart."""
    view = array.view()
    view.flags.writeable = False
    return view
