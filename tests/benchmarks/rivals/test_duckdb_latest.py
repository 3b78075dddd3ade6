from __future__ import annotations

import duckdb

from benchmarks import data
from benchmarks.answers import check_same
from benchmarks.rivals import duckdb_latest


def test_asof_gives_the_last_row_before_each_observation() -> None:
    profiles = data.profiles(500, 10, observations=50, seed=0)
    columns = ", ".join(f"last({name} ORDER BY time) AS {name}" for name in duckdb_latest.COLUMNS)
    slow = (
        duckdb.connect()
        .sql(
            f"""SELECT row, {columns} FROM read_parquet('{profiles.observation_file}') asked
        LEFT JOIN read_parquet('{profiles.event_files}') rows ON asked.key = rows.key AND rows.time < asked.t
        GROUP BY row"""
        )
        .to_arrow_table()
    )
    contender = duckdb_latest.asof(profiles)
    check_same(slow, contender.run().answers, columns=duckdb_latest.COLUMNS, rival=contender.name)
