"""One sweep on DuckDB: encode the keys, fetch the events, hand both to the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.events import EventQuery, event_query, resolved
from zipline.engines.duckdb.keys import KeyCodes, encode_keys
from zipline.engines.duckdb.members import members
from zipline.engines.duckdb.observations import Chunk
from zipline.engines.duckdb.partitions import Partition, partitions
from zipline.engines.duckdb.span import span_of
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.engines.kernels.answer import answers, put_in_order
from zipline.engines.kernels.arrays import Integers
from zipline.engines.kernels.failure import Failure
from zipline.engines.kernels.schedule import FOREVER
from zipline.engines.kernels.timeline import Timeline, timeline
from zipline.errors import DataError
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import SweepTypes
from zipline.progress import Progress

EVENT_SHARE = 16  # the kernel's arrays take a multiple of the events' own bytes
MOST_EVENT_BYTES = 512 * 2**20


def run_sweep(
    database: Database, plan: Plan, sweep: Sweep, types: SweepTypes, relations: Sequence[Relation], chunk: Chunk,
    progress: Progress,
) -> Mapping[str, pa.Array]:  # fmt: skip
    """Return the sweep's columns for a chunk of observations, in their order."""
    keys, query = asked(database, plan, sweep, types, relations, chunk)
    schema, _ = database.describe(query.sql)
    limit = min(MOST_EVENT_BYTES, database.settings.memory_limit // EVENT_SHARE)
    batches = database.unordered_batches(query.sql)
    order: list[Integers] = []
    results: list[list[pa.Array | None]] = []
    for partition in partitions(batches, schema, limit, database.folder):
        chosen = (
            np.arange(len(keys.codes)) if partition.is_whole else np.flatnonzero(partition.holds(keys.codes))
        )
        line = _timeline(
            database, partition, keys, keys.codes[chosen], chunk.times[chosen],
            hindsight=plan.visibility.hindsight,
        )  # fmt: skip
        order.append(chosen[line.observations])
        try:
            results.append([*_answers(line, partition.events, query, sweep, types, progress)])
        except Failure as failure:
            raise _placed(failure, sweep, chunk.start + int(chosen[failure.observation])) from None
    columns = put_in_order(results, np.concatenate(order), database.settings.threads)
    return dict(zip((column.name for column in sweep.columns), columns, strict=True))


def _placed(failure: Failure, sweep: Sweep, observation: int) -> DataError:
    (name, *_) = [column.name for column in sweep.columns if column.feature == failure.feature]
    return DataError(failure.message, where=f"feature {name!r}, observation {observation}", hint=failure.hint)


def asked(
    database: Database,
    plan: Plan,
    sweep: Sweep,
    types: SweepTypes,
    relations: Sequence[Relation],
    chunk: Chunk,
) -> tuple[KeyCodes, EventQuery]:
    """Return the entities that a chunk of observations asks for, and the query of the events that it can see."""
    keys = encode_keys([chunk.keys[column] for _, column in sweep.keys], types.keys)
    times = chunk.times if len(chunk.times) else np.zeros(1, np.int64)
    span = span_of(sweep, int(times.min()), int(times.max()))
    span = replace(span, keys=tuple(keys.table[f"key_{i}"] for i in range(len(sweep.keys))))
    sources = members(sweep, types, relations)
    versions = [resolved(plan, member, span, database) for member in sources]
    return keys, event_query(plan, sweep, sources, versions, database.register(keys.table), span)


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
    event_codes, event_times = integers(events, "code"), integers(events, TIME)
    assert event_codes is not None
    assert event_times is not None
    return timeline(
        event_codes, event_times, integers(events, KNOWN), integers(events, UNTIL), codes, times, keys.count + 1,
        database.settings.threads, hindsight=hindsight,
    )  # fmt: skip


def integers(events: Mapping[str, pa.Array], name: str) -> Integers | None:
    """Return a column of codes or times, null being for ever; None where the source has none."""
    column = events.get(name)
    if column is None:
        return None
    return np.asarray((column.fill_null(FOREVER) if column.null_count else column).to_numpy())


def _answers(
    line: Timeline,
    events: Mapping[str, pa.Array],
    query: EventQuery,
    sweep: Sweep,
    types: SweepTypes,
    progress: Progress,
) -> list[pa.Array]:
    progress.begin(len(sweep.columns))
    return answers(
        line,
        {name: events[name] for name in query.columns},
        {text: events[f"mask_{i}"].to_numpy(zero_copy_only=False) for i, text in enumerate(query.masks)},
        [(each.feature, types.features[each.name]) for each in sweep.columns],
        progress,
    )
