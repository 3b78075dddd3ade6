"""Answer a sample of the observations by plain SQL: a join of events to observations, slow and obvious.

Where no rival computes the same features, this is what zipline's answers are compared with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from benchmarks.harness import threads
from benchmarks.windows import HOUR, WINDOWS

if TYPE_CHECKING:
    import pyarrow as pa

    from benchmarks.data import Dataset

SAMPLE = 200


def rows_audited(data: Dataset) -> str:
    """Return the SQL condition that picks about 200 observations, evenly."""
    return f"row % {max(data.observations // SAMPLE, 1)} = 0"


def window_features(data: Dataset, *, knowledge: bool = False) -> pa.Table:
    """Compute the 16 features of `offline_windows`; with ``knowledge``, from the versions known by then."""
    columns = _over_windows(
        {
            "amount_sum": "sum(amount)",
            "count": "count(seen)",
            "amount_min": "min(amount)",
            "amount_max": "max(amount)",
        }
    )
    return _answers(f"SELECT row, {columns} FROM {_seen(data, 'key', knowledge=knowledge)} GROUP BY row")


def mixed_features(data: Dataset) -> pa.Table:
    """Compute the features of `offline_mixed`, the quantiles exactly (a sketch is within 1 % of them)."""
    windowed = _over_windows(
        {
            "count": "count(seen)",
            "amount_sum": "sum(amount)",
            "amount_mean": "avg(amount)",
            "amount_stddev": "stddev_pop(amount)",
            "amount_min": "min(amount)",
            "amount_max": "max(amount)",
            "amount_last": "last(amount ORDER BY seen, amount)",
        }
    )
    large = ", ".join(
        f"count(seen) FILTER (seen >= t - {length} AND amount > 100) AS large_{window}"
        for window, length in WINDOWS.items()
    )
    week = f"FILTER (seen >= t - {WINDOWS['7d']})"
    return _answers(
        f"""
        WITH seen AS MATERIALIZED (SELECT * FROM {_seen(data, "key")}),
        by_key AS (
            SELECT row, {windowed}, {large},
                count(DISTINCT category) {week} AS categories_7d,
                list(amount ORDER BY amount) {week} AS amounts,
                coalesce(list(amount ORDER BY seen DESC, amount DESC) {week}, []) AS newest
            FROM seen GROUP BY row
        ),
        counted AS (
            SELECT row, category, count(*) AS times FROM seen WHERE seen >= t - {WINDOWS["7d"]} GROUP BY ALL
        ),
        frequent AS (
            SELECT row, list(category ORDER BY times DESC, category)[1:3] AS frequent_7d
            FROM counted GROUP BY row
        ),
        by_category AS (
            SELECT row, count(seen) AS by_category__count_1d, sum(amount) AS by_category__amount_sum_1d,
                coalesce(sum(amount * pow(2.0, (seen - t) / {6 * HOUR})), 0.0) AS by_category__decayed_1d
            FROM {_seen(data, "category", longest="1d")} GROUP BY row
        )
        SELECT by_key.* EXCLUDE (amounts, newest),
            amounts[1 + floor(0.5 * (len(amounts) - 1))::BIGINT] AS q50_7d,
            amounts[1 + floor(0.9 * (len(amounts) - 1))::BIGINT] AS q90_7d,
            coalesce(frequent_7d, []) AS frequent_7d, newest[1:5] AS last5_7d,
            by_category.* EXCLUDE (row)
        FROM by_key LEFT JOIN frequent USING (row) JOIN by_category USING (row)
        """
    )


def _over_windows(features: dict[str, str]) -> str:
    return ", ".join(
        f"{expression} FILTER (seen >= t - {length}) AS {name}_{window}"
        for name, expression in features.items()
        for window, length in WINDOWS.items()
    )


def _seen(data: Dataset, key: str, *, longest: str = "30d", knowledge: bool = False) -> str:
    """Join audited observations to the events they see: ``row``, and in microseconds ``t`` and ``seen``."""
    versions = f"read_parquet('{data.event_files}')"
    visible = "TRUE"
    if knowledge:
        versions = f"(SELECT *, lead(known) OVER (PARTITION BY id ORDER BY known) AS leaves FROM {versions})"
        visible = "known < asked.t AND (leaves IS NULL OR asked.t <= leaves)"
    return f"""(
        SELECT asked.row, epoch_us(asked.t) AS t, epoch_us(events.time) AS seen, amount, events.category
        FROM (SELECT * FROM read_parquet('{data.observation_file}') WHERE {rows_audited(data)}) asked
        LEFT JOIN {versions} events ON events.{key} = asked.{key} AND {visible}
            AND epoch_us(events.time) >= epoch_us(asked.t) - {WINDOWS[longest]} AND events.time < asked.t
    )"""


def _answers(query: str) -> pa.Table:
    with duckdb.connect(config={"threads": threads()}) as connection:
        return connection.sql(query).to_arrow_table()
