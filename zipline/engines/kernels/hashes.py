"""Hash an Arrow column by the canonical bytes of its values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from zipline.engines.kernels.arrays import Words
from zipline.engines.kernels.values import canonical, numbers
from zipline.engines.kernels.xxh64 import hash_booleans, hash_bytes, hash_words
from zipline.sketches.canonical_bytes import canonical_bytes


def hash_values(column: pa.Array, threads: int | None = None) -> Words:
    """Return the XXH64 of every value of a column without nulls, uint64[n].

    Flat values are hashed in bulk, nested ones one by one.
    """
    kind = column.type
    if pa.types.is_boolean(kind):
        return hash_booleans(numbers(column))
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return _hash_texts(column, threads)
    if pa.types.is_nested(kind):
        data = [canonical_bytes(value) for value in canonical(column).to_pylist()]
        return _hash_texts(pa.array(data, pa.binary()), threads)
    return hash_words(numbers(canonical(column)), threads)


def _hash_texts(column: pa.Array, threads: int | None) -> Words:
    _, offsets, data = column.buffers()
    bounds = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(
        np.int64
    )
    return hash_bytes(np.frombuffer(data or b"", np.uint8), bounds, threads)
