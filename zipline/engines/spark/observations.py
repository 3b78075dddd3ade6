"""Observations on Spark: their times and keys in normal form, and what of their own travels with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as st

from zipline.engines.duckdb.observations import Chunk
from zipline.engines.duckdb.span import Span
from zipline.engines.duckdb.versions import TIME
from zipline.engines.spark.native import Native
from zipline.engines.spark.sql import literal, quote
from zipline.engines.spark.times import micros_sql
from zipline.engines.spark.walk import ROW
from zipline.engines.spark.wire import counted, created, packed, spark_of
from zipline.plan.nodes import Plan
from zipline.time import MAX_TIME, MIN_TIME
from zipline.types import DataType, from_arrow

OWN = "own_"
"""Begins the names of the columns that are the observations' own, numbered: any name may be one of theirs."""


@dataclass(frozen=True)
class Asked:
    """Observations on their way through the sweeps.

    Attributes:
        frame: TIME, the keys, what else travels, and the features so far.
        keys: the observations' key column -> the frame's.
        kinds: the observations' key column -> its widened type.
        span: between which times they lie, as far as is known.
        features: the features so far, by name.
    """

    frame: DataFrame
    keys: Mapping[str, str]
    kinds: Mapping[str, DataType]
    span: Span
    features: Mapping[str, DataType]

    def with_features(self, frame: DataFrame, features: Mapping[str, DataType]) -> Asked:
        """Return the observations after one more sweep."""
        return replace(self, frame=frame, features={**self.features, **features})


def of_chunk(session: SparkSession, chunk: Chunk) -> Asked:
    """Return observations of this process: their times, keys and numbers travel, the rest stays here."""
    kinds = {name: from_arrow(column.type) for name, column in chunk.keys.items()}
    names = {name: f"on_{i}" for i, name in enumerate(kinds)}
    columns = {
        ROW: pa.array(np.arange(chunk.start, chunk.start + len(chunk.times))),
        TIME: pa.array(chunk.times),
    }
    fields = [st.StructField(ROW, st.LongType()), st.StructField(TIME, st.LongType())]
    for name, column in chunk.keys.items():
        kind = counted(kinds[name])
        columns[names[name]] = packed(column.cast(pa.int64()) if kind != kinds[name] else column, kind)
        fields.append(st.StructField(names[name], spark_of(kind)))
    frame = created(session, columns, st.StructType(fields))
    times = chunk.times if len(chunk.times) else np.zeros(1, np.int64)
    return Asked(frame, names, kinds, Span(int(times.min()), int(times.max())), {})


def of_frame(plan: Plan, table: Native) -> Asked:
    """Return observations that lie in Spark, with all of their columns."""
    named = [column for sweep in plan.sweeps for _, column in sweep.keys]
    kinds = {name: table.types()[name] for name in named}
    names = {name: f"on_{i}" for i, name in enumerate(kinds)}
    stored = table.stored[plan.time.column].simpleString()
    missing = f"CAST(raise_error({literal(f'zipline:null:{plan.time.column}')}) AS BIGINT)"
    parts = [
        f"coalesce({micros_sql(plan.time, stored)}, {missing}) AS {TIME}",
        *(f"{table.widened(name)} AS {names[name]}" for name in kinds),
        *(f"{quote(name)} AS {OWN}{i}" for i, name in enumerate(table.frame.columns)),
    ]
    return Asked(table.frame.selectExpr(*parts), names, kinds, Span(MIN_TIME, MAX_TIME), {})
