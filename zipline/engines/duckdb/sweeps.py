"""One sweep on DuckDB: encode the keys, fetch the events, hand both to the kernel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.events import EventQuery, event_query, span_of, version_rows
from zipline.engines.duckdb.keys import KeyCodes, encode_keys
from zipline.engines.duckdb.observations import Chunk
from zipline.engines.duckdb.partitions import Partition, partitions
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL, look, versions_sql
from zipline.engines.kernels.answer import answers
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.schedule import FOREVER
from zipline.engines.kernels.timeline import Timeline, timeline
from zipline.engines.kernels.values import one_chunk
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import SweepTypes
from zipline.progress import Progress

EVENT_SHARE = 16  # the kernel's arrays take a multiple of the events' own bytes
MOST_EVENT_BYTES = 512 * 2**20


def run_sweep(
    database: Database, plan: Plan, sweep: Sweep, types: SweepTypes, source: Relation, chunk: Chunk,
    progress: Progress,
) -> Mapping[str, pa.Array]:  # fmt: skip
    """Return the sweep's columns for a chunk of observations, in their order."""
    kinds = [types.table[column] for column, _ in sweep.keys]
    keys = encode_keys([chunk.keys[column] for _, column in sweep.keys], kinds)
    query = _query(database, plan, sweep, types, source, chunk, database.register(keys.table))
    schema, _ = database.describe(query.sql)
    limit = min(MOST_EVENT_BYTES, database.settings.memory_limit // EVENT_SHARE)
    batches = database.unordered_batches(query.sql)
    rows: list[Integers] = []
    results: list[list[pa.Array]] = []
    for partition in partitions(batches, schema, limit, database.folder):
        chosen = (
            np.arange(len(keys.codes)) if partition.is_whole else np.flatnonzero(partition.holds(keys.codes))
        )
        line = _timeline(
            database, partition, keys, keys.codes[chosen], chunk.times[chosen],
            hindsight=plan.visibility.hindsight,
        )  # fmt: skip
        rows.append(chosen)
        results.append(_answers(line, partition.events, query, sweep, types, progress))
    return {
        column.name: _in_order([part[i] for part in results], rows) for i, column in enumerate(sweep.columns)
    }


def _query(
    database: Database, plan: Plan, sweep: Sweep, types: SweepTypes, source: Relation, chunk: Chunk, keys: str
) -> EventQuery:
    times = chunk.times if len(chunk.times) else np.zeros(1, np.int64)
    span = span_of(sweep, int(times.min()), int(times.max()))
    rows = version_rows(plan, sweep, types, source, span)
    versions = versions_sql(rows, look(database, rows), plan.visibility)
    return event_query(plan, sweep, types, versions, keys, span)


def _timeline(
    database: Database,
    partition: Partition,
    keys: KeyCodes,
    codes: Integers,
    times: Integers,
    *,
    hindsight: bool,
) -> Timeline:
    events = partition.events

    def integers(name: str) -> Integers | None:
        if name not in events.column_names:
            return None
        column = one_chunk(events[name])
        return np.asarray((column.fill_null(FOREVER) if column.null_count else column).to_numpy())

    event_codes, event_times = integers("code"), integers(TIME)
    assert event_codes is not None
    assert event_times is not None
    return timeline(
        event_codes, event_times, integers(KNOWN), integers(UNTIL), codes, times, keys.count + 1,
        database.settings.threads, hindsight=hindsight,
    )  # fmt: skip


def _answers(
    line: Timeline, events: pa.Table, query: EventQuery, sweep: Sweep, types: SweepTypes, progress: Progress
) -> list[pa.Array]:
    progress.begin(len(sweep.columns))
    return answers(
        line,
        {name: one_chunk(events[name]) for name in query.columns},
        {text: events[f"mask_{i}"].to_numpy() for i, text in enumerate(query.masks)},
        [(each.feature, types.features[each.name]) for each in sweep.columns],
        progress,
    )


def _in_order(parts: list[pa.Array], rows: list[Integers]) -> pa.Array:
    """Return the partitions' answers in the order of the observations."""
    if len(parts) == 1:
        return parts[0]
    places = np.concatenate(rows)
    back = np.empty(len(places), np.int64)
    back[places] = np.arange(len(places))
    return pa.concat_arrays(parts).take(pa.array(back))
