"""One sweep on DuckDB: encode the keys, fetch the events, hand both to the kernel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.events import EventQuery, event_query, span_of
from zipline.engines.duckdb.keys import encode_keys
from zipline.engines.duckdb.observations import Chunk
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.engines.kernels.answer import answers
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.schedule import FOREVER
from zipline.engines.kernels.timeline import timeline
from zipline.engines.kernels.values import one_chunk
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import SweepTypes


def run_sweep(
    database: Database, plan: Plan, sweep: Sweep, types: SweepTypes, source: Relation, chunk: Chunk
) -> Mapping[str, pa.Array]:
    """Return the sweep's columns for a chunk of observations, in their order."""
    kinds = [types.table[column] for column, _ in sweep.keys]
    keys = encode_keys([chunk.keys[column] for _, column in sweep.keys], kinds)
    name = database.register(keys.table)
    times = chunk.times if len(chunk.times) else np.zeros(1, np.int64)
    query = event_query(
        database, plan, sweep, types, source, name, span_of(sweep, int(times.min()), int(times.max()))
    )
    database.unordered()
    events = database.table(query.sql)
    database.ordered()
    results = _kernel(database, events, query, keys.codes, chunk.times, keys.count, sweep, types)
    return dict(zip((column.name for column in sweep.columns), results, strict=True))


def _kernel(
    database: Database, events: pa.Table, query: EventQuery, codes: Integers, times: Integers, count: int,
    sweep: Sweep, types: SweepTypes,
) -> list[pa.Array]:  # fmt: skip
    def column(name: str) -> pa.Array:
        return one_chunk(events[name])

    until = None
    if UNTIL in events.column_names:
        until = column(UNTIL).fill_null(FOREVER).to_numpy()
    line = timeline(
        column("code").to_numpy(),
        column(TIME).to_numpy(),
        column(KNOWN).to_numpy() if KNOWN in events.column_names else None,
        until,
        codes,
        times,
        count + 1,
        database.settings.threads,
    )
    return answers(
        line,
        {name: column(name) for name in query.columns},
        {text: column(f"mask_{i}").to_numpy(zero_copy_only=False) for i, text in enumerate(query.masks)},
        [(each.feature, types.features[each.name]) for each in sweep.columns],
    )
