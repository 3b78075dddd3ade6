"""Polars: running sums over the sorted events, read at both ends of every window by an as-of join.

Only sums and counts can be had in this way. Two forms are run: the plain one, for keys of any type, and one
that packs key and time by hand into a single integer. Packing saves Polars' slow sort by two columns and the
grouped join, and needs integer keys so small that both fit in 63 bits.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from benchmarks.data import DAY, DAYS, START
from benchmarks.harness import Contender, threads, timed
from benchmarks.windows import WINDOWS

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from benchmarks.data import Dataset

RUNNING_SUMS = "Polars running sums + join_asof"
PACKED_SUMS = "Polars running sums + join_asof, key and time packed into one integer"
TIME_BITS = (DAYS * DAY).bit_length()
FEATURES = tuple(f"{name}_{window}" for window in WINDOWS for name in ("count", "amount_sum"))


def running_sums(data: Dataset) -> Contender:
    """Give sum and count over every window, joining with ``by="key"``."""
    return Contender(RUNNING_SUMS, _version(), timed(lambda: _running_sums(data)))


def packed_sums(data: Dataset) -> Contender:
    """Give the same from one packed column; raises ValueError where keys and times do not fit in it."""
    if data.keys.bit_length() + TIME_BITS > 63:
        message = f"{data.keys:,} keys and {DAYS} days of microseconds do not fit in 63 bits"
        raise ValueError(message)
    return Contender(PACKED_SUMS, _version(), timed(lambda: _packed_sums(data)))


def _version() -> str:
    os.environ.setdefault("POLARS_MAX_THREADS", str(threads()))  # read when polars is first imported
    import polars as pl

    return pl.__version__


def _running_sums(data: Dataset) -> pa.Table:
    import polars as pl

    us = pl.col("time").to_physical()
    events = pl.scan_parquet(data.event_files).select("key", us.alias("us"), "amount")
    # Two sorts, the second one stable, take half the time of sort("key", "us").
    events = _with_running_sums(events.sort("us").sort("key", maintain_order=True))
    asked = pl.scan_parquet(data.observation_file).select("row", "key", asked=pl.col("t").to_physical())
    asked = asked.sort("asked").sort("key", maintain_order=True)
    for name, length in {"now": 0, **WINDOWS}.items():
        asked = asked.with_columns(edge=pl.col("asked") - length)
        asked = asked.join_asof(
            _edge(events, name),
            left_on="edge",
            right_on="at",
            by="key",
            allow_exact_matches=False,
            check_sortedness=False,
        ).drop("at")
    return _features(asked)


def _packed_sums(data: Dataset) -> pa.Table:
    import polars as pl

    def packed(time: str) -> pl.Expr:
        return (pl.col("key") * (1 << TIME_BITS) + pl.col(time).to_physical() - START).alias("us")

    events = pl.scan_parquet(data.event_files).select("key", packed("time"), "amount").sort("us")
    events = _with_running_sums(events).rename({"key": "found"})
    asked = pl.scan_parquet(data.observation_file).select("row", "key", packed("t").alias("asked"))
    asked = asked.sort("asked")
    for name, length in {"now": 0, **WINDOWS}.items():
        asked = asked.with_columns(edge=(pl.col("asked") - length).set_sorted())
        asked = asked.join_asof(
            _edge(events, name).with_columns(pl.col("at").set_sorted()),
            left_on="edge",
            right_on="at",
            allow_exact_matches=False,
            check_sortedness=False,
        )
        own = pl.col("found") == pl.col("key")
        columns = [f"total_{name}", f"seen_{name}"]
        asked = asked.with_columns(pl.when(own).then(pl.col(column)) for column in columns).drop(
            "found", "at"
        )
    return _features(asked)


def _with_running_sums(events: pl.LazyFrame) -> pl.LazyFrame:
    """Add each key's running sum and count; sums restart at every key, or they would lose the last digits."""
    import polars as pl

    return events.with_columns(
        total=pl.col("amount").cum_sum().over("key"),
        seen=pl.int_range(1, pl.len() + 1).over("key"),
    ).drop("amount")


def _edge(events: pl.LazyFrame, name: str) -> pl.LazyFrame:
    return events.rename({"us": "at", "total": f"total_{name}", "seen": f"seen_{name}"})


def _features(asked: pl.LazyFrame) -> pa.Table:
    """Subtract the running values at a window's start from those at its end."""
    import polars as pl

    for window in WINDOWS:
        count = pl.col("seen_now").fill_null(0) - pl.col(f"seen_{window}").fill_null(0)
        total = pl.col("total_now") - pl.col(f"total_{window}").fill_null(0.0)
        asked = asked.with_columns(
            count.alias(f"count_{window}"), pl.when(count > 0).then(total).alias(f"amount_sum_{window}")
        )
    return asked.select("row", *FEATURES).collect().to_arrow()
