"""The events that a request's observations can see, one by one: what a timeline is drawn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from zipline.engines.base import Events
from zipline.engines.duckdb.database import Database
from zipline.engines.duckdb.observations import Chunk
from zipline.engines.duckdb.sweeps import asked, integers
from zipline.engines.duckdb.tables import Relation
from zipline.engines.duckdb.versions import KNOWN, TIME, UNTIL
from zipline.plan.nodes import Plan, Sweep
from zipline.plan.schema import SweepTypes


def visible_events(
    database: Database,
    plan: Plan,
    sweep: Sweep,
    types: SweepTypes,
    relations: Sequence[Relation],
    chunk: Chunk,
) -> Iterator[Events]:
    """Yield the events of the observations' entities that some window may see, in batches, in no order."""
    _, query = asked(database, plan, sweep, types, relations, chunk)
    for batch in database.unordered_batches(query.sql):
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        times = integers(columns, TIME)
        assert times is not None
        yield Events(
            sweep,
            np.asarray(times, np.int64),
            None if plan.visibility.hindsight else integers(columns, KNOWN),
            None if plan.visibility.hindsight else integers(columns, UNTIL),
            pa.table({name: columns[name] for name in query.columns}),
            {text: columns[f"mask_{i}"].to_numpy(zero_copy_only=False) for i, text in enumerate(query.masks)},
        )
