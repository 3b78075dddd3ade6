"""Keys that are too busy for one task: their time is cut into ranges, and each range is a task's work of its own.

A range's task gets the range's observations, and of the events those of the range and those before it that windows
still reach: what no window reaches any more is nobody's, so that ranges need nothing of each other. A window without
bound reaches everything, and its key stays whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql.functions import broadcast, expr

from zipline.engines.duckdb.versions import TIME
from zipline.engines.spark.session import is_remote
from zipline.time import MAX_TIME, MIN_TIME

RANGE = "zl_range"
_BOUNDS = "zl_bounds"
_ROW_BYTES = 8  # a table of fewer bytes for each row cannot have as many rows: it is not looked at


def busy_keys(events: DataFrame, keys: Sequence[str], most: int) -> DataFrame | None:
    """Return the keys with more than `most` events, each with the times at which its ranges meet; None without any.

    It takes a job, which only a table that is large enough for such a key is worth.
    """
    if _bytes(events) < most * _ROW_BYTES:
        return None
    counts = events.groupBy(*keys).count().where(f"count > {most}").collect()
    if not counts:
        return None
    ranges = -(-max(row["count"] for row in counts) // most)
    shares = ", ".join(str(each / ranges) for each in range(1, ranges))
    hot = events.sparkSession.createDataFrame(
        [tuple(row[key] for key in keys) for row in counts], events.select(*keys).schema
    )
    bounds = expr(f"array_distinct(approx_percentile({TIME}, array({shares}), 1000)) AS {_BOUNDS}")
    return events.join(broadcast(hot), [*keys]).groupBy(*keys).agg(bounds)


def _bytes(frame: DataFrame) -> int:
    """Return how large Spark takes a table to be; 0 where it does not say."""
    if is_remote(frame.sparkSession):
        return 0
    return int(frame._jdf.queryExecution().optimizedPlan().stats().sizeInBytes())


def with_ranges_of_events(
    events: DataFrame, busy: DataFrame, keys: Sequence[str], reach_us: int
) -> DataFrame:
    """Return the events with RANGE, once for each range whose observations may see them."""
    before = f"coalesce(get({_BOUNDS}, i), {MAX_TIME}L)"
    since = f"coalesce(get({_BOUNDS}, i - 1), {MIN_TIME}L)"
    serves = f"i -> {TIME} < {before} AND {TIME} >= {since} - {reach_us}L"
    served = f"filter(sequence(0, size({_BOUNDS})), {serves})"
    ranges = f"explode(CASE WHEN {_BOUNDS} IS NULL THEN array(0) ELSE {served} END) AS {RANGE}"
    return events.join(broadcast(busy), [*keys], "left").selectExpr(*events.columns, ranges)


def with_ranges_of_observations(asked: DataFrame, busy: DataFrame, keys: Sequence[str]) -> DataFrame:
    """Return the observations with RANGE: the one that their time lies in."""
    place = (
        f"CASE WHEN {_BOUNDS} IS NULL THEN 0 ELSE size(filter({_BOUNDS}, b -> b <= {TIME})) END AS {RANGE}"
    )
    return asked.join(broadcast(busy), [*keys], "left").selectExpr(*asked.columns, place)
