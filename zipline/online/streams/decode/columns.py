"""Columns of Python's values: what does not fit its type is named, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from zipline.engines.duckdb.prepared import connected
from zipline.engines.duckdb.text_times import TextTimes
from zipline.online.streams.decode.base import Decoded, Shape
from zipline.types import TIMESTAMP, DataType, to_arrow


class Columns:
    """Makes rows of columns of values, in the types of a shape."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    @cached_property
    def _texts(self) -> TextTimes:
        return TextTimes(connected())

    def decoded(
        self, columns: dict[str, list[Any]], records: Sequence[int], bad: list[tuple[int, str]]
    ) -> Decoded:
        """Return the rows of columns.

        Args:
            columns: column -> value of each row; a timestamp may be a text.
            records: of each row.
            bad: the records that were found to be no rows before.
        """
        made: dict[str, pa.Array] = {}
        failed: dict[int, str] = {}
        for name, kind in self._shape.types.items():
            made[name], reasons = self._column(name, kind, columns[name])
            for row, reason in reasons:
                failed.setdefault(row, reason)
        rows, numbers = pa.table(made), np.asarray(records, np.int64)
        if failed:
            bad = sorted([*bad, *((int(numbers[row]), reason) for row, reason in failed.items())])
            kept = np.array([row not in failed for row in range(len(numbers))], np.bool_)
            rows, numbers = rows.filter(pa.array(kept)), numbers[kept]
        return Decoded(rows, numbers, bad)

    def _column(self, name: str, kind: DataType, values: list[Any]) -> tuple[pa.Array, list[tuple[int, str]]]:
        if kind == TIMESTAMP and any(isinstance(value, str) for value in values):
            return self._times(name, values)
        arrow = to_arrow(kind)
        try:
            return pa.array(values, arrow), []
        except (pa.ArrowException, ValueError, TypeError, OverflowError):
            fitting = [_fits(value, arrow) for value in values]
        reasons = [
            (row, f"column {name!r}: {values[row]!r:.80} is not {kind}")
            for row, fits in enumerate(fitting)
            if not fits
        ]
        kept = [value if fits else None for value, fits in zip(values, fitting, strict=True)]
        return pa.array(kept, arrow), reasons

    def _times(self, name: str, values: list[Any]) -> tuple[pa.Array, list[tuple[int, str]]]:
        """Read texts as times, those without an offset in the zone that the source tells."""
        said = [value.isoformat() if isinstance(value, datetime) else value for value in values]
        texts = pa.array(said, pa.string())
        micros = self._texts.micros(texts, self._shape.zones.get(name))
        unread = np.flatnonzero(
            micros.is_null().to_numpy(zero_copy_only=False) & texts.is_valid().to_numpy(zero_copy_only=False)
        )
        reasons = [(int(row), f"column {name!r}: {values[row]!r:.80} is not a time") for row in unread]
        return micros.cast(to_arrow(TIMESTAMP)), reasons


def _fits(value: Any, arrow: pa.DataType) -> bool:
    try:
        pa.array([value], arrow)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return False
    return True
