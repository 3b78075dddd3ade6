"""DuckDB's bare ASOF join: the latest row before each observation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from benchmarks.harness import Contender, threads, timed

if TYPE_CHECKING:
    from benchmarks.data import Dataset

COLUMNS = tuple(f"f{column}" for column in range(10))


def asof(data: Dataset) -> Contender:
    """Give the ten columns of the last row strictly before each observation."""
    query = f"""
        SELECT asked.row, {", ".join(COLUMNS)}
        FROM read_parquet('{data.observation_file}') asked
        ASOF LEFT JOIN read_parquet('{data.event_files}') rows ON asked.key = rows.key AND asked.t > rows.time
    """
    connection = duckdb.connect(config={"threads": threads()})
    return Contender(
        "DuckDB ASOF join", duckdb.__version__, timed(lambda: connection.sql(query).to_arrow_table())
    )
