"""The values of many records: parts of one run of bytes, so that they can be read without taking them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RecordValues(Sequence[Any]):
    """Values of records; as a sequence, bytes, and None of a record that has none.

    >>> values_of([b"a", None, b""])[1:] == [None, b""]
    True

    Attributes:
        data: uint8, what the values are parts of.
        starts, lengths: int64[n], in `data`; a length of -1 is no value.
    """

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def present(self) -> NDArray[np.int64]:
        """Which records have a value."""
        return np.flatnonzero(self.lengths >= 0)

    def take(self, rows: NDArray[np.int64] | slice) -> RecordValues:
        """Return the values of some records."""
        return RecordValues(self.data, self.starts[rows], self.lengths[rows])

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, at: int) -> Any: ...
    @overload
    def __getitem__(self, at: slice) -> RecordValues: ...
    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return self.take(at)
        start, length = int(self.starts[at]), int(self.lengths[at])
        return None if length < 0 else self.data[start : start + length].tobytes()

    def __iter__(self) -> Iterator[Any]:
        whole = self.data.tobytes()
        for start, length in zip(self.starts.tolist(), self.lengths.tolist(), strict=True):
            yield None if length < 0 else whole[start : start + length]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


def values_of(values: Sequence[bytes | None]) -> RecordValues:
    """Return values in this form."""
    if isinstance(values, RecordValues):
        return values
    if None in values:
        lengths = np.array([-1 if value is None else len(value) for value in values], np.int64)
        whole = b"".join(value for value in values if value)
    else:
        lengths = np.fromiter(map(len, values), np.int64, len(values))  # type: ignore[arg-type]
        whole = b"".join(values)  # type: ignore[arg-type]
    ends = np.cumsum(np.maximum(lengths, 0))
    return RecordValues(np.frombuffer(whole, np.uint8), ends - np.maximum(lengths, 0), lengths)


def joined(parts: Sequence[RecordValues]) -> RecordValues:
    """Return the values of several one after another."""
    if len(parts) == 1:
        return parts[0]
    before = np.cumsum([0, *(len(part.data) for part in parts)]).tolist()
    return RecordValues(
        np.concatenate([part.data for part in parts]),
        np.concatenate([part.starts + first for part, first in zip(parts, before, strict=False)]),
        np.concatenate([part.lengths for part in parts]),
    )
