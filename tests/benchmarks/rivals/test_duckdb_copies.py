from __future__ import annotations

import duckdb

from benchmarks import dimension
from benchmarks.answers import check_same
from benchmarks.rivals import duckdb_copies


def test_the_newest_copy_known_answers_also_that_an_id_is_gone() -> None:
    data = dimension.copies(0.005, seed=0)
    columns = ", ".join(dimension.ATTRIBUTES)
    slow = (
        duckdb.connect()
        .sql(
            f"""WITH copies AS (
            SELECT *, epoch_us(ds::TIMESTAMP) + 86400000000 AS known
            FROM read_parquet('{data.event_files}', hive_partitioning = true)
        ),
        asked AS (
            SELECT row, key, (SELECT max(known) FROM copies WHERE known < epoch_us(t)) AS newest
            FROM read_parquet('{data.observation_file}')
        )
        SELECT row, {columns} FROM asked LEFT JOIN copies ON copies.key = asked.key AND known = newest"""
        )
        .to_arrow_table()
    )
    contender = duckdb_copies.lookup(data, dimension.ATTRIBUTES)
    check_same(slow, contender.run().answers, columns=dimension.ATTRIBUTES, rival=contender.name)
    assert 0 < slow["age"].null_count < slow.num_rows
