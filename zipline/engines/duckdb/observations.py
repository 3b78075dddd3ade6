"""Observations: read in order, in chunks that fit, with their times and keys in normal form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from zipline.dsl.table import Frame
from zipline.engines.base import Rows
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.sql import quote
from zipline.engines.duckdb.tables import Relation, relation
from zipline.engines.duckdb.times import micros_sql
from zipline.engines.duckdb.unread import of_observations
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.values import one_chunk
from zipline.errors import RequestError
from zipline.plan.nodes import Plan
from zipline.plan.schema import PlanTypes

FEATURE_BYTES = 24  # of a feature's value while it is computed and put in order


@dataclass(frozen=True)
class Chunk:
    """Some consecutive observations.

    Attributes:
        table: all their columns, as they were given.
        times: int64[m] microseconds.
        keys: observation column -> its widened values, of the columns that hold keys.
        start: the number of the first observation.
    """

    table: pa.Table
    times: Integers
    keys: Mapping[str, pa.Array]
    start: int


def chunks(database: Database, plan: Plan, types: PlanTypes, given: Relation, rows: Rows) -> Iterator[Chunk]:
    """Read the observations in their order, each chunk as large as memory allows.

    Raises:
        RequestError: an observation has no time.
    """
    start = 0
    for part in _tables(database, types, given, rows):
        yield _chunk(database, plan, part, start)
        start += part.num_rows


def _tables(database: Database, types: PlanTypes, given: Relation, rows: Rows) -> Iterator[pa.Table]:
    if given.frame is not None:
        whole = given.frame if rows.limit is None else given.frame.slice(0, rows.limit)
        size = rows_that_fit(database, types, whole.nbytes / max(whole.num_rows, 1))
        for start in range(0, max(whole.num_rows, 1), size):
            yield whole.slice(start, size)
        return
    limit = "" if rows.limit is None else f" LIMIT {rows.limit}"
    collected: list[pa.RecordBatch] = []
    count, found = 0, False
    for batch in database.side_batches(f"SELECT * FROM {given.sql}{limit}"):
        collected.append(batch)
        count += batch.num_rows
        found = True
        if count >= rows_that_fit(database, types, batch.nbytes / max(batch.num_rows, 1)):
            yield pa.Table.from_batches(collected)
            collected, count = [], 0
    if collected or not found:
        yield pa.Table.from_batches(collected, given.arrow)


def rows_that_fit(database: Database, types: PlanTypes, bytes_per_row: float) -> int:
    """Return how many observations one chunk may have."""
    features = sum(len(sweep.features) for sweep in types.sweeps)
    return max(
        65_536, int(database.settings.memory_limit / 3 / (bytes_per_row + 64 + features * FEATURE_BYTES))
    )


def _chunk(database: Database, plan: Plan, table: pa.Table, start: int) -> Chunk:
    given = relation(database, Frame(table))
    kinds = given.types()
    names = list(dict.fromkeys(column for sweep in plan.sweeps for _, column in sweep.keys))
    parts = [f"{given.widened(name, kinds[name])} AS {quote(name)}" for name in names]
    time = micros_sql(plan.time, given.stored[plan.time.column])
    with of_observations(database, given, plan.time, start):
        read = database.table(f"SELECT {', '.join([f'{time} AS __zl_time', *parts])} FROM {given.sql}")
    times = one_chunk(read["__zl_time"])
    if times.null_count:
        row = int(np.flatnonzero(times.is_null().to_numpy(zero_copy_only=False))[0])
        raise RequestError(
            f"has no time: {plan.time.column!r} is null", where=f"observation {start + row}",
            hint="drop observations without a time",
        )  # fmt: skip
    keys = {name: one_chunk(read[name]) for name in names}
    return Chunk(table, times.to_numpy(), keys, start)
