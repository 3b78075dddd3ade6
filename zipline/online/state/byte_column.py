"""Keys, ids and ranks of many rows as one Arrow column, which most code never takes apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class ByteColumn(Sequence[Any]):
    """A binary column as a sequence of bytes, None where it is null; they are made when one is first asked for.

    >>> ids = ByteColumn(pa.array([b"a", b"b"], pa.binary()))
    >>> ids[1], len(ids), ids == [b"a", b"b"]
    (b'b', 2, True)

    Args:
        array: of type binary.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, array: pa.Array) -> None:
        self.array = array

    @cached_property
    def _values(self) -> list[bytes | None]:
        return list(self.array.to_pylist())

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Any]: ...
    def __getitem__(self, at: int | slice) -> Any:
        return self._values[at]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._values == list(other)


def byte_array(values: Sequence[bytes | None]) -> pa.Array:
    """Return bytes as an Arrow column of type binary."""
    return values.array if isinstance(values, ByteColumn) else pa.array(values, pa.binary())


def taken(values: Sequence[Any], rows: NDArray[np.int64]) -> Sequence[Any]:
    """Return the values of some rows."""
    if isinstance(values, ByteColumn):
        return ByteColumn(values.array.take(pa.array(rows)))
    return [values[row] for row in rows.tolist()]
