"""Compare two contenders' answers: a benchmark that measures different work measures nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable

TOLERANCE = 1e-9


class AnswersDiffer(Exception):
    """Two contenders were given one task and do not agree."""


def check_same(ours: pa.Table, theirs: pa.Table, *, columns: Iterable[str], rival: str) -> int:
    """Compare ``columns`` of two tables that share the column ``row``; return how many values were compared.

    Nulls must agree; floats may differ by 1e-9 of the larger of the value and 1; all else must be equal.
    Raises `AnswersDiffer` naming the first column and row that differ.
    """
    ours, theirs = ours.sort_by("row"), theirs.sort_by("row")
    if not ours["row"].equals(theirs["row"]):
        message = f"{rival} answers {theirs.num_rows:,} rows, zipline {ours.num_rows:,} or others"
        raise AnswersDiffer(message)
    compared = 0
    for name in columns:
        _check_column(name, ours["row"], ours[name], theirs[name], rival)
        compared += ours.num_rows
    return compared


def _check_column(
    name: str, rows: pa.ChunkedArray, ours: pa.ChunkedArray, theirs: pa.ChunkedArray, rival: str
) -> None:
    bad = _differing(ours, theirs)
    if bad.size:
        first = int(bad[0])
        message = (
            f"{name}: {bad.size:,} of {len(ours):,} values differ; row {rows[first].as_py()}: "
            f"zipline {ours[first].as_py()!r}, {rival} {theirs[first].as_py()!r}"
        )
        raise AnswersDiffer(message)


def _differing(ours: pa.ChunkedArray, theirs: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the positions at which two columns of the same length differ."""
    if pa.types.is_nested(ours.type):
        left, right = ours.to_pylist(), theirs.to_pylist()
        return np.array([i for i in range(len(left)) if left[i] != right[i]], np.int64)
    if not pa.types.is_floating(ours.type):
        same = pc.equal(ours, theirs.cast(ours.type)).fill_null(False)
        same = pc.or_(same, pc.and_(ours.is_null(), theirs.is_null()))
        return np.flatnonzero(~same.to_numpy())
    null = ours.is_null().to_numpy()
    left, right = (np.asarray(column.fill_null(0.0), np.float64) for column in (ours, theirs))
    scale = np.maximum(np.maximum(np.abs(left), np.abs(right)), 1.0)
    with np.errstate(invalid="ignore"):  # inf - inf
        distance = np.abs(left - right)
    same_value = (left == right) | (np.isfinite(distance) & (distance <= TOLERANCE * scale))
    return np.flatnonzero((null != theirs.is_null().to_numpy()) | ~(null | same_value))
