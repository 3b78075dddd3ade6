"""DuckDB's lookup in daily full copies: the newest copy known by then, and the row that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from benchmarks.harness import Contender, threads, timed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.dimension import Copies


def lookup(data: Copies, columns: Sequence[str]) -> Contender:
    """Give ``columns`` of the asked id's row in the newest copy known; null where that copy has none.

    The ASOF join finds among 365 dates, not among rows, and an equi-join on id and date does the rest: several times
    faster than an ASOF join of the rows, which besides would find an id that is gone. The dates are the folders' names.
    """
    names = ", ".join(columns)
    query = f"""
        WITH dates AS MATERIALIZED (
            SELECT DISTINCT regexp_extract(file, 'ds=([^/]*)', 1)::DATE AS ds FROM glob('{data.event_files}')
        ),
        known AS (SELECT ds, epoch_us(ds::TIMESTAMP + INTERVAL 1 DAY) AS since FROM dates),
        asked AS MATERIALIZED (
            SELECT row, key, ds FROM read_parquet('{data.observation_file}') observations
            ASOF LEFT JOIN known ON epoch_us(observations.t) > known.since
        )
        SELECT row, {names}
        FROM asked LEFT JOIN read_parquet('{data.event_files}', hive_partitioning = true) USING (key, ds)
    """
    connection = duckdb.connect(config={"threads": threads()})
    return Contender(
        "DuckDB join with the newest copy", duckdb.__version__,
        timed(lambda: connection.sql(query).to_arrow_table()),
    )  # fmt: skip
