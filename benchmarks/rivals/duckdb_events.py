"""DuckDB: the bare sort of the events, and windows by its own RANGE frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from benchmarks.harness import Contender, threads, timed
from benchmarks.windows import WINDOWS

if TYPE_CHECKING:
    from benchmarks.data import Dataset

RANGE_WINDOWS = "DuckDB RANGE windows"
SORT = "DuckDB ORDER BY key, time"


def sort(data: Dataset, columns: tuple[str, ...]) -> Contender:
    """Read ``columns`` of the events, order them by key and time, and hand them over as Arrow."""
    query = f"SELECT {', '.join(columns)} FROM read_parquet('{data.event_files}') ORDER BY key, time"
    return _contender(SORT, query)


def range_windows(data: Dataset) -> Contender:
    """Compute sum, count, min and max over every window with ``RANGE`` frames.

    Events and observations are one relation ordered by time; a frame ends one microsecond before its row,
    so that an observation sees what happened strictly before it.
    """
    return _contender(RANGE_WINDOWS, _range_query(data))


def _range_query(data: Dataset) -> str:
    features = ", ".join(
        f"{expression} OVER w_{window} AS {name}_{window}"
        for window in WINDOWS
        for expression, name in (
            ("sum(amount)", "amount_sum"),
            ("count(amount)", "count"),
            ("min(amount)", "amount_min"),
            ("max(amount)", "amount_max"),
        )
    )
    frames = ", ".join(
        f"w_{window} AS (PARTITION BY key ORDER BY us RANGE BETWEEN {length} PRECEDING AND 1 PRECEDING)"
        for window, length in WINDOWS.items()
    )
    return f"""
        WITH rows AS (
            SELECT key, epoch_us(time) AS us, amount, NULL::BIGINT AS row
            FROM read_parquet('{data.event_files}')
            UNION ALL
            SELECT key, epoch_us(t), NULL, row FROM read_parquet('{data.observation_file}')
        ), windowed AS (SELECT row, {features} FROM rows WINDOW {frames})
        SELECT * FROM windowed WHERE row IS NOT NULL
    """


def _contender(name: str, query: str) -> Contender:
    connection = duckdb.connect(config={"threads": threads()})
    return Contender(name, duckdb.__version__, timed(lambda: connection.sql(query).to_arrow_table()))
