"""Bounds on the stored times, by which Spark skips files and row groups unread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from zipline.engines.spark.sql import quote

if TYPE_CHECKING:
    from pyspark.sql import types as st

    from zipline.engines.spark.scanning import Bound

_DAY = 86_400_000_000
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def bounds_sql(bounds: tuple[Bound, ...], stored: Mapping[str, st.DataType]) -> Iterator[str]:
    """Yield conditions on the columns as they are stored; on texts and local times there are none."""
    for bound in bounds:
        time, column = bound.time, quote(bound.time.column)
        kind = stored[time.column].simpleString()
        if time.zone is not None:
            continue
        if time.unit is not None:
            first, last = (each * _PER_SECOND[time.unit] // 1_000_000 for each in (bound.first, bound.last))
            yield f"{column} BETWEEN {first} AND {last + 1}"
        elif kind == "timestamp":
            yield f"{column} BETWEEN timestamp_micros({bound.first}) AND timestamp_micros({bound.last})"
        elif kind == "date":
            days = (f"date_from_unix_date({each // _DAY})" for each in (bound.first, bound.last))
            yield f"{column} BETWEEN {' AND '.join(days)}"
